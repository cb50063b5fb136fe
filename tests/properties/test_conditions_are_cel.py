"""Conditions are CEL: what is accepted means what a CEL library says that it means, and is true or false of any facts.

Two things are kept out, for the library is wrong there or ours is wider: `size()` of a text that is not ASCII (it
counts octets), and sums beyond 64 bits (it refuses them when they are reached).
"""

from __future__ import annotations

from dataclasses import dataclass

import cel
from cel.stdlib import add_stdlib_to_context
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.expression import Condition, compile_condition
from gateway.core.expression_tokens import ExpressionError

SCHEMA = {
    "author": {"domain": "string", "name": "string", "shared": "bool"},
    "subject": "string",
    "size": "int",
    "automatic": "bool",
    "intent": ["string"],
    "hours": ["int"],
    "attachments": [{"name": "string", "size": "int", "inline": "bool"}],
}
TEXTS = st.sampled_from(["", "a", "A", "exe", "rossi.example", "É tè", "😀", "a.exe", "'", "\\", "\n", "x" * 300])
ASCII = st.sampled_from(["", "a", "Re: A", "fattura 12", "x" * 300])
INTS = st.integers(-3, 3) | st.integers(-(10**9), 10**9)
VALUES = st.fixed_dictionaries(
    {
        "author": st.fixed_dictionaries({"domain": TEXTS, "name": TEXTS, "shared": st.booleans()}),
        "subject": ASCII,
        "size": INTS,
        "automatic": st.booleans(),
        "intent": st.lists(TEXTS, max_size=3),
        "hours": st.lists(INTS, max_size=3),
        "attachments": st.lists(
            st.fixed_dictionaries({"name": TEXTS, "size": INTS, "inline": st.booleans()}), max_size=3
        ),
    }
)
SUMS = st.lists(st.sampled_from(["0", "1", "2", "-1"]), min_size=1, max_size=3).map(" - ".join)
RELATIONS = st.builds(
    "{} {} {}{}".format,
    SUMS,
    st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    SUMS,
    st.sampled_from(["", "", " == true", " != false == !true"]),
)
PATTERNS = st.sampled_from(["", "^a", "e$", "(?i)É", "[0-9]+", r"\w\s", "(a|x)+$", r"\."])
WORDS = "! - + && || == != < <= > >= in ? : ( ) [ ] , . true false 1 'a' size subject automatic intent one contains"
CHANGES = st.tuples(st.integers(0, 400), st.integers(0, 3), st.sampled_from(WORDS.split()))
"""Where, how many characters go, and what comes in their place."""
OR, AND, RELATION, SUM, SIGN, MEMBER = range(1, 7)
"""How tightly an operator binds, by the definition of CEL; a conditional is 0."""
FACTS = {
    "bool": ("automatic", "author.shared"),
    "int": ("size", "subject.size()", "size(intent)", "attachments.size()"),
    "string": ("subject", "author.domain", "author.name"),
    "strings": ("intent",),
    "ints": ("hours",),
    "records": ("attachments",),
}
ITEMS = {
    "strings": {"string": ("one",)},
    "ints": {"int": ("one",)},
    "records": {"string": ("one.name",), "int": ("one.size",), "bool": ("one.inline",)},
}
LISTS = {"string": "strings", "int": "ints"}


@dataclass(frozen=True)
class Written:
    """An expression with no brackets but those it needs, and with all; and how tightly it binds."""

    short: str
    full: str
    binding: int = MEMBER

    def within(self, binding: int) -> str:
        return self.short if self.binding >= binding else f"({self.short})"


def _plain(text: str) -> Written:
    return Written(text, text)


def _infix(sign: str, binding: int, left: Written, right: Written) -> Written:
    """All of these group to the left."""
    short = f"{left.within(binding)} {sign} {right.within(binding + 1)}"
    return Written(short, f"({left.full} {sign} {right.full})", binding)


def _quoted(text: str) -> Written:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return _plain(f"'{escaped}'")


class Writer:
    """Writes what is well typed. Inside a macro `one` is its item, and no other macro begins."""

    def __init__(self, draw, item: str = "") -> None:
        self._draw = draw
        self._item = item

    def of(self, kind: str, depth: int) -> Written:
        forms = [self._leaf]
        if depth:
            forms += {"bool": BOOLS, "int": NUMBERS, "string": STRINGS}.get(kind, ROWS)
        return self._draw(st.sampled_from(forms))(self, kind, depth - 1)

    def any_of(self, *kinds: str) -> str:
        return self._draw(st.sampled_from(kinds))

    @property
    def in_macro(self) -> bool:
        return bool(self._item)

    def item_of(self, kind: str) -> Writer:
        return Writer(self._draw, kind)

    def pattern(self) -> Written:
        return _quoted(self._draw(PATTERNS))

    @staticmethod
    def _leaf(writer: Writer, kind: str, _depth: int) -> Written:
        draw = writer._draw
        names = FACTS[kind] + ITEMS.get(writer._item, {}).get(kind, ())
        name = draw(st.sampled_from(names))
        if kind == "records" or draw(st.booleans()):
            return _plain(name)
        if kind in LISTS.values():
            inner = next(one for one, many in LISTS.items() if many == kind)
            items = [writer.of(inner, 0) for _ in range(draw(st.integers(1, 2)))]
            return Written(f"[{', '.join(one.short for one in items)}]", f"[{', '.join(one.full for one in items)}]")
        if kind == "bool":
            return _plain(draw(st.sampled_from(["true", "false"])))
        return _quoted(draw(TEXTS)) if kind == "string" else _plain(str(draw(st.integers(0, 9))))


def _logic(write: Writer, _kind: str, depth: int) -> Written:
    sign = write.any_of("&&", "||")
    return _infix(sign, AND if sign == "&&" else OR, write.of("bool", depth), write.of("bool", depth))


