"""A whole installation moves to another database, and is the same there."""

from __future__ import annotations

from contextlib import closing

import pytest
from sqlalchemy import JSON, Text, cast, event, func, insert, null, select, update

import house
from gateway.core.place import Folder, Sight
from gateway.ports import Unavailable
from gateway.store import audit, blobs, deliveries, desk, keys, mailboxes, schema
from gateway.store import tables as t
from gateway.store.blob_files import Files
from gateway.store.database import Database
from gateway.store.dialect import member
from gateway.store.moving import move
from gateway.store.tables import metadata
from house import NOW, ROSSI, letter
from postgresql import EMPTY, MIGRATED

BOX = Folder("assistenza", 2**32 - 1)
IDLE = "SHOW idle_in_transaction_session_timeout"
ODD = "è \N{PILE OF POO} 'a' \"b\" \\u0041 \\ % \r\n\t ${x}"


@pytest.fixture
def url():
    """Each test makes its own."""


@pytest.fixture(params=["sqlite", "postgresql"])
def addresses(request, tmp_path, cluster):
    """Where it moves from, and to."""
    file = f"sqlite:///{tmp_path}/one.db"
    if request.param == "sqlite":
        with cluster.database(EMPTY) as server:
            yield file, server
    else:
        with cluster.database(MIGRATED) as server:
            yield server, file


@pytest.fixture
async def source(addresses, tmp_path):
    """Something in every table, odd words among it."""
    outside = blobs.Outside(Files(tmp_path / "one.blobs"), inline=2_000)
    with house.gateway(tmp_path, url=addresses[0] if "postgresql" in addresses[0] else "", outside=outside) as gateway:
        write = gateway.database.write
        accepted = await gateway.receive(letter(text=ODD))
        await gateway.receive(letter(text="x" * 3_000, message_id="long@rossi.example"))
        held = await gateway.receive(
            letter(dmarc="fail", message_id="held@rossi.example", subject=f"[#{accepted.ticket}]")
        )
        write(lambda c: desk.add_note(c, accepted.ticket, ODD, now=NOW, by="Anna"))
        write(lambda c: desk.assign(c, accepted.ticket, ODD, now=NOW, by="Anna"))
        write(lambda c: audit.erase(c, [1], now=NOW, by="Anna", subject="x"))
        write(lambda c: keys.rotate(c, now=NOW, by="Anna"))
        write(lambda c: mailboxes.see(c, BOX, [2**32 - 2], Sight(2**32 - 2, None, renumbered=False), NOW))
        row = {"ref": "20000-0000Q", "message_id": held.id, "account_id": 1, "outbox_id": gateway.outbox[0]["id"]}
        moments = {"state": "open", "made_at": "2026", "expires_at": "2027"}
        write(lambda c: c.execute(insert(t.confirmation).values(**row, **moments)))
        write(lambda c: deliveries.note(c, row["outbox_id"], "deferred", "451 later", NOW))
        moments = {"since": "2026", "tried_at": "2026", "next_at": "2027"}
        write(lambda c: c.execute(insert(t.source).values(name=ODD, round=1, digest="d", error=ODD, **moments)))
        write(lambda c: c.execute(insert(t.attempt).values(ref="20000-0000R", message_id=held.id, found="tag")))
        write(lambda c: c.execute(insert(t.node).values(host="gateway", pid=1, began_at="2026")))  # it died
        write(lambda c: c.execute(insert(t.lease).values(name="assistenza", node_id=1)))
        write(lambda c: c.execute(insert(t.content).values(sha256="a" * 64, size=3, octets=b"\0\xff'")))
        write(lambda c: c.execute(update(t.message).where(t.message.c.id == held.id).values(evidence=null())))
        yield gateway


@pytest.fixture
def target(addresses, tmp_path):
    outside = blobs.Outside(Files(tmp_path / "two.blobs"), inline=2_000)
    with closing(Database(addresses[1].replace("one.db", "two.db"), outside).open()) as one:
        yield one


def rows(database, table):
    columns = [cast(one, Text).label(one.name) if isinstance(one.type, JSON) else one for one in table.c]
    return sorted(map(repr, database.read(lambda c: c.execute(select(*columns)).all())))


async def test_everything_is_there_and_the_same(source, target):
    """Each row of each table, JSON's null and the database's apart; the blobs; the audit verifies to the same head."""
    told = []
    moved = move(source.database, target, lambda done, of: told.append((done, of)))
    for table in metadata.sorted_tables:
        found = rows(source.database, table)
        assert found, f"nothing is in {table.name}: this test proves nothing of it"
        assert rows(target, table) == found
    assert target.read(audit.verify).head == source.database.read(audit.head)
    assert (moved.audit, moved.lost) == (source.database.read(audit.head).hash, ())
    assert moved.blobs == len({one.name for one in source.database.read(lambda c: list(blobs.referred(c)))}) == 1
    for one in target.read(lambda c: list(blobs.referred(c))):
        assert blobs.had(target.outside, one.name, one.size, one.of)
    assert told[-1][0] == told[-1][1]


