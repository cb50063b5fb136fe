"""A source of access tokens: asked for ahead of their end, by one at a time, and kept before they are used.

Promises: a refresh token that the server has rotated is on disk before its access token goes out; a server that is
down costs nothing while the old token is good, and is not asked in a hurry; no word of it holds a secret.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import structlog

from gateway.core.retry import Schedule, next_attempt
from gateway.ports import Unavailable, Ungranted
from gateway.tokens.answers import Denied, Granted, Nonsense, read
from gateway.tokens.grants import Grant
from gateway.tokens.kept import Kept, TokenFile
from gateway.tokens.server import Server

MARGIN = timedelta(minutes=5)
"""A token is renewed so long before its end, or in the last quarter of a shorter life."""
BACKOFF = Schedule(timedelta(seconds=5), timedelta(minutes=5), timedelta.max)
LOOK = 1.0
"""Seconds between two looks at whether somebody else has written the file."""

log = structlog.get_logger()
Fault = Unavailable | Ungranted


class Source:
    """ports.Tokens. `url` is the token endpoint; `ends` is what the operator says of the secret's end."""

    def __init__(  # noqa: PLR0913 - what it is put together from
        self,
        name: str,
        url: str,
        grant: Grant,
        server: Server,
        file: TokenFile,
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        ends: datetime | None = None,
    ) -> None:
        self.name = name
        self._url = url
        self._grant = grant
        self._server = server
        self._file = file
        self._now = now
        self._new_id = new_id
        self._ends = ends
        self._kept = Kept()
        self._unwritten: Kept | None = None
        self._renewal: asyncio.Task[Fault | None] | None = None
        self._failures = 0
        self._not_before: datetime | None = None
        self._fault: Fault | None = None

    async def token(self, refused: str = "") -> str:
        """ports.Tokens.token()."""
        if not self._kept.fresh(self._now(), refused):
            if self._renewal is None or self._renewal.done():
                self._renewal = asyncio.create_task(self._renew(refused))
            # whoever is cancelled leaves the others waiting, and cuts no answer off that holds a rotated token
            fault = await asyncio.shield(self._renewal)
            if fault is not None and not self._kept.good(self._now(), refused):
                raise type(fault)(str(fault))
        return self._kept.access_token

    async def adopt(self, granted: Granted) -> None:
        """Begin anew with what somebody has just consented to. Raises Unavailable, Ungranted."""
        async with self._file.held():
            await self._keep(self._of(granted, Kept(origin=self._origin())))

    async def pause(self, seconds: float) -> None:
        """Wait so long, but no longer than until somebody else has written the file: `gateway auth login` has."""
        loop = asyncio.get_running_loop()
        known, end = self._file.version(), loop.time() + seconds
        while (left := end - loop.time()) > 0 and self._file.version() == known:  # noqa: ASYNC110 - a file wakes nobody
            await asyncio.sleep(min(left, LOOK))

    def kept(self) -> Kept:
        """What is on disk of this very source. Raises Unavailable, Ungranted."""
        kept, origin = self._file.read(), self._origin()
        return kept if kept.origin == origin else Kept(origin=origin)

    def ends(self, kept: Kept) -> datetime | None:
        """When a secret, a certificate or a consent ends, whichever is first. Raises Ungranted."""
        known = (self._ends, self._grant.ends, kept.refresh_ends_at)
        return min((one for one in known if one is not None), default=None)

    def check(self) -> None:
        """Try whether the files can serve, without asking. Raises Ungranted."""
        self._grant.form(self._grant.seed() or "none yet", self._url, self._now(), self._new_id)

    async def _renew(self, refused: str) -> Fault | None:
        """A fault is a value here: nobody may be left to hear it."""
        try:
            async with self._file.held():
                return await self._renewed(refused)
        except Unavailable as fault:  # somebody else has the lock, so the file is theirs to write
            return self._failed(fault)

    async def _renewed(self, refused: str) -> Fault | None:
        """With the lock held."""
        try:
            kept = self.kept()
            if kept.fresh(self._now(), refused):  # another process was first, or this one before it was restarted
                self._kept, self._unwritten = kept, None
            elif self._not_before is not None and self._now() < self._not_before and kept == self._kept:
                return self._fault
            else:
                await self._keep(self._unwritten or self._of(await self._ask(kept), kept))
                log.info("credential.renewed", name=self.name, good_until=self._kept.expires_at.isoformat())
        except (Unavailable, Ungranted) as fault:
            await self._note(self._failed(fault))
            return fault
        self._failures, self._not_before, self._fault = 0, None, None
        return None

    async def _ask(self, kept: Kept) -> Granted:
        form = self._grant.form(kept.refresh_token or self._grant.seed(), self._url, self._now(), self._new_id)
        said = await self._server.ask(self._url, form)
        try:
            answer = read(said, form.secrets)
        except Nonsense as odd:
            raise Unavailable(f"{self._url} {odd}") from None
        if isinstance(answer, Denied):
            raise Ungranted(f"{self._url} gives no token ({answer}); {self._grant.remedy(answer.error)}")
        return answer

    def _of(self, granted: Granted, before: Kept) -> Kept:
        at = self._now()
        rotated = granted.refresh_token and granted.refresh_token != before.refresh_token
        ends = at + granted.refresh_lifetime if granted.refresh_lifetime else None
        return Kept(
            origin=before.origin,
            access_token=granted.access_token,
            renew_at=at + granted.lifetime - min(MARGIN, granted.lifetime / 4),
            expires_at=at + granted.lifetime,
            refresh_token=granted.refresh_token or before.refresh_token,  # RFC 6749 §6
            refresh_ends_at=ends or (None if rotated else before.refresh_ends_at),
            asked_at=at,
        )

    async def _keep(self, kept: Kept) -> None:
        """On disk first: what the server has rotated exists nowhere else."""
        self._unwritten = kept
        await asyncio.to_thread(self._file.write, kept)
        self._kept, self._unwritten = kept, None

    def _failed(self, fault: Fault) -> Fault:
        """Tell of it, and say when to try again."""
        self._failures += 1
        at = self._now()
        self._not_before, self._fault = next_attempt(BACKOFF, self._failures, at, at, 0), fault
        tell = log.error if isinstance(fault, Ungranted) else log.warning
        kind = type(fault).__name__
        tell(
            "credential.failed", name=self.name, kind=kind, why=str(fault), do=f"see `gateway auth status {self.name}`"
        )
        return fault

    async def _note(self, fault: Fault) -> None:
        """Keep what was wrong beside what is still good, with the lock held."""
        with suppress(Unavailable, Ungranted):  # told already, and `auth status` tells what is wrong with the file
            self._kept = self.kept()
            noted = replace(self._kept, last_error=str(fault))
            await asyncio.to_thread(self._file.write, noted)
            self._kept = noted

    def _origin(self) -> str:
        """Changes with the configuration, and with the refresh token that the operator gives."""
        words = [self._url, *self._grant.identity, self._grant.seed()]
        return sha256("\0".join(words).encode()).hexdigest()
