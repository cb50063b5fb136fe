"""Exchange: one query to one nameserver, by UDP, and by TCP what does not fit. Raises OSError and EOFError.

Not bounded in time: whoever awaits it bounds it. What comes from elsewhere, answers another question or is no DNS
message is passed over, so that nobody off the path, who must guess id and port, answers first or spoils the answer.
"""

from __future__ import annotations

import asyncio

from dns.message import QueryMessage

from gateway.authentication.records import answers, truncated

Nameserver = tuple[str, int]


async def exchange(query: QueryMessage, nameserver: Nameserver) -> bytes:
    """The response, as it came, to this very query."""
    wire = await _udp(query, nameserver)
    return await _tcp(query, nameserver) if truncated(wire) else wire  # RFC 7766 §5


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, query: QueryMessage) -> None:
        self._query = query
        self.response: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - connected: it is the nameserver's
        if not self.response.done() and answers(data, self._query):
            self.response.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.response.done():
            self.response.set_exception(exc)


async def _udp(query: QueryMessage, nameserver: Nameserver) -> bytes:
    # a socket for each query, for its port is half of the secret (RFC 5452 §9.2); connected, so that the kernel drops
    # what others send and tells at once of a port where nobody listens
    transport, datagrams = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Datagrams(query), remote_addr=nameserver
    )
    try:
        transport.sendto(query.to_wire())
        return await datagrams.response
    finally:
        transport.close()


async def _tcp(query: QueryMessage, nameserver: Nameserver) -> bytes:
    reader, writer = await asyncio.open_connection(*nameserver)
    try:
        writer.write(query.to_wire(prepend_length=True))
        wire = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
    finally:
        writer.close()
    if truncated(wire) or not answers(wire, query):
        raise EOFError("no whole answer to this query by TCP")
    return wire
