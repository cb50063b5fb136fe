"""Octets outside the database: where rows say, as they were, never without their row's word and never lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

import house
from gateway.core.reason import Disposition
from gateway.core.retention import Retention
from gateway.core.verdict import Defer
from gateway.ports import Unavailable
from gateway.store import blob_sweep, blobs, contents, desk, erase, quarantine
from gateway.store import tables as t
from gateway.store.blob_files import Files
from gateway.store.blobs import Outside, name_of
from house import NOW, ROSSI, SMITH, letter

INLINE = 4096
LONG = "Il sito non risponde. " * 400
LATER = datetime.now(UTC) + timedelta(days=1, hours=1)
"""What is put in a test is an orphan of a day by then."""


@pytest.fixture
def gateway(tmp_path, url):
    outside = Outside(Files(tmp_path / "blobs"), INLINE)
    with house.gateway(tmp_path, outside=outside, url=url) as one:
        yield one


def with_file(octets, message_id="f1@rossi.example", author="tecnico@rossi.example"):
    """A letter that brings these octets as a file."""
    more = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
    file = f"--b\r\nContent-Type: text/x-log\r\nContent-Disposition: attachment; filename=a.log\r\n\r\n{octets}\r\n"
    body = f"--b\r\nContent-Type: text/plain\r\n\r\nEcco.\r\n{file}--b--"
    raw = letter(author, message_id=message_id, more=more, text=body)
    return raw.replace(b"Content-Type: text/plain; charset=utf-8\r\n\r\n", b"\r\n", 1)


def outside(gateway):
    """The names of all that stands outside."""
    place = gateway.database.outside.blobs
    return {one.name for prefix in blob_sweep.PREFIXES for one in place.found(prefix, NOW)}


def kept(gateway, table=t.raw):
    """What of a table stands in the database itself: how many octets, or None, of each row."""
    octets = gateway.database.read(lambda c: c.execute(select(table.c.octets)).scalars().all())
    return [None if one is None else len(one) for one in octets]


def sweep(gateway, now=NOW):
    return blob_sweep.sweep(gateway.database, now, orphans=True)


async def test_what_is_long_stands_outside_and_comes_back_as_it_was(gateway):
    """I12, and the short one stays where it was."""
    short, long = letter(), letter(text=LONG, message_id="m2@rossi.example")
    ids = [(await gateway.receive(raw)).id for raw in (short, long)]
    assert kept(gateway) == [len(short), None]
    assert [gateway.raw(one) for one in ids] == [short, long]
    assert outside(gateway) == {name_of(long)}


async def test_an_attachment_stands_outside_by_itself(gateway):
    """Under its own digest; whoever asks for it reads it there."""
    raw = with_file(LONG)
    receipt = await gateway.receive(raw)
    digest = name_of(LONG.encode())
    assert outside(gateway) == {name_of(raw), digest}
    assert kept(gateway, t.content) == [None]
    assert gateway.database.read(lambda c: desk.attachment(c, receipt.ticket, digest)) == LONG.encode()


async def test_equal_octets_stand_once(gateway):
    """Three mails with the same file, one of them twice."""
    for number in (1, 2, 2):
        await gateway.receive(with_file(LONG, f"f{number}@rossi.example"))
    digests = {name_of(with_file(LONG, f"f{number}@rossi.example")) for number in (1, 2)}
    assert outside(gateway) == digests | {name_of(LONG.encode())}


async def test_a_held_message_has_its_bytes_outside_too(gateway):
    """What is decided again has them; its file stands nowhere else until it is let in."""
    gateway.database.write(lambda c: c.execute(t.account.update().values(status="suspended")))
    receipt = await gateway.receive(with_file(LONG))
    assert receipt.verdict.disposition is Disposition.QUARANTINE
    assert kept(gateway, t.content) == []
    held = gateway.database.read(lambda c: quarantine.held(c, receipt.id))
    assert held.arrival.raw == with_file(LONG)


class Refusing:
    """A place that is full."""

    def put(self, name, octets):
        raise Unavailable("blobs: No space left on device")


async def test_what_cannot_be_put_is_deferred_and_nothing_is_half_done(gateway):
    """I3, I9: a 4xx, no row; a short message beside it goes in."""
    gateway.database.outside = Outside(Refusing(), INLINE)
    refused = await gateway.receive(letter(text=LONG))
    assert refused.verdict == Defer("blobs: No space left on device")
    assert (gateway.messages, gateway.tickets, gateway.balance) == ([], [], [])
    assert (await gateway.receive(letter())).ticket


async def test_a_blob_that_is_gone_is_said_of_its_message(gateway):
    """One clear fault with the message in it, and what to do."""
    receipt = await gateway.receive(letter(text=LONG))
    gateway.database.outside.blobs.delete(outside(gateway))
    with pytest.raises(blobs.Damaged, match=rf"message {receipt.id}: its octets are gone: .* from a backup"):
        gateway.raw(receipt.id)


@pytest.mark.parametrize("altered", [b"", b"x", b"\x00" * 100_000])
async def test_a_blob_that_was_altered_is_never_shown_as_the_message(gateway, altered):
    """Whatever its length."""
    raw = letter(text=LONG)
    receipt = await gateway.receive(raw)
    gateway.database.outside.blobs.put(name_of(raw), altered)
    with pytest.raises(blobs.Damaged, match=f"message {receipt.id}: its octets are not as they were"):
        gateway.raw(receipt.id)


async def test_what_others_refer_to_stays(gateway):
    """The last message with these octets takes them along, not the first."""
    raw = letter(text=LONG, dmarc="fail")
    ids = [(await gateway.receive(raw)).id for _ in range(2)]
    again = gateway.message(ids[1])
    assert again["reason"] == "duplicate"
    gateway.database.write(lambda c: quarantine.purge(c, [ids[0]], now=NOW, by="anna"))
    assert sweep(gateway) == 0
    assert gateway.raw(ids[1]) == raw


async def test_what_retention_takes_goes_outside_too(gateway):
    """The daemon's own sweep, from the row to the file."""
    await gateway.receive(letter(text=LONG, dmarc="fail"))
    day = timedelta(days=1)

    async def at_once():
        """No pause."""

    await gateway.store.sweep(Retention(held=day), NOW, "test", at_once)
    assert outside(gateway)
    await gateway.store.sweep(Retention(held=day), NOW + 3 * day, "test", at_once)
    assert outside(gateway) == set()


