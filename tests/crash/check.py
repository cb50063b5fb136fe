"""What must hold after any crash, looked at from outside: by the command line, the smarthost and SQLite itself."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass

from crash.load import Load, message_id
from e2e.process import Gateway
from e2e.sink import Letter, Sink
from e2e.waiting import until

DELIVERED_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Toll:
    """What was seen; that nothing else happened was asserted."""

    messages: int
    duplicates: int
    """Messages that were committed without their 250 being heard, and came again."""
    letters_again: int
    """Letters that the smarthost was given more than once, under one Message-ID."""

    def __add__(self, other: Toll) -> Toll:
        return Toll(
            self.messages + other.messages,
            self.duplicates + other.duplicates,
            self.letters_again + other.letters_again,
        )


def all_holds(gateway: Gateway, load: Load, sink: Sink) -> Toll:
    """After the last repetition, with the gateway running: every promise is kept, once (I3, I4, I11)."""
    numbers = sorted(load.promised)
    wanted = {message_id(number) for number in numbers}
    until(lambda: wanted <= {_about(one) for one in sink.letters}, "every acknowledgement", DELIVERED_SECONDS)
    messages = gateway.records("messages", "list")
    by_id = {one["id"]: one["message_id"].strip("<>") for one in messages}
    lost = {
        number: load.promised[number] for number in numbers if by_id.get(load.promised[number]) != message_id(number)
    }
    assert not lost, f"lost after a 250: {lost}"
    became = Counter((one["message_id"].strip("<>"), one["disposition"]) for one in messages)
    assert {key: times for key, times in became.items() if key[1] == "accept"} == {(one, "accept"): 1 for one in wanted}
    assert {disposition for _, disposition in became} <= {"accept", "discard"}
    tickets = gateway.records("tickets", "list")
    assert [one["entries"] for one in tickets] == [1] * len(wanted), "a message has no ticket, or two"
    balance = gateway.cli("balance")
    assert balance.returncode == 0, balance.stdout
    again = one_letter_each(sink, wanted)
    acknowledged = Counter(row["ticket"] for row in gateway.records("outbox", "list"))
    assert acknowledged == {one["ref"]: 1 for one in tickets}
    return Toll(len(wanted), len(messages) - len(wanted), again)


def once(gateway: Gateway, load: Load, sink: Sink) -> None:
    """The same of a few messages, by the tables themselves: a look takes milliseconds."""
    with closing(sqlite3.connect(gateway.folder / "gateway.db")) as database:
        for number, identity in load.promised.items():
            about = message_id(number)
            held = database.execute("select message_id from message where id = ?", (identity,)).fetchone()
            assert held == (about,), f"lost after a 250: {number}, {identity}"
        accepted = "select count(*), count(distinct ticket_id) from message where disposition = 'accept'"
        assert database.execute(accepted).fetchone() == (len(load.promised),) * 2
        assert database.execute("select count(*) from ticket").fetchone() == (len(load.promised),)
        rows = database.execute("select state, count(*) from outbox group by state").fetchall()
        assert rows == [("delivered", len(load.promised))]
        level = "select sum(received) = (select count(*) from message) from tally"
        assert database.execute(level).fetchone() == (1,)
    one_letter_each(sink, {message_id(number) for number in load.promised})


def one_letter_each(sink: Sink, wanted: set[str]) -> int:
    """However often a letter is sent it is the same one; how many were taken again."""
    ids: dict[str, set[str]] = defaultdict(set)
    for letter in (*sink.letters, *sink.refused):
        ids[_about(letter)].add(letter.message["Message-ID"])
    assert ids.keys() <= wanted, f"letters about what nobody sent: {ids.keys() - wanted}"
    second = {about: found for about, found in ids.items() if len(found) > 1}
    assert not second, f"acknowledged under a second Message-ID: {second}"
    return len(sink.letters) - len({_about(letter) for letter in sink.letters})


def sound(gateway: Gateway) -> None:
    """SQLite finds nothing wrong with its file."""
    with closing(sqlite3.connect(gateway.folder / "gateway.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def _about(letter: Letter) -> str:
    return str(letter.message["In-Reply-To"]).strip("<>")
