"""`policy backtest`: what flips, by which rule, what is left out, and that nothing is changed by looking."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import pytest

import house
from gateway.core.case import Override
from gateway.core.reason import Reason
from gateway.store import quarantine
from gateway.store.letters import Limits
from house import NOW, letter

STRICTER = """version: 1
dispositions: {unregistered: discard, malformed-author: reject, loop: discard}
rules:
  - {name: noisy, when: 'subject == "rumore"', then: reject}
"""


@pytest.fixture
def mail(desk):
    """Receives into the desk's database; ids are A0000001 and on."""
    with house.gateway(desk.folder) as one:
        yield lambda *raws: asyncio.run(received(one, raws)), one


async def received(gateway, raws):
    return [await gateway.receive(raw) for raw in raws]


@pytest.fixture
def stricter(tmp_path):
    folder = tmp_path / "stricter"
    folder.mkdir()
    (folder / "own.yaml").write_text(STRICTER)
    return str(folder)


def test_what_flips_is_told_with_what_decided_then_and_now(desk, mail, stricter):
    """A line of JSON for each, oldest first; the sum is not on standard output."""
    receive, _ = mail
    receive(letter(), letter("eve@attack.example", subject="a"), letter(subject="rumore", message_id="m2@x"))
    done = desk("policy", "backtest", stricter, "--json")
    assert done.code == 0
    assert [(one["subject"], one["was"]["disposition"], one["would"]) for one in done.records] == [
        ("a", "quarantine", {"disposition": "discard", "reason": "unregistered", "rule": "own.yaml:2 unregistered"}),
        ("rumore", "accept", {"disposition": "reject", "reason": "policy", "rule": "own.yaml:4 noisy"}),
    ]
    assert "3 messages replayed, 2 would end otherwise" in done.err


def test_people_read_it_by_rule_the_largest_group_first(desk, mail, stricter):
    """With a count, and no control character of a stranger's (threats rule 16)."""
    receive, _ = mail
    strangers = [letter("eve@attack.example", subject="\x1b[31ma", message_id=f"{n}@x", text=str(n)) for n in range(2)]
    first, *others = receive(letter(subject="rumore"), *strangers)
    done = desk("policy", "backtest", stricter)
    lines = done.out.decode().splitlines()
    assert [line for line in lines if line and not line.startswith("  ")] == [
        "2: quarantine by default.yaml:9 unregistered -> discard by own.yaml:2 unregistered",
        "1: accept by authorize -> reject by own.yaml:4 noisy",
        "3 messages replayed, 3 would end otherwise",
    ]
    assert [line.split()[0] for line in lines if line.startswith("  ")] == [one.id for one in (*others, first)]
    assert b"\x1b" not in done.out


def test_the_ruling_set_itself_flips_nothing(desk, mail):
    receive, _ = mail
    receive(letter(), letter("eve@attack.example"), letter(dmarc="fail"), b"Subject: no author\r\n\r\n")
    done = desk("policy", "backtest", "policies", "--fail-on-flip")
    assert (done.code, done.out.decode()) == (0, "4 messages replayed, 0 would end otherwise\n")


def test_a_flip_may_fail_a_pipeline(desk, mail, stricter):
    receive, _ = mail
    receive(letter("eve@attack.example"))
    assert desk("policy", "backtest", stricter, "--fail-on-flip").code == 65


def test_an_operators_doing_is_not_the_policys(desk, mail, stricter):
    """Released is left out; rejected and purged were held, and are compared as held."""
    receive, gateway = mail
    receive(*(letter("eve@attack.example", message_id=f"{number}@x", text=str(number)) for number in range(3)))
    gateway.database.write(lambda connection: quarantine.reject(connection, "A0000001", now=NOW, by="anna"))
    gateway.database.write(lambda connection: quarantine.purge(connection, ["A0000002"], now=NOW, by="anna"))
    release(gateway, "A0000003")
    done = desk("policy", "backtest", stricter, "--json")
    assert [(one["id"], one["was"]["disposition"], one["was"]["rule"]) for one in done.records] == [
        ("A0000001", "quarantine", "rejected by anna"),
        ("A0000002", "quarantine", "purged"),
    ]
    assert "not replayed: 1 released by an operator" in done.err


def release(gateway, message_id):
    """Released, with one reason taken on, whatever comes of it."""
    held = gateway.database.read(lambda connection: quarantine.held(connection, message_id))
    override = Override("anna", frozenset({Reason.UNREGISTERED}))
    record = asyncio.run(gateway.receiver.examine(held.arrival, override))
    gateway.database.write(lambda connection: quarantine.release(connection, record, override, Limits(), NOW))


def test_what_cannot_be_replayed_is_counted(desk, mail, stricter):
    """A repetition, and what was received before facts were kept, or is erased."""
    receive, _ = mail
    *_, last = receive(letter(), letter(), letter("eve@attack.example"))
    with closing(sqlite3.connect(desk.database)) as connection:
        connection.execute("update message set facts = null where id = ?", (last.id,))
        connection.commit()
    done = desk("policy", "backtest", stricter)
    assert done.out.decode().splitlines() == [
        "1 messages replayed, 0 would end otherwise",
        "not replayed: 1 not for policies to rule; 1 without the facts to replay them",
    ]


def test_only_mail_since_then_is_replayed(desk, mail, stricter):
    receive, _ = mail
    receive(letter())
    done = desk("policy", "backtest", "--since", "2026-11-22T12:00:02Z", stricter)
    assert done.out.decode().startswith("0 messages replayed")


def test_looking_changes_nothing(desk, mail, stricter):
    """The database is the same, octet for octet."""
    receive, gateway = mail
    receive(letter(), letter("eve@attack.example"))
    gateway.database.compact()
    before = desk.database.read_bytes()
    assert desk("policy", "backtest", stricter).code == 0
    assert desk.database.read_bytes() == before


def test_more_than_a_page_is_replayed_once_each(desk, mail, stricter):
    """The pages meet without a gap, and without a message twice, also where several came at one moment."""
    receive, _ = mail
    [first] = receive(letter("eve@attack.example"))
    with closing(sqlite3.connect(desk.database)) as connection:
        names = [row[1] for row in connection.execute("pragma table_info(message)") if row[1] not in {"id", "dedup"}]
        copy = f"insert into message (id, {', '.join(names)}) select ?, {', '.join(names)} from message where id = ?"  # noqa: S608 - our own names
        connection.executemany(copy, [(f"B{number:05}", first.id) for number in range(1200)])
        connection.commit()
    done = desk("policy", "backtest", stricter, "--json")
    assert [one["id"] for one in done.records] == [first.id, *(f"B{number:05}" for number in range(1200))]


def test_a_candidate_that_cannot_be_read_is_refused(desk, mail, tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "own.yaml").write_text("version: 1\nrules: [{name: x, when: sise > 1, then: reject}]\n")
    done = desk("policy", "backtest", str(tmp_path / "bad"))
    assert done.code == 78
    assert "own.yaml:2" in done.err
