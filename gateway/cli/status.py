"""`status`: how each ingress of the running daemon stands, and which policy is in force; non-zero when one is stuck."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from gateway import fresh, lock, opening
from gateway.cli import auth, show, source_checks
from gateway.cli.context import Context, as_json, pass_context
from gateway.cli.finding import Finding
from gateway.cli.refused import Refused
from gateway.config import Config
from gateway.core.figures import Figures
from gateway.core.standing import STUCK_AFTER, Bound, InForce, Report, Standing
from gateway.core.times import stamp
from gateway.ingress.certificate import Unfit, certificate
from gateway.ops import board
from gateway.store import blobs, claims, waiting
from gateway.store.figures import figures
from gateway.tokens.watch import nearing

STALE = timedelta(minutes=2)
"""The daemon writes every half minute: one that does not has stopped turning."""
MIB = 2**20
COLUMNS = ("ingress", "kind", "state", "last_success", "lag", "unread", "next_try", "last_error")


@click.command()
@as_json
@pass_context
def status(context: Context, json_lines: bool) -> int:
    """Say of each ingress when it last worked, what waits, and what is wrong; 69 when one is stuck."""
    config = context.config
    if not lock.is_running(config.beside):
        raise Refused("no gateway runs on this database; start it, then again", os.EX_UNAVAILABLE)
    database, now = context.present, fresh.now()
    report = _board(config.beside)
    silent = now - report.at > STALE
    disk = opening.disk(config).trouble()  # looked at by ourselves: on a full one the daemon may be unable to write
    if silent and not disk:
        why = "it hangs, or cannot write to its disk"
        raise Refused(f"the gateway has not said how it stands since {stamp(report.at)}: {why}", os.EX_UNAVAILABLE)
    seen = context.read(lambda connection: figures(connection, now))
    idle = _idle(seen, now)
    told = (disk, idle, *report.troubles, *_off(seen), *_ending(config, now))
    troubles = list(dict.fromkeys(filter(None, told)))
    if not json_lines:  # there a line is an ingress
        click.echo(f"gateway {report.version}, up since {_when(report.began) or '-'}")
    sources = context.read(lambda connection: list(source_checks.standings(config, connection, now)))
    found = list(records(report, now, troubles, sources))
    show.records(found, COLUMNS, json_lines=json_lines, none="no ingress is configured")
    if not json_lines:
        for line in (*_policy(report.in_force), *map(_bound, report.bounds), *map("TROUBLE: {}".format, troubles)):
            click.echo(show.plain(line))
        click.echo(show.plain(context.read(waiting.outbox)))
        click.echo(
            f"quarantine: {seen.held} held{f', the oldest since {stamp(seen.held_since)}' if seen.held_since else ''}"
        )
        rest = f", {seen.free / MIB:.0f} MiB of it free" if config.database.path else ""
        click.echo(f"database: {database}, {seen.octets / MIB:.0f} MiB{rest}")
        for one in context.read(lambda connection: list(claims.holders(connection))):  # none where there is no other
            click.echo(show.plain("{name}: by {host}, process {pid}, since {began_at}".format(**one)))
        number, outside = context.read(blobs.extent)
        click.echo(f"blobs: {number} outside the database, {outside / MIB:.0f} MiB")
    stuck = disk or idle or any(one["state"] == "stuck" for one in found)
    return os.EX_UNAVAILABLE if stuck else os.EX_OK


def _idle(seen: Figures, now: datetime) -> str:
    """Letters whose time is long past: a smarthost that is away puts them off, so nobody tries them at all."""
    if seen.due is None or now - seen.due < STUCK_AFTER:
        return ""
    return f"nobody has tried the outbox since {stamp(seen.due)}, though letters are due"


def _off(seen: Figures) -> Iterator[str]:
    """I11."""
    for ingress, number in seen.off.items():
        if number:
            yield f"{ingress}: the balance is off by {number}; `gateway balance` tells of which day"


def _ending(config: Config, now: datetime) -> Iterator[str]:
    """What somebody has to renew."""
    yield from (f"{one.what}: {one.words}" for one in auth.examine(config) if one.state != Finding.OK)
    for entry in config.smtp:
        if entry.tls is None:
            continue
        try:
            ends = certificate(entry.tls.certificate_file, entry.tls.key_file).ends
        except Unfit as fault:  # what is in use is another one still
            yield f"{entry.name}: {fault}"
            continue
        if state := nearing(ends, now):
            word = "has ended" if state == "ended" else "ends"
            yield f"{entry.name}: its certificate {word} at {stamp(ends)}; renew it, then reload"


def _board(beside: Path) -> Report:
    path = board.status_file(beside)
    try:
        return board.read(path)
    except (OSError, ValueError) as fault:
        words = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise Refused(f"{path}: {words}; the gateway that runs has not written it yet", os.EX_UNAVAILABLE) from fault


def _policy(in_force: InForce) -> Iterator[str]:
    yield f"policy: {in_force.policy[:12]}, in force since {stamp(in_force.since)}"
    if in_force.shadow:
        yield f"shadow: {in_force.shadow}"
    if in_force.refused_at:
        yield f"a reload at {stamp(in_force.refused_at)} was REFUSED, and so would be a restart: {in_force.refused}"


def _bound(bound: Bound) -> str:
    """A line each; octets are told in MiB."""
    unit, word = (MIB, " MiB") if bound.name in {"memory", "disk"} else (1, "")
    now, limit, put_off = f"{bound.now / unit:.0f}", f"{bound.limit / unit:.0f}{word}", f"{bound.put_off} put off"
    if bound.name == "disk":
        return f"disk: {now}{word} free, {limit} of it to stay so, {put_off}"
    return f"{bound.name}: {now} of {limit}, {put_off}"


def records(
    report: Report, now: datetime, troubles: Sequence[str], sources: Sequence[tuple[Standing, bool]] = ()
) -> Iterator[dict[str, Any]]:
    """As published, sources of accounts last; `lag` is in seconds; what is not of one of them is the same of all."""
    in_force = report.in_force
    ruling = {
        "policy": in_force.policy,
        "since": stamp(in_force.since),
        "refused": in_force.refused,
        "refused_at": _when(in_force.refused_at),
    }
    for one, stuck in (*((one, one.stuck(now)) for one in report.standings), *sources):
        yield {
            "ingress": one.ingress,
            "kind": one.kind,
            "state": "stuck" if stuck else "trouble" if one.last_error else "ok",
            "last_success": _when(one.last_success),
            "lag": int(one.lag(now).total_seconds()),
            "unread": one.unread,
            "oldest_unread": _when(one.oldest_unread),
            "last_error": one.last_error,
            "next_try": _when(one.next_try),
            "in_force": ruling,
            "bounds": [asdict(bound) for bound in report.bounds],
            "troubles": list(troubles),
            "version": report.version,
            "began": _when(report.began),
        }


def _when(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None
