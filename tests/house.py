"""A whole gateway in one process without its ports: the real stories over a real database, with sample accounts."""

from __future__ import annotations

import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count

from sqlalchemy import insert, select

from gateway.config import shipped
from gateway.config.policies import load_policies
from gateway.core.account import Language
from gateway.core.address import Address
from gateway.core.arrival import Arrival, Envelope, Origin, Path, Position
from gateway.core.policy import Policy
from gateway.core.rates import MOST, Bound, RateLimits
from gateway.core.reference import make_reference
from gateway.core.served import Served
from gateway.core.standing import InForce, Report
from gateway.egress.wording import Templates
from gateway.examine import Examiner
from gateway.house import House
from gateway.ops import exposition
from gateway.ops.meters import Meters
from gateway.receive import Receiver
from gateway.store import audit, book, desk, ledger, letters, outbox, schema
from gateway.store import tables as t
from gateway.store.adapter import Store
from gateway.store.database import Database
from gateway.store.keys import ensure_key, keyring
from statements import make_watchable

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TRUSTED = "mx.example.it"
ROSSI, SMITH, BIANCHI, VERDI = "ROSSI-001", "SMITH-001", "BIANCHI-001", "VERDI-001"
ACCOUNTS = (
    (ROSSI, "it", "active", "amministrazione@rossi.example", ("tecnico@rossi.example", "ufficio@studio.example")),
    (SMITH, "en", "active", "office@smith.example", ("john@smith.example",)),
    (BIANCHI, "it", "active", "info@bianchi.example", ("ufficio@studio.example",)),
    (VERDI, "it", "suspended", "posta@verdi.example", ()),
)
UNLIMITED = RateLimits(*[Bound(MOST, MOST)] * len(fields(RateLimits)))
"""What tests send within one simulated hour is a flood; those of floods set limits of their own."""
BEHIND = Origin("from-mta", Position.BEHIND_MTA, "127.0.0.1", frozenset({TRUSTED}))