async def test_erasure_leaves_no_octets_outside(gateway):
    """Neither of the messages nor of their files; another customer's, with the same file, stay."""
    await gateway.receive(with_file(LONG))
    others = with_file(LONG, "f2@smith.example", "office@smith.example")
    await gateway.receive(others)
    gateway.database.write(lambda c: erase.erase(c, ROSSI, now=NOW, by="anna"))
    sweep(gateway)
    assert outside(gateway) == {name_of(others), name_of(LONG.encode())}
    gateway.database.write(lambda c: erase.erase(c, SMITH, now=NOW, by="anna"))
    sweep(gateway)
    assert outside(gateway) == set()


def test_what_was_put_and_never_committed_goes_after_a_day(gateway):
    """Not before: its row may come yet."""
    place = gateway.database.outside.blobs
    place.put(name_of(b"orphan"), b"orphan")
    assert sweep(gateway, datetime.now(UTC)) == 0
    assert outside(gateway) == {name_of(b"orphan")}
    assert sweep(gateway, LATER) == 1
    assert outside(gateway) == set()


async def test_what_is_used_is_no_orphan_however_old(gateway):
    """Messages and contents alike."""
    await gateway.receive(with_file(LONG))
    before = outside(gateway)
    assert sweep(gateway, LATER) == 0
    assert outside(gateway) == before


class Meanwhile:
    """A place at which something else happens just before, or just after, octets are taken away."""

    def __init__(self, place, act, *, after):
        self._place, self._act, self._after = place, act, after

    def __getattr__(self, name):
        return getattr(self._place, name)

    def delete(self, names):
        if self._after:
            self._place.delete(names)
        self._act()
        if not self._after:
            self._place.delete(names)


@pytest.mark.parametrize("after", [False, True])
async def test_the_same_octets_that_come_while_they_are_taken_away_are_kept(gateway, after):
    """Put, and committed, at the worst moments: what meets a tombstone keeps its octets in the database."""
    raw = letter(text=LONG, dmarc="fail")
    first = await gateway.receive(raw)
    gateway.database.write(lambda c: quarantine.purge(c, [first.id], now=NOW, by="anna"))
    place = gateway.database.outside.blobs
    came = []

    def arrive():
        place.put(name_of(raw), raw)
        gateway.database.write(lambda c: came.append(blobs.claim(c, name_of(raw), len(raw), {name_of(raw)})))

    gateway.database.outside = Outside(Meanwhile(place, arrive, after=after), INLINE)
    sweep(gateway)
    assert came == [False]
    gateway.database.outside = Outside(place, INLINE)
    second = await gateway.receive(raw)
    assert gateway.raw(second.id) == raw
    assert kept(gateway) == [len(raw)]


