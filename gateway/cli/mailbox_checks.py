"""What `gateway check` finds out about mailboxes: whether they can be read, and a dry count. Takes nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from gateway import credentials, opening, polling
from gateway.cli.finding import Finding
from gateway.config import Config, ImapMailbox
from gateway.core.place import Folder, Sight
from gateway.core.problem import ConfigError
from gateway.core.remedies import with_remedy
from gateway.ingress.imap.client import connect
from gateway.ingress.imap.driver import MailboxFault, Selected, Waits
from gateway.ingress.mailbox_settings import HOPELESS
from gateway.ingress.mailbox_sight import anew
from gateway.ports import Unavailable
from gateway.store import mailboxes

WAITS = Waits(connect=10, command=30)
USEFUL = ("IDLE", "MOVE", "UIDPLUS")
"""Without the first, new mail is noticed by the sweep only; without both others, nothing is moved."""


_OTHERWISE = "docs/operating.md has a line for it under Mailboxes"


@dataclass(frozen=True, slots=True)
class Look:
    """What was found: how many mails lie there, and how many of them are to be taken."""

    selected: Selected
    offers: frozenset[str]
    there: int
    taken: int
    anew: str
    """By what it shows that its UIDs have begun again."""


def examine(config: Config) -> Iterator[Finding]:
    """A line for each mailbox, or more."""
    if not config.imap:
        yield _finding(Finding.OK, "none")
    for one in config.imap:
        try:
            yield from _told(one, asyncio.run(look(config, one)))
        except ConfigError as fault:
            yield from (_finding(Finding.FAIL, str(problem)) for problem in fault.problems)
        except (MailboxFault, Unavailable) as fault:
            state = Finding.FAIL if isinstance(fault, HOPELESS) else Finding.WARN  # `run` tries the rest again
            yield _finding(state, with_remedy(f"{one.name}: {type(fault).__name__}: {fault}", _OTHERWISE))


async def look(config: Config, one: ImapMailbox) -> Look:
    """Sign in, open the folder, and count. Raises ConfigError, MailboxFault, Unavailable."""
    settings = polling.settings(config, one)
    sign_in = polling.signing_in(config, one, credentials.tried(config, one.name))
    driver = await connect(settings.server, WAITS)
    try:
        await sign_in(driver)
        selected = await driver.select(settings.folder)
        there = await driver.uids(1)
        sight = _sight(config, Folder(one.name, selected.uidvalidity))
        if why := anew(sight, selected.uidnext):
            taken = len(there)
        elif sight is not None:
            taken = len([uid for uid in there if uid > sight.mark])
        elif isinstance(settings.start, str):
            taken = len(there) if settings.start == "all" else 0
        else:
            taken = len(await driver.uids(1, since=settings.start))
        await driver.logout()
        return Look(selected, driver.capabilities, len(there), taken, why)
    finally:
        driver.abort()


def _told(one: ImapMailbox, found: Look) -> Iterator[Finding]:
    lacks = [name for name in USEFUL if name not in found.offers]
    without = f"; without {', '.join(lacks)}" if lacks else ""
    words = f"{one.folder} holds {found.there}, of which {found.taken} are to be taken (start: {one.start})"
    yield _finding(Finding.OK, f"{one.name}: {words}{without}")
    if found.anew:
        words = f"{one.name}: the UIDs of {one.folder} began again: {found.anew}; give another mailbox another `name`"
        yield _finding(Finding.WARN, words)
    if found.selected.read_only:
        yield _finding(Finding.FAIL, f"{one.name}: {one.folder} is read-only for {one.username}; give it write access")
    if one.filing == "move" and not {"MOVE", "UIDPLUS"} & found.offers:
        yield _finding(Finding.WARN, f"{one.name}: the server cannot move by UID: mail is left in place and flagged")
    if not one.trusted_authserv_ids:
        words = f"{one.name} trusts no authserv-id: what our own DKIM check does not prove is held as unauthenticated"
        yield _finding(Finding.WARN, words)


def _sight(config: Config, folder: Folder) -> Sight | None:
    """What the ledger knows; nothing, where there is no ledger yet."""
    path = config.database.path
    if path is not None and not os.access(path, os.R_OK):
        return None
    try:
        with closing(opening.open_database(config)) as database:
            return database.read(lambda connection: mailboxes.sight(connection, folder))
    except Unavailable:  # told of by the check of the database
        return None


def _finding(state: str, words: str) -> Finding:
    return Finding(state, "mailboxes", words)
