"""Floor 1, ports: what the stories need from the world, spoken in core types. No third party here.

A look-up has three answers: found, not found, and `Unavailable`, which defers and never refuses (I9).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.core.account import Account, Language, Service, Turn
from gateway.core.address import Address
from gateway.core.arrival import Arrival
from gateway.core.case import Case, Override, TicketFact
from gateway.core.committed import Held, Record, Recorded
from gateway.core.confirmation import Confirmation
from gateway.core.evidence import Evidence
from gateway.core.inquiry import Answer, Question
from gateway.core.judge import Undecided
from gateway.core.likeness import Resemblance
from gateway.core.message import Message, Seal
from gateway.core.place import Folder, Mail, Place, Sight, Step
from gateway.core.rates import Counter, Rates
from gateway.core.reason import Disposition
from gateway.core.reference import Keyring
from gateway.core.reply import Outcome, Outgoing, Reply, Words
from gateway.core.retention import Retention, Swept
from gateway.core.scan import Scan
from gateway.core.sourced import Roster
from gateway.core.standing import Standing
from gateway.core.verdict import Defer, Verdict


class Unavailable(Exception):  # noqa: N818 - the third answer of a look-up, not only a mistake
    """The database, a resolver or the disk cannot answer now. The words say which and why, for the operator."""


class Ungranted(Exception):  # noqa: N818 - an answer, as Unavailable is
    """There is no access token, and nothing but an operator mends that. The words say how; no secret is in them."""


class AddressBook(Protocol):
    """Who is registered. Addresses are found by equality of their keys, never by pattern."""

    async def registered(self, author: Address) -> tuple[Account, ...]:
        """The accounts that `author` is registered on. Raises Unavailable."""

    async def holders(self, keys: Sequence[str]) -> tuple[Service, ...]:
        """The services of these keys (`Service.key`), whoever holds them. Raises Unavailable."""

    async def resembling(self, author: Address, named: Sequence[Address]) -> tuple[Resemblance, ...]:
        """Whom `author` resembles, and who is registered on the `named` addresses. Raises Unavailable."""

    async def account(self, account_id: int) -> Account | None:
        """The account as it is now. Raises Unavailable."""


class Desk(Protocol):
    """The tickets, as far as a message needs them."""

    async def tickets(self, references: Sequence[str]) -> tuple[TicketFact, ...]:
        """Those of these references that exist. Raises Unavailable."""

    async def confirmation(self, reference: str) -> Confirmation | None:
        """The question of this reference, with its account as it is now. Raises Unavailable."""


class Keys(Protocol):
    """What tokens are sealed with."""

    async def keyring(self) -> Keyring:
        """The keys as they are now: a rotation is seen by the next message and the next letter. Raises Unavailable."""


class Names(Protocol):
    """The DNS."""

    async def answer(self, question: Question) -> Answer:
        """What it says, within a bounded time. Nothing is raised: COULD_NOT_ASK is a value."""


class Authenticator(Protocol):
    """Our own checks of the author domain, for mail that no trusted border vouches for."""

    async def check(self, arrival: Arrival, message: Message) -> Evidence | Undecided | None:
        """What they found; None where there is nothing to check. Nothing is raised: not knowing is `Undecided`."""


class Scanner(Protocol):
    """A virus scanner."""

    async def scan(self, arrival: Arrival) -> Scan:
        """What it says of the whole message, within a bounded time. Raises Unavailable where mail waits for it."""


class Seals(Protocol):
    """Whoever verifies the signatures of PEC providers."""

    async def doubt(self, seal: Seal, at: datetime) -> str:
        """Why the seal was not its provider's at this time, "" where it was. Raises Unavailable (I9)."""


class Observer(Protocol):
    """Whoever counts. Told after the commit; raises nothing."""

    def received(self, case: Case, verdict: Verdict) -> None:
        """A message was committed, with this verdict."""

    def deferred(self, arrival: Arrival) -> None:
        """A message was put off, and nothing was written (I9)."""

    def attempted(self, outcome: Outcome) -> None:
        """A letter was tried, and the outcome was written down."""

    def turned(self, turn: Turn) -> None:
        """A primary address has begun to fail, or works again (R6)."""


class Examine(Protocol):
    """Everything about one message up to the commit."""

    async def __call__(self, arrival: Arrival, override: Override | None = None) -> Record:
        """What is to be written down about it; changes nothing. Raises Unavailable (I9)."""


