"""An OAuth2 server, asked by POST: within a time and a size, over TLS that is checked, and never sent elsewhere."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from gateway.core.letter import shown
from gateway.ports import Unavailable
from gateway.tokens.form import Form, Said

SECONDS = 20.0
"""For one answer: connecting, TLS and all of its octets together."""
OCTETS = 64 * 1024
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "mail-gateway"}


class Server:
    """Where tokens are asked for. The certificates of `ca_file` stand instead of the system's."""

    def __init__(self, ca_file: Path | None = None, seconds: float = SECONDS) -> None:
        self._ca_file = ca_file
        self._seconds = seconds
        self._tls: ssl.SSLContext | None = None

    async def ask(self, url: str, form: Form) -> Said:
        """Send a form, and give back what was said, whatever its status. Raises Unavailable."""
        import httpx  # noqa: PLC0415 - 0.2 s that commands without tokens can do without

        where = urlsplit(url).hostname
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(url, form)
        except TimeoutError:
            raise Unavailable(f"{where} did not answer within {self._seconds:g} s") from None
        except _TooMuch:
            raise Unavailable(f"{where} answered with over {OCTETS} octets") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as fault:
            raise Unavailable(f"{where}: {shown(str(fault), 200) or type(fault).__name__}") from None

    async def _post(self, url: str, form: Form) -> Said:
        import httpx  # noqa: PLC0415 - the same

        # no proxies and no .netrc of the environment: where secrets go stands in the configuration alone
        async with (
            httpx.AsyncClient(verify=self._context(), trust_env=False, follow_redirects=False, timeout=None) as client,  # noqa: S113 - ask() has one for all
            client.stream("POST", url, data=dict(form.fields), headers=_HEADERS | form.headers) as answer,
        ):
            octets = b""
            async for piece in answer.aiter_raw():  # not decoded: a small answer must not become a large one
                octets += piece
                if len(octets) > OCTETS:
                    raise _TooMuch
            return Said(answer.status_code, octets)

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context(cafile=self._ca_file)
        return self._tls


class _TooMuch(Exception):  # noqa: N818 - not a fault of ours
    """More octets than an answer may have."""
