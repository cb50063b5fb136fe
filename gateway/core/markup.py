"""HTML to text: what a person reads of it. Own, linear in time and memory; runs nothing, loads nothing, never fails."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from itertools import islice

from gateway.core.page import Page

ATTRIBUTE_CHARACTERS = 8_000
ATTRIBUTES = 50

# Each alternative takes at least one character and never gives one back; a tag that is not closed runs to the end.
_TOKEN = re.compile(
    r"""(?P<text>[^<]++)
      | <!--(?P<comment>)
      | <(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9:]*+)(?P<inside>(?>(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')|=)*))>?
      | <[!?/][^>]*+>?
      | (?P<angle><+(?![A-Za-z!?/]))""",
    re.VERBOSE,
)
_ATTRIBUTE = re.compile(r"""([^\s"'=/<>]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++)))?""")
_HUGE_NUMBER = re.compile(r"&#[xX]?[0-9a-fA-F]{8,}+;?")  # int() refuses 4,300 digits by raising
_UNSEEN = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "title", "template")}


def to_text(html: str, images: Mapping[str, str] | None = None) -> str:
    """The text of an HTML document; `images` are the names of the message's own, by Content-ID."""
    page = Page(images or {})
    at, endless = 0, set[str]()
    while match := _TOKEN.match(html, at):
        at = match.end()
        if match["text"] or match["angle"]:
            page.write(_characters(match[0]))
            continue
        name = "-->" if match["comment"] is not None else (match["name"] or "").lower()
        if (name == "-->" or (name in _UNSEEN and not match["end"])) and name not in endless:
            found = _end_of(html, name, at)
            endless |= set() if found else {name}  # looked for once, so that many open ones stay linear
            at = found or at
        elif name and name != "-->":
            if match["end"]:
                page.close(name)
            else:
                page.open(name, _attributes(match["inside"]) if match["inside"] else {})
    return page.text()


def _end_of(html: str, name: str, at: int) -> int:
    """Past the end of a comment, or where the end tag stands; 0 where there is none."""
    if name == "-->":
        found = html.find(name, at)
        return 0 if found == -1 else found + len(name)
    end_tag = _UNSEEN[name].search(html, at)
    return end_tag.start() if end_tag else 0


def _attributes(inside: str) -> dict[str, str]:
    """The first of each name, as browsers take them; within the bounds."""
    given: dict[str, str] = {}
    for match in islice(_ATTRIBUTE.finditer(inside, 0, ATTRIBUTE_CHARACTERS), ATTRIBUTES):
        name, *values = match.groups("")
        given.setdefault(name.lower(), _characters("".join(values)))
    return given


def _characters(text: str) -> str:
    return unescape(_HUGE_NUMBER.sub("\ufffd", text)) if "&" in text else text
