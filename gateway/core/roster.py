"""The accounts file: one account in plain data to an `Entry`, or to every problem in it. Pure; the door of R1 and R7.

What is not in the file's own vocabulary is refused, never guessed: a misspelt key would silently take access away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from gateway.core.account import DOMAIN, Language, Standing
from gateway.core.address import Address, domain_key
from gateway.core.problem import Problem

T = TypeVar("T")

KEYS = ("code", "name", "language", "status", "primary", "secondary", "services")
SERVICE_KEYS = ("kind", "name")
CODE_CHARACTERS = 64
NAME_CHARACTERS = 255
OWN = "is the gateway's own address, so that every letter there would come back"
THEIRS = "an address of the customer's own"
_VALUE_CHARACTERS = 60
_CODE = f"up to {CODE_CHARACTERS} printable characters without white space, such as ROSSI-001"
_KIND = re.compile(r"[a-z][a-z0-9-]{0,63}")

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A service that an entry holds."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One account of the file, and where it stands there."""

    file: str
    line: int
    code: str
    name: str
    language: Language
    status: Standing
    primary: Address
    secondary: tuple[Address, ...]
    services: tuple[Held, ...]


def parse(data: object, file: str, line: Callable[[Path], int]) -> Entry | tuple[Problem, ...]:
    """An account as YAML, JSON or CSV gives it. `line` says where a value stands; `line(())` is the account's own."""
    return _Account(data, file, line).entry()


def of_others(found: Iterable[Entry | Problem], comes_back: Callable[[Address], bool]) -> Iterator[Entry | Problem]:
    """The same, but that an account with an address of our own is a problem."""
    for one in found:
        if isinstance(one, Entry) and (ours := [*filter(comes_back, (one.primary, *one.secondary))]):
            yield Problem(one.file, one.line, f"account {one.code}", f"{ours[0]} {OWN}", THEIRS)
        else:
            yield one


