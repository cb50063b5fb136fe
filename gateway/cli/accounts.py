"""`accounts`: the address book, changed by ops and by nobody else (R7)."""

from __future__ import annotations

import click

from gateway import build
from gateway.cli import show
from gateway.cli.context import Context, Refused, as_json, pass_context, refusals
from gateway.core.address import Address
from gateway.store import book

COLUMNS = ("code", "name", "language", "status", "primary", "secondary", "services", "primary_working")


@click.group()
def accounts() -> None:
    """The address book."""


@accounts.command("list")
@as_json
@pass_context
def accounts_list(context: Context, json_lines: bool) -> None:  # noqa: FBT001 - click's manner
    """List all accounts."""
    context.read(
        lambda connection: show.records(
            book.records(connection),
            COLUMNS,
            json_lines=json_lines,
            none="there is no account; `gateway accounts import FILE` adds some",
        ),
    )


@accounts.command("show")
@click.argument("wanted", metavar="CODE|ADDRESS")
@as_json
@pass_context
def accounts_show(context: Context, wanted: str, json_lines: bool) -> None:  # noqa: FBT001 - click's manner
    """Show the account of this code, or those that an address is on."""
    found = list(context.read(lambda connection: list(book.records(connection, wanted))))
    if not found:
        raise Refused(f"no account {wanted}; `gateway accounts list` names them")
    for account in found:
        show.record(account, lambda one: show.facts(one, COLUMNS), json_lines=json_lines)


@accounts.command("set-primary")
@click.argument("code")
@click.argument("address")
@pass_context
def accounts_set_primary(context: Context, code: str, address: str) -> None:
    """Make ADDRESS the primary; the old one stays as a secondary."""
    with refusals():
        parsed = Address.parse(address)
    context.write(
        lambda connection: book.set_primary(connection, code, parsed, now=build.now(), by=context.operator),
    )
    click.echo(f"{code}: everything goes to {parsed} from now on")


@accounts.command("add-address")
@click.argument("code")
@click.argument("address")
@pass_context
def accounts_add_address(context: Context, code: str, address: str) -> None:
    """Add a secondary address."""
    with refusals():
        parsed = Address.parse(address)
    context.write(
        lambda connection: book.add_address(connection, code, parsed, now=build.now(), by=context.operator),
    )
    click.echo(f"{code}: {parsed} may write from now on")


@accounts.command("remove-address")
@click.argument("code")
@click.argument("address")
@pass_context
def accounts_remove_address(context: Context, code: str, address: str) -> None:
    """Remove a secondary address."""
    with refusals():
        parsed = Address.parse(address)
    context.write(
        lambda connection: book.remove_address(connection, code, parsed, now=build.now(), by=context.operator),
    )
    click.echo(f"{code}: {parsed} may write no longer")
