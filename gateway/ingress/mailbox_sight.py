"""First sight of a mailbox's folder: what of its mail is old is decided here, once; after a renumbering, again."""

from __future__ import annotations

from datetime import UTC, datetime, time

import structlog

from gateway.core.place import Folder, Sight
from gateway.ingress.imap.driver import Driver
from gateway.ingress.mailbox_settings import MailboxSettings
from gateway.ingress.mailbox_world import World

log = structlog.get_logger()


async def first_sight(world: World, settings: MailboxSettings, driver: Driver, folder: Folder) -> Sight:
    """What is known of the folder; where nothing is, its mail is listed. Raises MailboxFault, Unavailable."""
    sight = await world.ledger.sight(folder)
    if sight is not None and not (sight.renumbered and sight.mark == 0):
        return sight
    there = await driver.uids(1)
    mark = there[-1] if there else 0
    if sight is not None:
        log.warning(
            "mailbox.renumbered",
            ingress=folder.ingress,
            uidvalidity=folder.uidvalidity,
            mails=mark,
            do="see whether that mailbox was restored or moved; what was known is known again",
        )
        wanted, since = await _since(driver, there, sight.since), sight.since
    elif settings.start == "new":
        wanted, since = [], await _came(driver, there)
    elif settings.start == "all":
        wanted, since = list(there), None
    else:
        wanted = [uid for uid in await driver.uids(1, since=settings.start) if uid <= mark]  # what came since is new
        since = datetime.combine(settings.start, time(), UTC)
    known = Sight(mark, since, renumbered=sight is not None)
    await world.ledger.see(folder, wanted, known, world.now())
    log.info("mailbox.first-sight", ingress=folder.ingress, mails=len(there), taken=len(wanted))
    return known


async def _came(driver: Driver, uids: tuple[int, ...]) -> datetime | None:
    """When the last of these came: by the server's clock, so that ours need not agree with it."""
    items = await driver.sizes(uids[-1:])
    return next((item.internaldate for item in items.values()), None)


async def _since(driver: Driver, uids: tuple[int, ...], since: datetime | None) -> list[int]:
    """Those that did not come before `since`; where it is not known when one came, it is among them."""
    if since is None:
        return list(uids)
    items = await driver.sizes(uids)
    return [uid for uid in uids if uid in items and not _before(items[uid].internaldate, since)]


def _before(when: datetime | None, since: datetime) -> bool:
    return when is not None and when < since
