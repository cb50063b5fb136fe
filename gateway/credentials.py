"""From the configuration to sources of tokens, for the mailboxes and the smarthost that are signed in to with them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from functools import partial

from gateway import fresh
from gateway.config import Config, OAuth2
from gateway.config.schema import OUTBOUND
from gateway.core.problem import ConfigError, Problem
from gateway.ports import Ungranted
from gateway.tokens.client import Client
from gateway.tokens.device import Sign
from gateway.tokens.form import Form
from gateway.tokens.grants import ClientCredentials, Grant, Refresh, ServiceAccount
from gateway.tokens.kept import TokenFile
from gateway.tokens.server import Server
from gateway.tokens.source import Source


def sources(config: Config) -> dict[str, Source]:
    """By the names of `Config.oauth2`. Raises ConfigError where a file of one cannot serve."""
    return {name: found for name in config.oauth2 if (found := tried(config, name))}


def tried(config: Config, name: str) -> Source | None:
    """One whose files can serve; None where tokens are not what it signs in with. Raises ConfigError."""
    if (one := config.oauth2.get(name)) is None:
        return None
    found = source(config, name, one)
    try:
        found.check()
    except Ungranted as fault:
        raise ConfigError(Problem(str(config.path), 0, f"oauth2 of {name}", str(fault))) from fault
    return found


def source(config: Config, name: str, one: OAuth2) -> Source:
    """One of them, whatever its files hold."""
    return Source(
        name,
        one.token_endpoint,
        _grant(config, name, one),
        Server(one.ca_file),
        TokenFile(config.tokens / f"{name}.json"),
        now=fresh.now,
        new_id=fresh.new_id,
        ends=datetime.combine(one.secret_ends, time(), UTC) if one.secret_ends else None,
    )


def scope(name: str, one: OAuth2) -> str:
    """What its token is for."""
    return one.scope_for("SMTP" if name == OUTBOUND else "IMAP")


def sign(one: OAuth2) -> Sign:
    """Who asks, in a login."""
    return partial(_signed, _client(one), one.token_endpoint)


def _signed(client: Client, audience: str, fields: dict[str, str]) -> Form:
    return client.signed(fields, audience, fresh.now(), fresh.new_id)


def _client(one: OAuth2) -> Client:
    basic = one.provider == "generic"  # the way that RFC 6749 §2.3.1 obliges servers to; the two are told the other
    return Client(one.client_id or "", one.client_secret_file, one.certificate_file, one.key_file, basic=basic)


def _grant(config: Config, name: str, one: OAuth2) -> Grant:
    what = scope(name, one)
    if one.service_account_file is not None:
        return ServiceAccount(one.service_account_file, username(config, name), what)
    if one.grant == "client-credentials":
        return ClientCredentials(_client(one), what)
    return Refresh(_client(one), what, name, one.refresh_token_file)


def username(config: Config, name: str) -> str:
    """Who is signed in."""
    boxes = {box.name: box.username for box in config.imap}
    return (config.outbound.username or "") if name == OUTBOUND else boxes[name]
