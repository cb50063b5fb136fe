"""What a worker and the daemon say to each other: frames of a length and a pickle, of our own nouns and no others.

Octets of the message go to the worker once and do not come back: what stands in them comes back as where it stands.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from functools import partial
from importlib import import_module
from operator import attrgetter
from typing import Any

from gateway.core.arrival import Arrival
from gateway.core.case import Override
from gateway.core.committed import Record
from gateway.core.mime import Leaf, Part

LENGTH = 4
"""Octets in front of a frame that say how many follow."""
NUMBER = 4
"""Octets at the start of a frame that say which question it is about."""

Reduced = tuple[Callable[..., Any], tuple[Any, ...]]

_CORE = "gateway.core."


class UnknownWord(Exception):  # noqa: N818 - a thing that was said
    """A frame names what no frame may: the process at the other end is not what it was."""


def question(arrival: Arrival, override: Override | None, unread: str) -> bytes:
    """What a worker is asked: everything of one message. `unread` says why it is not to be parsed, if it is not."""
    return _pickled((arrival, override, unread), _Nouns())


def asked(frame: bytes) -> tuple[Arrival, Override | None, str]:
    """A question as a worker hears it."""
    found: tuple[Arrival, Override | None, str] = _Reader(frame).load()
    return found


def answer(found: Record | str, arrival: Arrival) -> bytes:
    """What a worker says of `arrival`: the record, or why there is none now."""
    return _pickled(found, _Nouns(arrival))


def answered(frame: bytes, arrival: Arrival) -> Record | str:
    """An answer as the daemon hears it, with the `arrival` that was asked about in it. Raises UnknownWord."""
    found = _Reader(frame, arrival).load()
    if not isinstance(found, Record | str):
        raise UnknownWord(type(found).__name__)
    return found


def framed(number: int, words: bytes) -> bytes:
    """On the wire: the length, the number of the question, the words."""
    return (NUMBER + len(words)).to_bytes(LENGTH, "big") + number.to_bytes(NUMBER, "big") + words


class Frames:
    """A stream cut into frames. What is longer than `bound` octets is no frame of ours: UnknownWord."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._held = bytearray()

    def feed(self, octets: bytes) -> list[tuple[int, bytes]]:
        """Those that are whole by now, each with the number of its question."""
        held = self._held
        held += octets
        found, at = [], 0
        while len(held) - at >= LENGTH:
            length = int.from_bytes(held[at : at + LENGTH], "big")
            if not NUMBER <= length <= self._bound:
                raise UnknownWord(f"a frame of {length} octets")
            if len(held) - at < LENGTH + length:
                break
            at += LENGTH
            number = int.from_bytes(held[at : at + NUMBER], "big")
            found.append((number, bytes(held[at + NUMBER : at + length])))
            at += length
        del held[:at]
        return found


class _Nouns(dict[type, Callable[[Any], Reduced]]):
    """How our nouns are taken apart: by their fields, which is quicker than what a frozen dataclass does by itself.

    What stands for the arrival knows the arrival and not this: a ring would keep its octets until the next collection.
    """

    def __init__(self, arrival: Arrival | None = None) -> None:
        super().__init__(_KNOWN)
        if arrival is not None:
            self[Arrival] = partial(_arrived, arrival)
            self[Leaf] = partial(_lies, arrival)

    def __missing__(self, noun: type) -> Callable[[Any], Reduced]:
        if issubclass(noun, Enum):  # before 3.11.4 they take themselves apart into getattr, which is no noun of ours
            self[noun] = _KNOWN[noun] = lambda member: (noun, (member.value,))
        elif is_dataclass(noun):
            self[noun] = _KNOWN[noun] = _by_fields(noun)
        else:
            raise KeyError(noun)
        return _KNOWN[noun]


def _arrived(asked_about: Arrival, arrival: Arrival) -> Reduced:
    if arrival is asked_about:
        return _the_arrival, ()
    return _by_fields(Arrival)(arrival)


def _lies(asked_about: Arrival, leaf: Leaf) -> Reduced:
    if leaf.raw is asked_about.raw:
        return _in_the_arrival, (leaf.part,)
    return Leaf, (leaf.raw, leaf.part)


_KNOWN: dict[type, Callable[[Any], Reduced]] = {}


def _by_fields(noun: type) -> Callable[[Any], Reduced]:
    names = [one.name for one in fields(noun)]
    if len(names) == 1:
        return lambda thing: (noun, (getattr(thing, names[0]),))
    values = attrgetter(*names)
    return (lambda thing: (noun, values(thing))) if names else lambda _: (noun, ())


def _pickled(thing: object, nouns: _Nouns) -> bytes:
    out = io.BytesIO()
    pickler = pickle.Pickler(out, protocol=5)
    pickler.dispatch_table = nouns
    pickler.dump(thing)
    return out.getvalue()


class _Reader(pickle.Unpickler):
    """Makes nothing but our own nouns, and what stands for the arrival."""

    def __init__(self, frame: bytes, arrival: Arrival | None = None) -> None:
        super().__init__(io.BytesIO(frame))
        self._stand_ins: dict[str, Callable[..., Any]] = {}  # which know no reader: the same ring, the other way
        if arrival is not None:
            self._stand_ins = {
                _the_arrival.__name__: lambda: arrival,
                _in_the_arrival.__name__: partial(Leaf, arrival.raw),
            }

    def find_class(self, module: str, name: str) -> Any:
        if module == __name__ and name in self._stand_ins:
            return self._stand_ins[name]
        noun = _NOUNS.get((module, name))
        if noun is None:
            noun = _NOUNS[module, name] = _noun(module, name)
        return noun


_NOUNS: dict[tuple[str, str], type] = {("datetime", noun.__name__): noun for noun in (datetime, timedelta, timezone)}
"""Those that were met."""


def _noun(module: str, name: str) -> type:
    """One of ours: a class of the core, and nothing that is only imported there."""
    if module.startswith(_CORE):
        noun = getattr(import_module(module), name, None)  # a name with dots in it is no attribute
        if isinstance(noun, type) and noun.__module__ == module:
            return noun
    raise UnknownWord(f"{module}.{name}")


def _the_arrival() -> Arrival:
    raise NotImplementedError  # stands in a frame, and is never called by this name


def _in_the_arrival(part: Part) -> Leaf:
    raise NotImplementedError  # the same
