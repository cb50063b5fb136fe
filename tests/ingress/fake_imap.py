"""An IMAP server in memory, its driver, and a clock that only moves when somebody waits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gateway.core.reason import Disposition
from gateway.ingress.budget import Budget
from gateway.ingress.imap.driver import (
    Filed,
    FolderMissing,
    Gone,
    Item,
    OverQuota,
    Refused,
    RefusedLogin,
    Selected,
    Server,
    Woke,
)
from gateway.ingress.mailbox import Mailbox
from gateway.ingress.mailbox_settings import MailboxSettings
from gateway.ingress.mailbox_world import World
from house import NOW

FOLDERS = {
    Disposition.ACCEPT: "Done",
    Disposition.QUARANTINE: "Held",
    Disposition.REJECT: "Refused",
    Disposition.DISCARD: "Done",
}
OLD = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass
class Clock:
    """Virtual time."""

    at: datetime = NOW
    waits: list[float] = field(default_factory=list)

    def now(self):
        return self.at

    async def pause(self, seconds):
        self.waits.append(seconds)
        self.at += timedelta(seconds=seconds)


@dataclass
class Mail:
    octets: bytes
    came: datetime
    flags: set[str] = field(default_factory=set)
    size: int | None = None


class FakeServer:
    """Folders of mail by UID. `faults` are raised by name of the call, in turn; `poison` ends connections.

    `stumbles` are raised by name of the call whenever it is about a UID; what is no NO ends the connection.

    Without `move`, with `uidplus`: mail is copied, then `on_copied` is called, then it is expunged.
    """

    def __init__(self, *, idle=True, move=True, uidplus=False):
        self.folders = defaultdict(dict, {"INBOX": {}})
        self.next = defaultdict(lambda: 1)
        self.uidvalidity = 7
        offered = {"IDLE": idle, "MOVE": move, "UIDPLUS": uidplus}
        self.capabilities = frozenset(name for name, is_offered in offered.items() if is_offered)
        self.password = "secret"  # noqa: S105 - of a server in memory
        self.faults = defaultdict(list)
        self.poison = set()
        self.stumbles = defaultdict(dict)
        self.calls = []
        self.on_idle = lambda: Woke.TIME
        self.on_copied = lambda: None
        self.on_fetch = lambda: None

    def add(self, octets, *, came=NOW, size=None, folder="INBOX"):
        uid = self.next[folder]
        self.next[folder] += 1
        self.folders[folder][uid] = Mail(octets, came, size=size)
        return uid

    def renumber(self):
        """What a rebuilt index does: the same mail under other UIDs and another UIDVALIDITY."""
        self.uidvalidity += 1
        mails = list(self.folders["INBOX"].values())
        self.folders["INBOX"] = dict(enumerate(mails, 1001))
        self.next["INBOX"] = 1001 + len(mails)

    def contents(self, folder):
        return sorted(mail.octets for mail in self.folders[folder].values())

    async def connect(self, server, waits=None):
        self._called("connect")
        return FakeDriver(self)

    def _called(self, name):
        self.calls.append(name)
        if self.faults[name] and (fault := self.faults[name].pop(0)):
            raise fault


class FakeDriver:
    """`driver.Driver` over it."""

    def __init__(self, server):
        self.server = server
        self.open = True
        self.folder = None

    ended = 0
    """Commands that are over: nobody looks."""

    @property
    def capabilities(self):
        return self.server.capabilities

    @property
    def here(self):
        return self.server.folders[self.folder]

    async def login(self, username, password):
        self._called("login")
        if password != self.server.password:
            raise RefusedLogin("AUTHENTICATIONFAILED")

    async def select(self, folder):
        self._called("select")
        if folder not in self.server.folders:
            raise FolderMissing(folder)
        self.folder = folder
        exists = len(self.here)
        return Selected(self.server.uidvalidity, self.server.next[folder], exists, read_only=False, keeps_keywords=True)

    async def uids(self, first, since=None):
        self._called("uids")
        return tuple(
            sorted(uid for uid, mail in self.here.items() if uid >= first and (not since or mail.came.date() >= since))
        )

    async def present(self, uids):
        self._called("present")
        return frozenset(uid for uid in uids if uid in self.here)

    async def sizes(self, uids):
        self._called("sizes", uids)
        here = {uid: self.here[uid] for uid in uids if uid in self.here}
        return {
            uid: Item(mail.size or len(mail.octets), frozenset(mail.flags), mail.came) for uid, mail in here.items()
        }

    async def fetch(self, sizes):
        self._called("fetch", sizes)
        self.server.on_fetch()
        if self.server.poison & sizes.keys():
            self.open = False
            raise Gone("the server went away")
        return {uid: self.here[uid].octets for uid in sizes if uid in self.here}

    async def idle(self, seconds):
        self._called("idle")
        return self.server.on_idle()

    async def noop(self):
        self._called("noop")

    async def ensure_folder(self, name):
        self._called("ensure_folder")
        made = name not in self.server.folders
        self.server.folders[name]
        return made

    async def move(self, uids, folder):
        self._called("move", uids)
        if not self.capabilities & {"MOVE", "UIDPLUS"}:
            return Filed.LEFT
        if folder not in self.server.folders:
            raise FolderMissing(folder)
        uids = [uid for uid in uids if uid in self.here]
        for uid in uids:
            copy = self.server.add(self.here[uid].octets, came=self.here[uid].came, folder=folder)
            self.server.folders[folder][copy].flags = set(self.here[uid].flags)
        if uids and "MOVE" not in self.capabilities:
            self.server.on_copied()
        self._expunge(uids)
        return Filed.MOVED

    async def remove(self, uids):
        self._called("remove")
        self._expunge(uids)

    def _expunge(self, uids):
        for uid in uids:
            self.here.pop(uid, None)

    async def flag(self, uids, keyword):
        self._called("flag", uids)
        for uid in uids:
            if uid in self.here:
                self.here[uid].flags.add(keyword)

    async def logout(self):
        self.open = False

    def abort(self):
        self.open = False

    def _called(self, name, uids=()):
        if not self.open:
            raise Gone("closed")
        self.server._called(name)
        stumbles = self.server.stumbles[name]
        if (uid := next((uid for uid in uids if uid in stumbles), None)) is not None:
            self.open = isinstance(stumbles[uid], (FolderMissing, OverQuota, Refused))
            raise stumbles[uid]


class Board:
    """Keeps what it is told."""

    def __init__(self):
        self.told = []

    def stands(self, standing):
        self.told.append(standing)

    @property
    def last(self):
        return self.told[-1]


@dataclass
class Post:
    """A mailbox at a fake server, before a real gateway."""

    gateway: object
    server: FakeServer
    clock: Clock = field(default_factory=Clock)
    board: Board = field(default_factory=Board)
    start: object = "all"
    filing: str = "move"
    limit: int = 2**20

    def mailbox(self, connect=None, pause=None, receive=None, ledger=None, short=str):
        settings = MailboxSettings(
            "assistenza",
            Server("imap.example.it", 993, "implicit"),
            "INBOX",
            self.start,
            self.filing,
            FOLDERS,
            frozenset({"mx.example.it"}),
            (),
            self.limit,
        )
        numbers = self.gateway.numbers
        world = World(
            ledger or self.gateway.store,
            receive or self.gateway.receiver,
            Budget(),
            lambda: f"M{next(numbers):07}",
            self.clock.now,
            lambda: 0.0,
            short,
        )
        return Mailbox(
            settings,
            world,
            self.board,
            connect=connect or self.server.connect,
            sign_in=lambda driver: driver.login("support", "secret"),
            pause=pause or self.clock.pause,
        )

    async def read(self, looks=1, **other):
        """Serve until the mailbox has waited so often for something to happen."""
        box = self.mailbox(**other)
        seen = iter(range(looks - 1))

        def idle():
            if next(seen, None) is None:
                box._stop.set()
            return Woke.CHANGE

        self.server.on_idle = idle
        await box.serve()
        return box
