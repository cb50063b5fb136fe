"""What others wrote about our secrets, without them: a server may well repeat what it was sent. Pure, total."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONG = re.compile(r"[A-Za-z0-9._~+/=-]{24,}+")
"""A run that could be a token (RFC 6750 §2.1), or a part of one that was cut."""
MARK = "[withheld]"


def withheld(words: str, secrets: Iterable[str]) -> str:
    """The words without any of `secrets`, and without whatever is as long and as wild as a token."""
    for one in sorted(secrets, key=len, reverse=True):  # a secret within another would leave the other's rest
        if one:
            words = words.replace(one, MARK)
    return _LONG.sub(MARK, words)
