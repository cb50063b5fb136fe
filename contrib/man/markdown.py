"""Markdown to mdoc(7), for what our documents use of it: headings, paragraphs, lists, tables, code, links, bold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from contrib.man import mdoc

_INLINE = re.compile(r"`([^`]+)`|<code>(.*?)</code>|\*\*(.+?)\*\*|\*([^*\s][^*]*)\*|\[([^\]]*)\]\(([^)\s]+)\)")
_BULLET = re.compile(r"(?:- |\d+\. )")
_CELL = re.compile(r"(?<!\\)\|")


def section(text: str, heading: str) -> str:
    """What a document says under a heading, up to the next one. Raises KeyError."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise KeyError(heading)
    return found[1]


def inline(text: str) -> str:
    """A stretch of text in one line."""
    out, at = "", 0
    for found in _INLINE.finditer(text):
        out += mdoc.escaped(text[at : found.start()]) if found.start() > at else ""
        at = found.end()
        typed, marked, strong, slanted, named, link = found.groups()
        if link is not None:
            out += inline(named) + (mdoc.escaped(f" ({link})") if "://" in link else "")
        elif strong or slanted:
            out += f"{mdoc.BOLD if strong else mdoc.ITALIC}{mdoc.escaped(strong or slanted)}{mdoc.PLAIN}"
        else:
            out += mdoc.code(typed or unescape(marked))
    return out + (mdoc.escaped(text[at:]) if at < len(text) else "")


def translated(text: str) -> Iterator[str]:
    """The lines of a page."""
    lines = text.splitlines()
    at, apart = 0, False
    while at < len(lines):
        end = _end(lines, at)
        block = lines[at:end]
        at = end
        if not block[0].strip():
            continue
        if block[0].startswith("#"):
            yield f".Ss {inline(block[0].lstrip('# '))}"
            apart = False
            continue
        if apart and not _spaced(block):
            yield ".Pp"
        yield from _block(block)
        apart = True


def _end(lines: list[str], at: int) -> int:
    """Where the block that begins here ends."""
    first, end = lines[at], at + 1
    if first.startswith("```"):
        return lines.index("```", end) + 1
    if first.startswith("#") or not first.strip():
        return end
    while end < len(lines) and _goes_on(first, lines[end], lines[end + 1 : end + 2]):
        end += 1
    return end


def _goes_on(first: str, line: str, following: list[str]) -> bool:
    if not line.strip():  # inside a list or code a blank line ends nothing where what follows is set in, too
        return bool(following) and first.startswith("    ") and following[0].startswith("    ")
    if line.startswith(("#", "```")):
        return False
    return first.startswith("|") == line.startswith("|") and (_BULLET.match(line) is None or bool(_BULLET.match(first)))


def _spaced(block: list[str]) -> bool:
    """Whether its macro leaves a line free by itself."""
    return bool(_BULLET.match(block[0])) or block[0].startswith(("|", "```", "    "))


def _block(block: list[str]) -> Iterator[str]:
    first = block[0]
    if first.startswith("```"):
        yield from mdoc.literal(block[1:-1])
    elif first.startswith("    "):
        yield from mdoc.literal(line[4:] for line in block)
    elif first.startswith("|"):
        yield from _table(block)
    elif _BULLET.match(first):
        yield from _list(block)
    else:
        yield mdoc.prose(inline(" ".join(map(str.strip, block))))


def _list(block: list[str]) -> Iterator[str]:
    yield ".Bl -bullet" if block[0].startswith("-") else ".Bl -enum"
    entries: list[str] = []
    for line in block:
        mark = _BULLET.match(line)
        entries[len(entries) if mark else -1 :] = [line[mark.end() :] if mark else f"{entries[-1]} {line.strip()}"]
    for entry in entries:
        yield from (".It", mdoc.prose(inline(entry)))
    yield ".El"


def _table(block: list[str]) -> Iterator[str]:
    """The first cell and what is told of it; of more columns each by its name."""
    heads, _, *rows = [[cell.strip().replace(r"\|", "|") for cell in _CELL.split(line)[1:-1]] for line in block]
    yield from mdoc.items((mdoc.argument(inline(row[0])), _told(heads[1:], row[1:])) for row in rows)


def _told(heads: list[str], cells: list[str]) -> Iterator[str]:
    if len(cells) == 1:
        yield mdoc.prose(inline(cells[0]))
        return
    begun = False
    for head, cell in zip(heads, cells, strict=True):
        if cell:
            yield from [".br"] if begun else []
            yield mdoc.prose((f"{mdoc.ITALIC}{mdoc.escaped(head)}{mdoc.PLAIN}: " if head else "") + inline(cell))
            begun = True
