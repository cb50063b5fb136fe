"""The driver over aioimaplib: a mailbox is opened, looked through, read and sorted, by UID alone.

Promises what `driver.py` says. Asks for messages by BODY.PEEK[], small ones together and large ones in parts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import partial

from aioimaplib import AUTH, SELECTED

from gateway.core.sasl import Mechanism
from gateway.ingress.imap import answers, opening
from gateway.ingress.imap.caller import Caller
from gateway.ingress.imap.driver import (
    BATCH,
    LONGEST_IDLE,
    Driver,
    Filed,
    FolderMissing,
    Item,
    Lied,
    MailboxFault,
    OverQuota,
    Refused,
    Selected,
    Server,
    Waits,
    Woke,
)
from gateway.ingress.imap.frames import SMALL, Frame
from gateway.ingress.imap.words import day, mailbox, uid_set, uid_sets

PART = 2**20
"""Octets. A longer message is fetched in parts of so many."""
GROUP = 4 * 2**20
"""Octets that one FETCH of several messages may ask for, by their sizes."""


async def connect(server: Server, waits: Waits | None = None) -> Driver:
    """`driver.Connect` over aioimaplib."""
    waits = waits or Waits()
    return Client(await opening.reach(server, waits), server, waits)


class Client:
    """`driver.Driver` over aioimaplib."""

    def __init__(self, caller: Caller, server: Server, waits: Waits) -> None:
        self._caller = caller
        self._server = server
        self._waits = waits
        self._uidvalidity = 0

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server offers now."""
        return frozenset(self._caller.wire.capabilities)

    @property
    def ended(self) -> int:
        """How many commands are over."""
        return self._caller.wire.ended

    async def login(self, username: str, password: str) -> None:
        """Sign in with a password."""
        await opening.login(self._caller, username, password)

    async def authenticate(self, mechanism: Mechanism, username: str, token: str) -> None:
        """Sign in with an access token."""
        await opening.authenticate(self._caller, self._server, mechanism, username, token)

    async def select(self, folder: str) -> Selected:
        """Open a folder."""
        self._uidvalidity = 0
        self._caller.wire.changed = False
        self._caller.wire.state = AUTH  # a SELECT that fails closes what was open, RFC 9051 §6.3.2
        try:
            frames = await self._caller.do("SELECT", mailbox(folder))
        except Refused as no:
            if no.code:
                raise
            raise FolderMissing(str(no)) from no  # Exchange and older servers give no code
        self._caller.wire.state = SELECTED
        selected = self._caller.read(answers.selected, frames)
        self._uidvalidity = selected.uidvalidity
        return selected

    async def uids(self, first: int, since: date | None = None) -> tuple[int, ...]:
        """The UIDs from `first` on."""
        self._caller.wire.changed = False
        days = ("SINCE", day(since)) if since is not None else ()
        frames = await self._by_uid("SEARCH", f"UID {first}:*", *days)
        found = self._caller.read(answers.searched, frames)
        return tuple(uid for uid in found if uid >= first)  # `*` is the last one, also below `first` (RFC 9051 §6.4.8)

    async def present(self, uids: Iterable[int]) -> frozenset[int]:
        """Those of these that are there."""
        found: set[int] = set()
        for named, batch in uid_sets(uids):
            frames = await self._by_uid("SEARCH", f"UID {named}")
            found |= set(batch) & set(self._caller.read(answers.searched, frames))
        return frozenset(found)

    async def sizes(self, uids: Iterable[int]) -> dict[int, Item]:
        """What is known of these."""
        known: dict[int, Item] = {}
        for named, batch in uid_sets(uids):
            frames = await self._by_uid("FETCH", named, "(UID RFC822.SIZE FLAGS INTERNALDATE)")
            known |= self._caller.read(partial(answers.items, asked=batch), frames)
        return known

    async def fetch(self, sizes: Mapping[int, int]) -> dict[int, bytes]:
        """The octets of these."""
        messages: dict[int, bytes] = {}
        for group in _groups(sizes):
            longest = {uid: _longest(sizes[uid]) for uid in group}
            frames = await self._by_uid(
                "FETCH", uid_set(group), "(UID BODY.PEEK[])", literals=SMALL + sum(longest.values())
            )
            messages |= self._caller.read(partial(answers.bodies, item="BODY[]", longest=longest), frames)
        for uid in sizes:
            if sizes[uid] > PART and (octets := await self._in_parts(uid, sizes[uid])) is not None:
                messages[uid] = octets
        return messages

    async def idle(self, seconds: float) -> Woke:
        """Wait for a change."""
        wire, longest = self._caller.wire, min(seconds, LONGEST_IDLE)
        timer = asyncio.get_running_loop().call_later(longest, wire.rest)
        try:
            await self._caller.ended("IDLE", wire.idle(), longest + self._waits.done)
        finally:
            timer.cancel()
        return Woke.CHANGE if wire.changed else Woke.TIME

    async def noop(self) -> None:
        """Ask whether anybody is there."""
        await self._by_uid("NOOP", uid=False)

    async def ensure_folder(self, name: str) -> bool:
        """Make a folder where there is none, and subscribe to it, so that mail programs show it."""
        try:
            await self._caller.do("CREATE", mailbox(name))
        except Refused as no:
            if no.code != "ALREADYEXISTS" and not await self._succeeds("STATUS", mailbox(name), "(UIDVALIDITY)"):
                raise
            return False
        await self._succeeds("SUBSCRIBE", mailbox(name))
        return True

    async def move(self, uids: Iterable[int], folder: str) -> Filed:
        """Move these to a folder."""
        if not self.capabilities & {"MOVE", "UIDPLUS"}:
            return Filed.LEFT  # RFC 4315 §1: without UID EXPUNGE, what others marked would go as well
        for named, batch in uid_sets(uids):
            if "MOVE" in self.capabilities:
                await self._by_uid("MOVE", named, mailbox(folder))  # RFC 6851 §3
            else:
                await self._by_uid("COPY", named, mailbox(folder))
                await self.remove(batch)
        return Filed.MOVED

    async def remove(self, uids: Iterable[int]) -> None:
        """Expunge these and no others."""
        for named, _ in uid_sets(uids):
            await self._by_uid("STORE", named, r"+FLAGS.SILENT (\Deleted)")
            await self._by_uid("EXPUNGE", named)

    async def flag(self, uids: Iterable[int], keyword: str) -> None:
        """Add a keyword or flag to these."""
        for named, _ in uid_sets(uids):
            await self._by_uid("STORE", named, f"+FLAGS.SILENT ({keyword})")

    async def logout(self) -> None:
        """Part politely, and close."""
        try:
            await self._caller.ended("LOGOUT", self._caller.wire.logout(), self._waits.logout)
        except MailboxFault:
            pass  # it is gone either way
        finally:
            self.abort()
        await asyncio.sleep(0)  # lets the transport close before the loop does

    def abort(self) -> None:
        """Close at once."""
        self._caller.abort()

    async def _by_uid(self, name: str, *arguments: str, uid: bool = True, literals: int = SMALL) -> list[Frame]:
        """Run a command in the open folder, whose UIDs must mean what they meant."""
        frames = await self._caller.do(name, *arguments, uid=uid, literals=literals)
        self._caller.read(partial(answers.same_validity, uidvalidity=self._uidvalidity), frames)
        return frames

    async def _succeeds(self, name: str, *arguments: str) -> bool:
        try:
            await self._caller.do(name, *arguments)
        except (Refused, FolderMissing, OverQuota):
            return False
        return True

    async def _in_parts(self, uid: int, size: int) -> bytes | None:
        """A large message, until a part comes short and all that was promised is there; None where it is gone."""
        parts: list[bytes] = []
        have, longest = 0, _longest(size)
        while True:
            asked = min(PART, longest - have)
            frames = await self._by_uid("FETCH", str(uid), f"(UID BODY.PEEK[]<{have}.{asked}>)", literals=SMALL + asked)
            reader = partial(answers.bodies, item=f"BODY[]<{have}>", longest={uid: asked})
            part = self._caller.read(reader, frames).get(uid)
            if part is None:
                return None
            parts.append(part)
            have += len(part)
            if not part or (len(part) < asked and have >= size):
                return b"".join(parts)
            if have == longest:
                raise self._caller.wire.fail(Lied(f"UID {uid} has {size} octets, and does not end at {have}"))


def _longest(size: int) -> int:
    """Octets that a message of this RFC822.SIZE may have: Exchange only estimates it."""
    return 2 * size + SMALL


def _groups(sizes: Mapping[int, int]) -> Iterator[list[int]]:
    """Messages that are fetched together: at most BATCH, and GROUP octets; each is smaller than PART."""
    group, octets = list[int](), 0
    for uid in sorted(uid for uid in sizes if sizes[uid] <= PART):
        if group and (len(group) == BATCH or octets + sizes[uid] > GROUP):
            yield group
            group, octets = [], 0
        group.append(uid)
        octets += sizes[uid]
    if group:
        yield group
