"""The words split: what was written here, what was quoted, the signature. Nothing is lost; in doubt nothing is cut.

A modest and safe reading: a quote is cut only where it is the end of the message and nothing was answered inside it.
"""

from __future__ import annotations

import re

LINES = 20_000
"""Nothing is cut from a longer text."""

SIGNATURE_LINES = 30
INTRO_LINES = 3
HEADER_LINES = 8

_INTRO_END = re.compile(r"(?i)\b(?:ha scritto|wrote|a écrit|schrieb|escribió)\s?:$")
_INTRO_START = re.compile(r"(?i)(?:il|on|le|am|el|in data)\b")
_MARKER = re.compile(
    r"(?i)-{2,20} ?(?:messaggio originale|original message|messaggio inoltrato|forwarded message) ?-{2,20}$"
)
_FROM = re.compile(r"(?i)\*?(?:da|from|von|de)\*? ?:")
_SENT = re.compile(r"(?i)\*?(?:inviato|sent|data|date|gesendet|envoyé)\*? ?:")
_SUBJECT = re.compile(r"(?i)\*?(?:oggetto|subject|betreff|objet)\*? ?:")
_LINE_CHARACTERS = 500


def split_words(text: str) -> tuple[str, str, str]:
    """Text, quoted, signature: together every line that is not empty."""
    if text.count("\n") >= LINES:
        return text, "", ""
    lines = text.split("\n")
    heads = [line[:_LINE_CHARACTERS].strip() for line in lines]  # what is looked at; the lines are kept whole
    sign = _signature(heads, len(lines))
    quote = _quote(heads, sign)
    written = quote if sign == len(lines) or quote < sign else sign
    if quote < sign:  # a signature may stand above the quote instead
        own = _signature(heads, quote)
        if own < quote and sign == len(lines):
            return _joined(lines[:own]), _joined(lines[quote:]), _joined(lines[own:quote])
    return _joined(lines[:written]), _joined(lines[quote:sign]), _joined(lines[sign:])


def _joined(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def _signature(heads: list[str], end: int) -> int:
    """Where the signature starts: the last "-- " line, near the end, with no quote below it; else `end`."""
    for index in range(end - 1, max(end - 1 - SIGNATURE_LINES, -1), -1):
        if _quoted(heads[index]) or _MARKER.match(heads[index]):
            return end
        if heads[index] == "--":  # RFC 3676 §4.3
            return index
    return end


def _quote(heads: list[str], end: int) -> int:
    """Where the quote at the end starts, or `end` where there is none that can be cut."""
    start = _original(heads, end)
    if start == end:
        start = _angles(heads, end)
    return start if any(heads[:start]) else end  # a message of quotes alone is kept as it is


def _original(heads: list[str], end: int) -> int:
    """The line of an "original message", or the first of the header lines that Outlook puts above it."""
    for index in range(end):
        head = heads[index]
        if _MARKER.match(head):
            return index
        if _FROM.match(head):
            block = heads[index + 1 : min(index + HEADER_LINES, end)]
            if any(map(_SENT.match, block)) and any(map(_SUBJECT.match, block)):
                return index
    return end


def _angles(heads: list[str], end: int) -> int:
    """The last block of `>` lines with the line that introduces it, if no quote stands above."""
    start = end
    while start and (not heads[start - 1] or _quoted(heads[start - 1])):
        start -= 1
    if not any(heads[start:end]) or any(map(_quoted, heads[:start])):
        return end
    return _intro(heads, start)


def _intro(heads: list[str], start: int) -> int:
    """The start of "On ... wrote:" above a quote, which programs break over several lines; else `start`."""
    last = start
    if not last or not _INTRO_END.search(heads[last - 1]):
        return start
    for first in range(last - 1, max(last - 1 - INTRO_LINES, -1), -1):
        if _INTRO_START.match(heads[first]):
            return first
        if not heads[first]:
            break
    return last - 1


def _quoted(head: str) -> bool:
    return head.startswith(">")
