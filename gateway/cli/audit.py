"""`audit`: who changed what by hand, and whether the chain of it holds."""

from __future__ import annotations

import os
import re
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from gateway.cli import show
from gateway.cli.context import Context, as_json, pass_context, window, windowed
from gateway.core.chain import GENESIS
from gateway.store import audit as chain

COLUMNS = ("id", "at", "by", "action", "subject", "detail")


class Hash(click.ParamType[str]):
    """A head as `audit head` prints it."""

    name = "hash"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The hash as it is kept."""
        if not re.fullmatch(r"[0-9a-f]{64}", kept := str(value).strip().lower()):
            self.fail(
                f"{value!r} is no head; write the 64 hexadecimal digits that `gateway audit head` printed", param, ctx
            )
        return kept


@click.group()
def audit() -> None:
    """Who changed what by hand: a chain of rows, each sealed with the hash of the one before."""


@audit.command("list")
@windowed
@as_json
@pass_context
def audit_list(context: Context, since: datetime | None, limit: int | None, json_lines: bool) -> None:
    """List the acts in their order."""
    context.show(
        lambda connection: chain.records(connection, window(since, limit)),
        COLUMNS,
        json_lines=json_lines,
        none="nobody has changed anything by hand",
    )


@audit.command("head")
@as_json
@pass_context
def audit_head(context: Context, json_lines: bool) -> None:
    """Print how many rows there are and the last one's hash; keep it off this machine, for `verify --head`."""
    head = asdict(context.present.read(chain.head))
    show.record(head, lambda one: [f"{one['rows']} {one['hash']}"], json_lines=json_lines)


@audit.command("verify")
@click.option("--head", "kept", type=Hash(), default=GENESIS, metavar="HASH", help="A head that was kept elsewhere.")
@as_json
@pass_context
def audit_verify(context: Context, kept: str, json_lines: bool) -> int:
    """Follow the chain; 65 and the first row that does not fit where it is broken. A cut end shows only with --head."""
    found = context.present.read(lambda connection: chain.verify(connection, kept))
    record = {**asdict(found.head), "erased": found.erased, "broken": found.broken or None}
    show.record(record, lambda _: [_told(found)], json_lines=json_lines)
    return os.EX_DATAERR if found.broken else os.EX_OK


def _told(found: chain.Verified) -> str:
    rows = f"{found.head.rows} rows, {found.erased} of them with their detail erased, up to {found.head.hash}"
    return f"broken: {found.broken}; what holds are {rows}" if found.broken else f"whole: {rows}"
