"""Look-alikes: what of a registered address can be imitated, how it is found among a million, and who imitates it.

What can be imitated is its face: the domain, or the whole address at a provider that everybody shares. A face that is
one letter off has two of its three parts unchanged, so each face is kept under what is left when one part is left out,
and a stranger's is looked for under the same. What is found so is then compared for certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from gateway.core.account import Sender
from gateway.core.address import Address
from gateway.core.providers import SHARED
from gateway.core.skeleton import both, letters, skeleton

LETTERS = 5
"""In shorter names one letter makes another name: tim.it is not a misspelt tin.it."""
AUTHORS = 2_048
"""Of so many the probes are remembered."""
PROBES = 64
"""At most this many keys are looked up for one author; 10 to 30 are usual."""
LABELS = 4
"""So many of a domain's last labels, and so many of its first, are looked at besides the whole."""
_PARTS = 3
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gov", "net", "org"})


class How(StrEnum):
    """In what an author's address resembles another one, in words for staff."""

    SAME = "it looks the same"
    ENDING = "the same name with another ending"
    LETTER = "one letter apart"
    INSIDE = "its domain stands in front of another one"
    NAMED = "it stands in the display name"


@dataclass(frozen=True, slots=True)
class Resemblance:
    """An address of an account that the author, or the display name, may be taken for."""

    address: str
    account_id: int
    code: str
    how: How

    def __str__(self) -> str:
        return f"resembles {self.address} of {self.code}: {self.how}"


def imitated(sender: Sender, found: Iterable[Resemblance]) -> tuple[Resemblance, ...]:
    """What of it is another's: who is registered resembles nobody, and may name the addresses of the own accounts."""
    if not sender.accounts:
        return tuple(found)
    named = [one for one in found if one.how is How.NAMED]
    ids = {account.id for account in sender.accounts}
    own = {one.address for one in named if one.account_id in ids}
    return tuple(one for one in named if one.address not in own)


def face(address: Address) -> str:
    """What others know the address by: its domain, or all of it where anybody can have a mailbox (threats rule 8)."""
    return address.key if address.domain in SHARED else address.domain


def keys(registered: str) -> frozenset[str]:
    """What a registered face is kept under: three keys, and a fourth where two of its characters look like one."""
    local, at, domain = registered.rpartition("@")
    name, end = (local, _end(domain)) if at else (_stem(domain), "")
    plain = letters(name)
    return frozenset({*(_key(plain, len(plain), part, end) for part in range(_PARTS)), _whole(skeleton(name), end)})


@lru_cache(AUTHORS)  # by the whole address: how fast it was tells an author of nobody but themselves (I10)
def probes(author: Address) -> tuple[str, ...]:
    """The keys that the author's face is looked for under."""
    if author.domain in SHARED:  # what differs is the local part, or the ending
        return tuple(dict.fromkeys(_near_keys(author.local, _end(author.domain))))
    found = dict.fromkeys(_domain_probes(author.domain))
    providers = {one for key in found for one in _PROVIDERS.get(key, ())}
    forms = _domain_forms(author.domain)
    ends = {_end(one) for one in providers if _of_domain(*forms, one)}  # gmial.com and its like
    at_providers = [_whole(skeleton(author.local), end) for end in sorted(ends)]
    return (*at_providers, *found)[:PROBES]


def likeness(author: Address, registered: Iterable[str]) -> dict[str, How]:
    """Which of these faces the author resembles. None at all for who writes from one of the domains, or below it."""
    faces = set(registered)
    if not faces.isdisjoint(_parents(author.domain)):
        return {}  # a colleague; at a shared provider the face is no domain
    other = _Other(author, _form(author.local), *_domain_forms(author.domain))
    return {one: how for one in sorted(faces) if (how := _how(other, one)) is not None}


@dataclass(frozen=True, slots=True)
class _Form:
    """A name as it is, folded letter by letter, and as the eye may take it."""

    name: str
    letters: str
    skeleton: str


@dataclass(frozen=True, slots=True)
class _Other:
    """The author's side of a comparison, folded once for all candidates."""

    address: Address
    local: _Form
    parents: tuple[_Form, ...]
    fronts: frozenset[str]


def _form(name: str) -> _Form:
    return _Form(name, *both(name))


def _domain_forms(domain: str) -> tuple[tuple[_Form, ...], frozenset[str]]:
    parents = tuple(_form(_stem(parent)) for parent in _parents(domain))
    return parents, frozenset(skeleton(front) for front in _fronts(domain))


