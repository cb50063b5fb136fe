"""Signed assertions (RFC 7519, RFC 7523): who we are, proved by a key that never leaves this machine."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

Algorithm = Literal["RS256", "PS256"]
LIFETIME = timedelta(minutes=5)
SMALLEST = 2048
"""Bits of a key, RFC 7518 §3.3."""

_PADDING: dict[Algorithm, AsymmetricPadding] = {
    "RS256": PKCS1v15(),
    "PS256": PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH),  # RFC 7518 §3.5
}


def private_key(pem: str) -> RSAPrivateKey:
    """An RSA key without a passphrase. Raises ValueError, in words of our own that show nothing of it."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it has a passphrase
        raise ValueError("holds no private key in PEM without a passphrase") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < SMALLEST:
        raise ValueError(f"holds no RSA key of {SMALLEST} bits or more")
    return key


def assertion(
    algorithm: Algorithm, header: Mapping[str, str], claims: Mapping[str, str], key: RSAPrivateKey, at: datetime
) -> str:
    """A JWT with these claims, good from `at` for LIFETIME."""
    began = int(at.timestamp())
    times = {"iat": began, "nbf": began, "exp": began + int(LIFETIME.total_seconds())}
    head = {"alg": algorithm, "typ": "JWT", **header}
    signed = f"{encoded(json.dumps(head).encode())}.{encoded(json.dumps({**claims, **times}).encode())}"
    return f"{signed}.{encoded(key.sign(signed.encode(), _PADDING[algorithm], SHA256()))}"


def encoded(octets: bytes) -> str:
    """Base64url without its padding (RFC 7515 §2)."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
