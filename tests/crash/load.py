"""Load that outlives its server: several connections, each message with its own Message-ID, until each has its 250."""

from __future__ import annotations

import smtplib
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from e2e.border import message
from e2e.process import SUPPORT, committed_id
from e2e.waiting import LOOPBACK

AUTHOR = "tecnico@rossi.example"
CONNECTIONS = 6
REPLY_SECONDS = 60
PICTURES = (0, 0, 0, 2_000, 0, 20_000, 0, 300_000)
"""Octets: the last is over what is kept in memory while it is received."""
HUGE = 3_000_000
"""Messages with a number from here on have so many."""
TAKEN = 250
_HEAD = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="part"\r\n'
_PARTS = "--part\r\n\r\nRiga del messaggio {}.\r\n--part\r\nContent-Type: image/png\r\n\r\n{}\r\n--part--\r\n"
_LINE = "x" * 76 + "\r\n"


@dataclass
class Load:
    """What is to be sent, and what got a 250: the sender of RFC 5321, which repeats what was not answered."""

    unanswered: deque[int] = field(default_factory=deque)
    promised: dict[int, str] = field(default_factory=dict)
    """By number, under which id the gateway said that it has it."""
    numbers: count[int] = field(default_factory=count)
    put_off: list[str] = field(default_factory=list)
    """Replies that were not 250: code and status."""

    def more(self, messages: int) -> None:
        """So many new ones."""
        self.unanswered.extend(next(self.numbers) for _ in range(messages))

    def begin(self, ports: Sequence[int]) -> list[threading.Thread]:
        """Connections to each of these in turn, which send until nothing is left, or the server is gone."""
        senders = [
            threading.Thread(target=self.send, args=(ports[number % len(ports)],), daemon=True)
            for number in range(CONNECTIONS)
        ]
        for sender in senders:
            sender.start()
        return senders

    def send(self, port: int) -> None:
        """One connection."""
        number = None
        try:
            with smtplib.SMTP(LOOPBACK, port, timeout=REPLY_SECONDS) as client:
                while self.unanswered:
                    number = self.unanswered.popleft()
                    code, words = offered(client, number)
                    if code != TAKEN:
                        self.put_off.append(f"{code} {words.decode().partition(' ')[0]}")
                        break
                    self.promised[number], number = committed_id(code, words), None
        except (OSError, smtplib.SMTPException, IndexError):  # gone, or nothing is left
            pass
        if number is not None:
            self.unanswered.append(number)


def offered(client: smtplib.SMTP, number: int) -> tuple[int, bytes]:
    """One transaction; the reply that ended it."""
    client.ehlo_or_helo_if_needed()
    code, words = client.mail(AUTHOR)
    if code == TAKEN:
        code, words = client.rcpt(SUPPORT)
    return client.data(written(number)) if code == TAKEN else (code, words)


def message_id(number: int) -> str:
    """Of the message with this number, without its brackets."""
    return f"{number}.crash@rossi.example"


def written(number: int) -> bytes:
    """The same message every time."""
    octets = PICTURES[number % len(PICTURES)] if number < HUGE else HUGE
    text = _PARTS.format(number, _LINE * (octets // len(_LINE)))
    return message(AUTHOR, message_id=f"<{message_id(number)}>", subject=f"Domanda {number}", text=text, fields=_HEAD)
