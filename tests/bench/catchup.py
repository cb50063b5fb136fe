"""How fast mail that lies in a mailbox is taken in: a real Dovecot's, beside a bare loop that fetches and moves."""

from __future__ import annotations

import socket
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

import mix
import servers
import usage
from report import say, table

from e2e.waiting import LOOPBACK
from peers.dovecot import Dovecot
from peers.mailboxes import USERS, done, entry

MESSAGES = 600
SECONDS = 50.0  # then what has been done by then counts
BATCH = 100
OURS, BARE, AGAIN = list(USERS)[:3]
_PAUSE = 0.05


def main() -> None:
    """The table, as Markdown."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        silent = stack.enter_context(closing(socket.create_server((LOOPBACK, 0))))
        dovecot = stack.enter_context(Dovecot({user: USERS[user] for user in (OURS, BARE, AGAIN)}))
        for user in (OURS, BARE, AGAIN):
            dovecot.deliver(user, (mix.message(number, "mailbox") for number in range(MESSAGES)))
        gateway = servers.prepared(folder, silent.getsockname()[1])
        gateway.config.write_text(f"{gateway.config.read_text()}imap:\n{entry(folder, dovecot, OURS)}")
        first = bare(dovecot, BARE)
        rate, cpu = caught_up(stack, gateway)
        second = bare(dovecot, AGAIN)
    table(
        "a mailbox's catch-up",
        "messages a second",
        "CPU a message, ms",
        rows=[
            ("gateway: fetched, committed, moved", f"{rate:.0f}", f"{cpu:.1f}"),
            (f"imaplib: fetched and moved by {BATCH}, before and after", f"{first:.0f}, {second:.0f}", ""),
        ],
    )
    say("", f"{MESSAGES} messages of the mix; the aim is 300 a second.")


def caught_up(stack: ExitStack, gateway) -> tuple[float, float]:
    """Messages a second from the first that was done on, and the daemon's milliseconds for each."""

    def wait(number: int, until: float) -> tuple[float, float, int]:
        while (count := done(gateway, OURS)) < number and time.monotonic() < until:
            time.sleep(_PAUSE)
        return time.monotonic(), usage.cpu(gateway.running.pid), count

    end = time.monotonic() + SECONDS
    stack.enter_context(gateway)
    start, before, some = wait(1, end)
    stop, after, all_ = wait(MESSAGES, end)
    assert all_ > some, f"{some} and then {all_} were done"
    return (all_ - some) / (stop - start), (after - before) / (all_ - some) * 1000


def bare(dovecot: Dovecot, user: str) -> float:
    """Messages a second by the standard library: all octets of a batch, then the batch moved."""
    with closing(dovecot.client(user)) as mail:
        mail.create("Done")
        mail.select("INBOX")
        start, octets = time.monotonic(), 0
        _, [found] = mail.uid("search", "ALL")
        uids = found.split()
        for place in range(0, len(uids), BATCH):
            batch = b",".join(uids[place : place + BATCH]).decode()
            _, fetched = mail.uid("fetch", batch, "(BODY.PEEK[])")
            octets += sum(len(one[1]) for one in fetched if isinstance(one, tuple))
            mail.uid("move", batch, "Done")
        assert octets > 1_000 * len(uids) > 0, "nothing was fetched"
        return len(uids) / (time.monotonic() - start)
