"""Inside: which of the topmost Received fields our own side wrote after its border had spoken. Pure.

Promises: what a stranger hands in never passes for one of them, whatever it calls itself. A hop is inner when it is the
next that the configuration names and bears what no door for strangers writes: it came by LMTP, which is not for wide
area networks (RFC 2033), to that very host; or it is Gmail's own, by an address and from nobody. Anything that could be
read in two ways is no inner hop. Why there is none for Microsoft 365: decision 0027.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

GMAIL = "gmail"
"""Stands for Gmail's last hop, whose host has no name."""
VALUE_OCTETS = 4096

_COMMENT = re.compile(r"\([^()]*+\)")  # not what holds another: whoever nests them is not read
_GMAIL = re.compile(r"by [0-9a-f.:]++ with smtp id [a-z0-9-]++")
_LMTP = frozenset({"lmtp", "lmtps", "lmtpa", "lmtpsa"})  # RFC 3848 §1
_CLAUSES = frozenset({"from", "by", "with"})


def border_at(received: Sequence[bytes], inside: Sequence[str]) -> int:
    """Which of these, from the top, is the border's own: the first that is not inner. `received` is not empty."""
    for at, (value, host) in enumerate(zip(received[:-1], inside, strict=False)):
        if not is_inner(value, host):
            return at
    return min(len(inside), len(received) - 1)


def is_inner(value: bytes, host: str) -> bool:
    """Whether a hop to `host`, a name in lower case or GMAIL, wrote this Received (RFC 5321 §4.4)."""
    if len(value) > VALUE_OCTETS or not value.isascii():
        return False
    clauses, _, date = _COMMENT.sub(" ", value.decode("ascii").lower()).partition(";")
    if not date or not {*clauses, *date}.isdisjoint('();"'):  # a HELO with a sign of the grammar in it
        return False
    words = clauses.split()
    if host == GMAIL:
        return _GMAIL.fullmatch(" ".join(words)) is not None
    told = words[:1] + words[2:5] == ["from", "by", host, "with"]
    return told and not _LMTP.isdisjoint(words[5:6]) and _CLAUSES.isdisjoint(words[6:])
