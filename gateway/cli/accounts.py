"""`accounts`: the address book, changed by ops and by nobody else (R7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
from sqlalchemy import Connection

from gateway import fresh
from gateway.cli import roster, show
from gateway.cli.context import NUMBER, Context, as_json, pass_context, refusals
from gateway.cli.refused import Refused
from gateway.cli.sync import accounts_sync
from gateway.config.roster import read_roster
from gateway.core.address import Address
from gateway.core.roster import OWN, THEIRS, of_others
from gateway.store import book
from gateway.store.erase import Erased, erase
from gateway.store.roster import RosterRefused, import_roster
from gateway.store.roster_owner import keeper, release

COLUMNS = ("code", "name", "language", "status", "source", "primary", "secondary", "services", "primary_working")


@click.group()
def accounts() -> None:
    """The address book."""


accounts.add_command(accounts_sync)


@accounts.command("import")
@click.argument("file", type=click.Path(dir_okay=False, readable=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--prune", is_flag=True, help="Remove or close the accounts that are not in FILE.")
@pass_context
def accounts_import(context: Context, file: Path, dry_run: bool, prune: bool) -> None:
    """Import accounts from YAML, JSON Lines or CSV: all or nothing."""
    own = context.config.served  # and whose rights count from here on
    file.open("rb").close()  # one that cannot be read says nothing about accounts
    with _bar(file) as progress:
        try:
            report = import_roster(
                context.seen if dry_run else context.database,
                of_others(read_roster(file, progress), own.comes_back),
                prune=prune,
                dry_run=dry_run,
                now=fresh.now(),
                by=context.operator,
                sources={one.name for one in context.config.accounts.sources},
            )
        except RosterRefused as fault:
            raise Refused("\n".join(fault.lines())) from fault
    click.echo(f"{'would be: ' if dry_run else ''}{report}")
    roster.told(report)


@contextmanager
def _bar(file: Path) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal; in a pipe, silence."""
    with show.progress() as progress:
        task = progress.add_task(f"reading {file.name}", total=file.stat().st_size)
        yield lambda octets: progress.update(task, completed=octets)


@accounts.command("list")
@click.option("--limit", type=NUMBER, metavar="N", help="Only the newest N.")
@as_json
@pass_context
def accounts_list(context: Context, limit: int | None, json_lines: bool) -> None:
    """List all accounts, oldest first."""
    context.show(
        lambda connection: book.records(connection, limit=limit),
        COLUMNS,
        json_lines=json_lines,
        none="there is no account; `gateway accounts import FILE` adds some",
    )


@accounts.command("show")
@click.argument("wanted", metavar="CODE|ADDRESS")
@as_json
@pass_context
def accounts_show(context: Context, wanted: str, json_lines: bool) -> None:
    """Show the account of this code, or those that an address is on."""
    found = list(context.read(lambda connection: list(book.records(connection, wanted))))
    if not found:
        raise Refused(f"no account {wanted}; `gateway accounts list` names them")
    for account in found:
        show.record(account, lambda one: show.facts(one, [*COLUMNS, "primary_failures"]), json_lines=json_lines)


def _added(context: Context, code: str, address: str, change: Callable[..., None], told: str) -> None:
    """An account has one address more, or another primary."""
    if context.config.served.comes_back(parsed := _parsed(address)):
        raise Refused(f"{parsed} {OWN}; name {THEIRS}")
    _change(context, code, parsed, change, told)
    others = [one.code for one in context.read(lambda connection: book.registered(connection, parsed))]
    if len(others) > 1:
        click.echo(f"on several accounts, so that mail from it is held: {parsed} ({', '.join(others)})")


def _parsed(address: str) -> Address:
    try:
        return Address.parse(address)
    except ValueError as fault:
        raise Refused(f"{address}: {fault}; write one bare address, such as tecnico@rossi.example") from fault


def _change(context: Context, code: str, address: Address, change: Callable[..., None], told: str) -> None:
    """One change of the address book, and what it means."""
    sources = {one.name for one in context.config.accounts.sources}

    def work(connection: Connection) -> None:
        if by := keeper(connection, code, sources):
            raise ValueError(f"{code} is kept by source {by}; change it there, for what is changed here would not last")
        change(connection, code, address, now=fresh.now(), by=context.operator)
        release(connection, code)

    context.write(work)
    click.echo(f"{code}: {told.format(address)}")


@accounts.command("set-primary")
@click.argument("code")
@click.argument("address")
@pass_context
def accounts_set_primary(context: Context, code: str, address: str) -> None:
    """Make ADDRESS the primary; the old one stays as a secondary."""
    _added(context, code, address, book.set_primary, "everything goes to {} from now on")


@accounts.command("add-address")
@click.argument("code")
@click.argument("address")
@pass_context
def accounts_add_address(context: Context, code: str, address: str) -> None:
    """Add a secondary address."""
    _added(context, code, address, book.add_address, "{} may write from now on")


@accounts.command("remove-address")
@click.argument("code")
@click.argument("address")
@pass_context
def accounts_remove_address(context: Context, code: str, address: str) -> None:
    """Remove a secondary address."""
    _change(context, code, _parsed(address), book.remove_address, "{} may write no longer")


@accounts.command("erase")
@click.argument("code")
@click.option("--yes", is_flag=True, help="Do it. Left out, it is only told what would go.")
@as_json
@pass_context
def accounts_erase(context: Context, code: str, yes: bool, json_lines: bool) -> None:
    """Close an account for good and erase what is kept of its people; what is counted stays. May be run again."""

    def work(connection: Connection) -> Erased:
        found = erase(connection, code, now=fresh.now(), by=context.operator)
        if not yes:
            connection.rollback()
        return found

    with refusals():
        found = (context.database if yes else context.seen).write(work)
    show.record(asdict(found) | {"done": yes}, lambda _: _erased(found, yes), json_lines=json_lines)
    if yes:
        context.let_go()
        context.database.compact()


_KEPT = """\
kept: when each message came, its size, digest, disposition and reason, for the balance; the references and states of
  tickets and letters; who of staff did what, and when; and the code, on a closed account, for all that refers to it
not reached: what others wrote about it, backups, logs, and what your border keeps"""


def _erased(found: Erased, yes: bool) -> Iterator[str]:
    yield f"{found.code}: {'erased' if yes else 'would be erased'}: its name, {found},"
    yield f"  its addresses in {found.mentions} traces of others' mail, the words of {found.details} acts in the audit"
    if found.elsewhere:
        yield f"not erased, for they are another account's, or may be: {found.elsewhere} messages by its addresses"
        yield from (f"  {one}" for one in found.listed)
        yield from [f"  and {more} more"] if (more := found.elsewhere - len(found.listed)) else []
    yield from _KEPT.splitlines()
    if not yes:
        yield "nothing was changed; `--yes` erases"
