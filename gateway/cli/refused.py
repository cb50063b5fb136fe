"""What a person at the keyboard is told of a fault: one line first, and an exit code of sysexits(3)."""

from __future__ import annotations

import os
from dataclasses import replace

import click


class Refused(Exception):  # noqa: N818 - an answer to the person at the keyboard
    """A command that cannot be carried out, with its exit code; the words say what is wrong and what would be right."""

    def __init__(self, words: str, code: int = os.EX_DATAERR) -> None:
        super().__init__(words)
        self.code = code


def told(fault: Exception) -> tuple[str, int]:
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
        case _:
            return _of_the_house(fault)


def _of_the_house(fault: Exception) -> tuple[str, int]:
    from gateway.cli.owner import own_name  # noqa: PLC0415 - a slip of the keyboard is told without the house
    from gateway.core.problem import ConfigError  # noqa: PLC0415 - the same
    from gateway.core.remedies import with_remedy  # noqa: PLC0415 - the same
    from gateway.ports import Unavailable  # noqa: PLC0415 - the same
    from gateway.store.schema import WrongSchema  # noqa: PLC0415 - the same

    match fault:
        case ConfigError():
            who = f" for {own_name()}" if isinstance(fault.__cause__, PermissionError) else ""
            problems = (replace(one, wrong=f"{one.wrong}{who}") for one in fault.problems)
            return "\n".join(f"gateway: {one}" for one in problems), os.EX_CONFIG
        case WrongSchema():
            return f"gateway: {fault}", os.EX_CONFIG
        case ExceptionGroup(exceptions=(ConfigError() | Unavailable() as why,)):  # of a task of the daemon's
            return _of_the_house(why)
        case Unavailable():
            return f"gateway: {with_remedy(str(fault))}", os.EX_TEMPFAIL
        case OSError():
            what = f"{fault.filename}: " if fault.filename else "cannot read or write: "
            who = f" for {own_name()}" if isinstance(fault, PermissionError) else ""  # root may have become another
            return f"gateway: {what}{fault.strerror or fault}{who}", os.EX_UNAVAILABLE
        case _:
            what = type(fault).__name__  # its words may be a message's: the log shows them by its own rules
            return f"gateway: internal error: {what}; please report it with what follows", os.EX_SOFTWARE