async def test_put_before_the_octets_went_and_committed_after_it_is_kept(gateway):
    """The put was undone by the sweep; the transaction sees that."""
    raw = letter(text=LONG, dmarc="fail")
    first = await gateway.receive(raw)
    gateway.database.outside.blobs.put(name_of(raw), raw)
    gateway.database.write(lambda c: quarantine.purge(c, [first.id], now=NOW, by="anna"))
    assert sweep(gateway) == 1
    claim = {"name": name_of(raw), "size": len(raw), "put": {name_of(raw)}}
    assert not gateway.database.write(lambda c: blobs.claim(c, **claim))


async def test_a_name_that_was_referred_to_before_its_tombstone_gets_none(gateway):
    """It was found without a row, and has one when its turn comes."""
    place = gateway.database.outside.blobs
    raw = letter(text=LONG)
    place.put(name_of(raw), raw)
    [orphan] = place.found(name_of(raw)[:2], NOW)
    receipt = await gateway.receive(raw)
    gateway.database.write(lambda c: blob_sweep._tombstones(c, NOW, {orphan.name: orphan.size}))
    assert sweep(gateway) == 0
    assert gateway.raw(receipt.id) == raw


async def test_a_tombstone_stands_for_two_days_and_takes_away_for_one(gateway):
    """Between the last deletion and the first row that may use the name again lies a day."""
    raw = letter(text=LONG, dmarc="fail")
    first = await gateway.receive(raw)
    gateway.database.write(lambda c: quarantine.purge(c, [first.id], now=NOW, by="anna"))
    place, hour = gateway.database.outside.blobs, timedelta(hours=1)
    moments = []
    for hours in (0, 23, 25, 47, 49):
        place.put(name_of(raw), raw)
        sweep(gateway, NOW + hours * hour)
        claim = {"name": name_of(raw), "size": len(raw), "put": {name_of(raw)}}
        with gateway.database.connect() as connection:
            connection.begin()
            moments.append((bool(outside(gateway)), blobs.claim(connection, **claim)))
            connection.rollback()
    assert moments == [(False, False), (False, False), (True, False), (True, False), (True, True)]


async def test_what_is_left_of_a_deletion_that_was_killed_goes_with_the_next_sweep(gateway):
    """The tombstone says what is to be taken away still."""
    raw = letter(text=LONG, dmarc="fail")
    first = await gateway.receive(raw)
    gateway.database.write(lambda c: quarantine.purge(c, [first.id], now=NOW, by="anna"))
    gateway.database.write(lambda c: blob_sweep._tombstones(c, NOW, {name_of(raw): len(raw)}))
    assert outside(gateway)
    sweep(gateway)
    assert outside(gateway) == set()


@pytest.mark.parametrize(
    "lost",
    [lambda place, name: place.delete([name]), lambda place, name: place.put(name, b"x")],
    ids=["gone", "altered"],
)
async def test_an_attachment_that_was_lost_is_back_when_it_is_sent_again(gateway, lost):
    """For all that have it."""
    digest, place = name_of(LONG.encode()), gateway.database.outside.blobs
    first = await gateway.receive(with_file(LONG, "f1@rossi.example"))
    lost(place, digest)
    second = await gateway.receive(with_file(LONG, "f2@rossi.example"))
    for ticket in (first.ticket, second.ticket):
        assert gateway.database.read(lambda c, ticket=ticket: desk.attachment(c, ticket, digest)) == LONG.encode()


async def test_an_attachment_that_stands_in_the_database_is_not_put(gateway):
    """No row would refer to what is outside."""
    place = gateway.database.outside.blobs
    gateway.database.outside = Outside(place, len(LONG))
    await gateway.receive(with_file(LONG, "f1@rossi.example"))
    assert kept(gateway, t.content) == [len(LONG)]
    put = []
    told = Meanwhile(place, lambda: None, after=False)
    told.put = lambda name, octets: (put.append(name), place.put(name, octets))
    gateway.database.outside = Outside(told, INLINE)
    second = with_file(LONG, "f2@rossi.example")
    await gateway.receive(second)
    assert put == [name_of(second)]


async def test_a_content_that_went_since_the_look_stays_in_the_database(gateway):
    """It stood there, so it was not put; it is gone when its row is written: then the octets are where the row is."""
    raw = with_file(LONG)
    arrival = gateway.arrival(raw)
    record = await gateway.receiver.examine(arrival)
    put = blobs.put(gateway.database.outside, record, inside={name_of(LONG.encode())})
    await gateway.store._writer.write(lambda c: contents.keep(c, put.opening.message.body, put.outside))
    assert kept(gateway, t.content) == [len(LONG)]
