"""Filing: what was written down is moved or flagged, and only then done (I3). What cannot be filed rests."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import structlog

from gateway.core.place import Folder, Step
from gateway.core.reason import Disposition
from gateway.ingress.imap.driver import Driver, Filed, FolderMissing, Item, OverQuota, Refused
from gateway.ingress.mailbox_mend import copied
from gateway.ingress.mailbox_rests import Rests
from gateway.ingress.mailbox_settings import FLAGGED, MailboxSettings, keyword
from gateway.ingress.mailbox_world import World

log = structlog.get_logger()


@dataclass(slots=True)
class Filing:
    """Of one pass."""

    world: World
    settings: MailboxSettings
    driver: Driver
    folder: Folder
    rests: Rests
    keeps_keywords: bool
    reopened: bool = False
    """Whether another folder was open meanwhile, so that news of this one were told to nobody."""

    async def file(self, outcomes: Mapping[int, Disposition], begun: Mapping[int, Item] | None = None) -> None:
        """Move or flag. `begun` knows those that were to be before, and perhaps were by half."""
        for (folder, flag), group in groupby(
            sorted(outcomes, key=lambda uid: (self._target(outcomes[uid]), uid)),
            key=lambda uid: self._target(outcomes[uid]),
        ):
            what = f"cannot be moved to {folder}" if folder else "cannot be flagged"
            await self.rests.together(group, partial(self._put, folder, flag, begun or {}), what)

    async def too_large(self, uids: list[int]) -> None:
        """Not fetched, so not received: it stays where a person finds it."""
        await self.rests.together(uids, self._leave, "cannot be flagged")

    async def _put(self, folder: str, flag: str, begun: Mapping[int, Item], uids: list[int]) -> None:
        moved = folder and await self._move(uids, folder, begun) is Filed.MOVED
        if not moved and (flag == FLAGGED or self.keeps_keywords):
            await self.driver.flag(uids, flag)
        await self.world.ledger.settle_mail(self.folder, uids, Step.DONE)
        log.info("mailbox.filed", ingress=self.settings.name, uids=uids, folder=folder, flag=flag)
        self.rests.forget(uids)

    async def _leave(self, uids: list[int]) -> None:
        with suppress(FolderMissing, OverQuota, Refused):  # a courtesy: the ledger knows
            await self.driver.flag(uids, FLAGGED)
        await self.world.ledger.settle_mail(self.folder, uids, Step.STAYS)
        self.rests.forget(uids)
        log.warning(
            "mailbox.too-large",
            ingress=self.settings.name,
            uids=uids[:10],
            limit=self.settings.message,
            do="read it in the mailbox, where it stays flagged; or raise limits.message",
        )

    def _target(self, disposition: Disposition) -> tuple[str, str]:
        stays = self.settings.filing == "flag" or disposition is Disposition.FAILED
        return ("", keyword(disposition)) if stays else (self.settings.folders[disposition], keyword(disposition))

    async def _move(self, uids: list[int], folder: str, begun: Mapping[int, Item]) -> Filed:
        if begun and "MOVE" not in self.driver.capabilities and "UIDPLUS" in self.driver.capabilities:
            uids = await self._mended(uids, folder, begun)
        try:
            return await self.driver.move(uids, folder)
        except FolderMissing:
            await self.driver.ensure_folder(folder)
            return await self.driver.move(uids, folder)

    async def _mended(self, uids: list[int], folder: str, begun: Mapping[int, Item]) -> list[int]:
        """Finish what was copied and not yet expunged; what is still to be moved."""
        home = self.settings.folder, self.folder.uidvalidity
        self.reopened = True
        async with self.world.memory(max(begun[uid].size for uid in uids), self.settings.name):
            there = await copied(self.driver, home, folder, {uid: begun[uid] for uid in uids}, self.settings.message)
        await self.driver.remove(there)  # not taken by anybody else: a UID is of one mail for ever
        return [uid for uid in uids if uid not in there]
