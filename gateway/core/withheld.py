"""What others wrote about our secrets, without them: a server may well repeat what it was sent. Pure, total."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable

_LONG = re.compile(r"[A-Za-z0-9._~+/=-]{24,}+")
"""A run that could be a token (RFC 6750 §2.1), or a part of one that was cut."""
MARK = "[withheld]"


def repeatable(username: str, password: str) -> tuple[str, ...]:
    """What a server may repeat of a sign-in by password: it as such, quoted, and as AUTH PLAIN and LOGIN say it."""
    said = (password, username, f"\0{username}\0{password}")
    quoted = password.replace("\\", r"\\").replace('"', r"\"")  # RFC 9051 §4.3
    return (password, quoted, *(b64encode(one.encode("utf-8", "surrogateescape")).decode() for one in said))


def withheld(words: str, secrets: Iterable[str]) -> str:
    """The words without any of `secrets`, and without whatever is as long and as wild as a token."""
    return _LONG.sub(MARK, without(words, secrets))


def without(words: str, secrets: Iterable[str]) -> str:
    """The words without any of `secrets`; long words stay, which help where no token was sent."""
    for one in sorted(secrets, key=len, reverse=True):  # a secret within another would leave the other's rest
        if one:
            words = words.replace(one, MARK)
    return words
