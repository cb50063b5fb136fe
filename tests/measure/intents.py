"""Intents: what of the table of sentences is found, and in which real mail one is, by name, so that it is seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from gateway.core.intent import Intent, intents
from gateway.core.message import Message
from gateway.core.parse import parse
from intent_sentences import ENGLISH, ITALIAN, LATER, MORE, split


def report(corpus: Path) -> list[str]:
    """Precision and recall for each intent, and each message of the collections in which one is found."""
    mails = sorted(corpus.rglob("*.eml"))
    found = list(_found(mails))
    return [
        "## Intents: the table of sentences, and real mail",
        *_scores([*ITALIAN, *ENGLISH, *MORE]),
        "of sentences that it was not built with:",
        *_scores(list(LATER)),
        f"{'in real mail':24} {len(found)} of {len(mails)}",
        *found,
    ]


def _scores(table: list[tuple[str, str]]) -> Iterator[str]:
    right, said, wanted = Counter[str](), Counter[str](), Counter[str]()
    for written, listed in table:
        found, expected = {one.intent.value for one in intents(*split(written))}, set(listed.split())
        right.update(found & expected)
        said.update(found)
        wanted.update(expected)
    for intent in Intent:
        precision, recall = (f"{right[intent]} of {count[intent]}" for count in (said, wanted))
        yield f"{intent.value:24} right {precision}, found {recall}"


def _found(mails: list[Path]) -> Iterator[str]:
    for path in mails:
        parsed = parse(path.read_bytes())
        if isinstance(parsed, Message):
            for one in intents(parsed.header.subject, parsed.body.text):
                yield f"  called {one.intent}: {path.parent.name}/{path.stem}: {one.words}"
