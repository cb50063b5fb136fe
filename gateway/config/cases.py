"""A policy file's `tests:` to cases, or the first thing that is wrong in them. Their mail lies beside the file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.config.policies import files
from gateway.config.yaml import Document, Keys, Plain, read
from gateway.core.account import Sender
from gateway.core.arrival import Arrival, Origin, Position
from gateway.core.case import Case
from gateway.core.decide import objection
from gateway.core.fact_words import WORDS
from gateway.core.facts import SCHEMA, Facts, facts
from gateway.core.message import Message
from gateway.core.parse import parse
from gateway.core.problem import ConfigError, near
from gateway.core.reason import Disposition, Reason
from gateway.core.record import Types
from gateway.core.trial import DEFER, Said, Trial

CASES = 2000
"""In one file."""
MAIL_OCTETS = 1024 * 1024
"""Of a case's mail."""

_KEYS = ("name", "facts", "mail", "expect")
TEXTS = ("reason", "rule", "queue", "assignee", "priority", "answer", "keep", "for")
_EXPECT = ("disposition", *TEXTS, "tags", "confirm")
_WORDS = {"bool": (bool, "true or false"), "int": (int, "a whole number"), "string": (str, "text")}
_AT = datetime(2026, 1, 5, 10, tzinfo=UTC)  # a Monday


def load_cases(directory: Path) -> tuple[Trial, ...]:
    """The cases of all files, in the order of the files. Raises ConfigError."""
    return tuple(one for path in files(directory) for one in _cases(read(path)))


def _cases(document: Document) -> Iterator[Trial]:
    data = document.data
    said = data.get("tests") if isinstance(data, dict) else None
    if said is None:
        return
    if not isinstance(said, list) or len(said) > CASES:
        right = "a list of - {name: ..., facts: {...}, expect: {...}}"
        raise ConfigError(document.problem(("tests",), f"is no list of at most {CASES} cases", right))
    for at, one in enumerate(said):
        yield _case(document, ("tests", at), one)


def _case(document: Document, keys: Keys, said: Plain) -> Trial:
    case = document.section(keys, said, _KEYS)
    name = case.get("name")
    if not isinstance(name, str) or not name.strip():
        raise ConfigError(document.problem((*keys, "name"), "is missing", "what the case shows, in words"))
    if "expect" not in case or not ("facts" in case or "mail" in case):
        raise ConfigError(document.problem(keys, "has no facts or mail, or expects nothing", ", ".join(_KEYS)))
    given = case.get("facts")
    given = {} if given is None else given
    _typed(document, (*keys, "facts"), given, dict(SCHEMA))
    known = _of_mail(document, (*keys, "mail"), case["mail"]) if "mail" in case else Facts(reason="registered")
    laid = Facts.from_record(_over(known.values(), given))
    expect = _expected(document, (*keys, "expect"), case["expect"])
    return Trial(name, f"{Path(document.file).name}:{document.line(keys)}", laid, expect)


def _of_mail(document: Document, keys: Keys, said: Plain) -> Facts:
    """What the message itself tells: nobody vouches for its author, until `facts` says otherwise."""
    right = "the path of an .eml file, relative to this one"
    if not isinstance(said, str):
        raise ConfigError(document.problem(keys, f"is no path ({said})", right))
    try:
        with (Path(document.file).parent / said).open("rb") as file:
            octets = file.read(MAIL_OCTETS + 1)
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else fault
        raise ConfigError(document.problem(keys, f"cannot be read ({why})", right)) from None
    parsed = parse(octets)
    if len(octets) > MAIL_OCTETS or not isinstance(parsed, Message):
        wrong = f"is over {MAIL_OCTETS} octets, or no message that rules are asked about"
        raise ConfigError(document.problem(keys, wrong, "a message of a person"))
    case = Case(Arrival("CASE", octets, None, Origin("test", Position.EDGE), _AT), parsed, Sender(parsed.author, ()))
    found = objection(case)
    return facts(case, found.reason if found else Reason.REGISTERED)


def _over(record: Any, given: Any) -> Any:
    """What is given, laid over what is known; a list replaces a list."""
    if not isinstance(record, dict) or not isinstance(given, dict):
        return given
    return record | {key: _over(record.get(key), value) for key, value in given.items()}


def _typed(document: Document, keys: Keys, said: Plain, types: Types) -> None:
    """Nothing but facts, of their types. It goes as deep as the facts do."""
    if isinstance(types, dict):
        for key, value in document.section(keys, said, tuple(types)).items():
            _typed(document, (*keys, key), value, types[key])
    elif isinstance(types, list):
        if not isinstance(said, list):
            raise ConfigError(document.problem(keys, "is no list", "such as [a, b]"))
        for at, value in enumerate(said):
            _typed(document, (*keys, at), value, types[0])
    else:
        kind, right = _WORDS[types]
        if type(said) is not kind:  # True is no number
            raise ConfigError(document.problem(keys, f"is not of this fact's type ({said})", right))
        known = WORDS.get(tuple(str(key) for key in keys[3:] if not isinstance(key, int)), ())  # behind tests[N].facts
        if known and said not in known:
            raise ConfigError(
                document.problem(keys, f"is never so when rules are asked ({said})", near(str(said), known))
            )


def _expected(document: Document, keys: Keys, said: Plain) -> dict[str, Said]:
    expect = document.section(keys, said, _EXPECT)
    dispositions = sorted({*Disposition, DEFER} - {Disposition.FAILED})
    if not expect:
        raise ConfigError(document.problem(keys, "expects nothing", ", ".join(_EXPECT)))
    if expect.get("disposition", DEFER) not in dispositions:
        raise ConfigError(document.problem((*keys, "disposition"), "is none of these", " | ".join(dispositions)))
    for key in TEXTS:
        if not isinstance(expect.get(key, ""), str):
            raise ConfigError(document.problem((*keys, key), "is no text", "none, where there is to be none"))
    if type(expect.get("confirm", True)) is not bool:
        raise ConfigError(document.problem((*keys, "confirm"), "is neither", "true or false"))
    tags = expect.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ConfigError(document.problem((*keys, "tags"), "is no list of words", "such as [billing]"))
    return expect | ({"tags": tuple(sorted(tags))} if "tags" in expect else {})
