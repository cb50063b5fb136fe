"""A listener: a socket whose connections become sessions of the site of the moment, until it is drained."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import structlog

from gateway.core.standing import Bound, Stint
from gateway.ingress.settings import split_listen
from gateway.ingress.site import Site
from gateway.ingress.smtp import Session
from gateway.ingress.sockets import BACKLOG, bind_tcp, bind_unix, file_id

log = structlog.get_logger()


class Listener:
    """`bind()`, then `serve()` in a task, then `drain()`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._before: list[Site] = []
        """Those that may still have sessions."""
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

    @property
    def stints(self) -> tuple[Stint, ...]:
        """None of its own: a session waits for a client, and a message is on its way elsewhere."""
        return ()

    def bind(self, passed: socket.socket | None = None) -> None:
        """Take the address, or what was `passed` for it. Raises OSError or ValueError that say what cannot be had."""
        settings = self._site.settings
        where = split_listen(settings.listen)
        try:
            if passed is not None:  # whose file stays where it is
                self._socket, self._address = passed.dup(), where
            elif isinstance(where, str):
                self._socket, self._address = bind_unix(Path(where), settings.socket_mode), where
                self._file = file_id(Path(where))
            else:
                self._socket = bind_tcp(*where)
                self._address = self._socket.getsockname()[:2]
        except OSError as fault:
            msg = f"{settings.name}: cannot listen on {settings.listen}: {fault.strerror}"
            raise OSError(fault.errno, msg) from fault
        self._socket.settimeout(0)

    def adopt(self, site: Site) -> None:
        """Whoever connects from now on is a guest there; those who are here stay where they are."""
        site.succeed(self._site)
        self._before = [one for one in self._before if one.visits or one.commits] + [self._site]
        self._site = site

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

    async def drain(self, grace: float | None) -> None:
        """Stop accepting; idle clients get 421, messages under way may be finished, within `grace` seconds if given."""
        self.close()
        await asyncio.gather(*(site.drain(grace) for site in (*self._before, self._site)))
        self._ended.set()

    def close(self) -> None:
        """Accept nobody more, and give the address back."""
        self._site.draining = True
        if self._server is not None:
            self._server.close()
        if self._socket is not None:
            self._socket.close()
        if isinstance(self._address, str) and file_id(Path(self._address)) == self._file:
            Path(self._address).unlink()  # ours; that of a successor stays
            self._file = None

    def _session(self) -> Session:
        return Session(self._site)
