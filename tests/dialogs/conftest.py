from __future__ import annotations

import asyncio
import itertools
import subprocess
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from dialog import SERVED, Client, Receiver

from gateway.core.arrival import Position
from gateway.ingress.budget import Budget
from gateway.ingress.certificate import certificate
from gateway.ingress.listener import Listener
from gateway.ingress.settings import Bounds, ListenerSettings
from gateway.ingress.site import Site


@pytest.fixture(scope="session")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=gw.example.it"
    )
    subprocess.run(
        [*command.split(), "-keyout", folder / "key", "-out", folder / "certificate"], check=True, capture_output=True
    )
    return folder / "certificate", folder / "key"


@pytest.fixture
async def site(tmp_path):
    """Listeners and clients that end with the test. `site.listener(...)` gives one that serves."""
    async with AsyncExitStack() as stack:
        ids = itertools.count(1)

        async def listener(*, bounds=None, receiver=None, budget=None, served=SERVED, short=str, tls=(), **settings):  # noqa: PLR0913 - what tests vary
            receiver = receiver or Receiver()
            chosen = {
                "name": "test",
                "listen": "127.0.0.1:0",
                "protocol": "smtp",
                "position": Position.BEHIND_MTA,
                "trusted_ids": frozenset({"mx.example.it"}),
                "peers": frozenset({"127.0.0.1"}),
            } | settings
            there = Site(
                ListenerSettings(**chosen),
                bounds or Bounds(message=1_000_000),
                hostname="gw.example.it",
                served=served,
                receive=receiver,
                new_id=lambda: f"m{next(ids)}",
                now=lambda: datetime(2026, 11, 22, tzinfo=UTC),
                budget=budget or Budget(),
                spool=tmp_path,
                short=short,
                certificate=certificate(*tls) if tls else None,
            )
            one = Listener(there)
            one.bind()
            serving = asyncio.create_task(one.serve())
            await asyncio.sleep(0)  # so that serve() is what ends it

            async def end():
                receiver.gate.set()
                await one.drain(0)
                with suppress(asyncio.CancelledError):  # by the test
                    await serving

            stack.push_async_callback(end)
            return SimpleNamespace(listener=one, receiver=receiver, serving=serving, address=one.address)

        async def connect(place, source=None):
            if isinstance(place.address, str):
                client = Client(*await asyncio.open_unix_connection(place.address))
            else:
                local = (source, 0) if source else None
                client = Client(*await asyncio.open_connection(*place.address, local_addr=local))
            stack.push_async_callback(client.close)
            return client

        yield SimpleNamespace(listener=listener, connect=connect)


@pytest.fixture
def held():
    """A receiver that waits for its gate before it commits."""
    return Receiver(held=True)
