"""What somebody looks for: words as people type them, to terms and the days they mean. Pure, bounded, and no grammar.

A day narrows; all else has to be found. Days are those of UTC, as in every list.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta

from gateway.core.letter import one_line

TERMS = 12
"""More words are no search."""
CHARACTERS = 300
"""Of a word: nothing that is kept and looked for is longer (`core/header.py`)."""

_WEEKDAYS = {
    word: number
    for number, names in enumerate(
        (
            ("monday", "lunedi"),
            ("tuesday", "martedi"),
            ("wednesday", "mercoledi"),
            ("thursday", "giovedi"),
            ("friday", "venerdi"),
            ("saturday", "sabato"),
            ("sunday", "domenica"),
        )
    )
    for word in names
}
_AGO = {"today": 0, "oggi": 0, "yesterday": 1, "ieri": 1}
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_ITALIAN = re.compile(r"([0-9]{1,2})[./]([0-9]{1,2})[./]([0-9]{4})")
_AROUND = "<>\"'`,;«»“”"


@dataclass(frozen=True, slots=True)
class Wanted:
    """All of the terms, in what came from `since` on and before `before`; None is no bound."""

    terms: tuple[str, ...] = ()
    since: datetime | None = None
    before: datetime | None = None

    def __str__(self) -> str:
        days = ""
        if self.since and self.before:
            last = (self.before - timedelta(days=1)).date()
            days = f"on {last}" if last == self.since.date() else f"from {self.since.date()} to {last}"
        elif self.since:
            days = f"since {self.since:%Y-%m-%d %H:%M}"
        return " ".join(filter(None, (" ".join(self.terms), days)))


def wanted(words: Iterable[str], now: datetime, since: datetime | None = None) -> Wanted:
    """What these words mean. Several days mean all from the first to the last. Raises ValueError."""
    given = [word for text in words for word in one_line(text, (CHARACTERS + 2) * TERMS).split()]
    today = now.astimezone(UTC).date()
    meant = {word: _day(word, today) for word in given}
    days = [day for day in meant.values() if day]
    terms = tuple(dict.fromkeys(term for word, day in meant.items() if not day and (term := word.strip(_AROUND))))
    if not terms and not days:
        raise ValueError("nothing to look for; name an address, an id, a ticket, words of a subject, or a day")
    if len(terms) > TERMS or any(len(term) > CHARACTERS for term in terms):
        raise ValueError(f"that is too much to look for: at most {TERMS} words of {CHARACTERS} characters")
    if not days:
        return Wanted(terms, since)
    first, end = _midnight(min(days)), _midnight(max(days) + timedelta(days=1))
    return Wanted(terms, max(first, since) if since else first, end)


def _day(word: str, today: date) -> date | None:
    """The day that a word means; of a weekday the last one that has begun."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", word.casefold()) if one.isalnum() or one in "-./")
    if plain in _WEEKDAYS:
        return today - timedelta(days=(today.weekday() - _WEEKDAYS[plain]) % 7)
    if plain in _AGO:
        return today - timedelta(days=_AGO[plain])
    iso, italian = _ISO.fullmatch(word), _ITALIAN.fullmatch(word)
    parts = iso.groups() if iso else italian.groups()[::-1] if italian else None
    try:
        day = date(*map(int, parts)) if parts else None
    except ValueError:  # the 30th of February
        return None
    return day if day and day.year < MAXYEAR else None  # it has a next one


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