def letter(  # noqa: PLR0913 - what a test says of its message
    author="tecnico@rossi.example",
    *,
    dmarc="pass",
    domain=None,
    subject="Il sito non risponde",
    text="Buongiorno.",
    message_id="m1@rossi.example",
    more="",
):
    """A message as the border hands it on. `more` are further header lines, each ended by CRLF."""
    header_from = domain or author.rpartition("@")[2]
    evidence = f"Authentication-Results: {TRUSTED}; dmarc={dmarc} header.from={header_from}\r\n" if dmarc else ""
    return (
        f"{evidence}Received: from x by {TRUSTED}; Sun, 22 Nov 2026 12:00:00 +0000\r\n"
        f"From: {author}\r\nTo: support@example.it\r\nSubject: {subject}\r\n"
        f"Message-ID: <{message_id}>\r\nDate: Sun, 22 Nov 2026 12:00:00 +0000\r\n{more}"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


@dataclass
class Gateway:
    """What a test asks and looks at."""

    database: Database
    store: Store
    receiver: Receiver
    numbers: count
    meters: Meters

    def arrival(self, raw, reverse_path="tecnico@rossi.example", forward_paths=("support@example.it",), origin=BEHIND):
        number = next(self.numbers)
        envelope = Envelope(Path(reverse_path) if reverse_path else None, tuple(map(Path, forward_paths)))
        return Arrival(f"A{number:07}", raw, envelope, origin, NOW + timedelta(seconds=number))

    async def receive(self, raw, **where):
        return await self.receiver(self.arrival(raw, **where))

    def ruled(self, policy: Policy):
        """The same gateway under another policy."""
        return self.examining(house=replace(self.house, policy=policy))

    def examining(self, **parts):
        """The same gateway with other parts to examine with."""
        return replace(self, receiver=examining(self.receiver, **parts))

    @property
    def house(self):
        return self.receiver.examine.house

    @property
    def keys(self):
        return self.database.read(keyring)

    @property
    def messages(self):
        return self.database.read(lambda connection: list(ledger.messages(connection, desk.Window())))

    @property
    def tickets(self):
        return self.database.read(lambda connection: list(desk.records(connection, desk.Window())))

    @property
    def outbox(self):
        return self.database.read(lambda connection: list(outbox.records(connection, desk.Window())))

    @property
    def balance(self):
        return self.database.read(ledger.balance)

    @property
    def audit(self):
        return self.database.read(lambda connection: list(audit.records(connection, desk.Window())))

    def ticket(self, ref):
        return self.database.read(lambda connection: desk.record(connection, ref))

    def message(self, message_id):
        return self.database.read(lambda connection: ledger.message(connection, message_id))

    def facts(self, message_id):
        kept = select(t.message.c.facts).where(t.message.c.id == message_id)
        return self.database.read(lambda connection: connection.execute(kept).scalar_one())

    def raw(self, message_id):
        return self.database.read(lambda connection: ledger.octets(connection, message_id))

    def account(self, code):
        return self.database.read(lambda connection: book.by_code(connection, code))


def add_accounts(connection):
    for number, (code, language, status, primary, secondary) in enumerate(ACCOUNTS, 1):
        row = {"id": number, "code": code, "name": code, "language": language, "status": status, "hard_failures": 0}
        connection.execute(insert(t.account).values(row))
        for text in (primary, *secondary):
            book.add(connection, number, Address.parse(text), is_primary=text == primary)
        domain = primary.rpartition("@")[2]
        connection.execute(insert(t.service).values(account_id=number, kind="domain", name=domain, key=domain))


def examining(receiver, **parts):
    """The same receiver with other parts to examine with."""
    return replace(receiver, examine=replace(receiver.examine, **parts))


class NoChecks:
    """Finds nothing that could vouch for an author: what most tests are about is what the border says."""

    async def check(self, arrival, message):
        return None


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder, closing(Database(f"sqlite:///{folder}/new.db").open()) as database:
        database.remake(schema.upgrade)
        return database.path.read_bytes()


def new_database(where):
    """An open database as `migrate()` leaves a new one, its key its own; the migrations themselves run once a process.

    They take a quarter of a second, which thousands of tests would wait for. `where` is a file, or the address of what
    is migrated already.
    """
    database = Database(str(where) if "://" in str(where) else f"sqlite:///{where}").open()
    if database.path is not None:
        database.path.write_bytes(_migrated())
    database.write(lambda connection: ensure_key(connection, NOW))
    return database


@cache
def _wording():
    return Templates.load(shipped("config/templates"), (Language.IT, Language.EN), ("panel-required",))


@contextmanager
def gateway(folder, limits=None, authenticator=None, *, watchable=False, outside=None, url="", node=None):  # noqa: PLR0913 - what a test varies
    """A gateway with its database in `folder`, or elsewhere; `statements.watched()` sees those that are `watchable`."""
    database = new_database(url or f"{folder}/gateway.db")
    database.outside = outside
    if watchable:
        make_watchable(database.engine)
    database.write(add_accounts)
    numbers = count(1)
    house = House(
        hostname="gateway.example.it",
        sender_name="Assistenza",
        served=Served((Address.parse("support@example.it"),), Address.parse("bounces@example.it")),
        policy=replace(load_policies(shipped("policies")), limits=UNLIMITED),
        wording=_wording(),
    )
    meters = Meters()
    with closing(database), closing(Store(database, limits or letters.Limits(), node)) as store:
        examiner = Examiner(
            house,
            book=store,
            desk=store,
            keys=store,
            archive=store,
            authenticator=authenticator or NoChecks(),
            new_id=lambda: f"B{next(numbers):07}",
            new_reference=lambda: make_reference(next(numbers)),
        )
        receiver = Receiver(examiner, store, meters, committed=lambda: None)
        yield Gateway(database, store, receiver, numbers, meters)


def page(meters, **seen):
    """The page of metrics, a line each, of a gateway that has nothing else to tell."""
    report = Report(NOW, InForce("d" * 64, NOW))
    return exposition.text(exposition.Seen(meters, **{"report": report, **seen})).decode().splitlines()
