"""The page of metrics: one GET, one answer, within bounds. It reads nothing of a request but its first line."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

HEAD_OCTETS = 8 * 1024
SECONDS = 5.0
"""For the whole of a request and its answer."""
CONNECTIONS = 16
"""At a time; whoever comes beyond them is hung up on."""

_TEXT = "text/plain; version=0.0.4; charset=utf-8"

log = structlog.get_logger()


class Page:
    """`bind()`, then `serve()` in a task until it is cancelled. `take` gives a bound socket, `text` the metrics."""

    def __init__(self, take: Callable[[], socket.socket], text: Callable[[], Awaitable[bytes]]) -> None:
        self.text = text
        self._take = take
        self._socket: socket.socket | None = None
        self._file = ""
        self._connections = 0

    def bind(self, passed: socket.socket | None = None) -> None:
        """Take the address, or what was `passed` for it. Raises OSError."""
        self._socket = passed.dup() if passed else self._take()
        self._socket.settimeout(0)
        if not passed and self._socket.family == socket.AF_UNIX:
            self._file = self._socket.getsockname()

    def close(self) -> None:
        """Give the address back."""
        if self._socket is not None:
            self._socket.close()
        if self._file:
            Path(self._file).unlink(missing_ok=True)

    def adopt(self, other: Page) -> None:
        """Tell from now on what another would, which is not bound."""
        self.text = other.text

    async def serve(self) -> None:
        """Answer until cancelled."""
        if self._socket is None:
            raise RuntimeError("bind() comes first")
        start = asyncio.start_unix_server if self._socket.family == socket.AF_UNIX else asyncio.start_server
        server = await start(self._answer, sock=self._socket, limit=HEAD_OCTETS)
        log.info("metrics.listening", address=str(self._socket.getsockname()))
        try:
            await server.serve_forever()
        finally:
            self.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            if self._connections <= CONNECTIONS:
                async with asyncio.timeout(SECONDS):
                    writer.write(await self._response(await reader.readuntil(b"\r\n\r\n")))
                    await writer.drain()
                    writer.close()
                    await writer.wait_closed()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # who asks badly, or does not wait, has no answer
        finally:
            self._connections -= 1
            writer.transport.abort()

    async def _response(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b"\r\n")[0].partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if path not in {b"/metrics", b"/"}:
            return _http("404 Not Found", b"the metrics are at /metrics\n")
        if method != b"GET":
            return _http("405 Method Not Allowed\r\nAllow: GET", b"GET only\n")  # RFC 9110 §15.5.6
        return _http("200 OK", await self.text())


def _http(status: str, body: bytes) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Type: {_TEXT}", f"Content-Length: {len(body)}", "Connection: close")
    return "\r\n".join((*lines, "", "")).encode("ascii") + body
