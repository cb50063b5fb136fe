"""I1: the primary address is looked up for each letter anew: nobody remembers one (R4)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import house
from gateway.core.address import Address
from gateway.core.letter import Letterhead
from gateway.core.reply import Delivered
from gateway.core.retry import Schedule
from gateway.dispatch import Dispatch
from gateway.ops.meters import Meters
from gateway.store import book

HEAD = Letterhead(
    "gateway.example.it", "Assistenza", Address("support", "example.it"), Address("bounces", "example.it")
)
PRIMARIES = ("amministrazione@rossi.example", "nuovo@rossi.example", "altro@elsewhere.example", "nuovo@rossi.example")


class Mailboxes:
    """A smarthost that takes everything."""

    def __init__(self):
        self.letters = asyncio.Queue()

    async def send(self, outgoing):
        await self.letters.put(outgoing)
        return Delivered("250 2.0.0 queued")


async def test_i1_every_letter_of_one_process_goes_to_the_primary_of_its_moment(gateway):
    """One dispatch, one account, a new primary before each ticket."""
    town, later = Mailboxes(), house.NOW + timedelta(days=1)
    store = gateway.store
    dispatch = Dispatch(store, store, town, HEAD, store, Meters(), Schedule(), lambda: later, lambda: 0.5)
    running = asyncio.create_task(dispatch.run())
    recipients = []
    for number, primary in enumerate(PRIMARIES):
        address = Address.parse(primary)
        gateway.database.write(lambda c, to=address: book.set_primary(c, house.ROSSI, to, now=house.NOW, by="ops"))
        await gateway.receive(house.letter(message_id=f"{number}@rossi.example"))
        dispatch.wake()
        recipients.append(str((await asyncio.wait_for(town.letters.get(), 10)).forward_path))
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert recipients == list(PRIMARIES)
