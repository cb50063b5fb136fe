"""Attachments: a name for each, what it says it is and what it is, and which are only the logo of a signature."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import replace
from hashlib import sha256

from gateway.core import tnef
from gateway.core.header import subject_text
from gateway.core.message import Attachment, Source
from gateway.core.mime import Leaf, Part
from gateway.core.parameters import filename
from gateway.core.sniff import sniff

LOGO_OCTETS = 20 * 1024
"""An inline picture under it that comes again and again is part of a signature."""

SUBJECT_WITHIN = 16 * 1024
"""Of a message that is attached: where its subject is looked for."""

SUBJECT_OCTETS = 1_000
"""Of that subject: it becomes a file name."""

_HEAD_END = re.compile(rb"\n\r?\n")
_SUBJECT = re.compile(rb"(?:\A|\n)subject[ \t]*+:([^\n]*+(?>(?:\n[ \t][^\n]*+)*))", re.IGNORECASE)
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


def attachments_of(raw: bytes, parts: tuple[Part, ...], indices: Iterable[int]) -> tuple[Attachment, ...]:
    """The parts at these places as attachments, behind a pack its files; a logo that the message repeats is folded."""
    found: list[Attachment] = []
    packs = 0
    for index in indices:
        leaf = Leaf(raw, parts[index])
        octets = leaf.octets()
        found.append(_attachment(octets, parts, index, leaf))
        if octets.startswith(tnef.MAGIC) and packs < tnef.PACKS:
            packs += 1
            files = tnef.files_of(octets)
            found += [_told(one.name, one.kind, one.octets(), inline=one.shown, leaf=one) for one in files]
    times = Counter(one.sha256 for one in found)
    return folded(found, {one for one, count in times.items() if count > 1})


def folded(attachments: Iterable[Attachment], seen: Container[str]) -> tuple[Attachment, ...]:
    """Those that may be a logo, and whose sha256 was seen before, are marked; nothing is left out."""
    return tuple(replace(one, folded=one.folded or (may_fold(one) and one.sha256 in seen)) for one in attachments)


def may_fold(one: Attachment) -> bool:
    """Whether it may be the logo of a signature."""
    return one.inline and one.content_type.startswith("image/") and one.size < LOGO_OCTETS


def image_names(parts: tuple[Part, ...]) -> dict[str, str]:
    """What HTML may show of its own message: file names by Content-ID (RFC 2392)."""
    images = [(part.head.content_id, part, index) for index, part in enumerate(parts) if part.head.content_id]
    return {cid: name_of(part, index) for cid, part, index in images[::-1] if part.head.kind.startswith("image/")}


def name_of(part: Part, index: int, subject: str = "") -> str:
    """A file name, made up where there is none: an attached message's subject, else the part's number."""
    invented = f"part-{index}.{_EXTENSIONS.get(part.head.kind, 'bin')}"
    return part.head.filename or filename(f"{subject}.eml" if subject else "", invented)


def _attachment(octets: bytes, parts: tuple[Part, ...], index: int, leaf: Leaf) -> Attachment:
    head, parent = parts[index].head, parts[index].parent
    in_related = parent >= 0 and parts[parent].head.kind == "multipart/related"
    name = name_of(parts[index], index, _subject_of(octets) if head.kind == "message/rfc822" else "")
    inline = head.disposition == "inline" or bool(in_related and head.content_id)
    return _told(name, head.kind, octets, inline=inline, leaf=leaf)


def _told(name: str, kind: str, octets: bytes, *, inline: bool, leaf: Source) -> Attachment:
    return Attachment(name, kind, len(octets), sha256(octets).hexdigest(), inline, sniff(octets), leaf=leaf)


def _subject_of(octets: bytes) -> str:
    """The subject of a message that is attached. Its header is not split: there may be a thousand of them."""
    end = _HEAD_END.search(octets, 0, SUBJECT_WITHIN)
    found = _SUBJECT.search(octets, 0, end.start() if end else SUBJECT_WITHIN)
    return subject_text(found[1][:SUBJECT_OCTETS])[:140].replace("/", "-") if found else ""