def row(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same from the row of a table: empty is left out, a list may be text with `;`, a service `kind:name`."""
    data = {key: value for key, value in values.items() if value is not None and not _blank(value)}
    for key in ("secondary", "services"):
        found = data.get(key, [])
        data[key] = [one.strip() for one in found.split(";") if one.strip()] if isinstance(found, str) else found
    if isinstance(data["services"], list):
        data["services"] = [
            dict(zip(SERVICE_KEYS, one.split(":", 1), strict=False)) if isinstance(one, str) else one
            for one in data["services"]
        ]
    return data


def _blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


class _Wrong(Exception):  # noqa: N818 - a value, not a fault of ours
    """A value that will not do, in two halves: what is wrong, and what would be right."""


class _Account:
    """One reading of one account: every key is looked at, so that all problems are told at once."""

    def __init__(self, data: object, file: str, line: Callable[[Path], int]) -> None:
        self._data: Mapping[str, Any] = data if isinstance(data, dict) else {}
        self._file, self._line = file, line
        self._problems: list[Problem] = []
        if not isinstance(data, dict):
            self._wrong((), "is not an account", "a mapping with the keys " + ", ".join(KEYS))

    def entry(self) -> Entry | tuple[Problem, ...]:
        if self._problems:
            return tuple(self._problems)
        self._known((), self._data, KEYS)
        code = self._take(("code",), self._data.get("code"), _code)
        name = self._take(("name",), self._data.get("name"), _name)
        language = self._take(("language",), self._data.get("language"), _language)
        status = self._take(("status",), self._data.get("status", Standing.ACTIVE.value), _status)
        primary = self._take(("primary",), self._data.get("primary"), _address)
        secondary = [self._take(("secondary", at), one, _address) for at, one in enumerate(self._list("secondary"))]
        services = [self._service(at, one) for at, one in enumerate(self._list("services"))]
        self._once("secondary", [one.key if one else None for one in (primary, *secondary)], offset=1)
        self._once("services", [str(one) if one else None for one in services])
        if self._problems or not (code and name and language and status and primary):
            return tuple(self._problems)
        return Entry(
            self._file,
            self._line(()),
            code,
            name,
            language,
            status,
            primary,
            tuple(one for one in secondary if one),
            tuple(one for one in services if one),
        )

    def _service(self, at: int, value: object) -> Held | None:
        if not isinstance(value, dict):
            self._wrong(("services", at), f"{_shown(value)} is not a service", "{kind: domain, name: rossi.example}")
            return None
        self._known(("services", at), value, SERVICE_KEYS)
        kind = self._take(("services", at, "kind"), value.get("kind"), _kind)
        read = _domain if kind == DOMAIN else _name
        name = self._take(("services", at, "name"), value.get("name"), read)
        return Held(kind, name) if kind and name else None

    def _take(self, path: Path, value: object, read: Callable[[object], T]) -> T | None:
        try:
            return read(value)
        except _Wrong as fault:
            self._wrong(path, *fault.args)
            return None

    def _list(self, key: str) -> Sequence[object]:
        value = self._data.get(key)
        if value is None or isinstance(value, list):
            return value or ()
        self._wrong((key,), f"{_shown(value)} is not a list", f"{key}: [...]")
        return ()

    def _known(self, path: Path, found: Mapping[str, object], known: Sequence[str]) -> None:
        for key in found:
            if key not in known:
                near = get_close_matches(key[:NAME_CHARACTERS], known, n=1)
                self._wrong((*path, key), "unknown key", f"did you mean {near[0]}?" if near else ", ".join(known))

    def _once(self, key: str, values: Sequence[str | None], offset: int = 0) -> None:
        seen: set[str] = set()
        for at, value in enumerate(values):
            if value in seen:
                self._wrong((key, at - offset), f"{value} stands twice on this account", "keep one of them")
            elif value:
                seen.add(value)

    def _wrong(self, path: Path, wrong: str, right: str) -> None:
        code = self._data.get("code")
        whose = f"account {code}" if isinstance(code, str | int) and code != "" else "account"
        where = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in path).removeprefix(".")
        key = f"{whose[: _VALUE_CHARACTERS + 12]}: {where}" if where else whose
        self._problems.append(Problem(self._file, self._line(path), key, wrong, right))


def _text(value: object, right: str, characters: int = NAME_CHARACTERS) -> str:
    """Text on one line. A whole number is the text it was written as: a code may be 4711."""
    if value is None or value == "":
        raise _Wrong("is missing", right)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _Wrong(f"{_shown(value)} is not text", right)
    text = str(value).strip()
    if not text or len(text) > characters or not text.isprintable():  # no controls, and no lone surrogates
        raise _Wrong(f"{_shown(value)} is empty, unprintable or over {characters} characters", right)
    return text


def _code(value: object) -> str:
    if " " in (code := _text(value, _CODE, CODE_CHARACTERS)):  # the only white space that is printable
        raise _Wrong(f"{_shown(value)} has white space", _CODE)
    return code


def _name(value: object) -> str:
    return _text(value, "the name in words, in quotes where it looks like something else")


def _language(value: object) -> Language:
    return _word(value, Language)


def _status(value: object) -> Standing:
    return _word(value, Standing)


def _word(value: object, words: type[_Enum]) -> _Enum:
    try:
        return words(_text(value, " or ".join(words)))
    except ValueError as fault:
        raise _Wrong(f"{_shown(value)} is not one of these", " or ".join(words)) from fault


_Enum = TypeVar("_Enum", bound=StrEnum)


def _address(value: object) -> Address:
    right = "one bare address, such as tecnico@rossi.example"
    text = _text(value, right, NAME_CHARACTERS * 2)
    try:
        return Address.parse(text)
    except ValueError as fault:
        raise _Wrong(f"{_shown(text)}: {fault}", right) from fault


def _kind(value: object) -> str:
    right = "small letters, digits and hyphens, such as domain"
    if not _KIND.fullmatch(kind := _text(value, right)):
        raise _Wrong(f"{_shown(value)} is not a kind of service", right)
    return kind


def _domain(value: object) -> str:
    right = "a domain name, such as rossi.example"
    try:
        return domain_key(_text(value, right))
    except ValueError as fault:
        raise _Wrong(f"{_shown(value)}: {fault}", right) from fault


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _VALUE_CHARACTERS else text[: _VALUE_CHARACTERS - 1] + "…"
