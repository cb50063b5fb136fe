"""SPF macros: a domain-spec to its parts, strictly, and those to a name (RFC 7208 §7). Total and linear.

The letters c, r and t are for explanations alone, which are never fetched: here they are a syntax error (§7.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

NAME_CHARACTERS = 253  # §7.3, of a name without its last dot

_FIXED = {"%": "%", "_": " ", "-": "%20"}  # §7.1
_TOKEN = re.compile(
    r"""%\{(?P<letter>[slodiphv])(?P<count>[0-9]*+)(?P<reversed>r?)(?P<delimiters>[-.+,/_=]*+)\}
      | %(?P<fixed>[%_-])
      | (?P<literal>[!-$&-~]++)""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_TOP_LABEL = re.compile(r"(?![0-9]*+\Z)[A-Za-z0-9]++(?>(?:-++[A-Za-z0-9]++)*)")
_LABEL = re.compile(r"[!-Z^-~]{1,63}")  # what a resolver reads as itself; no dot, because labels are cut at dots


@dataclass(frozen=True, slots=True)
class Macro:
    """One macro-expand. `count` of right-hand parts, 0 for all; `letter` in lower case, or one of `% _ -`."""

    letter: str
    count: int = 0
    reverse: bool = False
    delimiters: str = "."
    escape: bool = False


Spec = tuple[str | Macro, ...]


def macro_string(text: str) -> Spec | None:
    """The parts of a macro-string, or None when it is not one (§7.1)."""
    parts: list[str | Macro] = []
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if not token or (token["count"] and not token["count"].strip("0")):  # §7.1: zero parts are none
            return None
        position = token.end()
        parts.append(token["literal"] or _macro(token))
    return tuple(parts)


def domain_spec(text: str) -> Spec | None:
    """The parts of a domain-spec, or None: it ends in a macro, or in a dot and a label that can be a top one (§7.1)."""
    parts = macro_string(text)
    if not parts:
        return None
    if isinstance(parts[-1], Macro):
        return parts
    _, dot, label = parts[-1].removesuffix(".").rpartition(".")
    return parts if dot and _TOP_LABEL.fullmatch(label) else None


def uses(spec: Spec, letter: str) -> bool:
    """Whether a macro of this letter stands in it."""
    return any(isinstance(part, Macro) and part.letter == letter for part in spec)


def expand(spec: Spec, values: Mapping[str, str]) -> str:
    """The name meant, of at most 253 characters (§7.3); nothing where a value is not ASCII (RFC 8616 §4)."""
    if not all(isinstance(part, str) or values.get(part.letter, "").isascii() for part in spec):
        return ""
    name = ""
    for part in reversed(spec):  # what is too far left to be kept need not be expanded
        name = (part if isinstance(part, str) else _expanded(part, values)) + name
        if len(name) > NAME_CHARACTERS + 1:
            break
    name = name.removesuffix(".")
    return name if len(name) <= NAME_CHARACTERS else name[-NAME_CHARACTERS - 1 :].partition(".")[2]


def askable(name: str) -> bool:
    """Whether a question about this name makes sense: labels of 1 to 63 visible characters, not too long (§4.3)."""
    return len(name) <= NAME_CHARACTERS and all(_LABEL.fullmatch(label) for label in name.split("."))


def _macro(token: re.Match[str]) -> Macro:
    if token["fixed"]:
        return Macro(token["fixed"])
    return Macro(
        letter=token["letter"].lower(),
        count=int(token["count"].lstrip("0")[:4] or 0),  # over 9999 it is all the same: no value has as many parts
        reverse=bool(token["reversed"]),
        delimiters=token["delimiters"] or ".",
        escape=token["letter"].isupper(),
    )


def _expanded(macro: Macro, values: Mapping[str, str]) -> str:
    if macro.letter in _FIXED:
        return _FIXED[macro.letter]
    first = macro.delimiters[0]
    parts = values[macro.letter].translate({ord(one): first for one in macro.delimiters}).split(first)
    if macro.reverse:
        parts.reverse()
    whole = ".".join(parts[-macro.count :])  # §7.3: rejoined by dots, whatever they were split at
    return quote(whole, safe="") if macro.escape else whole
