"""A delivery report in words: whom it is about and what became of the letter. Line by line, linear, bounded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from gateway.core.message import Fate
from gateway.core.report_fields import RECIPIENTS, refined, status_of
from gateway.core.report_words import DELAY, FAILURE, folded

LINES = 2_000
LINE_CHARACTERS = 1_000
"""What is longer is looked at so far."""

CLASSES = {"failed": "5", "delayed": "4"}
"""What an action means where no status is told, and the other way round."""

_ADDRESS = r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}+@[a-z0-9.-]{1,254}[a-z0-9]"
_ANY = re.compile(rf"(?<![a-z0-9!#$%&'*+/=?^_`{{|}}~.-]){_ADDRESS}", re.IGNORECASE)
_LEADS = re.compile(  # a line about a recipient, behind marks or a reply code
    rf"[\s>*<\"'-]*+(?:[45][0-9][0-9][ -])?[\s<\"']*+({_ADDRESS})[>\"']?(?=[\s:,;(\[.]|$)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"(?:(?:\bto|address(?:ed,)?|recipient|userid|user|failed|is full)\s?:?[\s<\"']{{1,4}}|smtp=)({_ADDRESS})",
    re.IGNORECASE,
)
_COPY = re.compile(  # from here on it is the letter that did not arrive
    r"(?:received|return-path|dkim-signature|message-id): ?\S"
    r"|[\W_]*+(?:(?:below (?:this line )?|this |here |included )is a copy|a copy of the (?:original )?message"
    r"|the headers? of (?:the|your)|start of returned message|message (?:text|headers?) follow"
    r"|(?:original|unsent|returned) message(?: follows| as received|\s?[-:]|\s*+$))",
)
_TO = re.compile(rb"\nto:[^\n]{1,1000}", re.IGNORECASE)


def own_lines(texts: list[str]) -> tuple[list[str], bool]:
    """The report's own lines, each text's up to the copy of the letter that it is about, and whether there was one."""
    own: list[str] = []
    cut = False
    for text in texts:
        for whole in text.split("\n", LINES)[:LINES]:
            line = whole[:LINE_CHARACTERS]
            if own and _COPY.match(line.lower()):
                cut = True
                break
            own.append(line)
    return own, cut


def fates(lines: list[str], named: tuple[str, ...], ends: set[str], *, failed: bool) -> tuple[Fate, ...]:
    """Every recipient that the lines speak of, or one without an address.

    `named` are those of the header; `ends` are the report's own author and addressee; `failed` is whether a report
    that says nothing else is one of a failure.
    """
    text = folded(" ".join(lines))
    action = "delayed" if DELAY.search(text) else "failed" if failed or FAILURE.search(text) else ""
    places = _places(lines, named, {one.lower() for one in ends}) or [("", 0)]
    edges = [at for _, at in places[1:]] + [len(lines)]
    return tuple(
        Fate(recipient, status_of(" ".join(lines[at:edge])), action)
        for (recipient, at), edge in zip(places, edges, strict=True)
    )


def completed(fate: Fate, lines: list[str]) -> Fate:
    """A recipient whose status is missing, or names a class alone, with what the lines say of it."""
    status = fate.status
    if not status or status in {"4.0.0", "5.0.0"}:
        about = " ".join(line for line in lines if fate.recipient.lower() in line.lower())
        status = refined(refined(status, about), " ".join(lines), CLASSES.get(fate.action, ""))
    action = fate.action or next((action for action, kind in CLASSES.items() if status.startswith(kind)), "")
    return replace(fate, status=status, action=action)


def copied_to(octets: bytes) -> str:
    """To whom the enclosed letter was addressed, or "": a letter of ours is to one."""
    line = _TO.search(octets)
    found = _ANY.search(line[0].decode("ascii", "replace"), 4) if line else None
    return found[0] if found else ""


def _places(lines: list[str], named: tuple[str, ...], ends: set[str]) -> list[tuple[str, int]]:
    """Recipients with the line that each is first spoken of, by the surest sign there is."""
    leading = _first((match[1], at) for at, line in enumerate(lines) if (match := _LEADS.match(line)))
    if named:
        first = {address.lower(): at for address, at in leading}
        return sorted(((one, first.get(one.lower(), 0)) for one in named[:RECIPIENTS]), key=lambda place: place[1])
    spoken_of = _first((match[1], at) for at, line in enumerate(lines) for match in _NAMED.finditer(line))
    anywhere = _first((match[0], at) for at, line in enumerate(lines) for match in _ANY.finditer(line))
    for found in (leading, spoken_of, anywhere):
        if others := [(address, at) for address, at in found if address.lower() not in ends]:
            return others
    return leading[:1]


def _first(found: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Each address once, where it first stands, at most `RECIPIENTS`."""
    places: dict[str, tuple[str, int]] = {}
    for address, at in found:
        if len(places) < RECIPIENTS:
            places.setdefault(address.lower(), (address, at))
    return list(places.values())
