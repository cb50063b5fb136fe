"""The SMTP and LMTP dialogue without the wire: a command line in, a step out. No I/O, no clock."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from gateway.core.arrival import Envelope, Path
from gateway.core.served import Served
from gateway.ingress import replies
from gateway.ingress.path import Mail, parse_mail, parse_rcpt
from gateway.ingress.replies import Reply
from gateway.ingress.settings import Bounds

_NAME = re.compile(r"[!-~]{1,255}")
_KNOWN = frozenset({"AUTH", "BDAT", "BURL", "ETRN", "EXPN", "HELP", "SAML", "SEND", "SOML", "TURN"})
_MISTAKES = frozenset({"500", "501", "502", "503", "555"})


class Then(Enum):
    """What the wire has to do after the reply."""

    LISTEN = auto()
    READ_DATA = auto()
    START_TLS = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """A reply, and what comes then."""

    reply: Reply
    then: Then = Then.LISTEN


class Dialogue:
    """One session: who said hello, and the envelope so far. `put_off` says whether new mail has to wait."""

    def __init__(  # noqa: PLR0913 - a fact each
        self,
        protocol: Literal["smtp", "lmtp"],
        hostname: str,
        served: Served,
        bounds: Bounds,
        *,
        offers_tls: bool,
        put_off: Callable[[], Reply | None] = lambda: None,
    ) -> None:
        self._protocol = protocol
        self._hostname = hostname
        self._served = served
        self._bounds = bounds
        self._offers_tls = offers_tls
        self._put_off = put_off
        self._errors = 0
        self._greeted = False
        self._extended = False
        self._helo = ""
        self._mail: Mail | None = None
        self._recipients: list[Path] = []

    @property
    def envelope(self) -> Envelope:
        """What MAIL and RCPT said. To be asked for only after READ_DATA."""
        reverse_path = self._mail.reverse_path if self._mail else None
        return Envelope(reverse_path, tuple(self._recipients), self._helo)

    def answer(self, line: bytes) -> Step:
        """Take one command line, without its CRLF."""
        step = self._answer(line)
        if step.reply.code in _MISTAKES:
            return self.mistake(step.reply)
        return step

    def mistake(self, reply: Reply) -> Step:
        """A bad command has its reply, until there are too many."""
        self._errors += 1
        if self._errors > self._bounds.errors:
            return Step(replies.TOO_MANY_ERRORS, Then.CLOSE)
        return Step(reply)

    def reset(self) -> None:
        """Forget the envelope."""
        self._mail = None
        self._recipients = []

    def _answer(self, line: bytes) -> Step:  # noqa: C901, PLR0911, PLR0912 - a command a line
        if b"\n" in line or b"\r" in line or b"\0" in line:  # RFC 5321 §2.3.8: only CRLF ends a line
            return Step(replies.BAD_LINE)
        try:
            verb, _, argument = line.decode().rstrip(" \t").partition(" ")
        except UnicodeDecodeError:
            return Step(replies.BAD_ARGUMENT)
        match verb.upper():
            case "HELO" | "EHLO" | "LHLO" as hello:
                return Step(self._hello(hello, argument))
            case "MAIL":
                return Step(self._sender(argument))
            case "RCPT":
                return Step(self._recipient(argument))
            case "DATA":
                return self._data(argument)
            case "RSET" if not argument:
                self.reset()
                return Step(replies.OK)
            case "NOOP":
                return Step(replies.OK)
            case "VRFY" if argument:
                return Step(replies.CANNOT_VERIFY)  # RFC 5321 §3.5.3: an address oracle otherwise
            case "QUIT" if not argument:
                return Step(replies.BYE, Then.CLOSE)
            case "STARTTLS" if self._offers_tls:
                return self._start_tls(argument)
            case "RSET" | "QUIT" | "VRFY":
                return Step(replies.BAD_ARGUMENT)
            case known if known in _KNOWN or known == "STARTTLS":
                return Step(replies.NOT_IMPLEMENTED)
        return Step(replies.UNKNOWN_COMMAND)

    def _hello(self, verb: str, name: str) -> Reply:
        if (verb == "LHLO") != (self._protocol == "lmtp"):  # RFC 2033 §4.1
            return replies.UNKNOWN_COMMAND
        if not _NAME.fullmatch(name):
            return replies.BAD_ARGUMENT
        self.reset()  # RFC 5321 §4.1.4
        self._greeted = True
        self._extended = verb != "HELO"
        self._helo = name
        if not self._extended:
            return replies.hello(self._hostname)
        keywords = ["PIPELINING", "ENHANCEDSTATUSCODES", f"SIZE {self._bounds.message}", "8BITMIME", "SMTPUTF8"]
        return replies.hello(self._hostname, *keywords, *(["STARTTLS"] if self._offers_tls else []))

    def _sender(self, argument: str) -> Reply:
        if not self._greeted:
            return replies.HELLO_FIRST
        if self._mail is not None:
            return replies.BAD_SEQUENCE
        mail = parse_mail(argument, extended=self._extended)
        if isinstance(mail, Reply):
            return mail
        if mail.size > self._bounds.message:  # RFC 1870 §6.1
            return replies.TOO_LARGE
        if (later := self._put_off()) is not None:
            return later
        self._mail = mail
        return replies.SENDER_OK

    def _recipient(self, argument: str) -> Reply:
        if self._mail is None:
            return replies.BAD_SEQUENCE
        path = parse_rcpt(argument, smtputf8=self._mail.smtputf8)
        if isinstance(path, Reply):
            return path
        if not self._served.serves(path):
            return replies.UNKNOWN_RECIPIENT
        if len(self._recipients) >= self._bounds.recipients:  # RFC 5321 §4.5.3.1.10
            return replies.TOO_MANY_RECIPIENTS
        self._recipients.append(path)
        return replies.RECIPIENT_OK

    def _data(self, argument: str) -> Step:
        if argument:
            return Step(replies.BAD_ARGUMENT)
        if self._mail is None:
            return Step(replies.BAD_SEQUENCE)
        if not self._recipients:  # RFC 2033 §4.2
            return Step(replies.NO_RECIPIENTS)
        return Step(replies.GO_AHEAD, Then.READ_DATA)

    def _start_tls(self, argument: str) -> Step:
        if argument:
            return Step(replies.BAD_ARGUMENT)
        if not self._greeted:
            return Step(replies.HELLO_FIRST)
        return Step(replies.START_TLS, Then.START_TLS)
