"""HTML to text: what a person reads of it. Own, linear in time and memory; runs nothing, loads nothing, never fails."""

from __future__ import annotations

import re
from html import unescape

ATTRIBUTE_CHARACTERS = 8_000
QUOTE_DEPTH = 5

# Each alternative takes at least one character and never gives one back; a tag that is not closed runs to the end.
_TOKEN = re.compile(
    r"""(?P<text>[^<]++)
      | <!--(?P<comment>)
      | <(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9:]*+)(?P<inside>(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')|=)*+)>?
      | <[!?/][^>]*+>?
      | (?P<angle><+(?![A-Za-z!?/]))""",
    re.VERBOSE,
)
_HREF = re.compile(r"""(?:^|[\s"'])href\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f]+")
_HUGE_NUMBER = re.compile(r"&#[xX]?[0-9a-fA-F]{8,}+;?")  # int() refuses 4,300 digits by raising
_LINK = re.compile(r"(?i)(?:https?://|ftp://|mailto:|tel:)")

_UNSEEN = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "title", "template")}
_PARAGRAPHS = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "pre", "hr"))
_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dt", "fieldset"),
        *("figure", "footer", "form", "header", "html", "li", "main", "nav", "option", "section", "summary"),
        *("tbody", "tfoot", "thead", "tr"),
    )
)


def to_text(html: str) -> str:
    """The text of an HTML document: links as `text <url>`, list items with "- ", quotes with "> "."""
    page = _Page()
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
            page.tag(name, match["inside"], closing=bool(match["end"]))
    return page.text()


def _end_of(html: str, name: str, at: int) -> int:
    """Past the end of a comment, or where the end tag stands; 0 where there is none."""
    if name == "-->":
        found = html.find(name, at)
        return 0 if found == -1 else found + len(name)
    end_tag = _UNSEEN[name].search(html, at)
    return end_tag.start() if end_tag else 0


def _characters(text: str) -> str:
    return unescape(_HUGE_NUMBER.sub("\ufffd", text)) if "&" in text else text


class _Page:
    """The lines so far, the line being written, and the few things that a tag must remember until its end."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quotes = 0
        self.preformatted = 0
        self.link = ""
        self.link_at = 0

    def write(self, text: str) -> None:
        if self.preformatted:
            first, *rest = text.split("\n")
            self.line.append(first)
            for one in rest:
                self.new_line()
                self.line.append(one)
            return
        text = _SPACE.sub(" ", text)
        if text.startswith(" ") and (not self.line or self.line[-1].endswith((" ", "\t"))):
            text = text[1:]
        if text:
            self.line.append(text)

    def tag(self, name: str, inside: str, *, closing: bool) -> None:
        if name == "br":
            self.new_line()
        elif name in _PARAGRAPHS:
            self.new_line(blank=True)
            if name == "pre":
                self.preformatted = 0 if closing else 1
        elif name in _BLOCKS:
            self._block(name, closing=closing)
        elif name in ("td", "th") and closing:
            self.line.append("\t")
        elif name == "a":
            self._anchor(inside, closing=closing)

    def new_line(self, *, blank: bool = False) -> None:
        text = "".join(self.line).replace("\xa0", " ").rstrip()
        self.line.clear()
        if text or not blank:
            self.lines.append(self._prefix() + text)
        if blank and self.lines and self.lines[-1].strip("> "):
            self.lines.append(self._prefix())
        self.link_at = 0

    def text(self) -> str:
        self._anchor("", closing=True)
        self.new_line()
        return "\n".join(self.lines).strip("\n")

    def _block(self, name: str, *, closing: bool) -> None:
        if self.line:
            self.new_line()
        if name == "li" and not closing:
            self.line.append("- ")
        elif name == "blockquote":
            self.quotes = max(self.quotes - 1, 0) if closing else self.quotes + 1

    def _prefix(self) -> str:
        return "> " * min(self.quotes, QUOTE_DEPTH)

    def _anchor(self, inside: str, *, closing: bool) -> None:
        if self.link and (closing or inside):
            shown = "".join(self.line[self.link_at :]).strip()
            if _bare(shown) != _bare(self.link):
                self.line.append(f" <{self.link}>" if shown else f"<{self.link}>")
        found = None if closing else _HREF.search(inside[:ATTRIBUTE_CHARACTERS])
        target = _characters("".join(found.groups(""))).strip() if found else ""
        self.link = target if _LINK.match(target) else ""
        self.link_at = len(self.line)


def _bare(url: str) -> str:
    return _LINK.sub("", url.lower(), count=1).rstrip("/")
