"""A recording SMTP or LMTP server in a thread: what arrives is kept with its envelope, and answered as a test likes.

Written on sockets, so that it shares no library with what it tests.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Self

from e2e.waiting import LOOPBACK

_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Letter:
    """One transaction: its envelope and its bytes, dots unstuffed."""

    reverse_path: str
    forward_paths: tuple[str, ...]
    data: bytes

    @property
    def message(self) -> EmailMessage:
        """The letter as the standard library reads it."""
        return message_from_bytes(self.data, policy=policy.default)


def taken(_letter: Letter) -> str:
    """The answer of a server that is well."""
    return "250 2.0.0 taken"


class Sink:
    """`with Sink(port) as sink:`: `answer` gives the reply after the dot, and what got a 2xx is a letter."""

    def __init__(self, port: int, answer: Callable[[Letter], str] = taken) -> None:
        self.port = port
        self.answer = answer
        self.letters: list[Letter] = []
        self.refused: list[Letter] = []
        self._changed = threading.Condition()
        self._server = _Server((LOOPBACK, port), _Session)
        self._server.sink = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait(self, fact: Callable[[list[Letter]], bool], what: str, seconds: float = 20) -> list[Letter]:
        """All letters, as soon as `fact` is true of them; AssertionError at the deadline."""
        with self._changed:
            if not self._changed.wait_for(lambda: fact(self.letters), seconds):
                raise AssertionError(f"waited {seconds} s for {what}; there are {self.letters}")
            return list(self.letters)

    def wait_for(self, number: int, seconds: float = 20) -> list[Letter]:
        """All letters, as soon as there are at least `number`."""
        return self.wait(lambda letters: len(letters) >= number, f"{number} letters", seconds)

    def clear(self) -> None:
        """Forget what came."""
        with self._changed:
            self.letters.clear()
            self.refused.clear()

    def take(self, letter: Letter) -> str:
        """Judge one letter, and keep it."""
        reply = self.answer(letter)
        with self._changed:
            (self.letters if reply.startswith("2") else self.refused).append(letter)
            self._changed.notify_all()
        return reply


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    sink: Sink


class _Session(socketserver.StreamRequestHandler):
    """RFC 5321 as far as an MTA needs it, and RFC 2033: after LHLO, one reply for each recipient."""

    server: _Server

    def handle(self) -> None:
        self.lmtp = False
        self.reverse_path, self.forward_paths = "", []
        try:
            self.say("220 sink.example ESMTP")
            while (line := self.rfile.readline(_LINE)) and self.command(line.decode("latin-1").strip()):
                pass
        except OSError:
            return  # the peer went away, which is its good right

    def say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())

    def command(self, line: str) -> bool:
        verb = line.partition(" ")[0].upper()
        if verb in {"EHLO", "LHLO", "HELO"}:
            self.lmtp = verb == "LHLO"
            self.say("250 sink.example" if verb == "HELO" else "250-sink.example\r\n250 8BITMIME")
        elif verb == "MAIL":
            self.reverse_path, self.forward_paths = _path(line), []
            self.say("250 2.1.0 sender")
        elif verb == "RCPT":
            self.forward_paths.append(_path(line))
            self.say("250 2.1.5 recipient")
        elif verb == "DATA":
            self.say("354 end with a dot")
            self.data()
        else:
            self.say("221 2.0.0 bye" if verb == "QUIT" else "250 2.0.0 fine")
        return verb != "QUIT"

    def data(self) -> None:
        lines = []
        while (line := self.rfile.readline(_LINE)) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        if not line:
            return  # cut before the dot: not a letter
        letter = Letter(self.reverse_path, tuple(self.forward_paths), b"".join(lines))
        reply = self.server.sink.take(letter)
        for _ in letter.forward_paths if self.lmtp else (letter.reverse_path,):
            self.say(reply)


def _path(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]
