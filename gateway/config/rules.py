"""A policy file's `rules:` to `Rule`s, or the first thing that is wrong in them. There is no word here that grants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from gateway.config.values import duration
from gateway.config.yaml import Document, Keys, Plain
from gateway.core.expression import Condition, compile_condition
from gateway.core.expression_tokens import ExpressionError
from gateway.core.fact_words import WORDS
from gateway.core.facts import SCHEMA
from gateway.core.problem import ConfigError
from gateway.core.reason import Disposition
from gateway.core.reply import Kind
from gateway.core.rule import Filing, Hold, Postponement, Priority, Refusal, Route, Rule, Stop

RULES = 200
"""In all files together: each costs its share of every message."""
TAGS = 20
KEEP_DAYS = 3650
"""The longest that a message is held: ten years."""

_KEYS = ("name", "when", "then")
STOPS: Mapping[str, Stop] = {
    "reject": Refusal(Disposition.REJECT),
    "quarantine": Refusal(Disposition.QUARANTINE),
    "discard": Refusal(Disposition.DISCARD),
    "defer": Postponement(),
    "enquiry": Filing(),
}
_ACTS = (*STOPS, "route", "answer")
_HOLD = ("keep", "for", "confirm")
_ROUTE = ("queue", "assignee", "tags", "priority")
QUEUES = ("technical", "administrative")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
PERSON = re.compile(r"[^\x00-\x20\x7f](?:[^\x00-\x1f\x7f]{0,62}[^\x00-\x20\x7f])?")


def rules(document: Document, said: Plain, earlier: Mapping[str, str]) -> Iterator[Rule]:
    """The rules of one file, in its order; `earlier` are names of others, and where they stand. Raises ConfigError."""
    if not isinstance(said, list) or len(said) + len(earlier) > RULES:
        right = "a list of - {name: ..., when: ..., then: ...}"
        raise ConfigError(document.problem(("rules",), f"is no list of at most {RULES} rules", right))
    names = dict(earlier)
    for at, one in enumerate(said):
        rule = _rule(document, ("rules", at), one, names)
        names[rule.name] = rule.where
        yield rule


def _rule(document: Document, keys: Keys, said: Plain, names: Mapping[str, str]) -> Rule:
    every = _section(document, keys, said, _KEYS)
    for key in _KEYS:
        if key not in every:
            raise ConfigError(document.problem((*keys, key), "is missing", f"a rule has {', '.join(_KEYS)}"))
    name = _word(document, (*keys, "name"), every["name"], NAME, "small letters, digits and hyphens, such as no-macros")
    if name in names:
        raise ConfigError(
            document.problem((*keys, "name"), f"is also the name of a rule at {names[name]}", "rename one")
        )
    stop, route, answer = _then(document, (*keys, "then"), every["then"])
    where = f"{Path(document.file).name}:{document.line(keys)}"
    return Rule(name, where, _condition(document, (*keys, "when"), every["when"]), stop, route, answer)


def _condition(document: Document, keys: Keys, said: Plain) -> Condition:
    if isinstance(said, bool):  # YAML has made a word of the language a value
        said = "true" if said else "false"
    if not isinstance(said, str):
        raise ConfigError(
            document.problem(keys, "is no condition", 'such as: size > 1000000 && reason == "registered"')
        )
    try:
        return compile_condition(said, SCHEMA, WORDS)
    except ExpressionError as fault:
        wrong = f"character {fault.column}: {fault.wrong}"
        raise ConfigError(document.problem(keys, wrong, fault.right)) from None


def _then(document: Document, keys: Keys, said: Plain) -> tuple[Stop | None, Route, str]:
    if isinstance(said, str):
        said = {said: None}
    acts = _section(document, keys, said, _ACTS)
    stops = [act for act in acts if act in STOPS]
    if len(stops) > 1 or not acts or (stops and len(acts) > 1 and stops != ["enquiry"]) or (stops and "answer" in acts):
        right = "one of reject, quarantine, discard, defer; or enquiry with or without route; or route, answer or both"
        raise ConfigError(document.problem(keys, "says none or too much", right))
    stop = _stop(document, keys, stops[0], acts[stops[0]]) if stops else None
    route = _route(document, (*keys, "route"), acts["route"]) if "route" in acts else Route()
    return stop, route, _answer(document, (*keys, "answer"), acts["answer"]) if "answer" in acts else ""


def _stop(document: Document, keys: Keys, act: str, said: Plain) -> Stop:
    stop = STOPS[act]
    if said is None or said is True:
        return stop
    if act != "quarantine":
        raise ConfigError(document.problem((*keys, act), "takes nothing more", f"then: {act}"))
    hold = _section(document, (*keys, act), said, _HOLD)
    return Refusal(
        Disposition.QUARANTINE,
        Hold(
            _keep(document, (*keys, act, "keep"), hold["keep"]) if "keep" in hold else None,
            _word(document, (*keys, act, "for"), hold["for"], PERSON, "a name, such as security")
            if "for" in hold
            else "",
            _boolean(document, (*keys, act, "confirm"), hold.get("confirm", False)),
        ),
    )


def _route(document: Document, keys: Keys, said: Plain) -> Route:
    route = _section(document, keys, said, _ROUTE)
    if not route:
        raise ConfigError(document.problem(keys, "is empty", f"one or more of {', '.join(_ROUTE)}"))
    tags = route.get("tags", [])
    if not isinstance(tags, list) or len(tags) > TAGS:
        raise ConfigError(document.problem((*keys, "tags"), f"is no list of at most {TAGS}", "such as [billing, vip]"))
    right = "small letters, digits and hyphens"
    return Route(
        _choice(document, (*keys, "queue"), route.get("queue", ""), QUEUES),
        _word(document, (*keys, "assignee"), route["assignee"], PERSON, "a name") if "assignee" in route else "",
        tuple(_word(document, (*keys, "tags", at), tag, NAME, right) for at, tag in enumerate(tags)),
        Priority(chosen)
        if (chosen := _choice(document, (*keys, "priority"), route.get("priority", ""), tuple(Priority)))
        else None,
    )


def _answer(document: Document, keys: Keys, said: Plain) -> str:
    name = _word(document, keys, said, NAME, "the name of a template, such as panel-required")
    if name in set(Kind):
        raise ConfigError(document.problem(keys, f"is a letter of its own kind ({name})", "another template's name"))
    return name


def _keep(document: Document, keys: Keys, said: Plain) -> timedelta:
    try:
        return duration(said if isinstance(said, str) else "", KEEP_DAYS)
    except ValueError as fault:
        raise ConfigError(document.problem(keys, f"{fault} ({said})", "such as 14d")) from None


def _boolean(document: Document, keys: Keys, said: Plain) -> bool:
    if not isinstance(said, bool):
        raise ConfigError(document.problem(keys, f"is neither true nor false ({said})", "true or false"))
    return said


def _choice(document: Document, keys: Keys, said: Plain, known: tuple[str, ...]) -> str:
    if said != "" and said not in known:
        raise ConfigError(document.problem(keys, f"is none of these ({said})", " | ".join(known)))
    return str(said)


def _word(document: Document, keys: Keys, said: Plain, form: re.Pattern[str], right: str) -> str:
    if not isinstance(said, str) or not form.fullmatch(said):
        raise ConfigError(document.problem(keys, f"is not one ({said})", right))
    return said


def _section(document: Document, keys: Keys, said: Plain, known: tuple[str, ...]) -> dict[str, Plain]:
    if isinstance(said, dict) and "accept" in said:
        wrong = "accept: a policy can refuse in many ways and grant in none"
        raise ConfigError(document.problem((*keys, "accept"), wrong, ", ".join(known)))
    return document.section(keys, said, known, ", ".join(known))
