"""Whoever sends what: no traceback, no death, bounded memory, and the next message is served at once (I7)."""

from __future__ import annotations

import smtplib
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from e2e.border import message
from e2e.process import Gateway, hand_over
from e2e.sink import Sink
from e2e.waiting import LOOPBACK, free_port, until

AUTHOR = "tecnico@rossi.example"
PEAK_MIB = 250
MIB = 1 << 20
DIALOGUE = b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@example.it>\r\nDATA\r\n"


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> Iterator[Gateway]:
    """One gateway that takes all of it, so that its peak memory is that of the worst."""
    with (
        Sink(free_port()) as mailboxes,
        Gateway(tmp_path_factory.mktemp("victim"), mailboxes.port, prepared=prepared) as gateway,
    ):
        yield gateway


@pytest.fixture(autouse=True)
def _unharmed(victim: Gateway) -> Iterator[None]:
    """After each of them."""
    yield
    begun = time.monotonic()
    until(lambda: served(victim), "a served message", 5)
    took, peak = time.monotonic() - begun, victim.peak_rss()
    print(f"next message after {took:.3f} s, peak {peak} MiB")  # noqa: T201 - a measured number; pytest -s or -rP shows it
    assert victim.alive()
    assert took < 1
    assert peak < PEAK_MIB
    assert "Traceback" not in victim.stderr()


@pytest.mark.parametrize("opening", [b"", DIALOGUE], ids=["command", "data"])
def test_200_mb_without_a_line_end(victim: Gateway, opening: bytes) -> None:
    """A line is bounded in the dialogue and in the data: we may answer or hang up, but not hold it all."""
    with socket.create_connection((LOOPBACK, victim.smtp), timeout=60) as client:
        client.recv(1000)
        for line in opening.splitlines(keepends=True):
            client.sendall(line)
            client.recv(1000)
        try:
            for _ in range(200):
                client.sendall(b"x" * MIB)
            client.sendall(b"\r\n.\r\nQUIT\r\n")
            client.shutdown(socket.SHUT_WR)
            replies = b"".join(iter(lambda: client.recv(65536), b""))
        except (ConnectionError, TimeoutError):
            return  # hung up on
    assert b"250 2.0.0 accepted" not in replies


def test_10_000_recipients(victim: Gateway) -> None:
    """RFC 5321 §4.5.3.1.8: at least 100, and then 452, until we have had enough of it."""
    with victim.connection() as client:
        client.ehlo()
        client.mail(AUTHOR)
        codes = []
        with suppress(smtplib.SMTPServerDisconnected):  # it had enough
            codes.extend(client.rcpt(f"support+{number}@example.it")[0] for number in range(10_000))
    assert codes[:100] == [250] * 100
    assert set(codes[100:]) <= {452, 421}


def test_300_connections(victim: Gateway) -> None:
    """Over its limit a listener says 421 and closes; those within are greeted."""
    clients = [socket.create_connection((LOOPBACK, victim.smtp), timeout=10) for _ in range(300)]
    try:
        greetings = [greeting(client) for client in clients]
    finally:
        for client in clients:
            client.close()
    assert 45 <= greetings.count(b"220") <= 50  # those of the test before may still be counted
    assert set(greetings) == {b"220", b"421"}


def test_1500_nested_parts(victim: Gateway) -> None:
    """Depth is bounded by us, the standard library recurses; what is too deep to be read is kept (I12)."""
    parts = "".join(
        f'Content-Type: multipart/mixed; boundary="b{depth}"\r\n\r\n--b{depth}\r\n' for depth in range(1500)
    )
    data = message(AUTHOR).partition(b"\r\n\r\n")[0] + b"\r\n" + parts.encode()
    assert victim.message(take(victim, data))["size"] == len(data)


@pytest.mark.parametrize(
    "author", ["<", ", ".join(f"a{number}@rossi.example" for number in range(20_000))], ids=["half", "20000"]
)
def test_an_author_field_that_is_none(victim: Gateway, author: str) -> None:
    """`From: <` raises in the standard library, and 20,000 addresses take it seconds."""
    folded = author.replace(", ", ",\r\n ")
    assert refused(victim, message(AUTHOR).replace(f"From: {AUTHOR}".encode(), f"From: {folded}".encode()))


def test_40_kb_of_semicolons_in_content_type(victim: Gateway) -> None:
    """Parameters are split in linear time. It may be a message like any other, but it is judged at once."""
    field = b"Content-Type: text/plain" + b";" * 40_000 + b"\r\n"
    begun = time.monotonic()
    take(victim, message(AUTHOR).replace(b"Subject:", field + b"Subject:"))
    assert time.monotonic() - begun < 2


def take(gateway: Gateway, data: bytes) -> str:
    """Hand it over; the id of its 250."""
    return gateway.accept(data, AUTHOR)


def refused(gateway: Gateway, data: bytes) -> bool:
    """Whether it was taken, kept, and not accepted: behind an MTA that is what a refusal is."""
    return gateway.message(take(gateway, data))["disposition"] in {"failed", "quarantine", "reject"}


def served(gateway: Gateway) -> bool:
    """Whether an ordinary message gets its 250 now. A 421 is a no: the last test's connections may still be counted."""
    try:
        with gateway.connection() as client:
            return hand_over(client, message(AUTHOR), AUTHOR)[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


def greeting(client: socket.socket) -> bytes:
    """The code that a connection is greeted with."""
    try:
        return client.recv(1000)[:3]
    except ConnectionError:
        return b"421"  # the reply was overtaken by the close
