"""`status`: how each ingress of the running daemon stands, and which policy is in force; non-zero when one is stuck."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from gateway import build
from gateway.cli import show
from gateway.cli.checks import is_running
from gateway.cli.context import Context, Refused, as_json, pass_context
from gateway.core.standing import InForce, Standing
from gateway.core.times import stamp
from gateway.ops import board
from gateway.store.database import extent

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
    if not is_running(config):
        raise Refused("no gateway runs on this database; start it, then again", os.EX_UNAVAILABLE)
    now = build.now()
    written, in_force, standings = _board(config.database.path or Path())
    if now - written > STALE:
        raise Refused(f"the gateway has not said how it stands since {stamp(written)}: it hangs", os.EX_UNAVAILABLE)
    show.records(
        list(records(in_force, standings, now)), COLUMNS, json_lines=json_lines, none="no ingress is configured"
    )
    if not json_lines:  # there a line is an ingress
        for line in _policy(in_force):
            click.echo(show.plain(line))
        octets, free = context.read(extent)
        click.echo(f"database: {octets / MIB:.0f} MiB, {free / MIB:.0f} MiB of it free")
    return os.EX_UNAVAILABLE if any(one.stuck(now) for one in standings) else os.EX_OK


def _board(database: Path) -> tuple[datetime, InForce, tuple[Standing, ...]]:
    path = board.status_file(database)
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


def records(in_force: InForce, standings: tuple[Standing, ...], now: datetime) -> Iterator[dict[str, Any]]:
    """As published; `lag` is in seconds, and `in_force` is the same of all."""
    ruling = {
        "policy": in_force.policy,
        "since": stamp(in_force.since),
        "refused": in_force.refused,
        "refused_at": _when(in_force.refused_at),
    }
    for one in standings:
        yield {
            "ingress": one.ingress,
            "kind": one.kind,
            "state": "stuck" if one.stuck(now) else "trouble" if one.last_error else "ok",
            "last_success": _when(one.last_success),
            "lag": int(one.lag(now).total_seconds()),
            "unread": one.unread,
            "oldest_unread": _when(one.oldest_unread),
            "last_error": one.last_error,
            "next_try": _when(one.next_try),
            "in_force": ruling,
        }


def _when(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None
