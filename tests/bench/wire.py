"""The wire alone: our own listener before a receiver that says yes at once, beside aiosmtpd that discards."""

from __future__ import annotations

import asyncio
import itertools
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from gateway.core.address import Address
from gateway.core.arrival import Arrival, Position
from gateway.core.reason import Disposition, Reason
from gateway.core.served import Served
from gateway.core.verdict import Refuse
from gateway.ingress.budget import Budget
from gateway.ingress.listener import Listener
from gateway.ingress.settings import Bounds, ListenerSettings
from gateway.ingress.site import Site
from gateway.ports import Receipt

SERVED = Served((Address("support", "example.it"),), Address("bounces", "example.it"))
DISCARDED = Refuse(Disposition.DISCARD, Reason.POLICY, "bench", "")


async def at_once(arrival: Arrival) -> Receipt:
    """Take it, and keep nothing."""
    return Receipt(arrival.id, DISCARDED)


async def main(port: int, spool: Path) -> None:
    """Serve until killed."""
    numbers = itertools.count()
    site = Site(
        ListenerSettings("wire", f"127.0.0.1:{port}", "smtp", Position.BEHIND_MTA, peers=frozenset({"127.0.0.1"})),
        Bounds(connections_per_peer=100),
        hostname="gateway.example.it",
        served=SERVED,
        receive=at_once,
        new_id=lambda: f"{next(numbers):020}",
        now=lambda: datetime.now(UTC),
        budget=Budget(),
        spool=spool,
    )
    listener = Listener(site)
    listener.bind()
    await listener.serve()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        asyncio.run(main(int(sys.argv[1]), Path(folder)))
