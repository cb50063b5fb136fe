"""Requests: which acts a sentence asks for, of which things. Linear: each word looks at so many others, and no more."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from gateway.core.asked import Place
from gateway.core.intent_roles import Act, Form, Sign, Thing
from gateway.core.lexicon import NONE, Word

AHEAD, BEHIND = 8, 6
"""So many words after its act the thing may stand, or so many before it."""

_IT = re.compile(r"[a-z]+r(?:me|ce)?l[oaie]|it|them")
_WHERE = {Act.CHANGE, Act.GIVE, Act.ADD, Act.RESET}
"""Acts to which a domain is only where it is done."""
_OWN_DATA = {Thing.ADDRESS, Thing.BILLING}
"""What the customer knows best: that it has changed is news, and asks for the change here."""
_TALK = frozenset({Sign.OVER, Sign.ABOUT, Sign.NOT, Sign.TOLD, Sign.IF})
_ENOUGH = frozenset({Sign.WANT, Sign.LOST})

Pair = tuple[Act, Thing]
Request = tuple[Act, Thing, int, int]
"""The act, its thing, and where the words begin and end that tell both."""


def requests(words: Sequence[Word], meant: Container[Pair], *, asks: bool) -> Iterator[Request]:
    """The acts that are asked for, in order, of the pairs that are `meant`. `asks`: the sentence is a question."""
    over = any(word.signs(Sign.OVER) for word in words)
    for at, word in enumerate(words):
        own = word.thing in _OWN_DATA or word.one_of(_ENOUGH)
        if not (own or word.roles.acts):  # most words
            continue
        place = Place(words, at, asks, over)
        yield from (request for form, request in _acts(words, at, meant) if place.asked(form))
        if own and not place.spoken_of():
            yield from _without_act(words, at, place)


def titled(words: Sequence[Word], meant: Container[Pair]) -> Iterator[Request]:
    """The same of a bare title, which has nothing else in it: `Cambio intestatario rossi.example`."""
    if any(word.one_of(_TALK) or (word.text.isalpha() and word.roles is NONE) for word in words):
        return
    for at, word in enumerate(words):
        if word.thing is Thing.AUTH:
            yield _request(words, Act.GIVE, at, at)
        yield from (request for form, request in _acts(words, at, meant) if form in (Form.NOUN, Form.BASE, Form.VERB))


def _acts(words: Sequence[Word], at: int, meant: Container[Pair]) -> Iterator[tuple[Form, Request]]:
    for form, act in words[at].roles.acts:
        to = next((to for to in _things(words, at, form, act) if (act, words[to].thing) in meant), None)
        if to is not None:
            yield form, _request(words, act, at, to)


def _request(words: Sequence[Word], act: Act, at: int, to: int) -> Request:
    return act, words[to].thing or Thing.OTHER, words[min(at, to)].start, words[max(at, to)].end


def _things(words: Sequence[Word], at: int, form: Form, act: Act) -> Iterator[int]:
    """Where the thing may stand that an act is about, the likeliest first."""
    in_itself = form in (Form.NOUN, Form.VERB)  # a voltura is a change of owner
    ahead = _next(words, range(at if in_itself else at + 1, at + 1 + AHEAD), act)
    if ahead is not None:
        yield ahead
    behind = _next(words, range(at - 1, at - 1 - BEHIND, -1), act)
    of_it = any(_IT.fullmatch(word.text) for word in words[at : at + 2])
    compound = behind == at - 1 and form in (Form.NOUN, Form.BASE)  # a domain transfer
    if behind is not None and (ahead is None or of_it or compound or form is Form.DONE):
        yield behind


def _next(words: Sequence[Word], places: range, act: Act) -> int | None:
    """The nearest thing, not looking past it; a domain is passed where it only says where."""
    for place in places:
        if not 0 <= place < len(words):
            return None
        word = words[place]
        if act is Act.REMOVE and word.does(Act.TRANSFER):
            return None  # who cancels a transfer wants to keep the domain
        if word.thing is not None and not (word.thing is Thing.DOMAIN and act in _WHERE):
            return place
    return None


def _without_act(words: Sequence[Word], at: int, place: Place) -> Iterator[Request]:
    """What is asked for without saying what to do: `mi serve il codice`, `password persa`, `our new address is`."""
    word = words[at]
    if word.signs(Sign.WANT) and not place.denied():
        to = at + 1
        while to < len(words) and words[to].signs(Sign.FILL) and words[to].thing is None:
            to += 1
        if to < len(words) and words[to].thing in (Thing.AUTH, Thing.PASSWORD):
            yield _request(words, Act.GIVE, at, to)
    if word.signs(Sign.LOST):
        near = (*range(at + 1, min(at + 1 + BEHIND, len(words))), *range(max(at - 2, 0), at))
        yield from (_request(words, Act.RESET, at, to) for to in near if words[to].thing is Thing.PASSWORD)
    if word.thing in _OWN_DATA and not place.asks and _is_news(words, at):
        yield _request(words, Act.CHANGE, at, at)


def _is_news(words: Sequence[Word], at: int) -> bool:
    """Whether the thing here is said to be new, or to have changed."""
    behind, ahead = words[max(at - BEHIND, 0) : at], words[at + 1 : at + 1 + AHEAD]
    if any(word.signs(Sign.NEW) for word in behind[-2:]):
        told = any(word.signs(Sign.NOTE) for word in words)
        return told or any(word.signs(Sign.OURS) or "@" in word.text for word in ahead[:1])
    changed = (Form.DONE, Act.CHANGE)
    return any(
        changed in word.roles.acts and any(one.signs(Sign.OURS) for one in near[max(place - 2, 0) : place])
        for near in (behind, ahead)
        for place, word in enumerate(near)
    )
