"""The import of an accounts file: staged aside, compared, then applied in one transaction. All of it or nothing (R7).

An import is the whole truth about each account that it names; of the others it says nothing, unless it prunes. What
differs is found before the lock and settled again inside it, so writers wait only while the differences are written.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from gateway.core.problem import Problem
from gateway.core.roster import Entry
from gateway.store import roster_staging as s
from gateway.store.audit import note
from gateway.store.database import Database
from gateway.store.roster_difference import apply, compare, settle
from gateway.store.roster_report import LISTED, Listed, Report, ambiguous, report

__all__ = ["LISTED", "Listed", "Report", "RosterRefused", "import_roster"]


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
) -> Report:
    """Make the accounts what the file says. Raises RosterRefused, and Unavailable where the database cannot answer."""
    with database.connect() as connection:
        with connection.execution_options(begin="BEGIN").begin():  # waits for nobody: only temporary tables are written
            named = _stage(connection, entries, prune=prune)
            shared = ambiguous(connection)
            compare(connection)
        with connection.execution_options(begin="BEGIN" if dry_run else "BEGIN IMMEDIATE").begin():
            settle(connection)
            told = report(connection, named, shared)
            if not dry_run:
                apply(connection)
                note(connection, now, by, "accounts.import", _file(connection), str(told))
    return told


def _stage(connection: Connection, entries: Iterable[Entry | Problem], *, prune: bool) -> int:
    problems = s.Problems()
    named = s.stage(connection, entries, problems)
    for problem in s.conflicts(connection, prune=prune):
        problems.add(problem)
    if prune and not named and not problems.count:
        problems.add(Problem("", 0, "", "the file names no account", "without --prune, which would close them all"))
    if problems.count:
        raise RosterRefused(problems.first, problems.count)
    if prune:
        s.stage_unnamed(connection)
    return named


def _file(connection: Connection) -> str:
    return connection.execute(select(s.account.c.file).limit(1)).scalar() or ""
