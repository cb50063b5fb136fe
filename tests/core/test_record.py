"""Records: nouns as plain data and back, whatever stands in the data."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from gateway.core.record import from_record, shape, to_record, types


@dataclass(frozen=True, slots=True)
class Wheel:
    size: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Cart:
    name: str = ""
    painted: bool = False
    front: Wheel = field(default_factory=Wheel)
    wheels: tuple[Wheel, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class One:
    name: str = ""


CART = Cart("a", painted=True, front=Wheel(3, "f"), wheels=(Wheel(1, "x"), Wheel(2)), names=("b", "c"))


def test_a_noun_comes_back_from_json_as_it_was():
    """There and back through text."""
    assert from_record(Cart, json.loads(json.dumps(to_record(CART)))) == CART


def test_a_record_is_lists_and_dictionaries_at_every_depth():
    """What JSON is made of, so that a condition reads of a new message what it reads of a stored one."""
    wheels = [{"size": 1, "name": "x"}, {"size": 2, "name": ""}]
    front = {"size": 3, "name": "f"}
    assert to_record(CART) == {"name": "a", "painted": True, "front": front, "wheels": wheels, "names": ["b", "c"]}
    assert to_record(One("only")) == {"name": "only"}


def test_a_record_has_every_field_and_nothing_absent():
    """An empty noun is a record of empty values."""
    assert to_record(Cart()) == {
        "name": "",
        "painted": False,
        "front": {"size": 0, "name": ""},
        "wheels": [],
        "names": [],
    }


def test_types_are_told_in_words():
    """A list by its one item, a noun by its fields."""
    wheel = {"size": "int", "name": "string"}
    assert types(Cart) == {
        "name": "string",
        "painted": "bool",
        "front": wheel,
        "wheels": [wheel],
        "names": ["string"],
    }


@pytest.mark.parametrize(
    ("record", "cart"),
    [
        ({}, Cart()),
        ({"name": "a"}, Cart("a")),
        ({"name": None, "painted": 1, "front": [], "wheels": "x", "names": {"a": 1}, "horse": "h"}, Cart()),
        ({"front": {"size": True, "name": "f"}}, Cart(front=Wheel(0, "f"))),
        (
            {"wheels": [{"size": 1}, 7, None, {}], "names": ["a", 1, ["b"]]},
            Cart(wheels=(Wheel(1), Wheel()), names=("a",)),
        ),
        (None, Cart()),
        ([1], Cart()),
    ],
)
def test_what_is_missing_or_odd_is_as_if_left_out(record, cart):
    """A record of another version, or of nobody's, is read as far as it goes."""
    assert from_record(Cart, record) == cart


@pytest.mark.parametrize(
    ("record", "whole"),
    [
        (to_record(CART), True),
        (to_record(CART) | {"more": 1}, True),
        ({name: value for name, value in to_record(CART).items() if name != "names"}, False),
        (to_record(CART) | {"front": {"size": 1}}, False),
        (to_record(CART) | {"wheels": [{"size": 1, "name": ""}, {"size": 2}]}, False),
        (to_record(CART) | {"wheels": {}}, False),
        ([], False),
    ],
)
def test_a_record_of_another_shape_is_told_apart(record, whole):
    """What fits can be read as it is; a field that is missing, however deep, does not."""
    assert shape(Cart).fits(record) is whole
