"""The page of metrics: what it answers, and that it is bounded."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace

import pytest

from gateway.ops.page import CONNECTIONS, HEAD_OCTETS, Page
from gateway.ops.passed import Passed
from gateway.serving import Addresses, Serving

TEXT = b"gateway_received_total 1.0\n"


async def text():
    return TEXT


def bound():
    one = socket.socket()
    one.bind(("127.0.0.1", 0))
    one.listen()  # so that a test may connect before the task has begun
    return one


@asynccontextmanager
async def served():
    """A page, and what connects to it."""
    listening = bound()
    page = Page(lambda: listening, text)
    page.bind()
    task = asyncio.create_task(page.serve())
    host, port = listening.getsockname()
    try:
        yield lambda: asyncio.open_connection(host, port)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def ask(connect, request):
    async with asyncio.timeout(10):
        reader, writer = await connect()
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /metrics HTTP/1.1", b"200 OK"),
        (b"GET /metrics?x=1 HTTP/1.0", b"200 OK"),
        (b"POST /metrics HTTP/1.1", b"405 Method Not Allowed"),
        (b"GET /etc/passwd HTTP/1.1", b"404 Not Found"),
        (b"", b"404 Not Found"),
    ],
)
async def test_one_path_is_answered(request_line, status):
    """GET of /metrics gives the text; nothing else is there."""
    async with served() as connect:
        answer = await ask(connect, request_line + b"\r\nHost: x\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + status)
    assert (body == TEXT) == (status == b"200 OK")
    assert b"Content-Length: %d\r\n" % len(body) in head


async def test_a_request_without_an_end_is_not_read_on():
    """Over `HEAD_OCTETS` it is hung up on, without an answer."""
    async with served() as connect:
        with suppress(ConnectionError):
            assert await ask(connect, b"GET /metrics HTTP/1.1\r\nX: " + b"x" * HEAD_OCTETS * 2) == b""
        assert TEXT in await ask(connect, b"GET /metrics HTTP/1.1\r\n\r\n")


async def test_connections_are_bounded():
    """Beyond `CONNECTIONS` that say nothing the next is hung up on; when they go, it is answered again."""
    async with served() as connect:
        idle = [await connect() for _ in range(CONNECTIONS)]
        with suppress(ConnectionError):
            assert await ask(connect, b"") == b""
        for _, writer in idle:
            writer.close()
        async with asyncio.timeout(10):
            while True:
                with suppress(ConnectionError):
                    if TEXT in await ask(connect, b"GET /metrics HTTP/1.1\r\n\r\n"):
                        break


async def test_a_unix_socket_is_removed_at_the_end(tmp_path):
    """What is left behind would look like a gateway that runs."""
    path = tmp_path / "metrics.sock"

    def take():
        one = socket.socket(socket.AF_UNIX)
        one.bind(str(path))
        one.listen()  # so that a test may connect before the task has begun
        return one

    page = Page(take, text)
    page.bind()
    task = asyncio.create_task(page.serve())
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"GET /metrics HTTP/1.1\r\n\r\n")
        assert TEXT in await reader.read()
    writer.close()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert not path.exists()


async def test_after_a_reload_the_page_tells_what_the_new_one_would():
    """Of a source of accounts that is new, for example: the address stays bound meanwhile."""

    async def other():
        return b"gateway_received_total 2.0\n"

    serving, listening = Serving(Passed()), bound()
    first, second = Page(lambda: listening, text), Page(bound, other)
    first.bind()
    async with asyncio.TaskGroup() as group:
        for page, taken in ((first, {"here": first}), (second, {})):
            coming = SimpleNamespace(sites={}, pages={"here": page}, readings={})
            serving.move(coming, Addresses({}, taken), group, 1)
        address = listening.getsockname()
        answer = await ask(lambda: asyncio.open_connection(*address), b"GET /metrics HTTP/1.1\r\n\r\n")
        assert answer.endswith(b"gateway_received_total 2.0\n")
        await serving.drain(0)
