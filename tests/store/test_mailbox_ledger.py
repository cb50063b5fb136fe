"""The ledger of mailboxes: what was seen ends in one message each, and what is missing shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.core.arrival import Origin, Position
from gateway.core.place import Folder, Mail, Place, Sight, Step
from gateway.core.reason import Disposition
from gateway.store import mailboxes
from house import NOW, letter

BOX = Folder("assistenza", 7)
ORIGIN = Origin("assistenza", Position.BEHIND_MTA, "imap.example.it", frozenset({"mx.example.it"}))


def received(gateway, uid, raw, folder=BOX):
    """The message of a UID, taken in with its place."""
    arrival = gateway.arrival(raw, origin=ORIGIN)
    return gateway.receiver(replace(arrival, envelope=None, place=Place(folder, uid)))


def seen(gateway, uids, mark, folder=BOX, since=None):
    return gateway.store.see(folder, uids, Sight(mark, since), NOW)


async def test_a_mailbox_never_seen_is_told_from_an_empty_one(gateway):
    """First sight is None; from then on the mark is there, though nothing was to be taken."""
    assert await gateway.store.sight(BOX) is None
    await seen(gateway, [], 41, since=NOW)
    assert await gateway.store.sight(BOX) == Sight(41, NOW)


async def test_what_was_seen_waits_in_the_order_of_uids(gateway):
    """And is handed out in batches of what was asked for."""
    await seen(gateway, [5, 9, 12], 12)
    assert await gateway.store.unfinished(BOX, 0, 2) == (Mail(5, Step.WAITING), Mail(9, Step.WAITING))
    assert await gateway.store.unfinished(BOX, 9, 2) == (Mail(12, Step.WAITING),)


async def test_the_message_and_its_place_are_one_transaction(gateway):
    """I4: whoever finds the message finds that its mail is taken, and where it is to go."""
    await seen(gateway, [5], 5)
    await received(gateway, 5, letter())
    assert await gateway.store.unfinished(BOX, 0, 9) == (Mail(5, Step.TAKEN, Disposition.ACCEPT),)
    await gateway.store.settle_mail(BOX, [5], Step.DONE)
    assert await gateway.store.unfinished(BOX, 0, 9) == ()


async def test_a_mail_that_was_taken_is_not_taken_twice(gateway):
    """I4: the second transaction is undone as a whole, so that there is no second message."""
    await seen(gateway, [5], 5)
    await received(gateway, 5, letter())
    with pytest.raises(LookupError, match="does not wait"):
        await received(gateway, 5, letter(subject="another"))
    assert len(gateway.messages) == 1
    assert all(row["ok"] for row in gateway.balance)


async def test_the_mark_never_goes_back(gateway):
    """A server that lies about its UIDs makes nothing new of what is old."""
    await seen(gateway, [], 50)
    await seen(gateway, [], 20)
    assert (await gateway.store.sight(BOX)).mark == 50


async def test_what_is_down_already_is_not_put_down_again(gateway):
    """A row over the mark is no fault: it stays as it is, and is counted once."""
    await seen(gateway, [5, 9], 5)
    await received(gateway, 9, letter())
    await seen(gateway, [9, 12], 12)
    assert await gateway.store.unfinished(BOX, 0, 9) == (
        Mail(5, Step.WAITING),
        Mail(9, Step.TAKEN, Disposition.ACCEPT),
        Mail(12, Step.WAITING),
    )
    assert [(row["waiting"], row["ok"]) for row in gateway.balance] == [(2, True)]


async def test_a_renumbered_mailbox_keeps_its_beginning(gateway):
    """UIDVALIDITY changed: nothing is seen yet, but the mailbox is no stranger, so its old mail stays old."""
    await seen(gateway, [5], 5, since=NOW - timedelta(days=3))
    assert await gateway.store.sight(Folder("assistenza", 8)) == Sight(
        0, NOW - timedelta(days=3), renumbered=True, waited=1
    )


async def test_a_folder_that_begins_again_keeps_what_came_in(gateway):
    """The same UID may be put down once more, and its octets are known again; nothing is missing."""
    await seen(gateway, [5, 6], 6)
    await received(gateway, 5, letter())
    for _ in range(2):
        await gateway.store.set_aside(BOX)
    assert await gateway.store.sight(BOX) == Sight(0, renumbered=True, waited=1)
    await gateway.store.see(BOX, [5], Sight(5), NOW + timedelta(days=1))
    assert await gateway.store.known_again(Place(BOX, 5), letter()) is Disposition.ACCEPT
    assert [(row["waiting"], row["ok"]) for row in gateway.balance] == [(0, True), (0, True)]


async def test_an_earlier_uidvalidity_that_is_back_is_told(gateway):
    """It was followed by another, so its numbers may be of other mail."""
    await seen(gateway, [5], 5)
    await gateway.store.see(Folder("assistenza", 8), [5], Sight(5), NOW + timedelta(days=1))
    assert (await gateway.store.sight(BOX)).superseded
    assert not (await gateway.store.sight(Folder("assistenza", 8))).superseded


async def test_the_same_octets_are_known_again_once_for_each_time_they_came(gateway):
    """After a new UIDVALIDITY a mail is found by its content; two of the same stay two, and a third is new."""
    await seen(gateway, [5, 6], 6)
    for uid in (5, 6):
        await received(gateway, uid, letter())
    again = Folder("assistenza", 8)
    await seen(gateway, [1, 2, 3], 3, again)
    answers = [await gateway.store.known_again(Place(again, uid), letter()) for uid in (1, 2, 3)]
    assert answers == [Disposition.ACCEPT, Disposition.DISCARD, None]
    assert [one.step for one in await gateway.store.unfinished(again, 0, 9)] == ["taken", "taken", "waiting"]
    assert len(gateway.messages) == 2


async def test_another_mailbox_knows_nothing_of_the_same_octets(gateway):
    """Content is compared within one mailbox: what came to another is another mail."""
    await seen(gateway, [5], 5)
    await received(gateway, 5, letter())
    other = Folder("vendite", 8)
    await seen(gateway, [1], 1, other)
    assert await gateway.store.known_again(Place(other, 1), letter()) is None


async def test_the_balance_tells_what_waits_and_is_level(gateway):
    """Two of three were taken: nothing is missing."""
    await seen(gateway, [1, 2, 3], 3)
    await received(gateway, 1, letter())
    await received(gateway, 2, letter("eve@attack.example"))
    (row,) = gateway.balance
    assert [row[name] for name in ("ingress", "received", "waiting", "stays", "gaps", "ok")] == [
        "assistenza",
        2,
        1,
        0,
        0,
        True,
    ]


@pytest.mark.parametrize("loss", ["delete from mail where uid = 2", "update seen set uids = uids + 1"])
async def test_a_uid_that_went_missing_tips_the_balance(gateway, loss):
    """I11: what was seen is counted apart from what became of it."""
    await seen(gateway, [1, 2, 3], 3)
    gateway.database.write(lambda c: c.exec_driver_sql(loss))
    (row,) = gateway.balance
    assert (row["gaps"], row["ok"]) == (1, False)


async def test_what_is_taken_has_its_message(gateway):
    """The database itself refuses a mail that is done without a message."""
    await seen(gateway, [1], 1)
    with pytest.raises(IntegrityError, match=r"(?i)check constraint"):
        gateway.database.write(partial(mailboxes.settle, folder=BOX, uids=[1], step=Step.DONE))
