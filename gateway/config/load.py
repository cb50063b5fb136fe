"""A file to a `Config`, or to every problem in it: file, line, key, what is wrong, what would be right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.config.checks import faults
from gateway.config.schema import Config
from gateway.config.yaml import Document, Keys, read
from gateway.core.problem import ConfigError, Problem, near

ENVIRONMENT = "GATEWAY_CONFIG"
DEFAULT = Path("/etc/gateway/gateway.yaml")
VALUE_CHARACTERS = 60

_RIGHT = {
    "string_type": "text, in quotes where it looks like something else",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list, such as [a, b]",
    "frozen_set_type": "a list, such as [a, b]",
    "model_type": "a section: KEY: VALUE lines, indented",
    "missing": "add it",
}


def locate(option: str | None, environ: Mapping[str, str]) -> Path:
    """The file to read: `--config`, else $GATEWAY_CONFIG, else /etc/gateway/gateway.yaml. Raises ConfigError."""
    path = Path(option or environ.get(ENVIRONMENT) or DEFAULT)
    if not path.exists():
        raise ConfigError(Problem(str(path), 0, "", "no such file", f"name one with --config or ${ENVIRONMENT}"))
    return path


def load(path: Path) -> Config:
    """Read and check a configuration. Raises ConfigError with all the problems, in the order of the file."""
    absolute = path.absolute()
    document = read(absolute)
    if not isinstance(document.data, dict):
        raise ConfigError(document.problem((), "is not a mapping", "KEY: VALUE lines, beginning with hostname"))
    try:
        config = Config.model_validate(document.data, context=absolute)
    except ValidationError as fault:
        raise _error([_problem(document, one) for one in _first_hand(fault)]) from None
    if problems := [document.problem(*fault) for fault in faults(config)]:
        raise _error(problems)
    return config


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Config.model_json_schema(),
        "title": "Configuration of the mail gateway",
    }


def _first_hand(fault: ValidationError) -> list[ErrorDetails]:
    """The errors that do not merely follow from others: a default that waits for a key, a list short of a bad item."""
    errors = [one for one in fault.errors(include_url=False) if one["type"] != "default_factory_not_called"]
    around = {one["loc"][:depth] for one in errors for depth in range(len(one["loc"]))}
    return [one for one in errors if one["loc"] not in around]


def _error(problems: list[Problem]) -> ConfigError:
    return ConfigError(*sorted(problems, key=lambda problem: problem.line))


def _problem(document: Document, error: ErrorDetails) -> Problem:
    keys: Keys = error["loc"]
    value = error["input"]
    match error["type"]:
        case "extra_forbidden":  # its value is not shown: it may be the secret that somebody put there
            return document.problem(keys, "unknown key", _nearest(keys))
        case "missing":
            return document.problem(keys, "is missing", _RIGHT["missing"])
        case "written":
            wrong, right = error["ctx"]["wrong"], f"such as {error['ctx']['right']}"
            return document.problem(keys, wrong if "password" in wrong else f"{wrong} ({_shown(value)})", right)
        case kind:
            return document.problem(keys, f"not right ({_shown(value)})", _RIGHT.get(kind, error["msg"]))


def _shown(value: object) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= VALUE_CHARACTERS else text[: VALUE_CHARACTERS - 1] + "…"


def _nearest(keys: Keys) -> str:
    section: type[BaseModel] | None = Config
    for key in keys[:-1]:
        if isinstance(key, str) and section is not None:
            section = next((_section(field.annotation) for name, field in _fields(section) if name == key), None)
    known = [name for name, _ in _fields(section)] if section else []
    return near(str(keys[-1]), known)


def _fields(section: type[BaseModel]) -> list[tuple[str, Any]]:
    return [(field.alias or name, field) for name, field in section.model_fields.items()]


def _section(annotation: Any) -> type[BaseModel] | None:
    """The section in `X`, `X | None` or `tuple[X, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _section(part))), None)
