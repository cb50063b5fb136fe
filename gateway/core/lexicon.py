"""The lexicon of requests: sentences as words and phrases, each with the roles that it may play. Linear, bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from gateway.core.intent_acts import ACTS, INFLECTED
from gateway.core.intent_roles import Act, Form, Sign, Thing
from gateway.core.intent_words import SIGNS, THINGS
from gateway.core.sentences import placed

WORDS = 120
"""Of a sentence, what is read."""

_HOST = re.compile(r"(?>(?:[a-z0-9]{2,}\.)+)[a-z]{2,}")

Told = tuple[Form, Act]


@dataclass(frozen=True, slots=True)
class Roles:
    """What a word may be; a word that means nothing here is nothing of it."""

    acts: tuple[Told, ...] = ()
    thing: Thing | None = None
    signs: frozenset[Sign] = frozenset()


NONE, DOMAIN = Roles(), Roles(thing=Thing.DOMAIN)


class Word(NamedTuple):  # made ten thousand times a second, three times as fast as a frozen dataclass
    """A word of a sentence, or a phrase that counts as one. Where it begins and ends in the sentence."""

    text: str
    roles: Roles
    start: int
    end: int

    @property
    def thing(self) -> Thing | None:
        """The thing that it names."""
        return self.roles.thing

    def signs(self, sign: Sign) -> bool:
        """Whether it is this sign."""
        return sign in self.roles.signs

    def one_of(self, signs: frozenset[Sign]) -> bool:
        """Whether it is one of these signs."""
        return not signs.isdisjoint(self.roles.signs)

    def does(self, act: Act) -> bool:
        """Whether it tells this act, in any form."""
        return any(told is act for _, told in self.roles.acts)


def read(fold: str) -> list[Word]:
    """A sentence as words; of the phrases that begin with one the longest counts. A host name is a domain."""
    places = placed(fold)[:WORDS]
    texts = [place[0] for place in places]
    found: list[Word] = []
    at = 0
    while at < len(texts):
        length, roles = _entry(texts, at)
        found.append(Word(texts[at], roles, places[at].start(), places[at + length - 1].end()))
        at += length
    return found


def _entry(texts: list[str], at: int) -> tuple[int, Roles]:
    for rest, roles in LEXICON.get(texts[at], ()):
        if not rest or texts[at + 1 : at + 1 + len(rest)] == rest:
            return 1 + len(rest), roles
    return 1, DOMAIN if "." in texts[at] and _HOST.fullmatch(texts[at]) else NONE


def _phrases(listed: str) -> list[str]:
    return [" ".join(phrase.split()) for phrase in listed.split(",")]


def _inflected() -> Iterator[tuple[str, Told]]:
    for act, endings, stems in INFLECTED:
        for form, several in endings.items():
            yield from ((stem + ending, (form, act)) for stem in stems.split() for ending in several.split())


def _lexicon() -> Mapping[str, list[tuple[list[str], Roles]]]:
    acts: dict[str, dict[Told, None]] = {}
    for phrase, told in chain(_inflected(), ((one, told) for told, listed in ACTS.items() for one in _phrases(listed))):
        acts.setdefault(phrase, {})[told] = None
    things = {phrase: thing for thing, listed in THINGS.items() for phrase in _phrases(listed)}
    signs: dict[str, set[Sign]] = {}
    for sign, listed in SIGNS.items():
        for phrase in _phrases(listed):
            signs.setdefault(phrase, set()).add(sign)
    found: dict[str, list[tuple[list[str], Roles]]] = {}
    for phrase in sorted({*acts, *things, *signs}, key=lambda one: -one.count(" ")):  # the longest first
        first, *rest = phrase.split()
        roles = Roles(tuple(acts.get(phrase, ())), things.get(phrase), frozenset(signs.get(phrase, ())))
        found.setdefault(first, []).append((rest, roles))
    return found


LEXICON = _lexicon()
"""By its first word, what follows it and what both are together, the longest first."""

TELLING = frozenset(
    max(phrase.split(), key=len)
    for thing, listed in THINGS.items()
    if thing is not Thing.OTHER
    for phrase in _phrases(listed)
)
"""A sentence that asks for something of this kind has one of these words."""

ACTING = frozenset(
    max(phrase.split(), key=len)
    for listed in (*ACTS.values(), *(SIGNS[sign] for sign in (Sign.WANT, Sign.LOST, Sign.NEW)))
    for phrase in _phrases(listed)
) | {phrase for phrase, _ in _inflected()}
"""And one of these."""
