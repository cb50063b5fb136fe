"""Bodies, subjects, authors, attachments: what two parsers' own tests expect, beside what is read here.

Where an expectation gave a character up (U+FFFD), any stands for it. What a collection expects against our own rules is
counted apart, each with its reason in docs/corpus.md.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

from gateway.core.address import Address
from gateway.core.author import author
from gateway.core.charset import decode
from gateway.core.fields import split
from gateway.core.header import subject_of
from gateway.core.mime import content, walk
from gateway.core.text import body_of

DEPTH = 10
"""Of messages in messages: one collection looks into them, the gateway keeps each as one attachment."""

APART = {
    "mime4j/mimetools-badbound": "a multipart without a part: its words are kept as text, there is nothing in theirs",
    "mime4j/missing-inner-start-boundary": "the same",
    "mime4j/multipartnopart": "the same",
    "mime4j/malformedHeader-noheader": "a message without a header: all of it is read, theirs drops it",
    "mime4j/malformedHeaderStartsBody-noheader": "the same, where theirs reads one line of two",
    "mime4j/very-long-boundary": "a boundary that ends in white space, which RFC 2046 §5.1.1 forbids; it is cut here",
    "stalwart/legacy-026": "x-uuencode is undone here",
    "stalwart/malformed-001": "the outer delimiter ends what is inside, RFC 2046 §5.1.2; theirs reads on",
    "stalwart/malformed-003": "one boundary on two levels: the text is read, theirs attaches it",
    "stalwart/malformed-009": "the outer delimiter ends what is inside, RFC 2046 §5.1.2; theirs attaches the rest",
    "stalwart/malformed-016": "the same",
    "stalwart/thirdparty-002": "words that are declared as base64: read as they are, theirs attaches them",
}

_MARKS = re.compile(r"<(?:https?://|mailto:|cid:)[^>]*>|\[image: [^\]]*\]")
_TAGS = re.compile(r"<[^>]*>")
_WORD = re.compile(r"[^\W_]+")

Finding = tuple[str, bool, str]
"""What was looked at, whether it is right, and what is wrong."""


def report(corpus: Path) -> list[str]:
    """A line for each aim with its share, and each miss by name."""
    found: defaultdict[str, list[tuple[str, bool, str]]] = defaultdict(list)
    for name in ("stalwart", "mime4j"):
        for path in sorted((corpus / name).glob("*.expected.json")):
            mail = path.with_name(path.name.replace(".expected.json", ".eml"))
            told = json.loads(path.read_text(encoding="utf-8"))
            for what, right, why in (_leaves if told["kind"] == "leaves" else _message)(mail.read_bytes(), told):
                found[what].append((f"{name}/{mail.stem}", right, why))
    return ["## Bodies, subjects, authors, attachments", *(line for what in found for line in _told(what, found[what]))]


def _told(what: str, found: list[tuple[str, bool, str]]) -> Iterator[str]:
    misses = [(name, why) for name, right, why in found if not right]
    apart = [name for name, _ in misses if name in APART]
    of = len(found) - len(apart)
    right = len(found) - len(misses)
    yield f"{what:24} {right} of {of}, {100 * right / max(of, 1):.1f} %{f'; apart {len(apart)}' if apart else ''}"
    yield from (f"  {'apart' if name in apart else 'miss'} {name}: {APART.get(name, why)}" for name, why in misses)


def _message(raw: bytes, told: dict[str, Any]) -> Iterator[Finding]:
    header = split(raw)
    parts = walk(raw, header.fields, header.body)
    body = body_of(raw, parts)
    ours = _words(_MARKS.sub("", f"{body.text}\n{body.quoted}\n{body.signature}"))
    theirs = _words("\n".join(told["text"] or [unescape(_TAGS.sub("", one)) for one in told["text_from_html"]]))
    yield "bodies", ours == theirs, f"more {[*(ours - theirs)][:5]}, less {[*(theirs - ours)][:5]}"
    subject, wanted = subject_of(header), " ".join((told["subject"] or "").split())
    yield "subjects", _alike(subject, wanted), f"{subject!r}, theirs {wanted!r}"
    found, named = author(header, raw), [one["address"] for one in told["from"] or [] if one["address"]]
    yield "authors", ([str(found)] == named if isinstance(found, Address) else len(named) != 1), f"{found}, {named}"
    yield from _attachments(raw, told["attachments"])


def _attachments(raw: bytes, wanted: list[dict[str, Any]]) -> Iterator[Finding]:
    header = split(raw)
    parts = walk(raw, header.fields, header.body)
    normal = {}
    for part in parts:
        octets = content(raw, part)
        text = part.head.kind.startswith("text/")  # theirs are decoded
        told = decode(octets, part.head.parameters.get("charset", "")).encode() if text else octets
        normal[sha256(octets).hexdigest()] = _normal(told)
    found = body_of(raw, parts).attachments
    inner = Counter("message" if one.content_type == "message/rfc822" else normal[one.sha256] for one in found)
    theirs = Counter("message" if one["form"] == "Message" else one["norm_sha256"] for one in wanted)
    yield "attachments", inner == theirs, f"{[*map(str, found)]}, theirs {wanted}"
    names = [one["filename"] for one in wanted if one.get("filename")]
    given = [one.filename for one in found]
    yield "attachments' names", all(any(_alike(one, name) for one in given) for name in names), f"{given}, {names}"


def _words(text: str) -> Counter[str]:
    """Words, in any order: a quote and a signature are told apart here."""
    return Counter(_WORD.findall(text))


def _alike(ours: str, theirs: str) -> bool:
    return re.fullmatch(re.escape(theirs).replace("\ufffd", "."), ours) is not None


def _leaves(raw: bytes, told: dict[str, Any]) -> Iterator[Finding]:
    ours, theirs = Counter(_inside(raw)), Counter(leaf["norm_sha256"] for leaf in told["leaves"])
    yield "leaves", ours == theirs, f"{(ours - theirs).total()} of ours and {(theirs - ours).total()} of theirs differ"


def _inside(raw: bytes, depth: int = DEPTH) -> Iterator[str]:
    header = split(raw)
    parts = walk(raw, header.fields, header.body)
    parents = {part.parent for part in parts}
    for index, part in enumerate(parts):
        octets = content(raw, part)
        if part.head.kind == "message/rfc822" and depth:
            yield from _inside(octets, depth - 1)
        elif index not in parents:
            yield _normal(octets)


def _normal(octets: bytes) -> str:
    """The collections' own way: line ends made one, those at the end left out."""
    return sha256(octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n")).hexdigest()
