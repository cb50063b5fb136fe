"""Stations 9 to 11: what we say. A reply has no place to write an address; only `address()` finds one (R4, I1)."""

# The only call of Outgoing is in this file.

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from gateway.core.account import Account, Standing
from gateway.core.address import Address
from gateway.core.letter import Letterhead, write_letter
from gateway.core.reference import Keyring, bounce_token, message_token, question_token, ticket_token


@unique
class Kind(StrEnum):
    """What a reply is: an acknowledgement, a policy's answer, a person's words, a notice, a question (R5)."""

    OPENED = "opened"
    ANSWER = "answer"
    REPLY = "reply"
    CLOSED = "closed"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Words:
    """The subject and the text of a reply, rendered when it was written."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What is to be said to an account. **No address.** `row` is the outbox row's id."""

    row: str
    account_id: int
    reference: str
    kind: Kind
    words: Words
    in_reply_to: tuple[str, ...] = ()
    """Message-IDs that this continues, oldest first, already held against the strict pattern."""
    about: str = ""
    """The held message that the primary is asked about; `reference` is then the question's, and of no ticket."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter with its envelope. Made by `address()` alone (a test reads the tree)."""

    reverse_path: Address
    forward_path: Address
    message_id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing may be said to this account any more; `why` is for the operator."""

    why: str


def address(reply: Reply, account: Account, letterhead: Letterhead, keys: Keyring, at: datetime) -> Outgoing | Silent:
    """The door out: the primary address of the account that holds the ticket, as it is now, and nobody else (I1)."""
    if account.id != reply.account_id:
        return Silent("the reply is for another account")
    if account.status is Standing.CLOSED:
        return Silent(f"account {account.code} is closed")
    sealed, token = _tokens(reply, account, keys)
    message_id = f"{reply.reference}.{sealed}@{letterhead.hostname}"
    letter = write_letter(
        letterhead,
        to=account.primary,
        message_id=message_id,
        subject=reply.words.subject,
        text=reply.words.text,
        references=reply.in_reply_to,
        detail=f"{reply.reference}.{token}",
        automatic=reply.kind is not Kind.REPLY,
        language=account.language,
        at=at,
    )
    reverse_path = letterhead.bounces_with(bounce_token(keys, reply.row))
    return Outgoing(reverse_path, account.primary, message_id, letter)


def _tokens(reply: Reply, account: Account, keys: Keyring) -> tuple[str, str]:
    """Of the Message-ID and of the reply address. A question's are good for the primary that it goes to alone."""
    if reply.about:
        asked = (keys, reply.reference, reply.about, account)
        return question_token(*asked, reply.row), question_token(*asked)
    return message_token(keys, reply.reference, account.id, reply.row), ticket_token(keys, reply.reference, account.id)


@dataclass(frozen=True, slots=True)
class Delivered:
    """The smarthost took it. `status` is its answer, on one line."""

    status: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now: a 4xx, a silence, a broken line, garbage."""

    status: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Never: a 5xx for this letter. `hard` where the address itself is what failed (RFC 3463 x.1.x)."""

    status: str
    hard: bool = False


Outcome = Delivered | Deferred | Failed
