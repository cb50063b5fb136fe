"""I1: whatever we send goes to the primary address of the account it is about, as it is then, and nowhere else."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.utils import getaddresses

from aiosmtpd import smtp as aiosmtpd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.core.account import Account, Language, Standing
from gateway.core.address import Address
from gateway.core.letter import Letterhead
from gateway.core.reference import Keyring, make_reference
from gateway.core.reply import Delivered, Kind, Outgoing, Reply, Silent, Words, address
from gateway.core.retry import Schedule
from gateway.dispatch import Dispatch
from gateway.egress.submission import Smarthost, SmarthostSettings
from gateway.ops.meters import Meters
from gateway.ports import Due

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVE = "eve@evil.example"
HEAD = Letterhead(
    "gateway.example.it", "Assistenza", Address("support", "example.it"), Address("bounces", "example.it")
)
KEYS = Keyring((b"k" * 32,))
OURS = {"support@example.it"}

_atoms = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=20)
_labels = st.text("abcxyz019", min_size=1, max_size=12)
primaries = st.builds(
    lambda local, labels: Address.parse(f"{'.'.join(local)}@{'.'.join(labels)}"),
    st.lists(_atoms, min_size=1, max_size=2),
    st.lists(_labels, min_size=2, max_size=3),
)
_hostile = st.sampled_from(
    [
        f"\r\nBcc: {EVE}\r\n",
        f"\nCc: {EVE}",
        f"\rTo: {EVE}",
        f"Reply-To: {EVE}",
        f"\x85Bcc: {EVE}\u2028Bcc: {EVE}",
        f"=?utf-8?q?=0D=0ABcc:_{EVE}?=",
        f"\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<{EVE}>\r\nDATA\r\n",
        f"<{EVE}>",
        f"{EVE}>, <{EVE}",
    ]
)
_prose = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)
words = st.lists(st.one_of(_hostile, _prose), max_size=5).map("".join)
accounts = st.builds(
    Account,
    id=st.integers(1, 2**40),
    code=st.just("ROSSI-001"),
    name=words,
    language=st.sampled_from(Language),
    status=st.sampled_from([Standing.ACTIVE, Standing.SUSPENDED]),
    primary=primaries,
)
replies = st.builds(
    Reply,
    row=st.text("0123456789ABCXYZ", min_size=26, max_size=26),
    account_id=st.just(0),
    reference=st.integers(0, 2**45 - 1).map(make_reference),
    kind=st.sampled_from(Kind),
    words=st.builds(Words, words, words),
    in_reply_to=st.lists(st.one_of(words, st.just("a@b.example")), max_size=5).map(tuple),
)
HOSTILE_REPLY = Reply(
    "A" * 26, 0, make_reference(1), Kind.REPLY, Words(f"x\r\nBcc: {EVE}", "y"), (f"a@b>\r\nCc: {EVE}",)
)
ROSSI = Account(1, "ROSSI-001", "Rossi", Language.IT, Standing.ACTIVE, Address.parse("amministrazione@rossi.example"))


def names_only(data, primary):
    """The letter names the primary once, in To, and beside it only ourselves."""
    header = message_from_bytes(data)
    assert header.get_all("To") == [str(primary)]
    for name in ("Cc", "Bcc", "Sender", "Resent-To", "Return-Path", "Errors-To", "Disposition-Notification-To"):
        assert header.get_all(name) is None
    own = {addr.split("+")[0] + "@" + addr.rpartition("@")[2] if "+" in addr else addr for addr in _others(header)}
    assert own <= OURS


def _others(header):
    return [addr for _, addr in getaddresses([*header.get_all("From", []), *header.get_all("Reply-To", [])])]


@given(accounts, replies)
@example(ROSSI, HOSTILE_REPLY)
def test_the_only_recipient_is_the_primary(account, reply):
    """R4: no words, no subject, no thread choose or add a recipient."""
    outgoing = address(replace(reply, account_id=account.id), account, HEAD, KEYS, NOW)
    assert isinstance(outgoing, Outgoing)
    assert outgoing.forward_path == account.primary
    assert outgoing.reverse_path.domain == "example.it"
    names_only(outgoing.data, account.primary)


@given(accounts, replies)
def test_a_reply_for_another_account_is_silent(account, reply):
    """A reply meets only the account it was written for."""
    assert isinstance(address(replace(reply, account_id=account.id + 1), account, HEAD, KEYS, NOW), Silent)


@given(accounts, replies)
def test_a_closed_account_falls_silent(account, reply):
    """Closed between writing and sending: nothing is sent."""
    closed = replace(account, status=Standing.CLOSED)
    assert isinstance(address(replace(reply, account_id=account.id), closed, HEAD, KEYS, NOW), Silent)


class Town:
    """Outbox, address book and smarthost in one, in memory; whose smarthost takes any letter."""

    def __init__(self, book, rows):
        self.book, self.rows, self.sent, self.cancelled = book, rows, [], []
        self.done = asyncio.Event()

    async def due(self, now, limit, busy):
        return tuple(row for row in self.rows if row.reply.row not in busy)[:limit]

    async def account(self, account_id):
        return self.book.get(account_id)

    async def keyring(self):
        return KEYS

    async def send(self, outgoing):
        self.sent.append(outgoing)
        return Delivered("250 2.0.0 queued")

    async def settle(self, due, outgoing, outcome, *, at, next_attempt):
        self.rows.remove(due)
        if outcome is None:
            self.cancelled.append(due.reply.row)
        if not self.rows:
            self.done.set()


async def dispatched(town, submission=None):
    dispatch = Dispatch(town, town, submission or town, HEAD, town, Meters(), Schedule(), lambda: NOW, lambda: 0.5)
    running = asyncio.create_task(dispatch.run())
    try:
        await asyncio.wait_for(town.done.wait(), 10)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@settings(max_examples=50)
@given(
    st.lists(st.tuples(accounts, replies), min_size=1, max_size=6, unique_by=(lambda x: x[0].id, lambda x: x[1].row)),
    st.lists(st.tuples(primaries, st.sampled_from(Standing)), min_size=6, max_size=6),
)
def test_the_address_book_at_send_time_decides(written, changes):
    """What was written before goes to the primary of now; whoever is closed by now hears nothing."""
    rows = [Due(replace(reply, account_id=account.id), 0, NOW - timedelta(days=1)) for account, reply in written]
    book = {
        account.id: replace(account, primary=primary, status=status)
        for (account, _), (primary, status) in zip(written, changes, strict=False)
    }
    town = Town(book, list(rows))
    asyncio.run(dispatched(town))
    open_still = {number: one for number, one in book.items() if one.status is not Standing.CLOSED}
    assert sorted(map(str, (one.forward_path for one in town.sent))) == sorted(
        str(one.primary) for one in open_still.values()
    )
    assert len(town.cancelled) == len(book) - len(open_still)
    for outgoing in town.sent:
        names_only(outgoing.data, outgoing.forward_path)


@settings(max_examples=20, deadline=None)
@given(accounts, replies)
@example(ROSSI, HOSTILE_REPLY)
def test_a_receiver_on_the_wire_sees_one_recipient(account, reply):
    """The same over real SMTP: one envelope, one recipient, and the letter as `address()` wrote it."""

    class Sink:
        async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
            seen.append((envelope.rcpt_tos, envelope.content))
            return "250 2.0.0 kept"

    async def over_the_wire():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: aiosmtpd.SMTP(Sink(), hostname="sink.example", loop=loop), "127.0.0.1", 0
        )
        async with server:
            way = Smarthost(SmarthostSettings("127.0.0.1", server.sockets[0].getsockname()[1], "none", HEAD.hostname))
            await dispatched(town, way)
            await way.close()

    seen = []
    town = Town({account.id: account}, [Due(replace(reply, account_id=account.id), 0, NOW)])
    asyncio.run(over_the_wire())
    [(recipients, data)] = seen
    assert recipients == [str(account.primary)]
    names_only(data, account.primary)
