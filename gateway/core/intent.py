"""Intents: what a message asks to have changed, which nobody does by mail (R8). Italian and English, linear, bounded.

An act and its thing in one sentence, and something that asks for it: `vorrei trasferire il dominio`. Talk about one is
none: price, state and reasons, what others asked, conditions, negations. How to do it is asked by who wants it done. In
doubt there is none, and it is a message like any, which people read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, unique

from gateway.core.charset import beyond_ascii
from gateway.core.intent_roles import Act, Thing
from gateway.core.letter import one_line
from gateway.core.lexicon import ACTING, TELLING, read
from gateway.core.plain import plain
from gateway.core.request import Request, requests, titled
from gateway.core.sentences import folded, sentences, words

CHARACTERS = 8 * 1024
"""So much of the text is read."""
SHOWN = 100
"""Characters of the words found that are told."""

_CONTINUES = re.compile(r"\s*(?:re|r|rif|aw|sv|fwd?|i|inoltra)\s?(?:\[\d+\])?:")

_ODD = re.compile("[^\x00-\xac\xae-\u024f\u2013\u2014\u2018-\u201d\u2026\u20ac]")  # soft hyphens, other alphabets


@unique
class Intent(StrEnum):
    """What R8 speaks of, in stable words."""

    TRANSFER = "transfer"
    AUTH_CODE = "auth-code"
    OWNER_CHANGE = "owner-change"
    DNS_CHANGE = "dns-change"
    DELETION = "deletion"
    PASSWORD = "password"  # noqa: S105 - a word
    ADDRESS_CHANGE = "address-change"
    BILLING_DATA = "billing-data"


@dataclass(frozen=True, slots=True)
class Found:
    """An intent, and the very words that tell it, on one line."""

    intent: Intent
    words: str


_MEANT = {
    (act, thing): intent
    for intent, thing, acts in (
        (Intent.TRANSFER, Thing.DOMAIN, {Act.TRANSFER, Act.UNLOCK}),
        (Intent.TRANSFER, Thing.REGISTRAR, {Act.TRANSFER, Act.CHANGE}),
        (Intent.TRANSFER, Thing.LOCK, {Act.UNLOCK, Act.REMOVE}),
        (Intent.AUTH_CODE, Thing.AUTH, {Act.GIVE, Act.CHANGE, Act.RESET}),
        (Intent.OWNER_CHANGE, Thing.OWNER, {Act.TRANSFER, Act.CHANGE, Act.ADD, Act.REMOVE, Act.ASSIGN}),
        (Intent.OWNER_CHANGE, Thing.DOMAIN, {Act.ASSIGN}),
        (Intent.DNS_CHANGE, Thing.DNS, {Act.CHANGE, Act.ADD, Act.REMOVE, Act.RESET, Act.POINT}),
        (Intent.DNS_CHANGE, Thing.DOMAIN, {Act.POINT}),
        (Intent.DELETION, Thing.DOMAIN, {Act.REMOVE}),
        (Intent.DELETION, Thing.SERVICE, {Act.REMOVE}),
        (Intent.PASSWORD, Thing.PASSWORD, {Act.GIVE, Act.CHANGE, Act.ADD, Act.RESET}),
        (Intent.ADDRESS_CHANGE, Thing.ADDRESS, {Act.CHANGE}),
        (Intent.BILLING_DATA, Thing.BILLING, {Act.CHANGE, Act.ADD, Act.REMOVE}),
    )
    for act in acts
}


def intents(subject: str, text: str) -> tuple[Found, ...]:
    """What is asked for, each once, with the first words that say so. `text` is what was written here, unquoted."""
    title, text = _seen(subject), _seen(text)
    head, body = folded(title), folded(text)
    found: dict[Intent, str] = {}
    if not _CONTINUES.match(head):  # what is continued was asked before
        _note(found, title, _asked(head))
        if "?" not in body and "?" not in head:
            _note(found, title, titled(read(head), _MEANT))
    _note(found, text, _asked(body))
    return tuple(Found(intent, told) for intent, told in found.items())


def _seen(text: str) -> str:
    """As it is read; most of it is so already."""
    text = text[:CHARACTERS]
    return plain(text) if _ODD.search(beyond_ascii(text)) else text


def _asked(fold: str) -> Iterator[Request]:
    known = frozenset(words(fold))
    telling, acting = TELLING & known, ACTING & known
    if not (telling and acting):
        return
    for start, end, asks in sentences(fold):
        sentence = fold[start:end]
        if any(map(sentence.__contains__, telling)) and not acting.isdisjoint(words(sentence)):
            for act, thing, first, last in requests(read(sentence), _MEANT, asks=asks):
                yield act, thing, start + first, start + last


def _note(found: dict[Intent, str], text: str, asked: Iterator[Request]) -> None:
    for act, thing, start, end in asked:
        found.setdefault(_MEANT[act, thing], one_line(text[start:end], SHOWN))
