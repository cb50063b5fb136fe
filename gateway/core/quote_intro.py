"""What introduces a quote: "On … wrote:" and its kin, or the header of an original message. Pure and linear.

Two degrees of doubt. Above lines marked with `>` nearly anything that says who wrote may introduce them. Where nothing
is marked, all that follows would be cut, so only what programs write is believed: a date with an address, or a header.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.core.charset import without
from gateway.core.quote_header import header, original, rule

INTRO_LINES = 4
"""Over which programs break one introduction."""

BLANK_LINES = 2
"""Between an introduction and what it introduces."""

# "schrieb" and its kin stand before the name or the date; "mi ha scritto:" is said by people.
_WROTE = (
    r"(?:(?<!\bmi )(?<!\bci )(?<!\bvi )ha scritto|scrive|wrote|writes|a [ée]crit|escribió|escreveu|schreef|schrieb"
    r"|skrev|kirjoitti|napisał(?:\(?a\)?)?|napsal(?:\(?a\)?)?|написала?|пишет|yazd\u0131|írta|a scris|写道|寫道)"
)
_END = r"\s?(?:[:\uff1a](?:$|\s{2,})|-{2,}$)"  # one program goes on in the same line, after a gap
_VERB = re.compile(
    rf"{_WROTE}{_END}|\b(?:schrieb|schreef|skrev)\b.{{1,200}}:$|>\)? {_WROTE} .{{1,80}}{_END}|님이 작성:$"
    r"|\b(?:wrote on|ha scritto (?:il|in data)|a écrit le|escribió el) .{0,30}\d.{0,50}:$",
    re.IGNORECASE,
)
_QUOTING = re.compile(r"(?:citando|quoting|zitat von|citation de|cita de)\b[^:]{1,200}:$", re.IGNORECASE)
_BEGIN = re.compile(  # a date in the first words, whatever the language calls the day; or a name, an address, the verb
    r"(?:-{2,20}\s?)?(?:(?:il giorno|in data|w dniu|il|on|le|am|el|em|den|op|dnia|dne)\b[\s,]*+)?"
    r"(?:[^\W\d]\w*+[-.,]?[\s,]*+){0,3}\(?\d"
    rf"|[^@<:.!?]{{1,80}}<\s?[^\s<>@]{{1,64}}@[^\s<>@]{{1,255}}>\)? (?:{_WROTE}|於)",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?<!\d)(?:(?:19|20)\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d\d)")
_TIME = re.compile(r"(?<!\d)\d{1,2}[:.h]\d\d(?!\d)")
_ANGLE = re.compile(r"[<\[(]\s?(?:mailto:)?[^\s<>@]{1,64}@[^\s<>@]{1,255}")
_ENDED = re.compile(rf"{_END}|>$")
_ORDINARY = bytes({*range(0xCC)} - {*b"-_=*~:<0123456789"})
"""Octets in UTF-8 of what stands in all lines. Lines drawn, headers and introductions by programs have others, too."""
_INVITES = re.compile(r"[#\s]{0,20}(?:please|type|write|reply|rispond|scrivi)", re.IGNORECASE)
"""How a line begins that asks for an answer above it."""
_STAMP = re.compile(r"\d[^!?]{8,120}[^.!?;,]$")


def quoted(head: str) -> bool:
    """A line marked as quoted."""
    return head.startswith(">")


def remarkable(head: str) -> bool:
    """Whether a line may begin what is not the writer's; of nearly all it is told by this look."""
    return bool(without(head, _ORDINARY) or _INVITES.match(head))


def history(heads: Sequence[str], at: int) -> bool:
    """Whether all from this line on, a remarkable one, is an earlier message, none of its lines marked."""
    if original(heads, at):
        return not _marked(heads, at + 1)
    if rule(heads[at]):
        below = _next(heads, at + 1)
        return below < len(heads) and header(heads, below)
    return header(heads, at) or _introduced(heads, at)


def intro(heads: Sequence[str], above: int, start: int) -> int:
    """The first line of what introduces the marked lines that begin at `start`, none over `above`; else `start`."""
    first = _intro(heads, above, start)
    end = _up(heads, above, first)
    return end - 1 if end > above and original(heads, end - 1) else first


def _intro(heads: Sequence[str], above: int, start: int) -> int:
    end = _up(heads, above, start)
    if end == above or not heads[end - 1]:
        return start
    for first in range(end - 1, max(above, end - INTRO_LINES) - 1, -1):
        if not heads[first]:
            break
        said = " ".join(heads[first:end])
        if _BEGIN.match(said) and _ENDED.search(said) and (_VERB.search(said) or (_DATE.search(said) and "@" in said)):
            return first
    return end - 1 if _says_who(heads[end - 1], alone=end - 1 == above or not heads[end - 2]) else start


def _says_who(head: str, *, alone: bool) -> bool:
    """Such as "Mario Rossi wrote:" or "2026-03-03 10:15 Mario Rossi", a line by itself; or with an address."""
    stamped = alone and _STAMP.match(head) and _DATE.match(head) and _TIME.search(head)
    return bool(_QUOTING.match(head) or stamped or (_VERB.search(head) and (alone or _ANGLE.search(head))))


def _introduced(heads: Sequence[str], at: int) -> bool:
    """An introduction that only a program writes, above lines that are not marked."""
    if not _BEGIN.match(heads[at]):
        return False
    apart = not at or not heads[at - 1]
    for end in range(at + 1, min(at + INTRO_LINES, len(heads)) + 1):
        if not heads[end - 1]:
            break
        said = " ".join(heads[at:end])
        if said[-1] != ">" and _ENDED.search(said) and _DATE.search(said):
            verb, time = _VERB.search(said), _TIME.search(said)
            angle = _ANGLE.search(said)
            if (angle and verb and time) or (apart and ((angle and (verb or time)) or (verb and time and "@" in said))):
                return not _marked(heads, end)
    return False


def _marked(heads: Sequence[str], at: int) -> bool:
    """Whether marked lines follow, with no more than what introduces them between."""
    below = _next(heads, at)
    for line in range(below, min(below + INTRO_LINES + BLANK_LINES + 1, len(heads))):
        if quoted(heads[line]):
            return line == below or _intro(heads, below, line) == below
    return False


def _next(heads: Sequence[str], at: int) -> int:
    """The next line that is not empty, within a few."""
    end = min(at + BLANK_LINES, len(heads))
    while at < end and not heads[at]:
        at += 1
    return at


def _up(heads: Sequence[str], above: int, start: int) -> int:
    """Past the last line over `start` that is not empty, within a few."""
    end = start
    while end > max(above, start - BLANK_LINES) and not heads[end - 1]:
        end -= 1
    return end
