"""A listener: a bound socket whose connections become sessions, until it is drained."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import structlog

from gateway.core.served import Served
from gateway.core.standing import Bound
from gateway.ingress.budget import Budget
from gateway.ingress.settings import Bounds, ListenerSettings, split_listen
from gateway.ingress.site import Site
from gateway.ingress.smtp import Session
from gateway.ingress.sockets import bind_tcp, bind_unix, file_id, tls_context
from gateway.ports import Receive

BACKLOG = 512

log = structlog.get_logger()


class Listener:
    """`bind()`, then `serve()` in a task, then `drain()`."""

    def __init__(  # noqa: PLR0913 - what a session needs, given by app.py
        self,
        settings: ListenerSettings,
        bounds: Bounds,
        *,
        hostname: str,
        served: Served,
        receive: Receive,
        new_id: Callable[[], str],
        now: Callable[[], datetime],
        budget: Budget,
        spool: Path,
        short: Callable[[], str] = str,
    ) -> None:
        self._site = Site(settings, bounds, hostname, served, receive, new_id, now, budget, Path(spool), short)
        self._sessions: set[Session] = set()
        self._socket: socket.socket | None = None
        self._address: tuple[str, int] | str | None = None
        self._file: tuple[int, int] | None = None
        self._server: asyncio.Server | None = None
        self._ended = asyncio.Event()

    @property
    def address(self) -> tuple[str, int] | str:
        """Where it listens: host and port, or the path of the socket. After `bind()`."""
        if self._address is None:
            raise RuntimeError("bind() comes first")
        return self._address

    @property
    def bound(self) -> Bound:
        """How many connections there are."""
        return self._site.bound

    def bind(self) -> None:
        """Take the address and read the certificate. Raises OSError or ValueError that say what cannot be had."""
        settings = self._site.settings
        if settings.certificate_file is not None:
            try:
                self._site.tls = tls_context(settings.certificate_file, settings.key_file)
            except OSError as fault:
                msg = f"{settings.name}: cannot use {settings.certificate_file} with {settings.key_file}: {fault}"
                raise OSError(fault.errno, msg) from fault
        where = split_listen(settings.listen)
        try:
            if isinstance(where, str):
                self._socket, self._address = bind_unix(Path(where), settings.socket_mode), where
                self._file = file_id(Path(where))
            else:
                self._socket = bind_tcp(*where)
                self._address = self._socket.getsockname()[:2]
        except OSError as fault:
            msg = f"{settings.name}: cannot listen on {settings.listen}: {fault.strerror}"
            raise OSError(fault.errno, msg) from fault
        self._socket.settimeout(0)

    async def serve(self) -> None:
        """Accept connections until drained, and return when that is over. Cancelled, it drops all at once."""
        if self._socket is None:
            raise RuntimeError("bind() comes first")
        loop = asyncio.get_running_loop()
        create = loop.create_unix_server if self._socket.family == socket.AF_UNIX else loop.create_server
        try:
            if not self._site.draining:
                # Not start_serving: it yields before the server is known, and a drain() then would miss it.
                self._server = await create(self._session, sock=self._socket, backlog=BACKLOG, start_serving=False)
                await self._server.start_serving()
                log.info("smtp.listening", ingress=self._site.settings.name, address=self._site.settings.listen)
            await self._ended.wait()
        finally:
            await self.drain(0)

    async def drain(self, grace: float) -> None:
        """Stop accepting; idle clients get 421, messages under way may be finished within `grace` seconds."""
        self._site.draining = True
        self._stop_listening()
        for session in tuple(self._sessions):
            session.wind_down()
        await self._settle(grace)
        for session in tuple(self._sessions):
            session.abort()
        for commit in tuple(self._site.commits):
            commit.cancel()
        await self._settle(None)
        self._ended.set()

    def _session(self) -> Session:
        return Session(self._site, self._sessions)

    async def _settle(self, seconds: float | None) -> None:
        """Wait until no session and no commit is under way, or so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while under_way := {*self._site.commits, *(one.done for one in self._sessions if one.done)}:
                    await asyncio.wait(under_way)
                    await asyncio.sleep(0)  # for those who are told when one is done

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
        if self._socket is not None:
            self._socket.close()
        if isinstance(self._address, str) and file_id(Path(self._address)) == self._file:
            Path(self._address).unlink()  # ours; that of a successor stays
            self._file = None
