"""`auth`: consent to read a mailbox or to send, asked for once at a browser; and how every credential stands."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from gateway import credentials, fresh
from gateway.cli import show
from gateway.cli.context import Context, as_json, pass_context
from gateway.cli.finding import Finding
from gateway.cli.refused import Refused
from gateway.config import Config, OAuth2
from gateway.core.times import stamp
from gateway.ports import Unavailable, Ungranted
from gateway.tokens import device
from gateway.tokens.server import Server
from gateway.tokens.source import Source
from gateway.tokens.watch import nearing

COLUMNS = ("name", "kind", "state", "expires_at", "ends_at", "last_error")


@click.group()
def auth() -> None:
    """OAuth2: what mailboxes and the smarthost are signed in to with."""


@auth.command()
@as_json
@pass_context
def status(context: Context, json_lines: bool) -> int:
    """Say of each when its token and its consent end, and what is wrong; 69 when one gives no token."""
    config = context.config
    found = [record(config, name, one) for name, one in config.oauth2.items()]
    show.records(found, COLUMNS, json_lines=json_lines, none="nothing signs in with OAuth2")
    return os.EX_UNAVAILABLE if any(one["state"] in {"failing", "ended"} for one in found) else os.EX_OK


@auth.command()
@click.argument("name")
@pass_context
def login(context: Context, name: str) -> None:
    """Have somebody consent at a browser (RFC 8628), and keep what that gives. NAME: a mailbox, or `outbound`."""
    one = context.config.oauth2.get(name)
    if one is None:
        known = ", ".join(context.config.oauth2) or "none"
        raise Refused(f"{name} has no oauth2 in the configuration; those that have: {known}", os.EX_USAGE)
    if one.grant != "login":
        raise Refused(f"{name} gets its tokens by {one.grant}, so nobody has to consent", os.EX_USAGE)
    try:
        asyncio.run(_login(context.config, name, one))
    except Ungranted as fault:
        raise Refused(f"{name}: {fault}", os.EX_UNAVAILABLE) from fault
    click.echo(f"{name}: consent is kept in {context.config.tokens}; a running gateway sees it by itself")


async def _login(config: Config, name: str, one: OAuth2) -> None:
    server, signing = Server(one.ca_file), credentials.sign(one)
    invitation = await device.invite(server, one.device_endpoint, signing, credentials.scope(name, one))
    minutes = int(invitation.lifetime.total_seconds() // 60)
    who = credentials.username(config, name)
    click.echo(f"Within {minutes} minutes open {invitation.address}")
    click.echo(f"there enter the code {invitation.code}, and sign in as {who}.")
    granted = await device.await_consent(server, one.token_endpoint, signing, invitation, asyncio.sleep)
    await credentials.source(config, name, one).adopt(granted)


def examine(config: Config) -> Iterator[Finding]:
    """For `check`: what ends soon. Whether it signs in is told with its mailbox, or the smarthost."""
    for name, one in config.oauth2.items():
        found = record(config, name, one)
        if found["state"] in {"ending", "ended"}:
            words = f"{name}: its secret or consent ends at {found['ends_at']}; renew it before"
            yield Finding(Finding.WARN, "oauth2", words)
        elif found["ends_at"]:
            yield Finding(Finding.OK, "oauth2", f"{name}: its secret or consent ends at {found['ends_at']}")


def record(config: Config, name: str, one: OAuth2) -> dict[str, Any]:
    """As published. Nothing is asked of anybody."""
    source = credentials.source(config, name, one)
    try:
        return {"name": name, "kind": one.grant, **_standing(source, fresh.now())}
    except (Unavailable, Ungranted) as fault:
        nothing = {"expires_at": None, "ends_at": None, "asked_at": None}
        return {"name": name, "kind": one.grant, "state": "failing", **nothing, "last_error": str(fault)}


def _standing(source: Source, at: datetime) -> dict[str, Any]:
    kept = source.kept()
    ends, good = source.ends(kept), kept.good(at, "")
    untold = "failing" if kept.last_error and not good else "trouble" if kept.last_error else "ok"
    return {
        "state": nearing(ends, at) or (untold if kept.access_token or kept.last_error else "unused"),
        "expires_at": stamp(kept.expires_at) if kept.access_token else None,
        "ends_at": stamp(ends) if ends else None,
        "asked_at": stamp(kept.asked_at) if kept.asked_at else None,
        "last_error": kept.last_error,
    }
