"""What a mailbox may rely on, of every driver: the one in memory that the story is tested with, and the real one.

The real one speaks to Debian's Dovecot, so that the one in memory cannot drift from what servers do.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from e2e.waiting import LOOPBACK
from gateway.ingress.imap.client import connect
from gateway.ingress.imap.driver import Filed, FolderMissing, Gone, RefusedLogin, Server, Woke
from ingress.fake_imap import FakeServer
from peers.dovecot import Dovecot, required

MAIL = b"From: anna@rossi.example\r\nSubject: uno\r\n\r\nIl sito non risponde.\r\n"
OTHER = b"From: eve@attack.example\r\nSubject: due\r\n\r\nEhi.\r\n"
SECRET = "secret"  # noqa: S105 - of a server of the test
USERS = {f"user-{number}": SECRET for number in range(50)}
"""Each test its own."""
ODD = 'Fatte "oggi" è/però & 文'
"""A space, quotes, an ampersand and what is not ASCII; `/` parts it in two."""
SECONDS = 20
OFFERS = "IMAP4rev1 LITERAL+ SASL-IR IDLE ENABLE UIDPLUS MOVE"


@dataclass
class Memory:
    """The driver of the tests."""

    server: FakeServer
    user: str = "anna"

    async def driver(self):
        return await self.server.connect(Server("imap.example.it", 993, "implicit"))

    def deliver(self, *messages):
        for one in messages:
            self.server.add(one, came=datetime.now(UTC))

    async def told(self, driver, message):
        self.server.on_idle = lambda: (self.deliver(message), Woke.CHANGE)[1]
        return await driver.idle(10)


@dataclass
class Real:
    """The driver of the gateway."""

    server: Dovecot
    user: str

    async def driver(self):
        return await connect(Server(LOOPBACK, self.server.tls_port, "implicit", self.server.ca_file))

    def deliver(self, *messages):
        self.server.deliver(self.user, messages)

    async def told(self, driver, message):
        idling = asyncio.create_task(driver.idle(10))
        await asyncio.sleep(0)  # it has sent IDLE
        self.deliver(message)
        return await idling


HIDDEN = {"MOVE": (), "UIDPLUS": ("MOVE",), "neither": ("MOVE", "UIDPLUS")}
"""What a server does not offer, by what it offers to move with."""


@pytest.fixture(scope="module")
def dovecots():
    """One for each of these, started when it is first wanted."""
    with ExitStack() as running:

        @cache
        def started(offered):
            required()
            offers = [word for word in OFFERS.split() if word not in HIDDEN[offered]]
            return running.enter_context(Dovecot(USERS, capability=" ".join(offers))), iter(USERS)

        yield started


@pytest.fixture(params=HIDDEN)
def offered(request):
    return request.param


@pytest.fixture(params=["memory", pytest.param("dovecot", marks=[pytest.mark.peers, pytest.mark.slow])])
def host(request, offered, dovecots):
    """A server with one empty mailbox."""
    if request.param == "memory":
        return Memory(FakeServer(move=offered == "MOVE", uidplus=offered != "neither"))
    server, users = dovecots(offered)
    return Real(server, next(users))


@asynccontextmanager
async def signed_in(host, folder="INBOX"):
    async with asyncio.timeout(SECONDS):
        driver = await host.driver()
        try:
            await driver.login(host.user, SECRET)
            if folder:
                await driver.select(folder)
            yield driver
        finally:
            driver.abort()


async def contents(driver, folder):
    """The octets in a folder, which is open from then on."""
    await driver.select(folder)
    items = await driver.sizes(await driver.uids(1))
    return sorted((await driver.fetch({uid: item.size for uid, item in items.items()})).values())


async def test_a_wrong_password_is_a_refused_login(host):
    """An operator must act: it is told from whatever passes by itself."""
    async with asyncio.timeout(SECONDS):
        driver = await host.driver()
        with pytest.raises(RefusedLogin):
            await driver.login(host.user, "wrong")
        driver.abort()


async def test_what_select_tells(host):
    """How many lie there, and the UID that comes next; a folder that is not there is missing."""
    host.deliver(MAIL, OTHER)
    async with signed_in(host, "") as driver:
        selected = await driver.select("INBOX")
        assert (selected.exists, selected.read_only, selected.keeps_keywords) == (2, False, True)
        assert selected.uidnext == max(await driver.uids(1)) + 1
        with pytest.raises(FolderMissing):
            await driver.select("Nowhere")


async def test_uidvalidity_stays(host):
    """From one connection to the next."""
    async with signed_in(host, "") as driver:
        first = await driver.select("INBOX")
    async with signed_in(host, "") as driver:
        assert (await driver.select("INBOX")).uidvalidity == first.uidvalidity


async def test_uids_from_one_on_ascending(host):
    """What lies below is not among them, even where `*` names it; nor is anything of a day that is to come."""
    host.deliver(MAIL, OTHER, MAIL)
    async with signed_in(host) as driver:
        found = await driver.uids(1)
        assert list(found) == sorted(found)
        assert len(found) == 3
        assert await driver.uids(found[1]) == found[1:]
        assert await driver.uids(found[2] + 1) == ()
        now = datetime.now(UTC)
        assert await driver.uids(1, since=(now - timedelta(days=2)).date()) == found
        assert await driver.uids(1, since=(now + timedelta(days=2)).date()) == ()


async def test_what_is_present(host):
    """Of those that were asked for, and of no others."""
    host.deliver(MAIL, OTHER)
    async with signed_in(host) as driver:
        one, two = await driver.uids(1)
        assert await driver.present([one, two + 5, 2**32 - 1]) == {one}
        assert await driver.present([]) == frozenset()


async def test_sizes_and_octets_of_what_is_there(host):
    """Exact here; one that is not there is left out of both; the octets are those that came, and stay unseen."""
    host.deliver(MAIL, OTHER)
    async with signed_in(host) as driver:
        one, two = await driver.uids(1)
        items = await driver.sizes([one, two, two + 5])
        assert {uid: item.size for uid, item in items.items()} == {one: len(MAIL), two: len(OTHER)}
        assert abs(items[one].internaldate - datetime.now(UTC)) < timedelta(minutes=5)
        fetched = await driver.fetch({one: len(MAIL), two: len(OTHER), two + 5: 10})
        assert fetched == {one: MAIL, two: OTHER}
        assert r"\Seen" not in (await driver.sizes([one]))[one].flags


async def test_flags_are_added(host):
    """A keyword of ours and a flag of the system, beside each other; on one that is gone, nothing."""
    host.deliver(MAIL)
    async with signed_in(host) as driver:
        (uid,) = await driver.uids(1)
        await driver.flag([uid, uid + 5], "$GatewayAccept")
        await driver.flag([uid], r"\Flagged")
        assert {"$GatewayAccept", r"\Flagged"} <= (await driver.sizes([uid]))[uid].flags


async def test_a_folder_is_made_once(host):
    """Whatever its name has in it; the second time it is there already, and can be opened."""
    async with signed_in(host) as driver:
        assert await driver.ensure_folder(ODD)
        assert not await driver.ensure_folder(ODD)
        assert not await driver.ensure_folder("INBOX")
        assert (await driver.select(ODD)).exists == 0


async def test_moved_is_there_and_not_here(host):
    """To whatever name; one that is gone is passed over. Without MOVE and UIDPLUS nothing is touched."""
    host.deliver(MAIL, OTHER, MAIL)
    async with signed_in(host) as driver:
        one, two, three = await driver.uids(1)
        await driver.ensure_folder(ODD)
        filed = await driver.move([one, three, three + 5], ODD)
        moves = bool(driver.capabilities & {"MOVE", "UIDPLUS"})
        assert filed is (Filed.MOVED if moves else Filed.LEFT)
        assert await driver.uids(1) == ((two,) if moves else (one, two, three))
        assert await contents(driver, ODD) == ([MAIL, MAIL] if moves else [])


async def test_moved_keeps_flags_and_date(host):
    """Mending a move that was cut in two relies on the date, people on the flags."""
    host.deliver(MAIL)
    async with signed_in(host) as driver:
        if not driver.capabilities & {"MOVE", "UIDPLUS"}:
            return
        (uid,) = await driver.uids(1)
        await driver.flag([uid], "$Mine")
        came = (await driver.sizes([uid]))[uid].internaldate
        await driver.ensure_folder("Done")
        await driver.move([uid], "Done")
        await driver.select("Done")
        (item,) = (await driver.sizes(await driver.uids(1))).values()
        assert "$Mine" in item.flags
        assert item.internaldate == came


async def test_a_target_that_is_missing_is_told_and_nothing_is_moved(host):
    """The caller makes it, and moves again."""
    host.deliver(MAIL)
    async with signed_in(host) as driver:
        if driver.capabilities & {"MOVE", "UIDPLUS"}:
            with pytest.raises(FolderMissing):
                await driver.move(await driver.uids(1), "Nowhere")
        assert len(await driver.uids(1)) == 1


async def test_only_what_is_named_is_removed(host):
    r"""What somebody else marked as deleted stays, and so does the rest."""
    host.deliver(MAIL, OTHER, MAIL)
    async with signed_in(host) as driver:
        if "UIDPLUS" not in driver.capabilities:
            return
        one, two, three = await driver.uids(1)
        await driver.flag([two], r"\Deleted")
        await driver.remove([one, three + 5])
        assert await driver.uids(1) == (two, three)


async def test_idle_tells_of_new_mail_and_ends_in_time(host):
    """A change wakes it; without one it ends when the time is up."""
    async with signed_in(host) as driver:
        assert await driver.idle(0.05) is Woke.TIME
        assert await host.told(driver, MAIL) is Woke.CHANGE
        assert len(await driver.uids(1)) == 1


async def test_after_the_end_every_call_says_so(host):
    """Parted politely or not: Gone, at once."""
    async with signed_in(host) as driver:
        await driver.noop()
        await driver.logout()
        with pytest.raises(Gone):
            await driver.noop()
    async with signed_in(host) as driver:
        driver.abort()
        with pytest.raises(Gone):
            await driver.uids(1)
