"""A listener's certificate with its key: fit to be offered, or refused in words."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.x509 import load_pem_x509_certificate


class Unfit(ValueError):  # noqa: N818 - a state of two files
    """The first argument is what is wrong with them, the second what would be right."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a handshake needs; `digest` tells one certificate from another."""

    context: ssl.SSLContext
    begins: datetime
    ends: datetime
    digest: str

    def doubt(self, now: datetime) -> str:
        """Why clients that look at it would not believe it, or ""."""
        if now < self.begins:
            return f"is not good before {self.begins:%Y-%m-%d %H:%M} UTC"
        return f"has expired on {self.ends:%Y-%m-%d %H:%M} UTC" if now >= self.ends else ""


def certificate(certificate_file: Path, key_file: Path) -> Certificate:
    """Read both. Raises Unfit; an expired one is read like any other."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    where = certificate_file
    try:
        octets = certificate_file.read_bytes()
        first = load_pem_x509_certificate(octets)
        where = key_file
        key_file.read_bytes()  # OpenSSL does not say which of the two it cannot read
        context.load_cert_chain(certificate_file, key_file, password="")
    except ssl.SSLError as fault:
        if fault.reason == "KEY_VALUES_MISMATCH":
            raise Unfit(f"{certificate_file} is not of the key in {key_file}", "put both in place") from fault
        raise Unfit(f"{where} cannot be used ({fault.reason or 'not PEM'})", "a key in PEM, not encrypted") from fault
    except OSError as fault:
        raise Unfit(f"{where}: {fault.strerror}", "put it there, and let this user read it") from fault
    except ValueError as fault:
        raise Unfit(
            f"{certificate_file} holds no certificate", "one in PEM, with those between it and its CA"
        ) from fault
    ends, begins = first.not_valid_after_utc, first.not_valid_before_utc
    return Certificate(context, begins, ends, sha256(octets).hexdigest())
