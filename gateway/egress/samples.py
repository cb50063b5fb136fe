"""Samples: the facts that a template may ask for, all of them text, as they may be when a letter is written. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import product

from gateway.core.reference import tag
from gateway.core.reply import Kind
from gateway.core.roster import NAME_CHARACTERS

_REFERENCE = "7Q4TM-9XK2F"
SAMPLE: Mapping[str, str] = {
    "reference": _REFERENCE,
    "tag": tag(_REFERENCE),
    "subject": "Il sito non risponde " * 20,  # long, so that a tag at the end is seen to fall off
    "name": "Rossi S.r.l.",
    "text": "Buongiorno,\n\nil sito risponde di nuovo.",
    "sender": "Assistenza",
    "hostname": "gateway.example.it",
    "panel": "https://panel.example.it/requests",
    "when": "2026-11-22 09:30 UTC",
    "until": "2026-11-29 09:30 UTC",
    "as_primary": "yes",
    "digest": "yes",
}
"""Every fact, as it usually is."""

_OTHERWISE: Mapping[str, tuple[str, ...]] = {
    "subject": ("", "Aiuto"),
    "name": ("R" * NAME_CHARACTERS,),
    "text": ("Fatto.",),
    "sender": ("",),
    "panel": ("",),
    "as_primary": ("",),
    "digest": ("",),
}
_SHORT = 20


def samples(name: str, asked: Collection[str]) -> Iterator[dict[str, str]]:
    """Facts for the template `name`: every mixture of what those that it asks for may be, the usual one first."""
    values = {fact: _values(name, fact) if fact in asked else (SAMPLE[fact],) for fact in SAMPLE}
    for mixture in product(*values.values()):
        yield dict(zip(values, mixture, strict=True))


def oddity(facts: Mapping[str, str], asked: Collection[str]) -> str:
    """What is unusual about a sample, of what a template asks for; empty where nothing is."""
    odd = ((fact, value) for fact, value in facts.items() if fact in asked and value != SAMPLE[fact])
    told = [f"{fact} {_told(value)}" for fact, value in odd]
    return f" (where {', '.join(told)})" if told else ""


def _values(name: str, fact: str) -> tuple[str, ...]:
    """What a fact may be in such a letter."""
    if fact in _never(name):
        return ("",)
    if name == Kind.CONFIRM and fact == "name":
        return (SAMPLE[fact], *_OTHERWISE[fact], "")  # for nobody: to fail would tell who is registered (I10)
    return (SAMPLE[fact], *_OTHERWISE.get(fact, ()))


def _never(name: str) -> set[str]:
    """The facts that such a letter never has."""
    if name == Kind.CONFIRM:
        return {"subject", "text"}
    question = {"when", "until", "as_primary", "digest"}
    return question if name == Kind.REPLY else question | {"text"}


def _told(value: str) -> str:
    if not value:
        return "is empty"
    return f"is {value}" if len(value) <= _SHORT else f"has {len(value)} characters"
