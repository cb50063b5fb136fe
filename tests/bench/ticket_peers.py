"""Other programs that make tickets of mail, in an environment of their own: fed the same mix, in turns with us."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BIN = Path(__file__).parents[2] / ".bench/bin/python"
MESSAGES = 60  # a round, which the mix divides: two or three seconds' work
PEERS = {"django-helpdesk, process_email": "drive_helpdesk.py", "Roundup, MailGW": "drive_roundup.py"}


@contextmanager
def ticket_peer(program: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A driver, set up and waiting for `take_in()`."""
    folder.mkdir()
    command = [str(BIN), str(Path(__file__).with_name(program)), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def take_in(process: subprocess.Popen[str]) -> dict[str, float]:
    """One round: its `rate` a second, and `cpu` a message in milliseconds."""
    print(MESSAGES, file=process.stdin, flush=True)
    found: dict[str, float] = json.loads(process.stdout.readline())
    return found
