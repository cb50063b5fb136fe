"""Tokens: the text of a condition to its words, bounded before anything else looks at it. Linear; raises one error.

It is the lexis of CEL less what no fact needs: no doubles, no bytes, no maps, no comments, no null.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CHARACTERS = 1000
TOKENS = 300
NAME_CHARACTERS = 40
LARGEST = 2**63 - 1  # CEL's int has 64 bits

_TOKEN = re.compile(
    r"[ \t\r\n]*+(?:"
    r"(?P<raw>r\"[^\"\r\n]*+\"|r'[^'\r\n]*+')"
    r"|(?P<string>\"(?>(?:[^\"\\\r\n]|\\[^\r\n])*)\"|'(?>(?:[^'\\\r\n]|\\[^\r\n])*)')"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*+)"
    r"|(?P<int>[0-9]++(?![A-Za-z_.]))"
    r"|(?P<mark>&&|\|\||[=!<>]=|[!<>+\-?:.,()\[\]])"
    r"|(?P<end>\Z))",
)
_SPACE = re.compile(r"[ \t\r\n]*+")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ESCAPES = {"\\": "\\", '"': '"', "'": "'", "n": "\n", "r": "\r", "t": "\t"}
_MEANT = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "True": "true",
    "False": "false",
    "null": '"", 0, false or size() == 0: a fact is empty, never absent',
    "None": '"", 0, false or size() == 0: a fact is empty, never absent',
    "has": "leave it out: every fact is always there",
    "=": "==",
    "&": "&&",
    "|": "||",
    "//": "a comment of YAML, before the key",
    '"': "end the text with the same quote, on the same line",
    "'": "end the text with the same quote, on the same line",
}
"""What others write, and what is to be written here."""


class ExpressionError(Exception):
    """A condition that is none. `column` counts characters of the whole text from 1; its str is one line."""

    def __init__(self, column: int, wrong: str, right: str = "") -> None:
        super().__init__(f"column {column}: {wrong}; {right}" if right else f"column {column}: {wrong}")
        self.column, self.wrong, self.right = column, wrong, right


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is string, name, int, mark or end; `text` is what a string means, and else as it stands."""

    kind: str
    text: str
    column: int


def tokens(text: str) -> list[Token]:
    """All tokens, the last one is the end. Raises ExpressionError."""
    if len(text) > CHARACTERS:
        raise ExpressionError(CHARACTERS + 1, "is too long", f"at most {CHARACTERS} characters")
    if found := _SURROGATE.search(text):
        raise ExpressionError(found.start() + 1, "half of a character", "text in UTF-8")
    kept: list[Token] = []
    at = 0
    while True:
        match = _TOKEN.match(text, at)
        if match is None:
            raise _unreadable(text, at)
        kept.append(_token(match))
        if kept[-1].kind == "end":
            return kept
        if len(kept) > TOKENS:
            raise ExpressionError(kept[-1].column, "has too many words", f"at most {TOKENS}")
        at = match.end()


def _token(match: re.Match[str]) -> Token:
    kind = match.lastgroup or "end"
    found, column = match[kind], match.start(kind) + 1
    if kind == "raw":
        return Token("string", found[2:-1], column)
    if kind == "string":
        return Token(kind, _ESCAPE.sub(lambda escape: _escaped(escape, column), found[1:-1]), column)
    if kind == "name" and found in _MEANT:
        raise ExpressionError(column, f"{found} is no word here", f"write {_MEANT[found]}")
    if kind == "name" and len(found) > NAME_CHARACTERS:
        raise ExpressionError(column, "is no name", f"names have at most {NAME_CHARACTERS} characters")
    if kind == "int" and (len(found) > len(str(LARGEST)) or int(found) > LARGEST):
        raise ExpressionError(column, "is too large a number", f"at most {LARGEST}")
    return Token(kind, found, column)


def _escaped(escape: re.Match[str], column: int) -> str:
    code = escape[1]
    meant = _ESCAPES.get(code) or (chr(int(code[1:], 16)) if len(code) > 1 else "")
    if not meant or _SURROGATE.match(meant):
        right = r"""\\, \", \', \n, \r, \t or \uXXXX, or a raw text r"..." with no escapes"""
        raise ExpressionError(column + escape.start() + 1, "is no escape", right)
    return meant


def _unreadable(text: str, at: int) -> ExpressionError:
    space = _SPACE.match(text, at)
    at = space.end() if space else at
    one = "//" if text.startswith("//", at) else text[at]
    if one.isdigit():
        return ExpressionError(at + 1, "is no number", "whole numbers in decimal, such as 1048576")
    wrong = f"{one if one.isprintable() else 'a control character'} means nothing here"
    if one in "*/%":
        return ExpressionError(at + 1, wrong, "numbers are only added and subtracted")
    return ExpressionError(at + 1, wrong, f"write {_MEANT[one]}" if one in _MEANT else "")