UNFIT = {"detail": "a\0b\ud800c \N{PILE OF POO} \\u0000", "a\0": [1.5, None, True, {"b": ["\udfff"]}]}
FIT = {"detail": "a\ufffdb\ufffdc \N{PILE OF POO} \\u0000", "a\ufffd": [1.5, None, True, {"b": ["\ufffd"]}]}


@pytest.mark.parametrize("addresses", ["sqlite"], indirect=True)
async def test_words_that_a_server_cannot_read_are_replaced_inside_json_too(source, target):
    """PostgreSQL takes their escapes for JSON, and refuses the query that asks for their text later."""
    source.database.write(lambda c: c.execute(update(t.message).values(facts=UNFIT)))
    move(source.database, target, lambda *_: None)
    found = target.read(lambda c: c.execute(select(t.message.c.facts, member(t.message.c.facts, "detail"))).all())
    assert {detail for _, detail in found} == {FIT["detail"]}
    assert all(facts == FIT for facts, _ in found)


async def test_what_comes_after_has_numbers_of_its_own(source, target):
    """Whatever counts its rows goes on behind those that came along, and the keys open what they sealed."""
    move(source.database, target, lambda *_: None)
    assert target.read(keys.keyring) == source.database.read(keys.keyring)
    target.write(lambda c: desk.add_note(c, source.tickets[0]["ref"], "x", now=NOW, by="Anna"))
    target.write(lambda c: audit.note(c, NOW, "Anna", "test.act", "x"))
    target.write(lambda c: keys.rotate(c, now=NOW, by="Anna"))
    assert target.read(audit.verify).broken == ""
    entries = target.read(lambda c: c.execute(select(t.entry.c.id).order_by(t.entry.c.id)).scalars().all())
    assert entries[-1] == len(entries)


async def test_a_server_waits_as_long_as_the_other_side_takes(source, target):
    """Blobs are copied, and rows compared, while its transaction says nothing: that is a move, and nobody who hangs."""
    bounds = []
    server = next(one.engine for one in (source.database, target) if one.engine.name == "postgresql")
    event.listen(server, "commit", lambda c: bounds.append(c.exec_driver_sql(IDLE).scalar_one()))
    move(source.database, target, lambda *_: None)
    assert bounds == ["0"]


@pytest.mark.parametrize("after", [1, 70, 110])
async def test_cut_off_anywhere_it_begins_anew(source, target, after):
    """What is not whole is not there at all: the target is as empty as before."""

    def killed(done, _of):
        if done >= after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(source.database, target, killed)
    assert target.read(schema.current) is None
    move(source.database, target, lambda *_: None)
    assert rows(target, t.message) == rows(source.database, t.message)


async def test_a_target_that_holds_something_is_refused(source, target):
    """One that was made ready is empty still; nothing is ever added to what is there."""
    schema.migrate(target, NOW)
    move(source.database, target, lambda *_: None)
    with pytest.raises(ValueError, match=r"it holds rows of \w+ already: name an empty database"):
        move(source.database, target, lambda *_: None)


async def test_a_row_that_changes_on_its_way_is_seen(source, target):
    """The sums are of what stands in the target: as if it had kept something else than it was given."""
    schema.migrate(target, NOW)
    spoil = "create trigger spoil after insert on account begin update account set name = 'x' where id = new.id; end"
    if target.engine.name == "postgresql":
        spoiling = "begin new.name = 'x'; return new; end"
        function = f"create function spoil() returns trigger language plpgsql as $$ {spoiling} $$"
        target.write(lambda c: c.exec_driver_sql(function))
        spoil = "create trigger spoil before insert on account for each row execute function spoil()"
    target.write(lambda c: c.exec_driver_sql(spoil))
    with pytest.raises(ValueError, match="account is not the same: 4 rows were read, 4 are there"):
        move(source.database, target, lambda *_: None)
    assert target.read(lambda c: c.execute(select(func.count()).select_from(t.account)).scalar()) == 0


async def test_a_source_of_another_schema_is_refused(source, target):
    """Migrated first where it is, by the gateway that has it."""
    source.database.write(lambda c: c.exec_driver_sql("update alembic_version set version_num = '0016'"))
    with pytest.raises(schema.WrongSchema, match=r"is at schema 0016.*run `gateway migrate`"):
        move(source.database, target, lambda *_: None)


async def test_blobs_that_the_source_has_lost_are_told(source, target):
    """The rows move all the same: the message's record is worth having, and a backup may bring its octets back."""
    [name] = {one.name for one in source.database.read(lambda c: list(blobs.referred(c)))}
    source.database.outside.blobs.delete([name])
    assert move(source.database, target, lambda *_: None).lost == (name,)
    assert ROSSI in {row.code for row in target.read(lambda c: c.execute(select(t.account.c.code)).all())}


async def test_a_target_that_is_away_leaves_nothing_behind(source):
    """In words, and without the way to sign in."""
    with closing(Database("postgresql://gateway:secret@127.0.0.1:1/x").open()) as away:
        with pytest.raises(Unavailable, match="refused") as told:
            move(source.database, away, lambda *_: None)
        assert "secret" not in str(told.value)
