"""`check --canary`: send ourselves a forged message through the border, wait until it shows, and say what it met."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from gateway import build, credentials, fresh, lock
from gateway.cli.checks import DNS_SECONDS
from gateway.cli.context import Context
from gateway.cli.finding import Finding
from gateway.config import Config
from gateway.config.nouns import Endpoint
from gateway.config.schema import OUTBOUND
from gateway.config.values import Tcp
from gateway.core.canary import Sighting, author, canary, message_id, sight
from gateway.core.inquiry import Found, Question
from gateway.core.message import Message
from gateway.core.parse import parse
from gateway.core.reason import Reason
from gateway.core.spf_record import is_spf
from gateway.egress.probe import hand_over
from gateway.egress.submission import SmarthostSettings
from gateway.store import keys, ledger

POLL = 0.5
"""Seconds between two looks into the database."""


class Via(click.ParamType[Endpoint]):
    """`HOST:PORT`, as the configuration writes it."""

    name = "via"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Endpoint:
        """The endpoint."""
        try:
            return TypeAdapter[Endpoint](Tcp).validate_python(value)
        except ValidationError:
            self.fail(f"{value!r} is not HOST:PORT, such as mx.example.it:25", param, ctx)


def release(context: Context, via: Endpoint | None, seconds: int) -> Iterator[Finding]:
    """Let one fly, and tell of it in the manner of `check`. Waits at most `seconds`."""
    config = context.config
    if not lock.is_running(config.beside):
        yield _finding(Finding.FAIL, "no gateway runs on this database, so nothing could arrive: start it, then again")
        return
    nonce, forged = fresh.new_id().lower(), _trusted(config)
    to = str(config.addresses[0])
    data = canary(context.read(keys.keyring), nonce, hostname=config.hostname, to=to, forged_ids=forged, at=fresh.now())
    way = _way(config, via)
    if trouble := hand_over(way, author(config.hostname), to, data):
        yield _finding(Finding.FAIL, f"{way.host}:{way.port} did not take it: {trouble}")
        return
    began = time.monotonic()
    found = _await(context, message_id(nonce, config.hostname), seconds)
    if found is None:
        right = f"look for it in the queue of {way.host}, and whether {to} is routed here; --wait N waits longer"
        yield _finding(Finding.FAIL, f"taken by {way.host}:{way.port}, not arrived within {seconds} s: {right}")
        return
    took = f"{time.monotonic() - began:.1f} s"
    yield _finding(Finding.OK, f"arrived by {found['ingress']} within {took}, as {found['id']}")
    if found["reason"] != Reason.CANARY:
        words = f"was not known again, so it is {found['disposition']} ({found['reason']}): its subject was changed"
        yield _finding(Finding.WARN, words)
    parsed = parse(context.read(lambda connection: ledger.octets(connection, found["id"])))
    if isinstance(parsed, Message):
        seen = sight(parsed, frozenset(found["trusted_ids"]), found["inside"], nonce)
        yield from _told_forged(seen, found["ingress"], forged)
        yield _told_genuine(seen, found["ingress"], config)
    else:
        yield _finding(Finding.FAIL, "what arrived is no longer the message that was sent")


def _way(config: Config, via: Endpoint | None) -> SmarthostSettings:
    """The smarthost; or `via`, spoken to as a stranger's server would."""
    if via is not None:
        return SmarthostSettings(via.host, via.port, "none", config.hostname)
    return build.way(config, credentials.tried(config, OUTBOUND))


def _told_forged(seen: Sighting, ingress: str, forged: frozenset[str]) -> Iterator[Finding]:
    ids = ", ".join(sorted(forged))
    right = "have the border remove fields that claim its id (RFC 8601 §5)"
    if not forged:
        yield _finding(Finding.WARN, "no ingress trusts an authserv-id, so nothing was forged")
    elif seen.believed:
        words = (
            f"the forged field of {ids} was believed, so anybody can write as anybody: {right}, and write a Received"
        )
        yield _finding(Finding.FAIL, f"{words}; until then take trusted_authserv_ids from {ingress}")
    elif seen.kept:
        yield _finding(Finding.WARN, f"the forged field of {ids} came through and was not believed: {right}")
    else:
        yield _finding(Finding.OK, f"the forged field of {ids} was removed on the way")


def _told_genuine(seen: Sighting, ingress: str, config: Config) -> Finding:
    if not seen.genuine:
        words = f"the border wrote no Authentication-Results that {ingress} believes: nobody is vouched for by it"
        return _finding(Finding.WARN, words)
    if not seen.vouched:
        return _finding(Finding.OK, "the border wrote a field of its own, and vouches for nobody")
    words = f"the border itself vouches for {author(config.hostname)}"
    right = "have it remove what strangers write in its milters' name, Received-SPF too, before they look"
    if seen.signed:
        return _finding(Finding.WARN, f"{words}: it was signed on the way; send it past who signs, or {right}")
    if _spf_may_vouch(config):
        return _finding(Finding.WARN, f"{words}: unless SPF of {config.hostname} allows this host, {right}")
    return _finding(Finding.FAIL, f"{words}, which nobody has proved, so anybody can write as anybody: {right}")


def _spf_may_vouch(config: Config) -> bool:
    answer = asyncio.run(build.resolver(config, seconds=DNS_SECONDS).answer(Question(config.hostname, "TXT")))
    records = (one for one in answer.values if isinstance(one, bytes))
    return answer.found is Found.COULD_NOT_ASK or any(map(is_spf, records))


def _await(context: Context, wanted: str, seconds: int) -> dict[str, Any] | None:
    """The record, as soon as the running daemon has written it."""
    words = f"waiting up to {seconds} s for the canary"
    deadline = time.monotonic() + seconds
    with Console(stderr=True).status(words) if sys.stderr.isatty() else nullcontext():
        while (found := context.read(lambda connection: ledger.by_message_id(connection, wanted))) is None:
            if time.monotonic() > deadline:
                return None
            time.sleep(POLL)
    return context.read(lambda connection: ledger.message(connection, found))


def _trusted(config: Config) -> frozenset[str]:
    """Every authserv-id that some ingress believes."""
    mailboxes = (one.trusted_authserv_ids for one in config.imap)
    return config.pipe_trusted_ids.union(*(one.trusted_authserv_ids for one in config.smtp), *mailboxes)


def _finding(state: str, words: str) -> Finding:
    return Finding(state, "canary", words)