def _comparison(write: Writer, _kind: str, depth: int) -> Written:
    kind = write.any_of("int", "string")
    sign = write.any_of("<", "<=", ">", ">=")
    return _infix(sign, RELATION, write.of(kind, depth), write.of(kind, depth))


def _equality(write: Writer, _kind: str, depth: int) -> Written:
    kind = write.any_of("bool", "int", "string", "strings", "ints")
    return _infix(write.any_of("==", "!="), RELATION, write.of(kind, depth), write.of(kind, depth))


def _membership(write: Writer, _kind: str, depth: int) -> Written:
    kind = write.any_of("int", "string")
    return _infix("in", RELATION, write.of(kind, depth), write.of(LISTS[kind], depth))


def _sum(write: Writer, kind: str, depth: int) -> Written:
    sign = "+" if kind == "string" else write.any_of("+", "-")
    return _infix(sign, SUM, write.of(kind, depth), write.of(kind, depth))


def _signed(write: Writer, kind: str, depth: int) -> Written:
    inner, sign = write.of(kind, depth), "!" if kind == "bool" else "-"
    return Written(f"{sign}{inner.within(SIGN)}", f"({sign}{inner.full})", SIGN)


def _choice(write: Writer, kind: str, depth: int) -> Written:
    asked, then, other = write.of("bool", depth), write.of(kind, depth), write.of(kind, depth)
    short = f"{asked.within(OR)} ? {then.within(OR)} : {other.short}"
    return Written(short, f"({asked.full} ? {then.full} : {other.full})", 0)


def _method(write: Writer, kind: str, depth: int) -> Written:
    of = write.of("string", depth)
    name = "lowerAscii" if kind == "string" else write.any_of("contains", "startsWith", "endsWith", "matches")
    within = write.pattern() if name == "matches" else write.of("string", depth) if kind == "bool" else _plain("")
    return Written(f"{of.within(MEMBER)}.{name}({within.short})", f"({of.full}.{name}({within.full}))")


def _macro(write: Writer, kind: str, depth: int) -> Written:
    if write.in_macro:
        return write.of(kind, 0)
    name = write.any_of("exists", "all", "exists_one") if kind == "bool" else "map" if kind != "records" else "filter"
    rows = write.any_of("strings", "ints", "records") if name != "filter" else kind
    body_of = "bool" if name != "map" else next(one for one, many in LISTS.items() if many == kind)
    over, body = write.of(rows, depth), write.item_of(rows).of(body_of, depth)
    short = f"{over.within(MEMBER)}.{name}(one, {body.short})"
    return Written(short, f"({over.full}.{name}(one, {body.full}))")


def _filtered(write: Writer, kind: str, depth: int) -> Written:
    if write.in_macro:
        return write.of(kind, 0)
    over, body = write.of(kind, depth), write.item_of(kind).of("bool", depth)
    return Written(f"{over.within(MEMBER)}.filter(one, {body.short})", f"({over.full}.filter(one, {body.full}))")


def _count(write: Writer, _kind: str, depth: int) -> Written:
    of = write.of(write.any_of("strings", "ints", "records"), depth)
    return Written(f"{of.within(MEMBER)}.size()", f"size({of.full})")


BOOLS = [_logic, _logic, _comparison, _equality, _membership, _signed, _choice, _method, _macro]
NUMBERS = [_sum, _sum, _signed, _choice, _count]
STRINGS = [_sum, _choice, _method]
ROWS = [_macro, _filtered, _choice]


@st.composite
def conditions(draw) -> Written:
    return Writer(draw).of("bool", draw(st.integers(1, 4)))


def _by_library(text: str, values: dict[str, object]) -> object:
    context = cel.Context(variables=values)
    add_stdlib_to_context(context)  # lowerAscii() is of its strings
    return cel.compile(text).execute(context)


def _compiled(text: str) -> Condition | None:
    try:
        return compile_condition(text, SCHEMA)
    except ExpressionError as refused:
        if "too" in refused.wrong:  # long, or many words, or deep: the bounds are tried elsewhere
            return None
        raise


@given(conditions(), VALUES)
@settings(max_examples=400)
def test_a_condition_means_the_same_to_a_cel_library(written: Written, values: dict[str, object]):
    """With the brackets that it needs, and with all of them; and it raises nothing."""
    found = _by_library(written.full, values)
    assert isinstance(found, bool)
    assert _by_library(written.short, values) is found
    for text in (written.short, written.full):
        condition = _compiled(text)
        assert condition is None or condition.holds(values) is found


@given(st.lists(st.tuples(RELATIONS, st.sampled_from(["&&", "||", "? true :", "? false :"])), min_size=1, max_size=5))
@settings(max_examples=400)
def test_chains_without_brackets_group_as_in_cel(chain: list[tuple[str, str]]):
    """What binds more tightly, and to which side, decides these; so small numbers, which are often equal."""
    text = " ".join([part for pair in chain for part in pair] + [chain[0][0]])
    condition = _compiled(text)
    assert condition is None or condition.holds({}) is _by_library(text, {})


@given(conditions(), VALUES, st.lists(CHANGES, min_size=1, max_size=3))
@settings(max_examples=400)
def test_what_is_changed_is_still_cel_or_refused(written: Written, values, changes: list[tuple[int, int, str]]):
    """A text that we accept and the library does not, or in another sense, would be a dialect."""
    text = written.short
    for at, cut, word in changes:
        place = at % (len(text) + 1)
        text = f"{text[:place]} {word} {text[place + cut :]}"
    try:
        condition = compile_condition(text, SCHEMA)
    except ExpressionError:
        return
    assert condition.holds(values) is _by_library(text, values)
