"""The body chosen: every leaf is words, an attachment, or a twin that says the words in another form."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from hashlib import sha256

from gateway.core.charset import clean, decode
from gateway.core.header import subject_text
from gateway.core.markup import to_text
from gateway.core.message import Attachment, Body
from gateway.core.mime import Part, content
from gateway.core.parameters import filename
from gateway.core.quote import split_words

TEXT_OCTETS = 2 * 1024 * 1024
"""Of all leaves read as text together; what is over it stays an attachment: nobody reads it in a ticket."""

SUBJECT_WITHIN = 16 * 1024
"""Of a message that is attached: where its subject is looked for."""

SUBJECT_OCTETS = 1_000
"""Of that subject: it becomes a file name."""

_HEAD_END = re.compile(rb"\n\r?\n")
_SUBJECT = re.compile(rb"(?:\A|\n)subject[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.IGNORECASE)

_TEXT_KINDS = frozenset({"text/plain", "text/html"})
_EXTENSIONS = {
    "application/msword": "doc",
    "application/pdf": "pdf",
    "application/pgp-signature": "asc",
    "application/pkcs7-signature": "p7s",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "image/webp": "webp",
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
}


def body_of(raw: bytes, parts: tuple[Part, ...], *, forwarded: bool = False) -> Body:
    """The words of a message, split, and its attachments. `forwarded`: its subject says that it passes one on."""

    @cache
    def words(index: int) -> str:  # asked for only where it matters: HTML beside plain text is never read
        return _words(raw, parts[index])

    chosen, twins = _choose(parts, _text_leaves(parts), words)
    joined = "\n".join(words(index).rstrip("\n") for index in chosen).strip("\n")
    text, quoted, signature = split_words(joined, forwarded=forwarded)
    composite = {part.parent for part in parts}
    spoken = composite | set(chosen) | twins
    attachments = [_attachment(raw, parts, index) for index in range(len(parts)) if index not in spoken]
    return Body(text, quoted, signature, tuple(attachments))


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


def _words(raw: bytes, part: Part) -> str:
    given = part.head.parameters
    text = clean(decode(content(raw, part), given.get("charset", "").partition(" ")[0]))
    if part.head.kind == "text/html":
        return clean(to_text(text))
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
    for index in range(len(parts) - 1, -1, -1):
        options = children[index][::-1]
        if index in leaves:
            chosen[index] = [index]
        elif parts[index].head.kind == "multipart/alternative":
            best = _best([chosen[one] for one in options], parts, words)
            twins.update(leaf for one in options for leaf in chosen[one] if leaf not in best)
            chosen[index] = best
        elif parts[index].head.kind == "multipart/related":
            chosen[index] = chosen[_root(parts, index, options)] if options else []
        else:
            chosen[index] = [leaf for one in options for leaf in chosen[one]]
        if index:
            children[parts[index].parent].append(index)
    return chosen[0], twins


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


def _attachment(raw: bytes, parts: tuple[Part, ...], index: int) -> Attachment:
    part = parts[index]
    octets = content(raw, part)
    in_related = part.parent >= 0 and parts[part.parent].head.kind == "multipart/related"
    inline = part.head.disposition == "inline" or bool(in_related and part.head.content_id)
    name = part.head.filename or _invented(octets, part.head.kind, index)
    return Attachment(name, part.head.kind, len(octets), sha256(octets).hexdigest(), inline)


def _invented(octets: bytes, kind: str, index: int) -> str:
    """A name for what has none: a message's subject, else its number."""
    subject = _subject_of(octets).replace("/", "-") if kind == "message/rfc822" else ""
    return filename(f"{subject}.eml" if subject else "", f"part-{index}.{_EXTENSIONS.get(kind, 'bin')}")


def _subject_of(octets: bytes) -> str:
    """The subject of a message that is attached. Its header is not split: there may be a thousand of them."""
    end = _HEAD_END.search(octets, 0, SUBJECT_WITHIN)
    found = _SUBJECT.search(octets, 0, end.start() if end else SUBJECT_WITHIN)
    return subject_text(found[1][:SUBJECT_OCTETS])[:140] if found else ""


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
