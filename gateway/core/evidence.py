"""Station 4, Evidence: what SPF, DKIM and DMARC found, in the result words of RFC 8601, and the domain each is for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """Who found out."""

    HEADER = "header"
    OWN = "own"
    PEC = "pec"
    """The sender's provider of certified mail, by its seal (RFC 6109)."""
    NONE = "none"


class Assurance(StrEnum):
    """What the evidence is worth (threats rules 4, 6, 8)."""

    NONE = "none"
    DOMAIN = "domain"
    DOMAIN_ONLY = "domain-only"
    """As much of a domain that anybody can have a mailbox at: it says little about the mailbox (threats rule 8)."""
    MAILBOX = "mailbox"
    """The mailbox itself: its provider let its owner in, and has signed that it did."""


OPEN = frozenset({"pass", "none", "bestguesspass", "temperror", "permerror"})
"""DMARC words of a border that do not say no, so that our own proof may stand beside them."""


@dataclass(frozen=True, slots=True)
class Result:
    """One method's result word (RFC 8601 §2.7) and the domain it is for; `selector` for DKIM only."""

    result: str
    domain: str = ""
    selector: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about the author domain. `detail` says, for people, what was found or missing."""

    source: Source = Source.NONE
    assurance: Assurance = Assurance.NONE
    spf: Result | None = None
    dkim: tuple[Result, ...] = ()
    dmarc: Result | None = None
    detail: str = ""

    @property
    def aligned(self) -> bool:
        """Whether there is positive proof for the author domain (threats rule 6)."""
        return self.assurance is not Assurance.NONE
