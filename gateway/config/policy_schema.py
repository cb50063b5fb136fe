"""The JSON Schema of policy files, for editors: made of what the loader itself refuses by, so that they agree."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

from gateway.config.attachments import ENTRIES, EXTENSION, KIND
from gateway.config.cases import CASES, TEXTS
from gateway.config.policies import VERSION, WORDS
from gateway.config.rates import NUMBER
from gateway.config.retention import DAYS, KEEP
from gateway.config.rules import NAME, PERSON, QUEUES, RULES, STOPS, TAGS
from gateway.core import fact_words
from gateway.core.expression_tokens import CHARACTERS
from gateway.core.expression_types import Path
from gateway.core.facts import SCHEMA
from gateway.core.mentions import Part
from gateway.core.policy import CHOICES, SETTABLE
from gateway.core.rates import RateLimits
from gateway.core.reason import Disposition
from gateway.core.record import Types
from gateway.core.retention import BY_AGE
from gateway.core.rule import Priority
from gateway.core.trial import DEFER

Schema = dict[str, Any]

_TOLD = {
    "queue": "The queue of new tickets.",
    "least_assurance": "What proof of the author has to be worth.",
    "thread_auto_responses": "What becomes of programs' answers to us.",
    "confirmation": "Whether primaries are asked about what rules hold for it.",
}
_TYPES = {"bool": "boolean", "int": "integer", "string": "string"}
_SIZE = "[1-9][0-9]{0,8}(KiB|MiB|GiB)"
_TIME = "[1-9][0-9]{0,8}[smhd]"


def policy_schema() -> Schema:
    """Draft 2020-12. What stands in two files, and what a condition says, only the loader can tell."""
    keys = {
        "version": {"const": VERSION, "description": "The version of this format, in every file that is not empty."},
        **{key: _word(words, _TOLD.get(key, "One word.")) for key, words in WORDS.items()},
        "about": _list(_word(Part, "A part of a message."), "The parts whose names count.", least=1),
        "attachments": _attachments(),
        "retention": _retention(),
        "limits": _limits(),
        "dispositions": _section(
            {one.value: _word(CHOICES, f"What becomes of mail with the reason {one}.") for one in sorted(SETTABLE)},
            "For each reason not to accept, what becomes of the message; quarantine when left out.",
            null=True,
        ),
        "rules": _list(_rule(), "Tried in order; the first that stops decides.", most=RULES),
        "tests": _list(_case(), "The cases that `gateway policy test` and `gateway check` try.", most=CASES, null=True),
    }
    told = _section(keys, "A policy file of the gateway: it can refuse, hold and route, and never let in.", null=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Policies"} | told | _all(["version"])


def _attachments() -> Schema:
    limits = {
        "count": {"type": "integer", "minimum": 0, "description": "More attachments than this are objected to."},
        "size": _text(_SIZE, "One that is larger is objected to, such as 10MiB."),
        "refuse": _list(_text(KIND, "A content type."), "Content types, declared or seen.", most=ENTRIES, null=True),
        "refuse_extensions": _list(_text(EXTENSION, "Without its dot."), "Anywhere in a name.", ENTRIES, null=True),
    }
    nullable = {key: value | {"type": [value["type"], "null"]} for key, value in limits.items() if key in "count size"}
    return _section(limits | nullable, "Limits on attachments; over one of them the reason is policy.")


def _retention() -> Schema:
    days = rf"{DAYS.pattern}|{KEEP}"
    reasons = {one.value: _text(days, f"The same for the reason {one}.") for one in sorted(SETTABLE)}
    bytes_of = {one.value: _text(days, f"How long the bytes of this are kept: {one}.") for one in BY_AGE}
    return _section(
        {
            "quarantine": _text(days, "How long what is held is held."),
            "reasons": _section(reasons, "Other times for some reasons.", null=True),
            **bytes_of,
            "tickets": _text(days, "How long the words of a closed ticket are kept."),
            "records": _text(days, "How long a record tells of people."),
        },
        "How long what is kept; everything for good when left out.",
        null=True,
    )


def _limits() -> Schema:
    bound = {
        "hold": _text(NUMBER, "From here on they are held."),
        "ignore": _text(NUMBER, "From here on they are discarded, and recorded."),
    }
    every = {one.name: _section(bound, f"Messages within an hour: {one.name}.") for one in fields(RateLimits)}
    return _section(every, "How many may come within an hour.")


def _rule() -> Schema:
    when = {"type": ["string", "boolean"], "maxLength": CHARACTERS, "description": "A condition over the facts (CEL)."}
    keys = {"name": _text(NAME, "What records and cases call it."), "when": when, "then": _then()}
    return _section(keys, "A rule.") | _all(keys)


def _then() -> Schema:
    held = {
        "keep": _text(_TIME, "How long it is held, such as 14d."),
        "for": _text(PERSON, "Whom it is held for."),
        "confirm": {"type": "boolean", "description": "Whether the primary address is asked."},
    }
    route = {
        "queue": _word(QUEUES, "Of a new ticket."),
        "assignee": _text(PERSON, "Who has the ticket."),
        "tags": _list(_text(NAME, "A tag."), "They add up over rules.", most=TAGS),
        "priority": _word(Priority, "How urgent it is."),
    }
    bare = {"enum": [None, True]}
    hold = {"anyOf": [bare, _section(held, "How it is held.")]}
    routed = _section(route, "Where a new ticket goes.") | {"minProperties": 1}
    answer = _text(NAME, "The template of the answer to the primary address.")
    stops = {one: (hold if one == "quarantine" else bare) | {"description": f"{one}; it stops."} for one in STOPS}
    alone = [_section({one: stops[one]}, "A stop.") | _all([one]) for one in stops if one != "enquiry"]
    filed = _section({"enquiry": stops["enquiry"], "route": routed}, "A stranger's question is filed.")
    going_on = _section({"route": routed, "answer": answer}, "The next rules are tried.") | {"minProperties": 1}
    every = [_word(STOPS, "A stop without more."), *alone, filed | _all(["enquiry"]), going_on]
    return {"anyOf": every, "description": "What becomes of a message that the condition holds of."}


def _case() -> Schema:
    outcomes = sorted({*Disposition, DEFER} - {Disposition.FAILED})
    expect = {
        "disposition": _word(outcomes, "What becomes of it."),
        **{one: {"type": "string", "description": f"Its {one}; none where there is to be none."} for one in TEXTS},
        "tags": _list({"type": "string", "description": "A tag."}, "In any order."),
        "confirm": {"type": "boolean", "description": "Whether the primary address is asked."},
    }
    keys = {
        "name": {"type": "string", "pattern": r"\S", "description": "What the case shows, in words."},
        "facts": _facts(dict(SCHEMA), ()) | {"type": ["object", "null"]},
        "mail": {"type": "string", "description": "An .eml file, relative to this one; facts are laid over it."},
        "expect": _section(expect, "What is looked at; the rest may be anything.") | {"minProperties": 1},
    }
    given = {"anyOf": [_all(["facts"]), _all(["mail"])]}
    return _section(keys, "A case: facts or mail, and what is expected.") | _all(["name", "expect"]) | given


def _facts(types: Types, path: Path) -> Schema:
    told = f"The fact {'.'.join(path)}." if path else "The facts; what is left out is empty."
    if isinstance(types, dict):
        return _section({name: _facts(one, (*path, name)) for name, one in types.items()}, told)
    if isinstance(types, list):
        return _list(_facts(types[0], path), told)
    if path in fact_words.WORDS:
        return _word(fact_words.WORDS[path], told)
    return {"type": _TYPES[types], "description": told}


def _section(properties: Schema, told: str, *, null: bool = False) -> Schema:
    kind = ["object", "null"] if null else "object"
    return {"type": kind, "description": told, "properties": properties, "additionalProperties": False}


def _list(items: Schema, told: str, most: int | None = None, *, least: int = 0, null: bool = False) -> Schema:
    bounds = ({"maxItems": most} if most else {}) | ({"minItems": least} if least else {})
    return {"type": ["array", "null"] if null else "array", "description": told, "items": items} | bounds


def _word(words: Any, told: str) -> Schema:
    return {"enum": sorted(map(str, words)), "description": told}


def _text(form: str | re.Pattern[str], told: str) -> Schema:
    pattern = form if isinstance(form, str) else form.pattern
    return {"type": "string", "pattern": f"^(?:{pattern})$", "description": told}


def _all(names: Any) -> Schema:
    return {"required": list(names)}
