"""The accounts file as properties: reading is total (I7), and an import makes the book what the file says (R1, R7)."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config.roster import READERS, read_roster
from gateway.core.account import Language, Standing
from gateway.core.address import Address
from gateway.core.problem import Problem
from gateway.core.roster import KEYS, Entry, Held
from gateway.store import book
from gateway.store.roster import import_roster
from house import new_database

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADDRESSES = [Address(local, "a.example") for local in ("a", "A", "b", "c", "d")]
WORDS = st.sampled_from(
    ["", "a", "it", "active", "a@a.example", "domain:a.example", "\ud800", "\0", '"', "*a", "[", "{"]
)
PLAIN = st.recursive(WORDS | st.text(max_size=8) | st.none() | st.booleans() | st.integers(), lambda inner: (
    st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYS, "kind"]), inner, max_size=7)
), max_leaves=12)  # fmt: skip


@st.composite
def files(draw):
    """Octets that are nearly a file of some format, and its extension."""
    accounts = draw(st.lists(PLAIN, max_size=3))
    text = draw(
        st.sampled_from(
            [
                json.dumps({"accounts": accounts}),
                "accounts:\n" + "".join(f"- {json.dumps(one, ensure_ascii=False)}\n" for one in accounts),
                "\n".join(map(json.dumps, accounts)),
                ",".join(KEYS) + "\n" + "\n".join(",".join(map(str, one)) for one in accounts if isinstance(one, list)),
            ]
        )
        | st.text(max_size=60),
    )
    return draw(st.sampled_from(sorted(READERS))), text.encode("utf-8", "surrogatepass") + draw(st.binary(max_size=3))


@given(file=files())
def test_any_file_is_entries_and_problems(file):
    """I7: nothing is raised, every problem is one printable line that names the file, every entry can be stored."""
    extension, octets = file
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{extension}"
        path.write_bytes(octets)
        for found in read_roster(path):
            if isinstance(found, Problem):
                assert str(found).startswith(str(path))
                assert str(found).isprintable()
            else:
                assert f"{found.code}{found.name}{found.primary}{found.services}".encode()


@st.composite
def rosters(draw):
    """A few accounts over a few addresses; a domain is named after its holder, so no two hold one."""
    return [
        Entry(
            "a.csv",
            line,
            code,
            draw(st.sampled_from(["x", "y"])),
            draw(st.sampled_from(Language)),
            draw(st.sampled_from(Standing)),
            *split(draw(st.lists(st.sampled_from(ADDRESSES), min_size=1, unique_by=lambda one: one.key))),
            tuple(Held(kind, f"{code}.example") for kind in draw(st.sets(st.sampled_from(["domain", "vps"])))),
        )
        for line, code in enumerate(sorted(draw(st.sets(st.sampled_from("pqrs"), min_size=1))), 1)
    ]


UNASKED = {"source": None, "primary_working": None, "primary_failures": None, "impersonations": None}
"""What an import does not say."""


def split(addresses):
    return addresses[0], tuple(addresses[1:])


def access(records):
    """Who may write in as whom, in the report's own terms."""
    return {
        (Address.parse(one).key, record["code"])
        for record in records
        if record["status"] == "active"
        for one in (record["primary"], *record["secondary"])
    }


def as_record(entry):
    return {
        "code": entry.code,
        "name": entry.name,
        "language": entry.language.value,
        "status": entry.status.value,
        "primary": str(entry.primary),
        "secondary": {str(one) for one in entry.secondary},
        "services": {(one.kind, one.name) for one in entry.services},
    }


def comparable(record):
    services = {(one["kind"], one["name"]) for one in record["services"]}
    return {**record, "secondary": set(record["secondary"]), "services": services} | UNASKED


@settings(max_examples=20, deadline=None)
@given(steps=st.lists(st.tuples(rosters(), st.booleans()), min_size=1, max_size=4))
def test_after_an_import_the_book_says_what_the_file_says(steps):
    """Whatever stood there before: the named are as named, the others as before or pruned, and the report is true."""
    with tempfile.TemporaryDirectory() as folder:
        database = new_database(f"{folder}/gateway.db")
        before = []
        for entries, prune in steps:
            how = {"prune": prune, "now": NOW, "by": "ops"}
            promised = import_roster(database, iter(entries), dry_run=True, **how)
            assert database.read(lambda connection: list(book.records(connection))) == before
            report = import_roster(database, iter(entries), dry_run=False, **how)
            assert report == promised
            after = database.read(lambda connection: list(book.records(connection)))
            named = {entry.code: as_record(entry) | UNASKED for entry in entries}
            kept = {} if prune else {one["code"]: comparable(one) for one in before}
            assert {one["code"]: comparable(one) for one in after} == kept | named
            assert {(Address.parse(one).key, code) for one, code in report.gained.first} == access(after) - access(
                before
            )
            assert {(Address.parse(one).key, code) for one, code in report.lost.first} == access(before) - access(after)
            assert report.added + report.changed + report.unchanged == len(entries)
            assert import_roster(database, iter(entries), dry_run=False, **how).unchanged == len(entries)
            before = after
        database.close()
