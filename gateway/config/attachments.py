"""A policy file's `attachments:` to `AttachmentLimits`, or the first thing that is wrong in it."""

from __future__ import annotations

import re

from gateway.config.values import size
from gateway.config.yaml import Document, Keys, Plain
from gateway.core.limits import AttachmentLimits
from gateway.core.problem import ConfigError

KEYS = ("count", "size", "refuse", "refuse_extensions")
ENTRIES = 200
"""Of one list."""

KIND = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,99}/[a-z0-9][a-z0-9!#$&^_.+-]{0,99}")  # RFC 6838 §4.2
EXTENSION = re.compile(r"[a-z0-9]{1,10}")


def attachment_limits(document: Document, said: dict[str, Plain]) -> AttachmentLimits:
    """What the section says; its keys are known. Raises ConfigError."""
    return AttachmentLimits(
        count=_count(document, said.get("count")),
        size=_size(document, said.get("size")),
        refuse=_words(document, "refuse", said, KIND, "content type", "application/x-msdownload"),
        refuse_extensions=_words(document, "refuse_extensions", said, EXTENSION, "extension", "exe, without the dot"),
    )


def _count(document: Document, value: Plain) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise ConfigError(document.problem(("attachments", "count"), f"is no number ({value})", "such as 20"))
    return value


def _size(document: Document, value: Plain) -> int | None:
    if value is None:
        return None
    try:
        return size(value if isinstance(value, str) else "")
    except ValueError as fault:
        raise ConfigError(document.problem(("attachments", "size"), f"{fault} ({value})", "such as 10MiB")) from None


def _words(  # noqa: PLR0913, PLR0917 - what is read, and the words for what is wrong in it
    document: Document, key: str, said: dict[str, Plain], form: re.Pattern[str], what: str, right: str
) -> frozenset[str]:
    value = said.get(key)
    keys: Keys = ("attachments", key)
    if value is None:
        return frozenset()
    if not isinstance(value, list) or len(value) > ENTRIES:
        raise ConfigError(document.problem(keys, f"is no list of at most {ENTRIES}", f"such as [{right}]"))
    for at, word in enumerate(value):
        if not isinstance(word, str) or not form.fullmatch(word):
            raise ConfigError(document.problem((*keys, at), f"is no {what} in lower case ({word})", f"such as {right}"))
    return frozenset(map(str, value))
