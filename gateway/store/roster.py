"""The import of an accounts file: staged aside, compared, then applied in one transaction. All of it or nothing (R7).

An import is the whole truth about each account that it names; of the others it says nothing, unless it prunes: then
those go that nobody else keeps. What
differs is found before the lock and settled again inside it, so writers wait only while the differences are written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from itertools import chain
from typing import TypeVar

from sqlalchemy import Connection, select

from gateway.core.problem import Problem
from gateway.core.roster import Entry
from gateway.store import roster_staging as s
from gateway.store.audit import note
from gateway.store.database import Database
from gateway.store.roster_difference import apply, compare, settle
from gateway.store.roster_owner import Owner, contested, trespasses
from gateway.store.roster_report import LISTED, Listed, Report, ambiguous, report

T = TypeVar("T")

__all__ = ["LISTED", "Listed", "Report", "RosterRefused", "bring", "import_roster"]


class RosterRefused(Exception):  # noqa: N818 - an answer to the operator
    """The file cannot be imported, and nothing was changed. `problems` are the first of `count`."""

    def __init__(self, problems: Iterable[Problem], count: int) -> None:
        self.problems = tuple(problems)
        self.count = count
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """What to tell the operator, a line each."""
        more = self.count - len(self.problems)
        return [*map(str, self.problems), *([f"and {more} more"] if more else [])]


def import_roster(  # noqa: PLR0913 - the file, two switches, and who did it when
    database: Database,
    entries: Iterable[Entry | Problem],
    *,
    prune: bool,
    dry_run: bool,
    now: datetime,
    by: str,
    sources: Collection[str] = (),
) -> Report:
    """Make the accounts what the file says, but those that `sources` keep.

    Raises RosterRefused, and Unavailable where the database cannot answer.
    """

    def settled(connection: Connection, told: Report) -> Report:
        if not dry_run:
            note(connection, now, by, "accounts.import", _file(connection), str(told))
        return told

    owner = Owner(others=frozenset(sources))
    return bring(database, entries, owner, settled, prune=prune, dry_run=dry_run)


def bring(  # noqa: PLR0913 - what, whose, two switches, and what else is done at once
    database: Database,
    entries: Iterable[Entry | Problem],
    owner: Owner,
    settled: Callable[[Connection, Report], T],
    *,
    prune: bool,
    dry_run: bool,
) -> T:
    """The whole of it; `settled` is asked in the transaction that writes, before it does. Raises as `import_roster`."""
    with database.connect() as connection:
        with connection.execution_options(begin="BEGIN").begin():  # waits for nobody: only temporary tables are written
            named = _stage(connection, entries, owner, prune=prune)
            shared = ambiguous(connection)
            compare(connection, owner.name)
        with connection.execution_options(begin="BEGIN" if dry_run else "BEGIN IMMEDIATE").begin():
            settle(connection, owner.name)
            problems = s.Problems()
            for problem in chain(trespasses(connection, owner), contested(connection)):
                problems.add(problem)
            refuse(problems)
            answer = settled(connection, report(connection, named, shared))
            if not dry_run:
                apply(connection, owner.name)
    return answer


def refuse(problems: s.Problems) -> None:
    """Raise RosterRefused where there is any."""
    if problems.count:
        raise RosterRefused(problems.first, problems.count)


def _stage(connection: Connection, entries: Iterable[Entry | Problem], owner: Owner, *, prune: bool) -> int:
    problems = s.Problems()
    named = s.stage(connection, entries, problems)
    if prune and not named and not problems.count:
        wrong = "the file names no account" if not owner.name else "names no account at all"
        right = "without --prune, which would close them all" if not owner.name else "an empty answer is never believed"
        problems.add(Problem(f"source {owner.name}" if owner.name else "", 0, "", wrong, right))
    elif prune:
        s.stage_unnamed(connection, owner.prunes())
    for problem in s.conflicts(connection):  # what an import prunes holds nothing afterwards
        problems.add(problem)
    refuse(problems)
    return named


def _file(connection: Connection) -> str:
    return connection.execute(select(s.account.c.file).limit(1)).scalar() or ""
