"""The command line. Every error is one line first, on stderr, and an exit code of sysexits(3).

Help and slips of the keyboard import nothing but this: what a command stands on is imported when it runs.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType

import click

from gateway.cli.refused import told

_LAST_STANDARD = 2
COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "run": ("daemon", "Run the daemon in the foreground; SIGTERM drains, SIGHUP reloads."),
        "check": ("daemon", "Say line by line whether `run` would work; 78 if it would not."),
        "status": (
            "status",
            "Say of each ingress when it last worked, what waits, and what is wrong; 69 when one is stuck.",
        ),
        "why": (
            "why",
            "Say what became of a mail, found by WORDS: an id, address, ticket, account, subject or day.",
        ),
        "queue": ("queue", "List the letters that wait to be sent, in the form of mailq, with why each was put off."),
        "pseudonym": (
            "pseudonym",
            "Say how the log writes WORDS: with `log.privacy: hash`, what an address or Message-ID is found by.",
        ),
        "migrate": ("daemon", "Bring the database to this version's schema."),
        "ingest": (
            "ingest",
            "Take one message from standard input; 0 only after the commit, 75 when to be tried again.",
        ),
        "explain": (
            "ingest",
            "Say what would happen to the message in FILE and why, station by station; changes and sends nothing.",
        ),
        "accounts": ("accounts", "The address book."),
        "messages": ("messages", "Every message ever received and what became of it."),
        "tickets": ("desk", "The tickets."),
        "quarantine": ("quarantine", "The held messages."),
        "retention": ("retention", "What is kept, and for how long: `retention:` of the policy."),
        "outbox": ("desk", "What is to be sent, and what became of it."),
        "policy": ("policy", "The policies: their own test cases, and what they would have decided."),
        "balance": ("messages", "Weigh what was received against what became of it; 1 if it does not add up."),
        "backup": ("backup", "Copy everything into FOLDER, which is new or empty; the daemon may run."),
        "restore": (
            "backup",
            "Put a backup where the configuration says; there must be no database yet.",
        ),
        "keys": (
            "keys",
            "The keys that reply addresses, Message-IDs and reverse-paths of our letters are sealed with.",
        ),
        "audit": ("audit", "Who changed what by hand: a chain of rows, each sealed with the hash of the one before."),
        "auth": ("auth", "OAuth2: what mailboxes and the smarthost are signed in to with."),
        "completion": (
            "completion",
            "Print what has a shell complete commands, options and files; `eval` it, or keep it as a file.",
        ),
    }
)
"""In the order in which one meets them: the module that each is in, and its first sentence (a test holds both)."""

_CONFIG_HELP = "The configuration; else $GATEWAY_CONFIG, else /etc/gateway/gateway.yaml."


class _Lazy(click.Group):
    """Imports a command when somebody wants it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"gateway.cli.{COMMANDS[cmd_name][0]}"), cmd_name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - the same
        room = formatter.width - 6 - max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, click.Command(name, help=words).get_short_help_str(room))
                    for name, (_, words) in COMMANDS.items()
                ]
            )


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    "config_file",
    metavar="FILE",
    help=_CONFIG_HELP,
)
@click.version_option(package_name="mail-gateway", prog_name="gateway")
@click.pass_context
def gateway(ctx: click.Context, config_file: str | None) -> None:
    """Support mail becomes tickets; answers go to the account's primary address and nowhere else."""
    from gateway.cli.context import Context  # noqa: PLC0415 - a second that --help can do without
    from gateway.ops import log  # noqa: PLC0415 - the same

    if not gc.isenabled():  # see main(): all that was imported stays
        gc.freeze()
        gc.enable()
    log.configure("auto")  # to stderr: nothing but records may stand on stdout
    ctx.obj = Context(config_file)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    os.umask(0o077)  # threats rule 17
    _hold_standard_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a page for people, whatever their terminal can show
    try:
        code = gateway.main(list(arguments), prog_name="gateway", standalone_mode=False)
    except SystemExit:  # click's answer to a broken pipe: whoever read our list has seen enough
        return os.EX_OK
    except Exception as fault:  # noqa: BLE001 - the last line of defence: one clear line, whatever it is
        words, code = told(fault)
        click.echo(words, err=True)
        if code == os.EX_SOFTWARE:
            _log(fault)
    return code if isinstance(code, int) else os.EX_OK


def _hold_standard_streams() -> None:
    """Where one was closed, as by `2>&-`: else what we open takes its number, and hears what is said to it."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= _LAST_STANDARD:
        pass
    os.close(number)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as we live
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - the same


def _log(fault: Exception) -> None:
    """As the log shows whatever it quotes, by the configuration's rules where it was read."""
    import structlog  # noqa: PLC0415 - a second that --help can do without

    from gateway.ops.log import configure  # noqa: PLC0415 - the same

    if not structlog.is_configured():
        configure("auto")
    log = structlog.get_logger()
    log.critical("gateway.fault", do="report it, with what follows", exc_info=fault)
