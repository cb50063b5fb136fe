"""Mending a move that was cut in two: which mails lie in their target already, on a server without MOVE.

COPY and EXPUNGE are two commands, and what ends between them leaves a mail in both folders. A copy is known by its
octets alone, never by its Message-ID, which strangers choose. Promises: the mailbox's own folder is open again at the
end, under the same UIDVALIDITY; or the connection is given up.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

from gateway.ingress.imap.driver import Driver, FolderMissing, Gone, Item, OverQuota, Refused

ALIKE = 200
"""So many mails of the right size are compared, the newest first: what was cut in two was copied last."""


async def copied(
    driver: Driver, home: tuple[str, int], target: str, items: Mapping[int, Item], longest: int
) -> list[int]:
    """Those of `items` whose octets lie in `target`, each copy counted once. `home`: the open folder, UIDVALIDITY.

    What is over `longest` octets is not compared. Raises MailboxFault.
    """
    sizes = {uid: item.size for uid, item in items.items() if item.size <= longest}
    try:
        copies = await _copies(driver, target, set(sizes.values()), _since(items))
    except (FolderMissing, OverQuota, Refused):
        copies = Counter()  # nobody may look there: rather twice than not at all
    try:
        again = await driver.select(home[0])
    except (FolderMissing, Refused) as fault:
        raise Gone(f"{home[0]} was there a moment ago: {fault}") from fault
    if again.uidvalidity != home[1]:
        raise Gone(f"{home[0]} has another UIDVALIDITY than a moment ago")  # RFC 9051 §2.3.1.1
    found: list[int] = []
    for uid in sorted(sizes) if copies else ():
        digest = await _digest(driver, uid, sizes[uid])
        if copies[digest] > 0:
            copies[digest] -= 1
            found.append(uid)
    return found


async def _copies(driver: Driver, target: str, sizes: set[int], since: date | None) -> Counter[str]:
    await driver.select(target)
    there = await driver.sizes(await driver.uids(1, since=since))
    alike = [uid for uid in sorted(there, reverse=True) if there[uid].size in sizes][:ALIKE]
    return Counter([await _digest(driver, uid, there[uid].size) for uid in alike])


async def _digest(driver: Driver, uid: int, size: int) -> str:
    """Of one mail at a time, so that no more than one is held; of nothing where it is gone."""
    return hashlib.sha256((await driver.fetch({uid: size})).get(uid, b"")).hexdigest()


def _since(items: Mapping[int, Item]) -> date | None:
    """The day before the oldest of these: a copy keeps the date or gets a later one, and zones differ."""
    days = [item.internaldate.date() for item in items.values() if item.internaldate]
    return min(days) - timedelta(days=1) if len(days) == len(items) else None
