"""A town of robots around a real Receiver and a real Dispatch, in virtual time: whatever is written is answered."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes, policy
from heapq import heappop, heappush
from itertools import count

import house
from gateway.core.address import Address
from gateway.core.arrival import Arrival, Envelope, Path
from gateway.core.letter import Letterhead
from gateway.core.reply import Delivered
from gateway.core.retry import Schedule
from gateway.dispatch import Dispatch

KINDS = ("vacation", "vacation once", "desk", "challenge", "rule", "forwarder", "list", "rewriting list")
WORDS = {
    "vacation": ("Assente", "Non ci sono. Per urgenze chiamate il 112."),
    "vacation once": ("Assente", "Torno presto."),
    "desk": ("[T-{number:06}] Ricevuto", "Abbiamo preso in carico la richiesta T-{number:06} del giorno {number}."),
    "challenge": ("Please confirm your message", "Your mail is being held. Click the link to deliver it."),
    "rule": ("I: {subject}", "Inoltro: {text}"),
}
TAG = re.compile(r"\s*\[#[0-9A-Z-]{11}\]")


@dataclass
class Robot:
    """What answers each letter that reaches the account: after `delay`, with the marks that it is honest about."""

    kind: str
    author: str = "amministrazione@rossi.example"
    delay: timedelta = timedelta(0)
    honest: bool = False
    null: bool = False
    keeps_tag: bool = False
    seen: set = field(default_factory=set)

    def answer(self, data, number):
        """The mail that it sends for a letter, or nothing."""
        said = message_from_bytes(data, policy=policy.default)
        if self.kind in WORDS:
            sender = str(said["from"])
            if self.kind == "vacation once" and sender in self.seen:
                return None
            self.seen.add(sender)
            subject = str(said["subject"]) if self.keeps_tag else TAG.sub("", str(said["subject"]))
            title, text = (
                one.format(number=number, subject=subject, text=said.get_content()) for one in WORDS[self.kind]
            )
            kept = f" {subject}" if self.keeps_tag else ""
            more = "Auto-Submitted: auto-replied\r\n" if self.honest else ""
            return house.letter(self.author, subject=title + kept, text=text, message_id=f"{number}@robot", more=more)
        top = f"Authentication-Results: {house.TRUSTED}; dmarc=pass header.from=rossi.example\r\n"
        top += f"Received: from {self.author} by {house.TRUSTED}; Sun, 22 Nov 2026 12:00:00 +0000\r\n"
        top += "List-Id: <l.rossi.example>\r\n" if self.honest and "list" in self.kind else ""
        if self.kind == "rewriting list":  # a list that rewrites From and Message-ID, as lists do because of DMARC
            data = re.sub(rb"(?m)^From: .*(?:\r\n[ \t].*)*\r\n", b"From: %s\r\n" % self.author.encode(), data, count=1)
            data = re.sub(rb"(?m)^Message-ID: .*\r\n", b"Message-ID: <%d@list>\r\n" % number, data, count=1)
            data = re.sub(rb"(?m)^(?:Auto-Submitted|In-Reply-To|Reply-To): .*\r\n", b"", data)
        return top.encode() + data


class Town:
    """One gateway, and who answers it. It is its own smarthost, and counts for Dispatch."""

    def __init__(self, gateway, robots, most):
        self.gateway, self.robots, self.most = gateway, robots, most
        self.now = house.NOW
        self.post, self.numbers = [], count(1)
        self.letters = self.mails = self.attempts = 0
        self.landed = asyncio.Event()

    async def send(self, outgoing):
        self.letters += 1
        for robot in self.robots:
            if raw := robot.answer(outgoing.data, number := next(self.numbers)):
                reverse_path = None if robot.null else Path(robot.author)
                heappush(self.post, (self.now + robot.delay, number, raw, reverse_path))
        return Delivered("250 2.0.0 taken")

    def attempted(self, outcome):
        self.attempts += 1
        self.landed.set()

    async def rest(self, raw):
        """Hand `raw` over, then all that comes of it. False where `most` letters were not enough to come to rest."""
        heappush(self.post, (self.now, 0, raw, Path("tecnico@rossi.example")))
        async with self._dispatch() as receiver:
            while self.post and self.letters <= self.most:
                self.now, number, raw, reverse_path = heappop(self.post)
                self.now += timedelta(microseconds=number)
                self.mails += 1
                envelope = Envelope(reverse_path, (Path("support@example.it"),))
                await receiver(Arrival(f"T{number:07}", raw, envelope, house.BEHIND, self.now))
                await self._delivered()
        return not self.post

    async def _delivered(self):
        async with asyncio.timeout(30):
            while self.attempts < len(self.gateway.outbox):
                await self.landed.wait()
                self.landed.clear()

    @asynccontextmanager
    async def _dispatch(self):
        store = self.gateway.store
        head = Letterhead(
            "gateway.example.it", "Assistenza", *map(Address.parse, ("support@example.it", "bounces@example.it"))
        )
        dispatch = Dispatch(store, store, self, head, store, self, Schedule(), lambda: self.now, lambda: 0.0)
        running = asyncio.create_task(dispatch.run())
        try:
            yield replace(self.gateway.receiver, committed=dispatch.wake)
        finally:
            await dispatch.drain(1)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
