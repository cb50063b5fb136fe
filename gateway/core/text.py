"""The body chosen: every leaf is words, an attachment, or a twin that says the words in another form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from gateway.core.attachments import attachments_of, image_names, name_of
from gateway.core.charset import clean, decode
from gateway.core.elsewhere import words_elsewhere
from gateway.core.markup import to_text
from gateway.core.message import Body
from gateway.core.mime import Part, content
from gateway.core.quote import split_words

TEXT_OCTETS = 2 * 1024 * 1024
"""Of all leaves read as text together; what is over it stays an attachment: nobody reads it in a ticket."""

ALTERNATIVES = 50
"""One within the other. To weigh words at each of a thousand took nine seconds; of deeper ones all is read."""

_TEXT_KINDS = frozenset({"text/plain", "text/html"})


def body_of(raw: bytes, parts: tuple[Part, ...], *, forwarded: bool = False) -> Body:
    """The words of a message, split, and its attachments. `forwarded`: its subject says that it passes one on."""
    images = image_names(parts)

    @cache
    def words(index: int) -> str:  # asked for only where it matters: HTML beside plain text is never read
        part = parts[index]
        return f"[image: {name_of(part, index)}]" if _placed(parts, index) else _words(raw, part, images)

    chosen, twins = _choose(parts, _text_leaves(parts), words)
    joined = "\n".join(words(index).rstrip("\n") for index in chosen).strip("\n")
    composite = {part.parent for part in parts}
    spoken = composite | twins | {index for index in chosen if not _placed(parts, index)}
    left = [index for index in range(len(parts)) if index not in spoken]
    joined = joined if joined.strip() else words_elsewhere(raw, parts, left)
    text, quoted, signature = split_words(joined, forwarded=forwarded)
    return Body(text, quoted, signature, attachments_of(raw, parts, left))


def _text_leaves(parts: tuple[Part, ...]) -> frozenset[int]:
    leaves, left = [], TEXT_OCTETS
    for index, part in enumerate(parts):
        if _may_be_text(parts, index) and part.end - part.start <= left:
            left -= part.end - part.start
            leaves.append(index)
    return frozenset(leaves)


def _may_be_text(parts: tuple[Part, ...], index: int) -> bool:
    """A text leaf that is neither declared an attachment nor a named file among other parts."""
    part = parts[index]
    head = part.head
    named = bool(head.filename) and len(parts) > 1
    return head.kind in _TEXT_KINDS and head.disposition != "attachment" and not named


def _placed(parts: tuple[Part, ...], index: int) -> bool:
    """A picture that stands between the words, as Apple Mail writes them: its place is kept."""
    head, parent = parts[index].head, parts[index].parent
    between = parent >= 0 and parts[parent].head.kind == "multipart/mixed"
    return between and head.disposition == "inline" and head.kind.startswith("image/")


def _words(raw: bytes, part: Part, images: Mapping[str, str]) -> str:
    given = part.head.parameters
    text = clean(decode(content(raw, part), given.get("charset", "").partition(" ")[0]))
    if part.head.kind == "text/html":
        return clean(to_text(text, images))
    if given.get("format", "").lower() == "flowed":
        return _unflowed(text, delete_space=given.get("delsp", "").lower() == "yes")
    return text


def _choose(parts: tuple[Part, ...], leaves: frozenset[int], words: Callable[[int], str]) -> tuple[list[int], set[int]]:
    """The leaves that are the words, in order, and the twins that say the same in another form.

    Parts come before their children, so going backwards every part knows its children's choice: no recursion.
    """
    children: list[list[int]] = [[] for _ in parts]
    chosen: list[list[int]] = [[] for _ in parts]
    twins: set[int] = set()
    nested = _nested_alternatives(parts)
    for index in range(len(parts) - 1, -1, -1):
        options = children[index][::-1]
        if index in leaves or _placed(parts, index):
            chosen[index] = [index]
        elif nested[index] <= ALTERNATIVES and parts[index].head.kind == "multipart/alternative":
            best = _best([chosen[one] for one in options], parts, words)
            twins.update({leaf for one in options for leaf in chosen[one]}.difference(best))
            chosen[index] = best
        elif parts[index].head.kind == "multipart/related":
            chosen[index] = chosen[_root(parts, index, options)] if options else []
        else:
            chosen[index] = [leaf for one in options for leaf in chosen[one]]
        if index:
            children[parts[index].parent].append(index)
    return chosen[0], twins


def _nested_alternatives(parts: tuple[Part, ...]) -> list[int]:
    """For each part, how many alternatives it is or lies in."""
    nested: list[int] = []
    for part in parts:
        around = nested[part.parent] if part.parent >= 0 else 0
        nested.append(around + (part.head.kind == "multipart/alternative"))
    return nested


def _best(options: list[list[int]], parts: tuple[Part, ...], words: Callable[[int], str]) -> list[int]:
    """All plain text that says something and not the same, else the last that does (RFC 2046 §5.1.4), else any."""
    options = [option for option in options if option]
    said: dict[str, list[int]] = {}
    for option in options:
        if parts[option[0]].head.kind == "text/plain" and (text := "\n".join(map(words, option)).strip()):
            said.setdefault(text, option)
    if said:
        return [leaf for option in said.values() for leaf in option]
    for option in options[::-1]:
        if any(words(leaf).strip() for leaf in option):
            return option
    return options[0] if options else []


def _root(parts: tuple[Part, ...], index: int, options: list[int]) -> int:
    """The part that the others are for: RFC 2387 §3.2."""
    start = parts[index].head.parameters.get("start", "").strip("<> ")
    return next((one for one in options if start and parts[one].head.content_id == start), options[0])


def _unflowed(text: str, *, delete_space: bool) -> str:
    """RFC 3676: soft line breaks taken out, line by line, quotes kept apart."""
    lines: list[list[str]] = []
    depth, soft = 0, False
    for line in text.split("\n"):
        words = line.lstrip(">")
        quotes = len(line) - len(words)
        words = words.removeprefix(" ")  # §4.4, space-stuffing
        signature = words == "-- "  # §4.3
        if soft and quotes == depth and not signature:
            lines[-1].append(words)
        else:
            lines.append([">" * quotes + (" " if quotes else ""), words])
        depth, soft = quotes, words.endswith(" ") and not signature
        if soft and delete_space:
            lines[-1][-1] = words[:-1]
    return "\n".join("".join(line) for line in lines)
