"""A policy file's `retention:` to `Retention`, or the first thing that is wrong in it: what deletes must be said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from gateway.config.yaml import Document, Keys, Plain
from gateway.core.policy import SETTABLE
from gateway.core.problem import ConfigError, near
from gateway.core.reason import Disposition, Reason
from gateway.core.retention import BY_AGE, LETTERS_COUNT, Retention

KEEP = "keep"
LONGEST = 3660
"""Days: ten years, and leap days. Whoever means more means `keep`."""
KEYS = ("quarantine", "reasons", *map(str, BY_AGE), "tickets", "records")

DAYS = re.compile(r"([1-9][0-9]{0,3})d")


def retention(document: Document, said: Mapping[str, Plain]) -> Retention:
    """What the section says; its keys are known. Raises ConfigError."""
    found = Retention(
        held=_period(document, ("quarantine",), said),
        reasons=_reasons(document, said.get("reasons")),
        octets={one: _period(document, (one.value,), said) for one in BY_AGE},
        tickets=_period(document, ("tickets",), said),
        records=_period(document, ("records",), said),
    )
    _sound(document, found)
    return found


def period(value: Plain) -> timedelta | None:
    """`14d`, or None for `keep`. Raises ValueError."""
    if value == KEEP:
        return None
    match = DAYS.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) > LONGEST:
        raise ValueError(f"is no number of days from 1d to {LONGEST}d, nor {KEEP}")
    return timedelta(days=int(match[1]))


def _period(document: Document, keys: Keys, said: Mapping[str, Plain]) -> timedelta | None:
    value = said.get(str(keys[-1]), KEEP)
    try:
        return period(value)
    except ValueError as fault:
        raise _wrong(document, keys, f"{fault} ({value})", f"such as 30d, or {KEEP}") from None


def _reasons(document: Document, said: Plain) -> dict[Reason, timedelta | None]:
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise _wrong(document, ("reasons",), "is not a mapping", "REASON: DAYS lines")
    for key in said:
        if key not in set(SETTABLE):
            raise _wrong(document, ("reasons", key), "is no reason for a refusal", near(key, sorted(SETTABLE)))
    return {Reason(key): _period(document, ("reasons", key), said) for key in said}


def _sound(document: Document, found: Retention) -> None:
    """What was said in a ticket is also in its messages, and its letters still tell something for a while."""
    if found.tickets is None:
        return
    if found.tickets < LETTERS_COUNT:
        least = f"{LETTERS_COUNT.days}d"
        wrong = f"is under {least}, for which its letters tell whether a primary works"
        raise _wrong(document, ("tickets",), wrong, f"{least} or more")
    accepted = found.octets[Disposition.ACCEPT]
    if accepted is None or accepted > found.tickets:
        wrong = f"is over before `{Disposition.ACCEPT}` is, and the messages say what the ticket said"
        raise _wrong(document, ("tickets",), wrong, f"`{Disposition.ACCEPT}:` of as many days, or fewer")


def _wrong(document: Document, keys: Keys, wrong: str, right: str) -> ConfigError:
    return ConfigError(document.problem(("retention", *keys), wrong, right))
