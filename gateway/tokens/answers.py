"""What an OAuth2 server said, as facts: a grant, or its refusal. Total: what is neither raises Nonsense. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from gateway.core.letter import shown
from gateway.core.withheld import withheld
from gateway.tokens.form import Said

UNTOLD = timedelta(minutes=10)
"""The life of a token whose server does not tell it, which RFC 6749 §5.1 only recommends."""
LONGEST = timedelta(days=1)
"""An access token is renewed at least so often, whatever the server says."""
WORDS = 300

_TOKEN = re.compile(r"[\x21-\x7e]{1,20000}")  # RFC 6749 appendix A.12, and no space
_ERROR = re.compile(r"[a-z0-9_.-]{1,64}")
_FOR_NOW = frozenset({"server_error", "temporarily_unavailable"})  # RFC 6749 §4.1.2.1
_TOO_MANY, _FAULTS = 429, 500
_REDIRECTS = range(300, 400)


class Nonsense(ValueError):  # noqa: N818 - what the server said, not a fault of ours
    """No answer that can be used; the words say why, and hold nothing of it that could be a secret."""


@dataclass(frozen=True, slots=True)
class Granted:
    """An access token, and how long it and its refresh token live. An empty refresh token: the one before stays."""

    access_token: str = field(repr=False)
    lifetime: timedelta
    refresh_token: str = field(default="", repr=False)
    refresh_lifetime: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Denied:
    """The server's no (RFC 6749 §5.2): its code, and what it says to people, cleaned."""

    error: str
    words: str

    def __str__(self) -> str:
        return f"{self.error}: {self.words}" if self.words else self.error


def read(said: Said, secrets: Iterable[str]) -> Granted | Denied:
    """The answer to a request for a token. Raises Nonsense."""
    answer = fields(said)
    if "error" in answer:
        return denied(answer, secrets)
    if str(answer.get("token_type")).lower() != "bearer":
        raise Nonsense("gave a token that is no bearer token")  # RFC 6749 §7.1: not to be used
    granted = Granted(
        _token(answer.get("access_token"), "access_token"),
        min(seconds(answer, "expires_in") or UNTOLD, LONGEST),
        _token(answer["refresh_token"], "refresh_token") if answer.get("refresh_token") else "",
        seconds(answer, "refresh_token_expires_in") or seconds(answer, "refresh_expires_in"),
    )
    if said.status >= _REDIRECTS.start:
        raise Nonsense(f"gave a token with status {said.status}")
    return granted


def denied(answer: dict[str, Any], secrets: Iterable[str]) -> Denied:
    """A refusal. Raises Nonsense where it is only for now, or none."""
    error, words = answer["error"], answer.get("error_description")
    if not isinstance(error, str) or not _ERROR.fullmatch(error):
        raise Nonsense("refused with what is no error code")
    known = tuple(secrets)
    told = shown(withheld(words, known), WORDS) if isinstance(words, str) else ""
    if error in _FOR_NOW:
        raise Nonsense(f"cannot answer now: {error}")
    return Denied(withheld(error, known), told)


def fields(said: Said) -> dict[str, Any]:
    """The object that the server answered with. Raises Nonsense."""
    if said.status in _REDIRECTS:
        raise Nonsense(f"redirects (status {said.status}); no secret is sent after it")
    if said.status == _TOO_MANY or said.status >= _FAULTS:
        raise Nonsense(f"cannot answer now (status {said.status})")
    try:
        answer = json.loads(said.octets)
    except (ValueError, RecursionError):
        raise Nonsense(f"answered what is no JSON (status {said.status})") from None
    if not isinstance(answer, dict):
        raise Nonsense(f"answered no JSON object (status {said.status})")
    return answer


def seconds(answer: dict[str, Any], key: str) -> timedelta | None:
    """A positive number of them, some servers write it as text; None where there is none. Raises Nonsense."""
    value = answer.get(key)
    if value is None:
        return None
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,10}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 10**10:
        raise Nonsense(f"gave a token with a strange {key}")
    return timedelta(seconds=value)


def _token(value: object, key: str) -> str:
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise Nonsense(f"gave no {key} that can be sent")
    return value
