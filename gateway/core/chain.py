"""The chain of the audit: each row's hash covers the row and the hash before it, so none can be changed unseen.

A text that may have to be erased one day is covered by its commitment alone: a digest of the text and a salt of its
own. When both are deleted the chain still holds, and nobody can try out what the text was.
"""

from __future__ import annotations

import hashlib
import json

GENESIS = "0" * 64
"""What the first row follows."""


def link(previous: str, *fields: object) -> str:
    """The hash of a row, from the hash before it and all that the row says."""
    return _digest(previous, *fields)


def commitment(salt: str, text: str) -> str:
    """What stands in the chain for a text. The salt has 128 random bits: short texts cannot be guessed from it."""
    return _digest(salt, text)


def _digest(*parts: object) -> str:
    """Of a JSON list, so that no two lists look the same. `repr`: what was tampered with may be no JSON."""
    return hashlib.sha256(json.dumps(parts, default=repr).encode()).hexdigest()
