"""Parsing of conditions: tokens to a tree, by the grammar of CEL. Bounded in depth; knows forms, and no types."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core.expression_tokens import ExpressionError, Token, tokens
from gateway.core.problem import near

NESTING = 20
"""Of brackets, `!`, minus signs and conditionals. A chain of operators is as deep as it has tokens, at most."""

MACROS = ("exists", "all", "exists_one", "filter", "map")
METHODS = {"size": 0, "contains": 1, "startsWith": 1, "endsWith": 1, "matches": 1, "lowerAscii": 0}
"""What is written behind a dot, and how many arguments it takes. `size(x)` is `x.size()`."""

_BINDING = {
    "?": 1,
    "||": 2,
    "&&": 3,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 4),
    **dict.fromkeys(("+", "-"), 5),
}
_LOOSEST, _ABOVE_CONDITIONAL, _TIGHTEST = 0, 1, 6
_NO_VALUES = "as break const continue else for function if import in let loop namespace package return var void while"
RESERVED = frozenset(_NO_VALUES.split()) | {"true", "false"}
"""Words of CEL, now or later: they name nothing."""


@dataclass(frozen=True, slots=True)
class Literal:
    """`true`, `12` or `"text"`."""

    column: int
    value: bool | int | str


@dataclass(frozen=True, slots=True)
class Name:
    """A variable: of the facts, or of the macro around it."""

    column: int
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """`record.name`."""

    column: int
    record: Node
    name: str


@dataclass(frozen=True, slots=True)
class Items:
    """`[a, b]`."""

    column: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or a method; what it is called on is the first argument. `-` of one argument is the sign."""

    column: int
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Macro:
    """`over.kind(variable, body)`."""

    column: int
    kind: str
    over: Node
    variable: str
    body: Node


Node = Literal | Name | Field | Items | Call | Macro


def parse_expression(text: str) -> Node:
    """The tree of a text. Raises ExpressionError."""
    parser = _Parser(tokens(text))
    tree = parser.expression(_LOOSEST)
    parser.expect("end", "")
    return tree


class _Parser:
    """Precedence climbing: an operator takes what binds more tightly than itself; all but `?` go to the left."""

    def __init__(self, words: list[Token]) -> None:
        self._words = words
        self._at = 0
        self._depth = 0

    def expression(self, binding: int) -> Node:
        left = self._unary()
        while (power := _BINDING.get(self._sees.text, 0)) > binding and self._sees.kind in ("mark", "name"):
            operator = self._take()
            if operator.text == "?":
                middle = self._nested(_ABOVE_CONDITIONAL)  # as in CEL: a conditional in the middle wants brackets
                self.expect("mark", ":")
                left = Call(operator.column, "?", (left, middle, self._nested()))
            else:
                left = Call(operator.column, operator.text, (left, self.expression(power)))
        return left

    def expect(self, kind: str, text: str) -> Token:
        """The next token, which has to be this one."""
        if self._sees.kind != kind or (text and self._sees.text != text):
            raise self._unexpected({"end": "an operator, or nothing more", "name": "a name"}.get(kind, text))
        return self._take()

    @property
    def _sees(self) -> Token:
        return self._words[self._at]

    def _take(self) -> Token:
        token = self._sees
        self._at += 1
        return token

    def _skip(self, mark: str) -> bool:
        found = self._sees.kind == "mark" and self._sees.text == mark
        self._at += found
        return found

    def _unexpected(self, right: str) -> ExpressionError:
        seen = {"end": "ends too early", "string": "a text stands in the wrong place"}
        wrong = seen.get(self._sees.kind, f"{self._sees.text} stands in the wrong place")
        return ExpressionError(self._sees.column, wrong, f"expected {right}")

    def _nested(self, binding: int = _LOOSEST) -> Node:
        if self._depth == NESTING:
            raise ExpressionError(self._sees.column, "is nested too deep", f"at most {NESTING} levels")
        self._depth += 1
        inner = self.expression(binding)
        self._depth -= 1
        return inner

    def _unary(self) -> Node:
        if self._sees.kind == "mark" and self._sees.text in ("!", "-"):
            sign = self._take()
            return Call(sign.column, sign.text, (self._nested(_TIGHTEST),))
        operand = self._operand()
        while self._skip("."):
            operand = self._member(operand)
        if self._sees.kind == "mark" and self._sees.text == "[":
            raise ExpressionError(self._sees.column, "items have no numbers here", "use exists(), all() or in")
        return operand

    def _operand(self) -> Node:
        token = self._sees
        if token.kind in ("string", "int"):
            self._at += 1
            return Literal(token.column, token.text if token.kind == "string" else int(token.text))
        if token.kind == "name" and token.text in ("true", "false"):
            self._at += 1
            return Literal(token.column, token.text == "true")
        if token.kind == "name" and token.text not in RESERVED:
            self._at += 1
            return self._function(token) if self._skip("(") else Name(token.column, token.text)
        if self._skip("("):
            inner = self._nested()
            self.expect("mark", ")")
            return inner
        if self._skip("["):
            return Items(token.column, self._list("]"))
        raise self._unexpected("a fact, a text, a number, true, false, [ or (")

    def _function(self, name: Token) -> Node:
        arguments = self._list(")")
        if name.text != "size" or len(arguments) != 1:
            right = "it takes one argument" if name.text == "size" else "a function stands behind what it is for: x.f()"
            raise ExpressionError(name.column, f"{name.text}() cannot be called so", right)
        return Call(name.column, "size", arguments)

    def _member(self, of: Node) -> Node:
        name = self.expect("name", "")
        if not self._skip("("):
            return Field(name.column, of, name.text)
        if name.text in MACROS:
            return self._macro(of, name)
        arguments = self._list(")")
        if name.text not in METHODS:
            raise ExpressionError(
                name.column, f"{name.text}() is no function here", near(name.text, (*METHODS, *MACROS))
            )
        if len(arguments) != METHODS[name.text]:
            wanted = "one argument" if METHODS[name.text] else "nothing in its brackets"
            raise ExpressionError(name.column, f"{name.text}() has {len(arguments)} arguments", f"it takes {wanted}")
        return Call(name.column, name.text, (of, *arguments))

    def _macro(self, over: Node, kind: Token) -> Node:
        variable = self.expect("name", "")
        if variable.text in RESERVED:
            raise ExpressionError(variable.column, f"{variable.text} is a word of the language", "another name")
        self.expect("mark", ",")
        body = self._nested()
        self.expect("mark", ")")
        return Macro(kind.column, kind.text, over, variable.text, body)

    def _list(self, end: str) -> tuple[Node, ...]:
        """What stands between brackets, up to and with the closing one."""
        if self._skip(end):
            return ()
        items = [self._nested()]
        while not self._skip(end):
            self.expect("mark", ",")
            items.append(self._nested())
        return tuple(items)
