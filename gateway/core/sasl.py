"""SASL with a bearer token: which mechanism is taken, what is said in it, and how its refusal is dismissed. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

Mechanism = Literal["OAUTHBEARER", "XOAUTH2"]
MECHANISMS: tuple[Mechanism, ...] = ("OAUTHBEARER", "XOAUTH2")
"""The standard's first (RFC 7628); the second is what Google and Microsoft had before it."""
DISMISSAL: dict[Mechanism, bytes] = {"OAUTHBEARER": b"AQ==", "XOAUTH2": b""}
"""What a refused client answers to the error that comes as a challenge (RFC 7628 §3.2.3), lest both sides wait."""


def mechanism_of(offered: Collection[str]) -> Mechanism | None:
    """The one to take among what a server offers, in capitals; None where it takes no tokens."""
    return next((one for one in MECHANISMS if one in offered), None)


def bearer(mechanism: Mechanism, username: str, token: str, host: str, port: int) -> bytes:
    """The initial response, not yet in base64. Raises ValueError; what is wrong is told without what it is in."""
    if not (username + token).isprintable():
        raise ValueError("the user name or token has control characters in it")
    if mechanism == "XOAUTH2":
        words = f"user={username}\x01auth=Bearer {token}\x01\x01"
    else:
        name = username.replace("=", "=3D").replace(",", "=2C")  # RFC 5801 §4
        words = f"n,a={name},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01"  # RFC 7628 §3.1
    return words.encode()
