"""The command line. Every error is one line first, on stderr, and an exit code of sysexits(3)."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence

import click

from gateway.cli import (
    accounts,
    audit,
    auth,
    daemon,
    desk,
    ingest,
    keys,
    messages,
    policy,
    quarantine,
    retention,
    status,
)
from gateway.cli.context import CONFIG_HELP, Context, Refused
from gateway.core.problem import ConfigError
from gateway.ops import log
from gateway.ports import Unavailable
from gateway.store.schema import WrongSchema


class _Sorted(click.Group):
    """Lists its commands in the order in which one meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)


@click.group(cls=_Sorted, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--config", "config_file", metavar="FILE", help=CONFIG_HELP)
@click.version_option(package_name="mail-gateway", prog_name="gateway")
@click.pass_context
def gateway(ctx: click.Context, config_file: str | None) -> None:
    """Support mail becomes tickets; answers go to the account's primary address and nowhere else."""
    log.configure("auto")  # to stderr: nothing but records may stand on stdout
    ctx.obj = Context(config_file)


for _command in (
    daemon.run,
    daemon.check,
    status.status,
    daemon.migrate,
    ingest.ingest,
    ingest.explain,
    accounts.accounts,
    messages.messages,
    desk.tickets,
    quarantine.quarantine,
    retention.retention,
    desk.outbox,
    policy.policy,
    messages.balance,
    keys.keys,
    audit.audit,
    auth.auth,
):
    gateway.add_command(_command)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    os.umask(0o077)  # threats rule 17
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a page for people, whatever their terminal can show
    try:
        code = gateway.main(list(arguments), prog_name="gateway", standalone_mode=False)
    except SystemExit:  # click's answer to a broken pipe: whoever read our list has seen enough
        return os.EX_OK
    except Exception as fault:  # noqa: BLE001 - the last line of defence: one clear line, whatever it is
        words, code = _told(fault)
        click.echo(words, err=True)
        if code == os.EX_SOFTWARE:
            traceback.print_exc()
    return code if isinstance(code, int) else os.EX_OK


def _told(fault: Exception) -> tuple[str, int]:  # noqa: PLR0911 - one a kind of fault
    """The one line for a fault, and its exit code."""
    match fault:
        case click.exceptions.NoArgsIsHelpError():
            return f"gateway: a command is missing\n{fault.format_message()}", os.EX_USAGE
        case click.UsageError():
            asked = f"; `{fault.ctx.command_path} --help` tells more" if fault.ctx else ""
            return f"gateway: {fault.format_message()}{asked}", os.EX_USAGE
        case click.Abort():
            return "gateway: interrupted", os.EX_TEMPFAIL
        case Refused():
            return f"gateway: {fault}", fault.code
        case ConfigError():
            return "\n".join(f"gateway: {problem}" for problem in fault.problems), os.EX_CONFIG
        case WrongSchema():
            return f"gateway: {fault}", os.EX_CONFIG
        case Unavailable():
            return f"gateway: {fault}; mend that, or try again", os.EX_TEMPFAIL
        case OSError():
            what = f"{fault.filename}: " if fault.filename else "cannot read or write: "
            return f"gateway: {what}{fault.strerror or fault}", os.EX_UNAVAILABLE
        case _:
            what = f"{type(fault).__name__}: {fault}"
            return f"gateway: internal error: {what}; please report it with what follows", os.EX_SOFTWARE
