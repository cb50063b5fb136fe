"""aiosmtpd as it comes, with a handler that throws away: what SMTP in Python costs before anything is done."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any

from aiosmtpd.smtp import SMTP


class Discard:
    """Takes everything and keeps nothing."""

    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """After the dot."""
        return "250 2.0.0 gone"


async def main(port: int) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # else Nagle stays on
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    server = await loop.create_server(
        lambda: SMTP(Discard(), data_size_limit=2**25, loop=loop), sock=listening, backlog=512
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
