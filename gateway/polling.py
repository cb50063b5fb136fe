"""From the configuration to the mailboxes: how each is reached, signed in to and filed, and which gateway reads it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import partial
from typing import Any

from gateway import fresh, opening
from gateway.config import Config, ImapMailbox
from gateway.core.problem import ConfigError, Problem
from gateway.core.reason import Disposition
from gateway.core.sasl import mechanism_of
from gateway.core.standing import Stint
from gateway.core.withheld import repeatable, withheld, without
from gateway.ingress.imap.client import connect
from gateway.ingress.imap.driver import Driver, MailboxFault, RefusedLogin, RefusedToken, Server
from gateway.ingress.mailbox import Mailbox
from gateway.ingress.mailbox_settings import MailboxSettings, SignIn
from gateway.ingress.mailbox_turn import Turn
from gateway.ingress.mailbox_world import World
from gateway.ports import Board, Tokens, Ungranted
from gateway.store.database import Database
from gateway.store.nodes import Node
from gateway.store.postgresql import Postgresql
from gateway.tokens.source import Source

FILED = frozenset(Disposition) - {Disposition.FAILED}
"""What leaves a mailbox's folder: what failed stays in it."""


class Reading:
    """A mailbox that is read as one entry of the configuration says, until another reading takes its place."""

    def __init__(self, mailbox: Mailbox | Turn, name: str, terms: tuple[object, ...]) -> None:
        self.name = name
        self.terms = terms
        """All that is different between one reading of it and another."""
        self._mailbox = mailbox
        self._left = False
        self._over = asyncio.Event()

    @property
    def stints(self) -> tuple[Stint, ...]:
        """What it is at."""
        return self._mailbox.stints

    async def serve(self, before: Iterable[Reading] = ()) -> None:
        """Read it until drained, but not while any of those before is at it still."""
        try:
            for one in before:
                await one.ended()
            if not self._left:
                await self._mailbox.serve()
        finally:
            self._over.set()

    async def drain(self, grace: float) -> None:
        """Start nothing more; what is in work has `grace` seconds."""
        self._left = True
        await self._mailbox.drain(grace)

    async def ended(self) -> None:
        """Return when nobody reads it so any more."""
        await self._over.wait()


def node(config: Config, database: Database) -> Node | None:
    """Who we are among the gateways of this database; None where there can be no other."""
    if not isinstance(database.kind, Postgresql):
        return None
    return Node(
        partial(database.kind.session, database.engine),
        [one.name for one in config.imap],
        (config.hostname, os.getpid()),
        fresh.now,
    )


def readings(
    config: Config,
    world: World,
    stands: Board,
    sources: Mapping[str, Source],
    node: Node | None,
) -> dict[str, Reading]:
    """By name, one for each entry under `imap:`, if it is our turn where there may be several.

    Raises ConfigError where one cannot be signed in to.
    """
    found = {}
    for one in config.imap:
        how, source = settings(config, one), sources.get(one.name)
        mailbox = Mailbox(
            how,
            world,
            stands,
            connect=connect,
            sign_in=signing_in(config, one, source),
            pause=source.pause if source else asyncio.sleep,  # a new consent ends the wait for it
        )
        one_of_several = mailbox if node is None else Turn(mailbox, one.name, node, stands, fresh.now)
        found[one.name] = Reading(one_of_several, one.name, (how, one, config.tokens))
    return found


def settings(config: Config, one: ImapMailbox) -> MailboxSettings:
    """A mailbox, as its ingress has it."""
    return MailboxSettings(
        name=one.name,
        server=Server(one.host, one.port, one.tls, str(one.ca_file) if one.ca_file else None),
        folder=one.folder,
        start=one.start,
        filing=one.filing,
        folders={disposition: getattr(one.folders, disposition.value) for disposition in FILED},
        trusted_ids=one.trusted_authserv_ids,
        inside=one.inside,
        message=config.limits.message,
        sweep=one.sweep.total_seconds(),
    )


def signing_in(config: Config, one: ImapMailbox, tokens: Tokens | None) -> SignIn:
    """By a token, or by the password of the file as it is then. Raises ConfigError where it cannot be read."""
    if tokens is not None:
        return partial(_bear, tokens, one.username)
    path = one.password_file

    async def sign_in(driver: Driver) -> None:
        try:
            password = opening.secret(path)
        except OSError as fault:
            raise RefusedLogin(f"{path}: {fault.strerror}") from fault
        secrets = repeatable(one.username, password)
        await _told_without(driver.login(one.username, password), partial(without, secrets=secrets))

    try:
        opening.secret(path)
    except OSError as fault:
        key, wrong = f"imap {one.name} password_file", f"{path}: {fault.strerror}"
        raise ConfigError(Problem(str(config.path), 0, key, wrong, opening.RIGHT_FILE)) from fault
    return sign_in


async def _bear(tokens: Tokens, username: str, driver: Driver) -> None:
    """A token that is refused is renewed, once; then it counts as refused. Raises Unavailable besides."""
    offered = {word.removeprefix("AUTH=") for word in driver.capabilities if word.startswith("AUTH=")}
    if (mechanism := mechanism_of(offered)) is None:
        raise RefusedToken("the server offers neither OAUTHBEARER nor XOAUTH2")
    try:
        token = await tokens.token()
        try:
            await _told_without(driver.authenticate(mechanism, username, token), partial(withheld, secrets=(token,)))
        except RefusedToken:
            token = await tokens.token(refused=token)
            await _told_without(driver.authenticate(mechanism, username, token), partial(withheld, secrets=(token,)))
    except Ungranted as fault:
        raise RefusedToken(str(fault)) from fault


async def _told_without(signing_in: Coroutine[Any, Any, None], hide: Callable[[str], str]) -> None:
    """A server may repeat what it was sent: none of it goes on in a fault's words."""
    try:
        await signing_in
    except MailboxFault as fault:
        fault.args = (hide(str(fault)), *fault.args[1:])
        raise
