"""The IMAP driver before Debian's Dovecot: TLS, names, sizes and endings that a server in memory has not.

What every driver promises is in tests/contract/test_imap_driver_contract.py, which asks Dovecot too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from e2e.waiting import LOOPBACK
from gateway.ingress.imap.client import PART, Client, connect
from gateway.ingress.imap.driver import BATCH, BadCertificate, Gone, OverQuota, RefusedLogin, Server
from peers.dovecot import Dovecot, required

pytestmark = [pytest.mark.peers, pytest.mark.slow]

SECRET = 'p "q" \\ è'  # noqa: S105 - of a server of the test
USERS = {f"user-{number}": SECRET for number in range(12)}
SECONDS = 60
MAIL = b"From: anna@rossi.example\r\nSubject: uno\r\n\r\nIl sito non risponde.\r\n"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    """Each test has a user of its own."""
    required()
    with Dovecot(USERS) as server:
        yield server


def implicit(dovecot: Dovecot, host: str = LOOPBACK) -> Server:
    return Server(host, dovecot.tls_port, "implicit", dovecot.ca_file)


@asynccontextmanager
async def opened(server: Server, user: str, folder: str = "INBOX") -> AsyncIterator[Client]:
    async with asyncio.timeout(SECONDS):
        driver = await connect(server)
        assert isinstance(driver, Client)
        try:
            await driver.login(user, SECRET)
            await driver.select(folder)
            yield driver
        finally:
            driver.abort()


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_both_ways_into_tls(dovecot: Dovecot, tls: str) -> None:
    """And a password with quotes, a backslash and what is not ASCII."""
    dovecot.deliver("user-0", [MAIL])
    port = dovecot.tls_port if tls == "implicit" else dovecot.port
    async with opened(Server(LOOPBACK, port, tls, dovecot.ca_file), "user-0") as driver:  # type: ignore[arg-type] # of two words
        assert await driver.uids(1)


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_a_certificate_of_somebody_else_is_refused(dovecot: Dovecot, tls: str) -> None:
    """Of nobody that the system knows; and of another host than the one that was asked for."""
    port = dovecot.tls_port if tls == "implicit" else dovecot.port
    for server in (Server(LOOPBACK, port, tls), Server("localhost", port, tls, dovecot.ca_file)):  # type: ignore[arg-type] # the same
        with pytest.raises(BadCertificate):
            await connect(server)


async def test_a_wrong_password_in_words(dovecot: Dovecot) -> None:
    """What the server said, and neither name nor password in it."""
    driver = await connect(implicit(dovecot))
    with pytest.raises(RefusedLogin, match="AUTHENTICATIONFAILED") as caught:
        await driver.login("user-0", "wrong-one")
    driver.abort()
    assert "wrong-one" not in str(caught.value)


async def test_names_as_other_programs_see_them(dovecot: Dovecot) -> None:
    """In modified UTF-7 on the server; below another folder where the separator stands in the name."""
    async with opened(implicit(dovecot), "user-1") as driver:
        for name in ('Fatte "oggi"', "Perché & però", "Clienti/文書/\U0001f4e8"):
            assert await driver.ensure_folder(name)
            assert not await driver.ensure_folder(name)
    made = {path.name for path in dovecot.maildir("user-1").iterdir() if path.name.startswith(".")}
    assert made >= {'.Fatte "oggi"', ".Perch&AOk- &- per&API-", ".Clienti.&ZYdm+A-.&2D3c6A-"}


async def test_a_large_mail_comes_in_parts(dovecot: Dovecot) -> None:
    """Octet for octet, beside small ones: over three parts, ending on the edge of one, and one octet past it."""
    head = b"From: anna@rossi.example\r\n\r\n"

    def long(octets: int) -> bytes:
        lines = b"".join(b"%060d\r\n" % number for number in range((octets - len(head)) // 62))
        return head + lines + b"x" * (octets - len(head) - len(lines) - 2) + b"\r\n"

    sent = [long(3 * PART + 12345), MAIL, long(2 * PART), long(PART + 1), long(PART)]
    dovecot.deliver("user-2", sent)
    async with opened(implicit(dovecot), "user-2") as driver:
        items = await driver.sizes(await driver.uids(1))
        assert sorted(item.size for item in items.values()) == sorted(map(len, sent))
        fetched = await driver.fetch({uid: item.size for uid, item in items.items()})
        assert sorted(fetched.values()) == sorted(sent)


async def test_more_than_a_batch(dovecot: Dovecot) -> None:
    """Two and a half batches in one call each: sizes, octets, flags and the move."""
    number = BATCH * 5 // 2
    dovecot.deliver("user-3", [MAIL + b"%d\r\n" % one for one in range(number)])
    async with opened(implicit(dovecot), "user-3") as driver:
        uids = await driver.uids(1)
        items = await driver.sizes(uids)
        assert len(items) == number
        assert len(set((await driver.fetch({uid: item.size for uid, item in items.items()})).values())) == number
        await driver.flag(uids, "$GatewayAccept")
        assert all("$GatewayAccept" in item.flags for item in (await driver.sizes(uids)).values())
        await driver.ensure_folder("Done")
        await driver.move(uids, "Done")
        assert await driver.uids(1) == ()
        assert (await driver.select("Done")).exists == number


async def test_a_full_folder_is_over_quota(dovecot: Dovecot) -> None:
    """And the mail is where it was."""
    dovecot.deliver("user-4", [MAIL, MAIL])
    async with opened(implicit(dovecot), "user-4") as driver:
        one, two = await driver.uids(1)
        await driver.ensure_folder("Full/Done")
        await driver.move([one], "Full/Done")
        with pytest.raises(OverQuota):
            await driver.move([two], "Full/Done")
        assert await driver.uids(1) == (two,)


async def test_another_uidvalidity_after_an_index_is_rebuilt(dovecot: Dovecot) -> None:
    """What a UID meant is told apart from what it means. Dovecot's are seconds, so two within one may be the same."""
    dovecot.deliver("user-5", [MAIL])
    told: list[int] = []
    async with asyncio.timeout(SECONDS):
        while len(set(told)) < 2:
            async with opened(implicit(dovecot), "user-5") as driver:
                told.append((await driver.select("INBOX")).uidvalidity)
            dovecot.forget_uids("user-5")


async def test_a_server_that_dies_ends_what_waits() -> None:
    """IDLE too, at once and not at its deadline."""
    required()
    with Dovecot(USERS) as dovecot:
        async with opened(implicit(dovecot), "user-0") as driver:
            idling = asyncio.create_task(driver.idle(60))
            await asyncio.sleep(0)  # it has sent IDLE
            dovecot.kill()
            async with asyncio.timeout(10):
                with pytest.raises(Gone):
                    await idling
