"""The words split: what was written here, what was quoted, the signature. Nothing is lost; in doubt nothing is cut.

Read from the end: marked lines with their introduction are a quote, the last own lines may end in a signature, and the
first own word ends the search. So answers stay with the lines that they answer, and what is below the last one goes. An
unmarked earlier message is cut from its header on; a message that is passed on is content to its last line.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from gateway.core.quote_header import forwards
from gateway.core.quote_intro import history, intro, quoted, remarkable
from gateway.core.signature import signature

LINES = 20_000
"""Nothing is cut from a longer text."""

LINE_CHARACTERS = 500
"""Of a line, what is looked at; it is kept whole."""

ANSWERED_LINES = 30
"""A longer quote above the writer's words is history, a shorter one is what they answer."""

WRAPPED_CHARACTERS = 60
"""From which on a quoted line is so long that a program on the way may have broken it."""

_UNSEEN = " \t\xa0\u200b\u200e\u200f\u202f\ufeff"


class _Kind(Enum):
    TEXT = 0
    QUOTED = 1
    SIGNATURE = 2


def split_words(text: str, *, forwarded: bool = False) -> tuple[str, str, str]:
    """Text, quoted, signature: together every line that is not empty, each in the order in which it stood.

    `forwarded`: the subject says that a message is passed on, so the header of an earlier one begins content.
    """
    if text.count("\n") >= LINES:
        return text, "", ""
    lines = text.split("\n")
    heads = [line[:LINE_CHARACTERS].strip(_UNSEEN) for line in lines]
    kinds = _kinds(heads, forwarded=forwarded)
    if not any(head for head, kind in zip(heads, kinds, strict=True) if kind is _Kind.TEXT):
        return text, "", ""  # of quotes and signatures alone: all there is to read
    return (
        _joined(lines, kinds, _Kind.TEXT),
        _joined(lines, kinds, _Kind.QUOTED),
        _joined(lines, kinds, _Kind.SIGNATURE),
    )


def _joined(lines: list[str], kinds: list[_Kind], wanted: _Kind) -> str:
    """The lines of one kind, those that stood apart set apart by a blank line."""
    if wanted not in kinds:
        return ""
    joined: list[str] = []
    apart = False
    for line, kind in zip(lines, kinds, strict=True):
        if kind is wanted:
            if apart and joined and joined[-1] and line:
                joined.append("")
            joined.append(line.rstrip())
        apart = kind is not wanted
    return "\n".join(joined).strip("\n")


def _kinds(heads: list[str], *, forwarded: bool) -> list[_Kind]:
    """What each line is."""
    end, rest = _own_end(heads, forwarded=forwarded)
    kinds = [_Kind.TEXT] * end + [rest] * (len(heads) - end)
    answered = False
    for start, stop, marked in reversed(_runs(heads, end)):
        if marked:
            if not answered or stop - start > ANSWERED_LINES:
                kinds[start:stop] = [_Kind.QUOTED] * (stop - start)
        elif not answered:
            sign = signature(heads, start, stop)
            kinds[sign:stop] = [_Kind.SIGNATURE] * (stop - sign)
            answered = any(heads[start:sign])
    return kinds


def _own_end(heads: list[str], *, forwarded: bool) -> tuple[int, _Kind]:
    """Where the lines end that the writer made or marked, and what those below them are."""
    above = False
    for at, head in enumerate(heads):
        if not head or quoted(head):
            continue
        if remarkable(head):
            if forwards(head):
                return at, _Kind.TEXT
            if above and history(heads, at):
                return at, _Kind.TEXT if forwarded else _Kind.QUOTED
        above = True
    return len(heads), _Kind.TEXT


def _runs(heads: list[str], end: int) -> list[tuple[int, int, bool]]:
    """The own lines and the marked ones with their introductions, by turns: start, end, whether marked."""
    runs: list[tuple[int, int, bool]] = []
    own = 0  # where the current run of own lines began
    for at in [at for at, head in enumerate(heads[:end]) if quoted(head)]:
        if at >= own:
            start = intro(heads, own, at)
            stop = _marked_end(heads, at, end)
            runs += [(own, start, False), (start, stop, True)]
            own = stop
    return [*runs, (own, end, False)]


def _marked_end(heads: Sequence[str], at: int, end: int) -> int:
    """Past the last line of a quote: blank lines may stand in it, and ends of lines that were broken on the way."""
    last = at
    while at < end:
        if quoted(heads[at]) or (at == last + 1 and at + 1 < end and _broken(*heads[last : at + 2])):
            last = at
        elif heads[at]:
            break
        at += 1
    return last + 1


def _broken(above: str, head: str, below: str) -> bool:
    """The end of a quoted line that was broken on the way: it goes on in small letters, mid-sentence."""
    return (
        len(above) >= WRAPPED_CHARACTERS
        and quoted(above)
        and quoted(below)
        and head[:1].islower()
        and above[-1] not in ".?!:;"
    )
