"""From the configuration to the mailboxes that are read: how each is reached, signed in to, and filed."""

from __future__ import annotations

from gateway import build
from gateway.config import Config, ImapMailbox
from gateway.core.problem import ConfigError, Problem
from gateway.core.reason import Disposition
from gateway.ingress.budget import Budget
from gateway.ingress.imap.client import connect
from gateway.ingress.imap.driver import Driver, RefusedLogin, Server
from gateway.ingress.mailbox import Mailbox
from gateway.ingress.mailbox_round import World
from gateway.ingress.mailbox_settings import MailboxSettings, SignIn
from gateway.ports import Board, Receive
from gateway.store.adapter import Store

FILED = frozenset(Disposition) - {Disposition.FAILED}
"""What leaves a mailbox's folder: what failed stays in it."""


def mailboxes(config: Config, kept: Store, receive: Receive, budget: Budget, stands: Board) -> list[Mailbox]:
    """One for each entry under `imap:`. Raises ConfigError where one cannot be signed in to."""
    if not config.imap:
        return []
    world = World(kept, receive, budget, build.new_id, build.now, build.chance)
    return [
        Mailbox(settings(config, one), world, stands, connect=connect, sign_in=signing_in(config, one))
        for one in config.imap
    ]


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


def signing_in(config: Config, one: ImapMailbox) -> SignIn:
    """By the password of the file, as it is at that moment. Raises ConfigError where there is none to be read."""
    if one.password_file is None:  # a source of OAuth2 tokens has its place here
        wrong = "this version signs in with a password only"
        raise ConfigError(Problem(str(config.path), 0, f"imap {one.name} oauth2", wrong, "password_file"))
    path = one.password_file

    async def sign_in(driver: Driver) -> None:
        try:
            password = build.secret(path)
        except OSError as fault:
            raise RefusedLogin(f"{path}: {fault.strerror}") from fault
        await driver.login(one.username, password)

    try:
        build.secret(path)
    except OSError as fault:
        right = "the password, alone, in UTF-8"
        raise ConfigError(Problem(str(config.path), 0, f"imap {one.name} password_file", str(fault), right)) from fault
    return sign_in
