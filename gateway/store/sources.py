"""What a source says becomes the accounts that it keeps: all of it or nothing, and never more than the guard lets go.

What was written of a source since it was asked makes an answer old: whoever brings it then, in this process or
another, writes nothing (`Superseded`). So one gateway at a time syncs, whoever else thinks that it is its turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, select

from gateway.core.problem import Problem
from gateway.core.sourced import Guard, Known, Roster
from gateway.core.times import moment, stamp
from gateway.store import tables as t
from gateway.store.audit import note
from gateway.store.database import Database, Superseded
from gateway.store.dialect import upsert
from gateway.store.roster import RosterRefused, bring
from gateway.store.roster_difference import primaries
from gateway.store.roster_owner import Owner, harmed, kept
from gateway.store.roster_report import Listed, Report

NAMED = 100
"""So many accounts are named in a row of the audit."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms an answer of a source is taken."""

    source: str
    others: frozenset[str] = frozenset()
    """The other sources that there are."""
    guard: Guard = field(default_factory=Guard)
    allow_removal: bool = False
    adopt: bool = False
    asked_by: str = ""
    """The operator at the keyboard; empty of the timer."""

    @property
    def by(self) -> str:
        """Who did it, in the audit."""
        return f"sync:{self.source}"


@dataclass(frozen=True, slots=True)
class Synced:
    """What came of an answer, or would; of the accounts that the source `kept` so many were `harmed`.

    Others were so `lately`, which the guard counts too.
    """

    report: Report
    harmed: int
    kept: int
    lately: int = 0
    stopped: str = ""
    """Why it would be refused; of a dry run alone."""


def known(connection: Connection, name: str) -> Known:
    """What is known of a source."""
    row = connection.execute(select(t.source).where(t.source.c.name == name)).first()
    if row is None:
        return Known()
    succeeded, harmed = (moment(one) if one else None for one in (row.succeeded_at, row.harmed_since))
    return Known(
        row.round, row.digest, moment(row.since), succeeded, moment(row.next_at), row.error, row.harmed, harmed
    )


def looked(connection: Connection, name: str, before: Known, now: datetime, after: Known) -> None:
    """Write down how a round ended, if none has since `before`. Raises Superseded."""
    if known(connection, name).round != before.round:
        raise Superseded(f"source {name}: another has synced it meanwhile; this one changed nothing")
    row = {
        "name": name,
        "round": before.round + 1,
        "digest": after.digest,
        "since": stamp(before.since or now),
        "tried_at": stamp(now),
        "succeeded_at": stamp(after.succeeded_at) if after.succeeded_at else None,
        "next_at": stamp(after.next_at or now),
        "error": after.error,
        "harmed": after.harmed,
        "harmed_since": stamp(after.harmed_since) if after.harmed_since else None,
    }
    connection.execute(upsert(t.source).values(row).on_conflict_do_update(index_elements=["name"], set_=row))


def sync(  # noqa: PLR0913 - an answer, its terms, and when
    database: Database,
    answer: Roster,
    terms: Terms,
    before: Known,
    *,
    now: datetime,
    next_at: datetime,
    dry_run: bool = False,
) -> Synced:
    """Make the source's accounts what it says, or say what would be. Raises RosterRefused, Superseded, Unavailable."""
    owner = Owner(terms.source, terms.others, terms.adopt)

    def settled(connection: Connection, told: Report) -> Synced:
        lately = 0 if terms.allow_removal else before.lately(now)  # an operator has looked: it begins anew
        synced = Synced(told, harmed(connection), kept(connection, owner), lately)
        stopped = _stopped(terms, synced)
        if dry_run:
            return replace(synced, stopped=str(stopped or ""))
        if stopped:
            raise RosterRefused([stopped], 1)
        after = Known(digest=answer.digest, succeeded_at=now, next_at=next_at)
        if lately or (synced.harmed and not terms.allow_removal):
            since = before.harmed_since if lately else now
            after = replace(after, harmed=lately + synced.harmed, harmed_since=since)
        looked(connection, terms.source, before, now, after)
        _account_for(connection, told, terms, now)
        return synced

    return bring(database, answer.entries, owner, settled, prune=True, dry_run=dry_run)


def _stopped(terms: Terms, synced: Synced) -> Problem | None:
    all_harmed = synced.lately + synced.harmed
    if terms.allow_removal or not synced.harmed or not terms.guard.stops(all_harmed, synced.kept):
        return None
    before = f", after {synced.lately} within a day" if synced.lately else ""
    wrong = f"would take something from {synced.harmed} of its {synced.kept} accounts{before}"
    wrong += f", over {terms.guard.percent} %"
    right = f"look with `gateway accounts sync {terms.source} --dry-run`; if it is right, with --allow-removal"
    return Problem(f"source {terms.source}", 0, "", wrong, right)


def _account_for(connection: Connection, told: Report, terms: Terms, now: datetime) -> None:
    """Each letter that goes elsewhere from now on is written down as by `set-primary`; the rest in one row.

    By codes: addresses that are gone could not be erased from its words later.
    """
    for row in connection.execute(primaries()).all():
        note(connection, now, terms.by, "account.set-primary", row.code, f"{row.old} to {row.new}")
    if told.touched:
        words = [str(told), *_of_codes("gained", told.gained), *_of_codes("lost", told.lost)]
        words += [f"asked for by {terms.asked_by}"] if terms.asked_by else []
        words += ["--allow-removal"] if terms.allow_removal else []
        note(connection, now, terms.by, "accounts.sync", terms.source, "; ".join(words))


def _of_codes(what: str, listed: Listed) -> list[str]:
    codes = list(dict.fromkeys(code for _, code in listed.first))
    named = " ".join(codes[:NAMED])
    return [f"{what} access on {named}{' and others' if len(codes) > NAMED else ''}"] if codes else []
