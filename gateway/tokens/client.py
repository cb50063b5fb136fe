"""The application that asks for tokens: its id, and what proves it. Secrets are read at each asking, and not kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate, load_pem_x509_certificate

from gateway.ports import Ungranted
from gateway.tokens.form import Form
from gateway.tokens.jwt import assertion, encoded, private_key

OCTETS = 64 * 1024
"""Of a file with a secret, a key or a certificate."""
_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"  # RFC 7523 §2.2


@dataclass(frozen=True, slots=True)
class Client:
    """With a secret (`basic`: in the header), with a certificate and its key, or with neither: a public client."""

    id: str
    secret_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    basic: bool = False

    def signed(self, fields: dict[str, str], audience: str, at: datetime, new_id: Callable[[], str]) -> Form:
        """These fields, and the proof of who asks. Raises Ungranted where a file cannot serve."""
        fields = {"client_id": self.id, **fields}
        if self.secret_file is not None:
            secret = contents(self.secret_file)
            return Form(fields, (self.id, secret)) if self.basic else Form({**fields, "client_secret": secret})
        if (certificate := self._certificate()) is None:
            return Form(fields)
        header = {"x5t#S256": encoded(certificate.fingerprint(SHA256()))}
        claims = {"iss": self.id, "sub": self.id, "aud": audience, "jti": new_id()}  # RFC 7523 §3
        try:
            key = private_key(contents(self.key_file))
        except ValueError as fault:
            raise Ungranted(f"{self.key_file} {fault}") from None
        return Form(
            {**fields, "client_assertion_type": _BEARER}
            | {"client_assertion": assertion("PS256", header, claims, key, at)}  # the one that Microsoft asks for
        )

    @property
    def ends(self) -> datetime | None:
        """When the certificate does. Raises Ungranted."""
        certificate = self._certificate()
        return certificate.not_valid_after_utc if certificate else None

    @property
    def remedy(self) -> str:
        """What to do where the server does not accept the proof."""
        if self.certificate_file:
            return f"register the certificate of {self.certificate_file} with the provider, or a new one"
        return f"put a valid client secret into {self.secret_file}" if self.secret_file else "correct client_id"

    def _certificate(self) -> Certificate | None:
        if self.certificate_file is None:
            return None
        try:
            return load_pem_x509_certificate(contents(self.certificate_file).encode())
        except ValueError:
            raise Ungranted(f"{self.certificate_file} holds no certificate in PEM") from None


def contents(path: Path | None) -> str:
    """What a file of one secret holds. Raises Ungranted; nothing of it is in the words."""
    if path is None:
        raise Ungranted("a file of a secret is not named")
    try:
        with path.open("rb") as file:
            return file.read(OCTETS).decode().strip()
    except UnicodeDecodeError:
        raise Ungranted(f"{path} is not text in UTF-8") from None
    except OSError as fault:
        raise Ungranted(f"{path}: {fault.strerror}") from None
