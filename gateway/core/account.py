"""Station 3, Sender: accounts as the address book has them, and which of them an author address is registered on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.core.address import Address
from gateway.core.plain import key

DOMAIN = "domain"
"""The kind of service that has one holder, and whose name is compared as A-labels (R3)."""


class Language(StrEnum):
    """What the customer reads (R12)."""

    IT = "it"
    EN = "en"


class Standing(StrEnum):
    """An account's status; only `active` is in good standing."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Account:
    """A customer. `primary` is where whatever we send goes (R4)."""

    id: int
    code: str
    name: str
    language: Language
    status: Standing
    primary: Address


@dataclass(frozen=True, slots=True)
class Turn:
    """The primary address of the account `code` has begun to fail, or works again (R6)."""

    code: str
    working: bool
    failures: int


@dataclass(frozen=True, slots=True)
class Service:
    """Something an account holds, such as a domain. `holder` is the account's code."""

    account_id: int
    kind: str
    name: str
    holder: str = ""

    @property
    def key(self) -> str:
        """What a name in a message is compared with."""
        return key(self.name)


@dataclass(frozen=True, slots=True)
class Sender:
    """The accounts that the author address is registered on: none, one, several (R1, R2)."""

    author: Address
    accounts: tuple[Account, ...]
