"""Particulars: the parts that facts are made of. Plain, frozen, total: what is absent is empty, zero or false.

Each is a record that conditions read by these names, and that is kept with the message: a name here stays.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AuthorFacts:
    """Who the message says it is from. `name` is the display name; `shared`: anybody can have a mailbox there."""

    address: str = ""
    local: str = ""
    domain: str = ""
    name: str = ""
    shared: bool = False


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """The account of a proved author; empty where there is none, or several."""

    code: str = ""
    name: str = ""
    language: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceFacts:
    """What proves the author: `assurance` counts; results are words of RFC 8601, whatever domain they are for."""

    source: str = "none"
    assurance: str = "none"
    spf: str = ""
    dkim: str = ""
    dmarc: str = ""


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """The first ticket that a customer's message names, preferably an own one; another's and no such one are alike."""

    ref: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """A service that a customer's message is about."""

    kind: str = ""
    name: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class AttachmentFacts:
    """`extension` is the last of the name, in small letters; `sniffed` is the type that the octets show, if any."""

    name: str = ""
    extension: str = ""
    content_type: str = ""
    sniffed: str = ""
    size: int = 0
    inline: bool = False


@dataclass(frozen=True, slots=True)
class IngressFacts:
    """Which way it came in."""

    name: str = ""
    position: str = ""
    peer: str = ""


@dataclass(frozen=True, slots=True)
class StationFacts:
    """What the stations found for a policy's keys to act on. No condition reads it; another policy is tried on it.

    `door`: what `authorize()` says, whatever the policy; "" where an objection stands before it. `folds`: a program's
    answer in a thread, which a policy may fold. `limits`: the names of those that the message counts against.
    """

    door: str = ""
    folds: bool = False
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TimeFacts:
    """When it came in, in UTC. `weekday` is 1 for Monday to 7."""

    hour: int = 0
    weekday: int = 0
    at: str = ""
