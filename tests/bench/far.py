"""A server far away: a proxy that hands on what passes after so many milliseconds, in both directions."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import suppress


async def main(port: int, server: int, milliseconds: float) -> None:
    """Until it is killed."""
    kept = set()  # a loop holds no task whose connection is lost

    async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while octets := await reader.read(65536):
            loop.call_later(milliseconds / 1000, writer.write, octets)
        loop.call_later(milliseconds / 1000, writer.close)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept.add(asyncio.current_task())
        from_server, to_server = await asyncio.open_connection("127.0.0.1", server)
        with suppress(ConnectionError):
            await asyncio.gather(hand_on(reader, to_server), hand_on(from_server, writer))

    async with await asyncio.start_server(connected, "127.0.0.1", port) as listener:
        await listener.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("server", type=int)
    parser.add_argument("milliseconds", type=float)
    asked = parser.parse_args()
    asyncio.run(main(asked.port, asked.server, asked.milliseconds))
