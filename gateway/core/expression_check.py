"""Checking of conditions: a tree and the types of the facts to what it computes. What passes cannot fail on facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.core.expression_calls import call
from gateway.core.expression_tokens import ExpressionError
from gateway.core.expression_tree import Call, Field, Items, Literal, Macro, Name, Node
from gateway.core.expression_types import Checked, Path, Run, Schema, Words, in_words
from gateway.core.letter import shown
from gateway.core.problem import near
from gateway.core.record import Types

_WORDS = {bool: "bool", int: "int", str: "string"}
_INSTEAD = {True: "ask for its items: exists(one, one...)", False: "compare it as it is"}
_COMPARED = ("==", "!=", "in")
_MACROS: Mapping[str, Callable[[Run, Run], Run]] = {
    "exists": lambda over, body: lambda values, item: any(body(values, one) for one in over(values, item)),
    "all": lambda over, body: lambda values, item: all(body(values, one) for one in over(values, item)),
    "exists_one": lambda over, body: lambda values, item: sum(body(values, one) for one in over(values, item)) == 1,
    "filter": lambda over, body: lambda values, item: [one for one in over(values, item) if body(values, one)],
    "map": lambda over, body: lambda values, item: [body(values, one) for one in over(values, item)],
}


@dataclass(frozen=True, slots=True)
class _Item:
    """The variable of a macro."""

    name: str
    type: Types
    path: Path


def check_expression(tree: Node, schema: Schema, words: Words) -> tuple[Checked, tuple[Path, ...]]:
    """The checked tree and the facts that it reads, in order. Raises ExpressionError."""
    checker = _Checker(schema, words)
    checked = checker.check(tree, None)
    read = dict.fromkeys(checker.read)
    return checked, tuple(one for one in read if not any(one == other[: len(one)] != other for other in read))


class _Checker:
    """Depth is bounded by the parser."""

    def __init__(self, schema: Schema, words: Words) -> None:
        self._schema = schema
        self._words = words
        self.read: list[Path] = []

    def check(self, node: Node, item: _Item | None) -> Checked:
        match node:
            case Literal(_, value):
                return Checked(_WORDS[type(value)], lambda _values, _item: value)
            case Name():
                return self._name(node, item)
            case Field():
                return self._field(node, item)
            case Items():
                return self._items(node, item)
            case Macro():
                return self._macro(node, item)
            case Call():
                given = [self.check(one, item) for one in node.arguments]
                if node.function in _COMPARED:
                    self._compared(node.arguments, given)
                return call(node, given)

    def _compared(self, nodes: tuple[Node, ...], given: list[Checked]) -> None:
        """A fact that is one of a few words, with a word that is none of them: it would hold of nothing."""
        for fact, other in zip(given, reversed(nodes), strict=True):
            known = self._words.get(fact.path, ())
            for one in other.items if isinstance(other, Items) else (other,):
                if known and isinstance(one, Literal) and isinstance(one.value, str) and one.value not in known:
                    wrong = f"{'.'.join(fact.path)} is never {shown(one.value)}"
                    raise ExpressionError(one.column, wrong, near(one.value, [word or '""' for word in known]))

    def _name(self, node: Name, item: _Item | None) -> Checked:
        name = node.name
        if item is not None and name == item.name:
            self.read += [item.path] if item.path else []
            return Checked(item.type, lambda _values, one: one, item.path)
        if name not in self._schema:
            known = [*self._schema, item.name] if item else [*self._schema]
            raise ExpressionError(node.column, f"{name} is no fact", f'{near(name, known)}; a text is written "{name}"')
        self.read.append((name,))
        return Checked(self._schema[name], lambda values, _item: values[name], (name,))

    def _field(self, node: Field, item: _Item | None) -> Checked:
        record, name = self.check(node.record, item), node.name
        if not isinstance(record.type, dict):
            raise ExpressionError(
                node.column, f"{in_words(record.type)} has no fields", _INSTEAD[isinstance(record.type, list)]
            )
        if name not in record.type:
            raise ExpressionError(node.column, f"has no field {name}", near(name, [*record.type]))
        path = (*record.path, name) if record.path else ()
        self.read += [path] if path else []
        run = record.run
        return Checked(record.type[name], lambda values, one: run(values, one)[name], path)

    def _items(self, node: Items, item: _Item | None) -> Checked:
        items = [self.check(one, item) for one in node.items]
        if not items:
            raise ExpressionError(node.column, "an empty list holds nothing", "for an empty one compare its size()")
        for one, at in zip(items, node.items, strict=True):
            if one.type != items[0].type:
                wrong = f"{in_words(one.type)} in a list that begins with {in_words(items[0].type)}"
                raise ExpressionError(at.column, wrong, "one type in a list")
        if all(isinstance(one, Literal) for one in node.items):
            constant = [one.run(None, None) for one in items]
            return Checked([items[0].type], lambda _values, _item: constant)
        runs = [one.run for one in items]
        return Checked([items[0].type], lambda values, one: [run(values, one) for run in runs])

    def _macro(self, node: Macro, item: _Item | None) -> Checked:
        over = self.check(node.over, item)
        if item is not None:  # the cost would be a product, and the second variable hides the first
            raise ExpressionError(node.column, f"{node.kind}() inside a macro", "one after the other, joined by &&")
        if not isinstance(over.type, list):
            raise ExpressionError(node.column, f"{node.kind}() of {in_words(over.type)}", "it is for lists")
        if node.variable in self._schema:
            raise ExpressionError(node.column, f"{node.variable} is the name of a fact", "another name for the item")
        body = self.check(node.body, _Item(node.variable, over.type[0], over.path))
        if node.kind != "map" and body.type != "bool":
            raise ExpressionError(node.body.column, f"{in_words(body.type)} decides nothing", "a condition on the item")
        run = _MACROS[node.kind](over.run, body.run)
        kept = {"filter": Checked(over.type, run, over.path), "map": Checked([body.type], run)}
        return kept.get(node.kind, Checked("bool", run))