def _how(other: _Other, registered: str) -> How | None:
    local, at, domain = registered.rpartition("@")
    shared = other.address.domain in SHARED
    if not at:
        return None if shared else _of_domain(other.parents, other.fronts, domain)
    if other.address.domain == domain:
        return _near(other.local, _form(local))
    how = _of_domain(other.parents, other.fronts, domain)
    if shared and how is not How.ENDING:
        return None  # ymail.com is not a misspelt gmail.com
    return how if other.local.skeleton == skeleton(local) else None


def _of_domain(parents: Iterable[_Form], fronts: frozenset[str], registered: str) -> How | None:
    name = _form(_stem(registered))
    for parent in parents:
        if how := How.ENDING if parent.name == name.name else _near(parent, name):
            return how
    return How.INSIDE if fronts and skeleton(registered) in fronts else None


def _near(other: _Form, registered: _Form) -> How | None:
    if (
        other.skeleton == registered.skeleton or other.letters == registered.letters
    ):  # of teclab and teciab only one has cl
        return How.SAME
    return How.LETTER if one_apart(other.letters, registered.letters) else None


def one_apart(text: str, registered: str) -> bool:
    """Whether one character was added, left out, replaced, or exchanged with its neighbour, in a label long enough."""
    at = next((at for at, (a, b) in enumerate(zip(text, registered, strict=False)) if a != b), None)
    at = min(len(text), len(registered)) if at is None else at
    one, other = text[at:], registered[at:]
    start, stop = registered.rfind(".", 0, at) + 1, registered.find(".", at)
    if text == registered or (stop if stop >= 0 else len(registered)) - start < LETTERS:
        return False
    return one[1:] in {other[1:], other} or one == other[1:] or (one[1::-1] == other[:2] and one[2:] == other[2:])


def _domain_probes(domain: str) -> Iterator[str]:
    for parent in _parents(domain):
        yield from _near_keys(_stem(parent), "")
    for front in _fronts(domain):
        yield _whole(skeleton(_stem(front)), "")


def _near_keys(name: str, end: str) -> Iterator[str]:
    """The keys of every name that looks the same or is one letter away."""
    plain = letters(name)
    yield _whole(skeleton(name), end)
    for length in (len(plain) - 1, len(plain), len(plain) + 1):
        if length >= LETTERS or length == len(plain):
            yield from (_key(plain, length, part, end) for part in range(_PARTS))
    for border in _borders(len(plain))[1:-1]:  # two exchanged across a border change two parts
        if 0 < border < len(plain):
            yield _whole(f"{plain[: border - 1]}{plain[border]}{plain[border - 1]}{plain[border + 1 :]}", end)


def _borders(length: int) -> list[int]:
    """Where a name is cut: the end tells more than the beginning, which half of all names may share (studio...)."""
    return [0, 2 * length // 5, 4 * length // 5, length]


def _key(text: str, length: int, part: int, end: str) -> str:
    """What is left of a text of that length without one of its parts, as far as `text` is that text."""
    borders = _borders(length)
    rest = text[len(text) - (length - borders[part + 1]) :] if borders[part + 1] < length else ""
    return f"{length}.{part}.{text[: borders[part]]}{rest}{end}"


def _whole(text: str, end: str) -> str:
    return _key(text, len(text), 0, end)


def _end(provider: str) -> str:
    return "@" + letters(_stem(provider))


def _stem(domain: str) -> str:
    """The domain without its ending: rossi of rossi.it, rossi.com and rossi.co.uk."""
    labels = domain.split(".")
    ending = 2 if len(labels) > 2 and labels[-2] in _SECOND_LEVEL else 1  # noqa: PLR2004 - a name, co, uk
    return ".".join(labels[:-ending]) or domain


def _parents(domain: str) -> list[str]:
    """The domain, and its last labels from `LABELS` down to two; co.uk is not somebody's."""
    labels = domain.split(".")
    last = (labels[-count:] for count in range(min(LABELS, len(labels) - 1), 1, -1))
    return [domain, *(".".join(some) for some in last if some[0] not in _SECOND_LEVEL)]


def _fronts(domain: str) -> list[str]:
    """What stands in front of another domain and may be read as one: rossi.it of rossi.it.attack.example."""
    labels = domain.split(".")
    return [".".join(labels[:count]) for count in range(2, min(LABELS, len(labels) - 1) + 1)]


def _providers() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for provider in sorted(SHARED):
        for key in keys(provider):
            found[key] = found.get(key, frozenset()) | {provider}
    return found


_PROVIDERS = _providers()