class Shadow(Protocol):
    """A candidate set of policies, asked about mail that another one rules."""

    def compare(self, record: Record) -> None:
        """The message was committed: count what this set would have made of it. Decides nothing, raises nothing."""


class Board(Protocol):
    """Where an ingress says how it stands."""

    def stands(self, standing: Standing) -> None:
        """It stands like this from now on. Raises nothing."""


class Archive(Protocol):
    """Where a message is written down."""

    async def rates(self, counters: Sequence[Counter], at: datetime) -> Rates:
        """How many counted in these within the hour before `at`. Raises Unavailable."""

    async def held(self, message_id: str) -> Held | None:
        """The message, if it is held still. Raises Unavailable."""

    async def record(self, record: Record) -> Recorded:
        """One transaction: message, verdict, ticket, entry, outbox. Returns after the commit. Raises Unavailable."""


class Mailboxes(Protocol):
    """The ledger of what was seen in mailboxes, and how far each mail is."""

    async def sight(self, folder: Folder) -> Sight | None:
        """What is known of it; None where its mailbox was never seen. Raises Unavailable."""

    async def see(self, folder: Folder, uids: Sequence[int], sight: Sight, now: datetime) -> None:
        """Put `uids` down as waiting, and that all up to the sight's mark were seen. Raises Unavailable."""

    async def set_aside(self, folder: Folder) -> None:
        """Its UIDs are of other mail from now on: what is known is of an earlier UIDVALIDITY. Raises Unavailable."""

    async def unfinished(self, folder: Folder, after: int, limit: int) -> tuple[Mail, ...]:
        """What is not done with UIDs over `after`, in their order. Raises Unavailable."""

    async def known_again(self, place: Place, octets: bytes) -> Disposition | None:
        """What became of these octets under another UIDVALIDITY; then `place` is taken. Raises Unavailable."""

    async def settle_mail(self, folder: Folder, uids: Sequence[int], step: Step) -> None:
        """Write down how far these are. Raises Unavailable."""


class Source(Protocol):
    """Who keeps accounts elsewhere. Asked in a thread: it may take its time."""

    name: str
    kind: str
    """sql, file or ldap."""

    def fetch(self, known: str) -> Roster | None:
        """All that it says; None where its digest is the `known` one. Raises Unavailable where that cannot be had."""

    def give_up(self) -> None:
        """End what is being fetched soon, and for good; from another thread."""


class Keeper(Protocol):
    """Whoever carries retention out."""

    async def sweep(self, retention: Retention, now: datetime, by: str, pause: Callable[[], Awaitable[None]]) -> Swept:
        """One run, with a pause after each of its short transactions; what went. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Due:
    """An outbox row whose time has come. `attempts` is how many came before, `answers` the message that it answers."""

    reply: Reply
    attempts: int
    created: datetime
    answers: str = ""


class Outbox(Protocol):
    """What is to be sent."""

    async def due(self, now: datetime, limit: int, busy: Collection[str]) -> tuple[Due, ...]:
        """Rows to be tried now, oldest first, without those that are `busy`. Nobody else is given them meanwhile.

        Raises Unavailable.
        """

    async def settle(
        self,
        due: Due,
        outgoing: Outgoing | None,
        outcome: Outcome | None,
        *,
        at: datetime,
        next_attempt: datetime | None,
    ) -> Turn | None:
        """Write an attempt down. No outcome cancels; `next_attempt` is set for a deferred one. Raises Unavailable.

        What it did to the primary address is given back.
        """


class Tokens(Protocol):
    """Access tokens for one mailbox, or for the smarthost."""

    async def token(self, refused: str = "") -> str:
        """One that is good for a while, and not the one that a server has just `refused`.

        Raises Unavailable (later, perhaps), Ungranted (an operator must act).
        """


class Submission(Protocol):
    """The way out, through the smarthost."""

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Try once. Every failure of network or peer is an outcome; nothing is raised."""


class Wording(Protocol):
    """The operator's templates."""

    def render(self, name: str, language: Language, facts: dict[str, str]) -> Words:
        """The words of a template: of a kind, or of an answer by its name. Raises ValueError where it asks in vain."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What `receive()` answers an ingress: committed with this verdict, or deferred with nothing written."""

    id: str
    verdict: Verdict | Defer
    ticket: str | None = None


class Receive(Protocol):
    """The story of one message, as an ingress sees it."""

    async def __call__(self, arrival: Arrival) -> Receipt:
        """Take the message through all stations; returns only after the commit (I3)."""
