"""Delivery reports: recognised by their form first and their words second, and believed in nothing (threats rule 14).

In doubt it is a person: whoever forwards a report, or quotes one, writes from an address of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from gateway.core import report_fields, report_text
from gateway.core.charset import clean, decode
from gateway.core.fields import Split
from gateway.core.markup import to_text
from gateway.core.message import Fate, Report
from gateway.core.mime import Part, content
from gateway.core.report_shape import STATUS_KINDS, Author, Shape, addresses, shape_of, value
from gateway.core.report_words import FAILURE, folded

REPORT_OCTETS = 64 * 1024
"""Of all parts that are read, together."""

OPENING_CHARACTERS = 1_500
"""The words that make a report of a message stand at its beginning."""

_TEXT_KINDS = frozenset({"text/plain", "text/html"})
_DIALOGUE = re.compile(r"(?:^|\n)\W{0,10}[45][0-9]{2}[ -]|rcpt to:|following (?:recipient|address)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reported:
    """A report. `certain` where its form makes it one, or its envelope or header says that a program wrote it."""

    report: Report
    certain: bool


def report_of(header: Split, raw: bytes, parts: tuple[Part, ...], *, returned: bool = False) -> Reported | None:
    """What the message reports, or None where it is no report. `returned`: see `parse()`."""
    shape = shape_of(header, parts, returned=returned)
    if shape is None:
        return None
    statuses, texts = _leaves(raw, parts)
    lines, cut = report_text.own_lines(texts)
    if not shape.formal and not _says_so(shape, value(header, "subject"), lines, cut=cut):
        return None
    fates = report_fields.fates([*statuses, "\n".join(lines).encode()])
    if not fates:
        ends = {*addresses(header, "from"), *addresses(header, "to")}
        named = addresses(header, "x-failed-recipients")  # as Exim and Gmail write it
        fates = report_text.fates(lines, named, ends, failed=not shape.formal)
    if not fates[0].recipient:
        enclosed = raw[header.body :][:REPORT_OCTETS]  # wrapped up by a gateway on the way, or the letter itself
        fates = report_fields.fates([enclosed]) or (replace(fates[0], recipient=report_text.copied_to(enclosed)),)
    report = _first(tuple(report_text.completed(fate, lines) for fate in fates))
    return Reported(report, shape.formal or shape.marked)


def _says_so(shape: Shape, subject: str, lines: list[str], *, cut: bool) -> bool:
    """Words where the form is not enough. The less its author is a machine, the more else must speak for it."""
    opening = folded("\n".join(lines)[:OPENING_CHARACTERS])
    titled = not shape.answer and bool(FAILURE.search(folded(subject)))
    worded = bool(FAILURE.search(opening))
    shaped = shape.copied or cut or bool(_DIALOGUE.search("\n".join(lines)))
    match shape.author:
        case Author.MACHINE:
            return titled or worded or shape.copied
        case Author.OFFICE:
            return (titled or (worded and not shape.answer)) and (shaped or shape.marked)
        case Author.ANYBODY:
            return worded and shaped


def _first(fates: tuple[Fate, ...]) -> Report:
    """The first recipient that failed stands for all: one letter of ours has one."""
    first = next((fate for fate in fates if fate.action == "failed"), next(iter(fates), Fate()))
    return Report(first.recipient, first.status, first.action, fates)


def _leaves(raw: bytes, parts: tuple[Part, ...]) -> tuple[list[bytes], list[str]]:
    """The octets of status parts, and the text of the others: RFC 3464 §2 has one of each before the copy."""
    statuses, texts, left = [], [], REPORT_OCTETS
    for part in parts:
        kind = part.head.kind
        if left > 0 and (kind in STATUS_KINDS or kind in _TEXT_KINDS):
            octets = content(raw, part)[:left]
            left -= len(octets)
            if kind in STATUS_KINDS:
                statuses.append(octets)
            else:
                text = clean(decode(octets, part.head.parameters.get("charset", "")))
                texts.append(to_text(text) if kind == "text/html" else text)
    return statuses, texts
