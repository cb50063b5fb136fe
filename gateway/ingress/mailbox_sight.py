"""What of a folder's mail is new, and what is old: decided at first sight, once; after a renumbering, again.

A UID is believed as far as UIDNEXT goes: numbers that begin again would hide new mail below the mark, and a mark that
one wrong number has raised would hide it for ever.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time

import structlog

from gateway.core.place import Folder, Sight
from gateway.ingress.imap.driver import Driver
from gateway.ingress.mailbox_settings import MailboxSettings
from gateway.ingress.mailbox_world import World

log = structlog.get_logger()


async def begun_again(world: World, folder: Folder, uidnext: int | None) -> bool:
    """Whether its UIDs are of other mail than they were; then nothing is known of it any more. Raises Unavailable."""
    why = anew(await world.ledger.sight(folder), uidnext)
    if not why:
        return False
    log.error(
        "mailbox.begun-again",
        ingress=folder.ingress,
        uidvalidity=folder.uidvalidity,
        why=why,
        do="see whether it is another mailbox, or was restored; what was known is known again by its content",
    )
    await world.ledger.set_aside(folder)
    return True


def anew(sight: Sight | None, uidnext: int | None) -> str:
    """By what it shows that a folder's UIDs have begun again; empty where nothing does."""
    if sight is None:
        return ""
    if sight.superseded:
        return "an earlier UIDVALIDITY is back"
    return f"UID {sight.mark} was seen, UIDNEXT is {uidnext}" if uidnext and uidnext <= sight.mark else ""


async def news(driver: Driver, mark: int, uidnext: int | None) -> list[int]:
    """The UIDs over the mark; one from UIDNEXT on only when it is there when asked for. Raises MailboxFault."""
    new = [uid for uid in await driver.uids(mark + 1) if uid > mark]  # `n:*` names the last one, always
    if not uidnext or not new or new[-1] < uidnext:
        return new
    there = await driver.present(uid for uid in new if uid >= uidnext)
    last = max(there, default=uidnext - 1)
    return [uid for uid in new if uid <= last]


async def first_sight(
    world: World, settings: MailboxSettings, driver: Driver, folder: Folder, uidnext: int | None
) -> Sight:
    """What is known of the folder; where nothing is, its mail is listed. Raises MailboxFault, Unavailable."""
    sight = await world.ledger.sight(folder)
    if sight is not None and not (sight.renumbered and sight.mark == 0):
        return sight
    there = await news(driver, 0, uidnext)
    mark = there[-1] if there else 0
    if sight is not None:
        log.warning(
            "mailbox.renumbered",
            ingress=folder.ingress,
            uidvalidity=folder.uidvalidity,
            mails=len(there),
            waited=sight.waited,
            since=str(sight.since or ""),
            do="see whether that mailbox was restored or moved; what was known is known again, but what came before"
            " `since` and `waited` cannot be told from old mail: it stays there",
        )
        wanted, since = await _since(driver, there, sight.since), sight.since
    elif settings.start == "new":
        wanted, since = [], await _came(driver, there)
    elif settings.start == "all":
        wanted, since = there, None
    else:
        wanted = [uid for uid in await driver.uids(1, since=settings.start) if uid <= mark]  # what came since is new
        since = datetime.combine(settings.start, time(), UTC)
    known = Sight(mark, since, renumbered=sight is not None)
    if wanted == there:  # nothing of it is old: it is put down as what is new is, by the thousand
        await world.ledger.see(folder, [], replace(known, mark=0), world.now())
    else:
        await world.ledger.see(folder, wanted, known, world.now())
    log.info("mailbox.first-sight", ingress=folder.ingress, mails=len(there), taken=len(wanted))
    return known


async def _came(driver: Driver, uids: list[int]) -> datetime | None:
    """When the last of these came: by the server's clock, so that ours need not agree with it."""
    items = await driver.sizes(uids[-1:])
    return next((item.internaldate for item in items.values()), None)


async def _since(driver: Driver, uids: list[int], since: datetime | None) -> list[int]:
    """Those that did not come before `since`; where it is not known when one came, it is among them."""
    if since is None:
        return uids
    items = await driver.sizes(uids)
    return [uid for uid in uids if uid in items and not _before(items[uid].internaldate, since)]


def _before(when: datetime | None, since: datetime) -> bool:
    return when is not None and when < since
