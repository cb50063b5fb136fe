"""The form of a delivery report: what its header and its parts say of it, before a word of its text is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto, unique

from gateway.core.charset import words
from gateway.core.fields import Split, unfolded
from gateway.core.mime import Part

VALUE_OCTETS = 4 * 1024

STATUS_KINDS = frozenset({"message/delivery-status", "message/global-delivery-status"})  # RFC 3464, RFC 6533
_COPY_KINDS = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"})
_OTHER_REPORTS = frozenset({"message/disposition-notification", "message/feedback-report"})  # RFC 8098, RFC 5965

_ADDRESS = re.compile(r"[^\s<>(),;:\"@]{1,64}+@[^\s<>(),;:\"@]{1,255}")
_MACHINE = re.compile(r"mailer[-_. ]?daemon|mail[-_. ]?delivery|mdaemon|post_master", re.IGNORECASE)
_OFFICE = re.compile(
    r"postmaster|system administrator|delivery subsystem|anti[-_ ]?virus|smtp|mail[-_. ]?(?:system|service|admin)",
    re.IGNORECASE,
)
_NOBODY = re.compile(r"no[-_.]?reply|donotreply|do-not-reply", re.IGNORECASE)
_ANSWER = re.compile(r"(?:re|r|fwd?|i|aw|wg|tr|rv|inoltro)(?:\[[0-9]{1,3}\])? ?:", re.IGNORECASE)


@unique
class Author(Enum):
    """Who seems to have written it: a mail system itself, the office in charge of one, or anybody."""

    MACHINE = auto()
    OFFICE = auto()
    ANYBODY = auto()


@dataclass(frozen=True, slots=True)
class Shape:
    """A message that may be a report. `formal` is one by RFC 3464 and RFC 6522 alone."""

    author: Author
    formal: bool
    copied: bool
    """Whether it carries a message, its header, or a status part."""
    marked: bool
    """Whether its envelope or its header says that a program wrote it."""
    answer: bool
    """Whether its subject is that of an answer or a forwarded message, as people write them."""


def shape_of(header: Split, parts: tuple[Part, ...], *, returned: bool) -> Shape | None:
    """The form, or None where it is no report whatever it says. Most mail ends here."""
    kinds = {part.head.kind for part in parts}
    report = parts[0].head.kind == "multipart/report"
    if report and kinds & _OTHER_REPORTS:
        return None
    formal = report and any(part.parent == 0 and part.head.kind in STATUS_KINDS for part in parts)
    returned = returned or _null(value(header, "return-path")) or bool(header.first("x-failed-recipients"))
    copied = bool(kinds & (_COPY_KINDS | STATUS_KINDS))
    author, nobody = _author(value(header, "from"))
    if author is Author.ANYBODY and not (formal or returned or (nobody and copied)):
        return None
    automatic = value(header, "auto-submitted").lower() not in {"", "no"}  # RFC 3834 §5
    return Shape(author, formal, copied, returned or automatic, bool(_ANSWER.match(value(header, "subject"))))


def addresses(header: Split, name: str) -> tuple[str, ...]:
    """Every address in a field, as far as it goes."""
    return tuple(_ADDRESS.findall(value(header, name)))


def value(header: Split, name: str) -> str:
    """A field's value on one line, decoded."""
    return words(unfolded(header.first(name)[:VALUE_OCTETS]))


def _author(sender: str) -> tuple[Author, bool]:
    """Who the field From shows, and whether it is an address that nobody reads. An empty address is a machine's."""
    found = _ADDRESS.search(sender)
    local = found[0].partition("@")[0] if found else sender
    named = f"{sender[: found.start()]}{local}{sender[found.end() :]}" if found else sender  # a domain is a firm's name
    if _MACHINE.search(local) or "<>" in sender:
        return Author.MACHINE, False
    office = _OFFICE.search(named) or _MACHINE.search(named)  # a name is sooner borrowed than an address
    return Author.OFFICE if office else Author.ANYBODY, bool(_NOBODY.search(local))


def _null(path: str) -> bool:
    """`<>`, or what a program wrote in its stead."""
    return path == "<>" or bool(_MACHINE.search(path.partition("@")[0]))
