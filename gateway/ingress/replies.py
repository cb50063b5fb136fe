"""Replies: every word that a client reads from us. A Reply whose parts disagree cannot be made (I8)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

LINE_OCTETS = 510  # RFC 5321 §4.5.3.1.5, without the CRLF

_CODE = re.compile(r"[2-5][0-5][0-9]")  # RFC 5321 §4.2
_STATUS = re.compile(r"[245]\.[0-7]\.[0-9]{1,3}")  # RFC 3463 §2
_TEXT = re.compile(r"[\x20-\x7e]+")
_WITHOUT_STATUS = frozenset({"220", "250", "354"})  # RFC 2034 §3: the greeting, EHLO's answer and 3yz carry none
_PERSISTENT_TRANSIENT = "4"


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply code, an enhanced status code of the same class, and words that mean the same.

    `status` is empty where RFC 2034 wants none. The words of a 4yz, and of no other, hold "later": it is what the
    client is to do.
    """

    code: str
    status: str
    lines: tuple[str, ...]
    octets: bytes = field(init=False, repr=False, compare=False)
    """As it goes over the wire (RFC 5321 §4.2.1)."""

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise ValueError(f"{self.code!r} is no reply code")
        if not self.status and self.code not in _WITHOUT_STATUS:
            raise ValueError(f"{self.code} wants an enhanced status code")
        if self.status and not (_STATUS.fullmatch(self.status) and self.status[0] == self.code[0]):
            raise ValueError(f"{self.code} and {self.status} are not of one class")
        if not self.lines or not all(_TEXT.fullmatch(line) for line in self.lines):
            raise ValueError("a reply is lines of printable ASCII")
        if ("later" in " ".join(self.lines)) != (self.code[0] == _PERSISTENT_TRANSIENT):
            raise ValueError(f"a {self.code} must say 'later' if and only if trying later helps")
        if max(map(len, self.lines)) + len(f"{self.code}-{self.status} ") > LINE_OCTETS:
            raise ValueError(f"a reply line is over {LINE_OCTETS} octets")
        status = f"{self.status} " if self.status else ""
        *first, last = self.lines
        whole = "".join([*(f"{self.code}-{status}{line}\r\n" for line in first), f"{self.code} {status}{last}\r\n"])
        object.__setattr__(self, "octets", whole.encode())

    @property
    def is_error(self) -> bool:
        """Whether the client did not get what it asked for."""
        return self.code[0] in "45"

    def __str__(self) -> str:
        return f"{self.code} {self.status}".rstrip()


def _reply(code: str, status: str, *lines: str) -> Reply:
    return Reply(code, status, lines)


@lru_cache(16)  # a listener's is always the same
def greeting(hostname: str, protocol: str) -> Reply:
    """The first line: who we are, and no version for anybody to look up."""
    return _reply("220", "", f"{hostname} {'LMTP' if protocol == 'lmtp' else 'ESMTP'}")


@lru_cache(16)
def hello(hostname: str, *keywords: str) -> Reply:
    """The answer to HELO, EHLO and LHLO."""
    return _reply("250", "", hostname, *keywords)


def accepted(message: str) -> Reply:
    """Said only after the commit (I3)."""
    return _reply("250", "2.0.0", f"accepted as {message}")


SENDER_OK = _reply("250", "2.1.0", "sender ok")
RECIPIENT_OK = _reply("250", "2.1.5", "recipient ok")
OK = _reply("250", "2.0.0", "ok")
CANNOT_VERIFY = _reply("252", "2.0.0", "cannot verify, send a message and see")  # RFC 5321 §7.3
BYE = _reply("221", "2.0.0", "bye")
START_TLS = _reply("220", "2.0.0", "start TLS")
GO_AHEAD = _reply("354", "", "go ahead, end with a dot on a line of its own")

REJECTED = _reply(  # the one answer to every refusal at the edge: it tells a stranger nothing (I10)
    "550", "5.7.1", "Messaggio non accettato da questo servizio.", "Message not accepted by this service."
)
UNKNOWN_RECIPIENT = _reply("550", "5.1.1", "no such recipient here")
TOO_LARGE = _reply("552", "5.3.4", "message too large")
LINE_TOO_LONG = _reply("552", "5.3.4", "message has a line too large")
NOT_CLEAN = _reply("550", "5.6.0", "message holds a bare CR, a bare LF or a NUL")

TRY_LATER = _reply("451", "4.3.0", "cannot take the message now, try again later")
TOO_BUSY = _reply("452", "4.3.1", "too many messages at once, try again later")
NO_ROOM = _reply("452", "4.3.1", "not enough room on the disk, try again later")  # RFC 5321 §4.2.3
TOO_MANY_RECIPIENTS = _reply("452", "4.5.3", "too many recipients, send to the others later")
TOO_MANY_CONNECTIONS = _reply("421", "4.3.2", "too many connections, try again later")
CLOSING = _reply("421", "4.3.2", "closing down, try again later")
TOO_SLOW = _reply("421", "4.4.2", "waited too long, try again later")
TOO_MANY_ERRORS = _reply("421", "4.7.0", "too many errors, try again later")
NOT_A_PEER = _reply("421", "4.7.1", "not for this client, try again later")  # 4yz: lost is nothing while ops mend it
BROKEN = _reply("421", "4.3.0", "cannot go on, try again later")

BAD_LINE = _reply("500", "5.5.2", "a line ends with CRLF and holds no NUL, bare CR or bare LF")
LINE_TOO_LONG_COMMAND = _reply("500", "5.5.2", "command line too long")
UNKNOWN_COMMAND = _reply("500", "5.5.1", "command not recognized")
NOT_IMPLEMENTED = _reply("502", "5.5.1", "command not implemented")
BAD_SEQUENCE = _reply("503", "5.5.1", "bad sequence of commands")
HELLO_FIRST = _reply("503", "5.5.1", "say hello first")
NO_RECIPIENTS = _reply("503", "5.5.1", "no valid recipients")
BAD_ARGUMENT = _reply("501", "5.5.4", "bad argument")
BAD_PARAMETER = _reply("501", "5.5.4", "bad parameter")
UNKNOWN_PARAMETER = _reply("555", "5.5.4", "parameter not recognized")
BAD_SENDER = _reply("501", "5.1.7", "bad sender address syntax")
BAD_RECIPIENT = _reply("501", "5.1.3", "bad recipient address syntax")
NOT_ASCII = _reply("553", "5.6.7", "an address beyond ASCII wants SMTPUTF8")  # RFC 6531 §3.5
PIPELINED_TLS = _reply("503", "5.5.1", "nothing may follow STARTTLS before the answer")  # RFC 3207 §5
