"""The section `oauth2`: who hands out tokens, what for, and by which grant; what is missing in it, in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from gateway.config.section import Section, Word
from gateway.config.values import Day, FilePath, Url

Grant = Literal["service-account", "refresh-token", "client-credentials", "login"]
Tenant = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,255}$")]

_TOKEN = {
    "google": "https://oauth2.googleapis.com/token",
    "microsoft": "https://login.microsoftonline.com/{}/oauth2/v2.0/token",
}
_DEVICE = {"microsoft": "https://login.microsoftonline.com/{}/oauth2/v2.0/devicecode"}


class OAuth2(Section):
    """How to get a token for a mailbox or the smarthost, without a password."""

    provider: Literal["google", "microsoft", "generic"]
    """Whose addresses and scopes are known; generic wants token_url."""
    client_id: Word | None = None
    """The application, as the provider knows it; all but a Google service account have one."""
    client_secret_file: FilePath | None = None
    """A file with the application's secret, mode 0600, read at each asking."""
    certificate_file: FilePath | None = None
    """PEM: what proves the application instead of a secret (RFC 7523), with key_file."""
    key_file: FilePath | None = None
    """PEM: the certificate's key."""
    service_account_file: FilePath | None = None
    """The JSON key of a Google service account that may act for the user name (domain-wide delegation)."""
    refresh_token_file: FilePath | None = None
    """A refresh token to begin with. Those that the server gives for it are kept in `tokens`."""
    tenant: Tenant | None = None
    """Microsoft's directory."""
    token_url: Url | None = None
    """Where tokens are handed out; the provider's own when left out."""
    device_url: Url | None = None
    """Where `gateway auth login` begins (RFC 8628); the provider's own when left out."""
    ca_file: FilePath | None = None
    """The certificates that the token server's is held against; the system's when left out."""
    scope: Word | None = None
    """What the token is for; the provider's own for mail when left out."""
    secret_ends: Day | None = None
    """When the secret or the consent ends, where the provider tells only people: the alarm is days before."""

    @property
    def grant(self) -> Grant:
        """How a token is asked for, by the files that are named."""
        if self.service_account_file:
            return "service-account"
        if self.refresh_token_file:
            return "refresh-token"
        if self.device_url is None and (self.client_secret_file or self.certificate_file):
            return "client-credentials"
        return "login"

    @property
    def secret_files(self) -> tuple[Path | None, ...]:
        """What nobody else may read."""
        return self.client_secret_file, self.key_file, self.service_account_file, self.refresh_token_file

    @property
    def token_endpoint(self) -> str:
        """Where tokens are handed out."""
        return self.token_url or _TOKEN[self.provider].format(self.tenant)

    @property
    def device_endpoint(self) -> str:
        """Where a login begins; empty where the provider has none for mail."""
        return self.device_url or _DEVICE.get(self.provider, "").format(self.tenant)

    def scope_for(self, protocol: Literal["IMAP", "SMTP"]) -> str:
        """What is asked for, for one use."""
        if self.scope or self.provider == "generic":
            return self.scope or ""
        if self.provider == "google":
            return "https://mail.google.com/"
        if self.grant == "client-credentials":
            return "https://outlook.office365.com/.default"
        right = "IMAP.AccessAsUser.All" if protocol == "IMAP" else "SMTP.Send"
        return f"https://outlook.office.com/{right} offline_access"

    def faults(self) -> Iterator[tuple[str, str, str]]:
        """What cannot be: key (or empty for the section), what is wrong, what would be right."""
        if self.provider == "google" and self.grant in {"login", "client-credentials"}:
            right = (
                "add service_account_file, or refresh_token_file: Google lets no device and no secret alone read mail"
            )
            yield "", "google wants service_account_file or refresh_token_file", right
        elif missing := ", ".join(self._missing()):
            yield "", f"{self.provider} wants {missing}", f"add {missing}"
        if self.service_account_file and self.provider != "google":
            yield "service_account_file", "is Google's", "provider: google"
        if (self.certificate_file is None) != (self.key_file is None):
            yield ("key_file" if self.key_file else "certificate_file"), "stands alone", "both, or neither"
        if self.client_secret_file and self.certificate_file:
            yield "client_secret_file", "stands beside certificate_file", "one of them"

    def _missing(self) -> Iterator[str]:
        if self.grant == "service-account":
            return
        wanted = ["client_id", *{"microsoft": ["tenant"], "generic": ["token_url"]}.get(self.provider, [])]
        if self.grant == "login" and self.provider == "generic":
            wanted.append("device_url")
        if self.provider == "google":
            wanted.append("client_secret_file")
        yield from (key for key in wanted if getattr(self, key) is None and (key != "tenant" or self.token_url is None))
