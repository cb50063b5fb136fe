"""A page of text, as the tags of an HTML document lay it out: lines, quotes, lists, tables, links, images. Linear.

What a browser would hide is marked and kept: hidden words must neither vanish from what staff judge nor pass for what
the customer saw. Styles in a sheet are not looked at, so what only they hide is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.core.letter import one_line

QUOTE_DEPTH = 5
LIST_DEPTH = 10
ALT_CHARACTERS = 150

_SPACE = re.compile(r"[ \t\r\n\f]+")
_LINK = re.compile(r"(?i)(?:https?://|ftp://|mailto:|tel:)")
_HIDING = re.compile(
    r"(?i)display\s*+:\s*+none|visibility\s*+:\s*+hidden|(?:opacity|(?P<size>font-size))\s*+:\s*+0*+(?:\.0*+)?(?![0-9.])"
)
_SIZE = re.compile(r"(?i)font-size\s*+:")
_PARAGRAPHS = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "pre", "hr"))
_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dt", "fieldset"),
        *("figure", "footer", "form", "header", "html", "li", "main", "nav", "option", "section", "summary"),
        *("tbody", "tfoot", "thead", "tr"),
    )
)
_EMPTY = frozenset(("br", "hr", "img", "input", "link", "meta", "col", "area", "base", "wbr"))


class Page:
    """The lines so far, the line being written, and the few things that a tag must remember until its end."""

    def __init__(self, images: Mapping[str, str]) -> None:
        self.images = images
        self.lines: list[str] = []
        self.line: list[str] = []
        self.breaks = 0  # line ends that come before the next word
        self.fresh = False  # nothing yet after a bullet, or in a cell
        self.quotes = 0
        self.level = 0  # of quotes, where the line began
        self.items: list[int] = []  # of each open list the next number; 0 where it has none
        self.cell_at = 0
        self.preformatted = False
        self.link = ""
        self.link_at = 0
        self.hider = ""  # the element that hides what is in it, and how many of its name are open
        self.hiders = 0
        self.by_size = False
        self.marked = False

    def write(self, text: str) -> None:
        """Words, white space as HTML has it."""
        if self.preformatted:
            first, *rest = text.split("\n")
            self._put(first)
            for one in rest:
                self.breaks += 1
                self._put(one)
            return
        text = _SPACE.sub(" ", text)
        if text.startswith(" ") and (self.breaks or not self.line or self.line[-1].endswith((" ", "\t"))):
            text = text[1:]
        self._put(text)

    def open(self, name: str, given: Mapping[str, str]) -> None:
        """A start tag."""
        if given or self.hider:
            self._hide(name, given)
        match name:
            case "br":
                self.breaks += 1
            case "a":
                self._anchor(given.get("href", ""))
            case "img":
                self._image(given)
            case "td" | "th":
                self._open_cell()
            case "ul" | "ol":
                self._break(2 if not self.items else 1)
                self.items.append(int(name == "ol"))
            case "li":
                self._item()
            case _ if name in _PARAGRAPHS or name in _BLOCKS:
                if not self.fresh or name == "tr":
                    self._break(2 if name in _PARAGRAPHS else 1)
                self.quotes += name == "blockquote"
                self.preformatted |= name == "pre"

    def close(self, name: str) -> None:
        """An end tag."""
        match name:
            case "a":
                self._anchor("")
            case "td" | "th":
                self._close_cell()
            case "ul" | "ol":
                if self.items:
                    self.items.pop()
                self._break(1 if self.items else 2)
            case _ if name in _PARAGRAPHS or name in _BLOCKS:
                self._break(2 if name in _PARAGRAPHS else 1)
                self.quotes = max(self.quotes - (name == "blockquote"), 0)
                self.preformatted &= name != "pre"
        if name == self.hider:
            self.hiders -= 1
            if not self.hiders:
                self._shown_again()

    def text(self) -> str:
        """All of it."""
        self._anchor("")
        self._shown_again()
        self._settle()
        return "\n".join([*self.lines, self._line()]).strip("\n")

    def _put(self, text: str) -> None:
        if not text:
            return
        if self.breaks:
            self._settle()
        if not self.line:
            self.level = self.quotes
        if self.hider and not self.marked and not text.isspace():
            self.marked = True
            self.line.append("[hidden: ")
        self.line.append(text)
        self.fresh = self.fresh and text.isspace()

    def _break(self, lines: int) -> None:
        """At least so many line ends before the next word."""
        self.breaks = max(self.breaks, lines)
        self.fresh = False

    def _settle(self) -> None:
        """Write the line ends that are due; none at the top of the page."""
        if self.breaks and (self.line or self.lines):
            blank = "> " * min(self.level, self.quotes, QUOTE_DEPTH)
            self.lines += [self._line(), *[blank.rstrip()] * (self.breaks - 1)]
            self.line.clear()
            self.link_at = 0
        self.breaks = 0

    def _line(self) -> str:
        return "> " * min(self.level, QUOTE_DEPTH) + "".join(self.line).replace("\xa0", " ").rstrip()

    def _open_cell(self) -> None:
        if self.line and not self.breaks and not self.fresh:
            self._close_cell()  # the one before was not closed
        self.cell_at = len(self.lines) + (self.breaks if self.line or self.lines else 0)
        self.fresh = True

    def _close_cell(self) -> None:
        """Cells of one line stand beside each other; one of several lines is followed by the next."""
        if len(self.lines) > self.cell_at:
            self._break(1)
        else:
            self.breaks = 0
            if self.line:
                self.line.append("\t")
            self.fresh = True

    def _item(self) -> None:
        self._break(1)
        number = self.items[-1] if self.items else 0
        if number:
            self.items[-1] += 1
        indent = "  " * min(max(len(self.items) - 1, 0), LIST_DEPTH)
        self._put(f"{indent}{number}. " if number else f"{indent}- ")
        self.fresh = True

    def _anchor(self, href: str) -> None:
        if self.link:
            shown = "".join(self.line[self.link_at :]).strip()
            if not shown:
                self._put(f"<{self.link}>")
            elif _bare(shown) != _bare(self.link):
                self.line.append(f" <{self.link}>")
        target = href.strip()
        self.link = target if _LINK.match(target) else ""
        self.link_at = len(self.line)

    def _image(self, given: Mapping[str, str]) -> None:
        """Its name, where it is in the message, else what is said in its stead; a tracker has neither."""
        source = given.get("src", "")
        own = self.images.get(source[4:].strip("<> ")) if source[:4].lower() == "cid:" else None
        if name := one_line(own or given.get("alt", ""), ALT_CHARACTERS):
            self._put(f"[image: {name}]")

    def _hide(self, name: str, given: Mapping[str, str]) -> None:
        style = given.get("style", "")
        hiding = _HIDING.search(style) if style else None
        if self.hider and (
            (self.hider == "p" and (name in _PARAGRAPHS or name in _BLOCKS))  # it ends where the next block begins
            or (
                self.by_size and not hiding and _SIZE.search(style)
            )  # newsletters lay cells out with no size, and text in them
        ):
            self._shown_again()
        if self.hider:
            self.hiders += name == self.hider
        elif name not in _EMPTY and ("hidden" in given or hiding):
            self.hider, self.hiders, self.marked = name, 1, False
            self.by_size = bool(hiding and hiding["size"])

    def _shown_again(self) -> None:
        if self.hider and self.marked:
            self.line.append("]")
        self.hider = ""


def _bare(url: str) -> str:
    return _LINK.sub("", url.lower(), count=1).rstrip("/")
