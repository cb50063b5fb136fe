"""What a message is about: domain names in its subject and in the words written here (R3), not in what it quotes."""

from __future__ import annotations

import re
from itertools import islice

from gateway.core.address import domain_key

NAMES = 50
"""At most this many distinct names are looked up for one message."""
CANDIDATES = 500
"""At most this many words are tried: to read one that is not ASCII costs microseconds."""
_CHARACTERS = 100_000
_NAME = re.compile(r"(?<![\w@.-])(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_][\w-]{0,61}[^\W_](?![\w@-])")


def domain_names(subject: str, text: str) -> tuple[str, ...]:
    """The domain names named, as lower-case A-labels, each followed by its parents; never the domain of an address."""
    names: dict[str, None] = {}
    words = f"{subject}\n{text}"[:_CHARACTERS]
    if "." not in words:
        return ()
    for match in islice(_NAME.finditer(words), CANDIDATES):
        try:
            labels = domain_key(match[0]).split(".")
        except ValueError:
            continue
        for start in range(len(labels) - 1):  # www.rossi.example is about rossi.example too
            names[".".join(labels[start:])] = None
        if len(names) >= NAMES:
            break
    return tuple(names)[:NAMES]
