"""The grants: by what right a token is asked for, as the form that asks for it, and what to do where it is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from gateway.ports import Ungranted
from gateway.tokens.client import Client, contents
from gateway.tokens.form import Form
from gateway.tokens.jwt import assertion, private_key

_CLIENT = frozenset({"invalid_client", "unauthorized_client"})  # RFC 6749 §5.2: who asks, not what was consented to


class Grant(Protocol):
    """One of those below."""

    @property
    def identity(self) -> tuple[str, ...]:
        """What its tokens belong to: with another one, kept tokens are no longer its own."""

    @property
    def ends(self) -> datetime | None:
        """When what proves us ends, where a file tells. Raises Ungranted."""

    def seed(self) -> str:
        """The refresh token that it begins with; empty where there is none. Raises Ungranted."""

    def form(self, refresh_token: str, audience: str, at: datetime, new_id: Callable[[], str]) -> Form:
        """What to send. Raises Ungranted where a file cannot serve."""

    def remedy(self, error: str) -> str:
        """What an operator has to do about an error code of the server's."""


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """Google: a JWT as the grant itself (RFC 7523 §2.1), signed by a service account that acts for `subject`."""

    key_file: Path
    subject: str
    scope: str
    ends = None

    @property
    def identity(self) -> tuple[str, ...]:
        """Whose mailbox, and what for."""
        return ("service-account", self.subject, self.scope)

    def seed(self) -> str:
        """None: the key itself is asked with."""
        return ""

    def form(self, refresh_token: str, audience: str, at: datetime, new_id: Callable[[], str]) -> Form:  # noqa: ARG002 - of Grant
        """The assertion of the moment."""
        try:
            account = json.loads(contents(self.key_file))
            email, key_id, pem = (str(account[name]) for name in ("client_email", "private_key_id", "private_key"))
            key = private_key(pem)
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Ungranted(f"{self.key_file} is no JSON key of a service account") from None
        claims = {"iss": email, "sub": self.subject, "scope": self.scope, "aud": audience}
        signed = assertion("RS256", {"kid": key_id}, claims, key, at)
        return Form({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed})

    def remedy(self, error: str) -> str:
        """Mostly delegation is missing."""
        if error == "invalid_grant":
            return f"check the key in {self.key_file}, that {self.subject} is a user there, and this machine's clock"
        return f"delegate {self.scope} to the client id in {self.key_file}, domain-wide, in the admin console"


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """The application for itself (RFC 6749 §4.4); the provider says which mailboxes it may open."""

    client: Client
    scope: str

    @property
    def identity(self) -> tuple[str, ...]:
        """Which application, and what for."""
        return ("client-credentials", self.client.id, self.scope)

    @property
    def ends(self) -> datetime | None:
        """When the certificate does."""
        return self.client.ends

    def seed(self) -> str:
        """None: RFC 6749 §4.4.3."""
        return ""

    def form(self, refresh_token: str, audience: str, at: datetime, new_id: Callable[[], str]) -> Form:  # noqa: ARG002 - of Grant
        """The application's own request."""
        fields = {"grant_type": "client_credentials"} | _scope(self.scope)
        return self.client.signed(fields, audience, at, new_id)

    def remedy(self, error: str) -> str:
        """The secret, or the permission."""
        return self.client.remedy if error in _CLIENT else "have an administrator grant the application its permission"


@dataclass(frozen=True, slots=True)
class Refresh:
    """What somebody consented to once (RFC 6749 §6): by a refresh token of `file`, or by `gateway auth login`."""

    client: Client
    scope: str
    name: str
    """What `gateway auth login` calls it."""
    file: Path | None = None

    @property
    def identity(self) -> tuple[str, ...]:
        """Which application, and what for."""
        return ("refresh-token" if self.file else "login", self.client.id, self.scope)

    @property
    def ends(self) -> datetime | None:
        """When the certificate does."""
        return self.client.ends

    def seed(self) -> str:
        """The operator's refresh token."""
        return contents(self.file) if self.file else ""

    def form(self, refresh_token: str, audience: str, at: datetime, new_id: Callable[[], str]) -> Form:
        """The refresh token of the moment."""
        if not refresh_token:
            raise Ungranted(f"nobody has consented yet; {self.remedy('')}")
        fields = {"grant_type": "refresh_token", "refresh_token": refresh_token} | _scope(self.scope)
        return self.client.signed(fields, audience, at, new_id)

    def remedy(self, error: str) -> str:
        """Consent has ended, or the application is not known."""
        if error in _CLIENT:
            return self.client.remedy
        return f"put a new refresh token into {self.file}" if self.file else f"run `gateway auth login {self.name}`"


def _scope(scope: str) -> dict[str, str]:
    return {"scope": scope} if scope else {}
