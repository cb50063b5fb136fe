"""clamd as it should be, and clamds that hang, hang up, flood, mumble, and answer before they have heard all."""

from __future__ import annotations

import asyncio
import threading

import pytest

from clamd_script import Script, says, whole
from gateway.core.arrival import Arrival
from gateway.core.scan import Clean, Infected, NotScanned
from gateway.ports import Unavailable
from gateway.scanning.clamd import AT_ONCE, SIGNATURE_CHARACTERS, Clamd
from house import BEHIND, NOW

LARGE = b"x" * 5_000_000
"""Octets that no socket keeps for who does not read."""


def mail(raw=b"Subject: x\r\n\r\nx\r\n"):
    return Arrival("A1", raw, None, BEHIND, NOW)


@pytest.mark.parametrize(
    ("reply", "scan"),
    [
        (b"stream: OK\0", Clean()),
        (b"stream: Eicar-Test-Signature FOUND\0", Infected("Eicar-Test-Signature")),
        (b"stream: A\x1b[31m\nB FOUND\0", Infected("A?[31m?B")),
        (b"stream: " + b"A" * 900 + b" FOUND\0", Infected("A" * (SIGNATURE_CHARACTERS - 1) + "…")),
    ],
)
async def test_the_two_clear_answers(tmp_path, reply, scan):
    """Clean, and found by a name that is cleaned and cut."""
    with Script(tmp_path, says(reply)) as clamd:
        assert await Clamd(clamd.path, 5).scan(mail()) == scan


async def test_the_whole_message_is_sent(tmp_path):
    """Octet for octet, however large."""
    heard = []

    def deed(connection):
        heard.append(whole(connection))
        connection.sendall(b"stream: OK\0")

    with Script(tmp_path, deed) as clamd:
        assert await Clamd(clamd.path, 5).scan(mail(LARGE)) == Clean()
    assert heard == [LARGE]


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"\0",
        b"stream: OK",
        b"OK\0",
        b"stream: ok\0",
        b"stream:  OK\0",
        b"stream: OK\0stream: OK\0",
        b"stream: OK\n",
        b"stream: FOUND\0",
        b"stream:  FOUND\0",
        b"Eicar FOUND\0",
        b"stream: Can't allocate memory ERROR\0",
        b"COMMAND READ TIMED OUT\0",
        b"\xff\xfe\0",
        b"y" * 2_000,
        b"stream: OK" + b" " * 2_000 + b"\0",
    ],
)
async def test_an_answer_that_makes_no_sense_is_none(tmp_path, reply):
    """Never clean, and never a virus with a name that is none."""
    with Script(tmp_path, says(reply)) as clamd, pytest.raises(Unavailable, match="clamd"):
        await Clamd(clamd.path, 5).scan(mail())


async def test_ok_before_the_end_is_said_of_a_part(tmp_path):
    """What it has not heard it has not scanned."""

    def deed(connection):
        connection.recv(100)
        connection.sendall(b"stream: OK\0")

    with Script(tmp_path, deed) as clamd, pytest.raises(Unavailable, match="no sense"):
        await Clamd(clamd.path, 5).scan(mail(LARGE))


async def test_found_before_the_end_is_found(tmp_path):
    """The safe reading of an answer that comes early."""

    def deed(connection):
        connection.recv(100)
        connection.sendall(b"stream: Worm FOUND\0")

    with Script(tmp_path, deed) as clamd:
        assert await Clamd(clamd.path, 5).scan(mail(LARGE)) == Infected("Worm")


async def test_what_is_too_long_for_clamd_is_not_scanned(tmp_path):
    """It says so before the end and hangs up; to ask again would not help, so nobody waits for that."""

    def deed(connection):
        connection.recv(100)
        connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")

    with Script(tmp_path, deed) as clamd:
        scan = await Clamd(clamd.path, 5).scan(mail(LARGE))
    assert isinstance(scan, NotScanned)
    assert "StreamMaxLength" in scan.why


async def test_a_flood_is_cut_off(tmp_path):
    """Over the bound of a reply nothing more is read."""

    def deed(connection):
        while True:
            connection.sendall(b"y" * 65_536)

    with Script(tmp_path, deed) as clamd, pytest.raises(Unavailable, match="no sense"):
        await Clamd(clamd.path, 5).scan(mail())


@pytest.mark.parametrize("raw", [b"x", LARGE])
async def test_one_that_hangs_is_waited_for_no_longer_than_told(tmp_path, raw):
    """Whether it does not answer, or does not even listen."""

    def deed(connection):
        connection.recv(1)
        if raw == b"x":
            connection.makefile("rb").read()
        ended.wait(10)

    ended = threading.Event()
    with Script(tmp_path, deed) as clamd:
        with pytest.raises(Unavailable, match=r"no answer within 0\.1 s"):
            await Clamd(clamd.path, 0.1).scan(mail(raw))
        ended.set()


async def test_one_that_is_not_there(tmp_path):
    with pytest.raises(Unavailable, match="No such file"):
        await Clamd(str(tmp_path / "none"), 5).scan(mail())


async def test_mail_is_held_meanwhile_where_that_is_wanted(tmp_path):
    """`when_away: quarantine`: the answer is that nothing was looked at."""
    scan = await Clamd(str(tmp_path / "none"), 5, hold=True).scan(mail())
    assert scan == NotScanned("clamd: No such file or directory")


async def test_only_so_many_at_once(tmp_path):
    """Further ones wait within their own time: clamd has so many threads and no more."""
    most = now = 0
    full = asyncio.Event()

    async def answer(reader, writer):
        nonlocal most, now
        now += 1
        most = max(most, now)
        if now == AT_ONCE:
            full.set()
        await full.wait()
        await reader.readuntil(bytes(4))
        now -= 1
        writer.write(b"stream: OK\0")
        writer.close()

    server = await asyncio.start_unix_server(answer, tmp_path / "clamd")
    clamd = Clamd(str(tmp_path / "clamd"), 10)
    async with server:
        scans = await asyncio.gather(*(clamd.scan(mail()) for _ in range(3 * AT_ONCE)))
    assert scans == [Clean()] * 3 * AT_ONCE
    assert most == AT_ONCE
