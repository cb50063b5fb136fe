"""The keys of a file, from its JSON Schema: each with its form, what holds when it is left out, and what it is for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from contrib.man import mdoc
from contrib.man.markdown import inline

Schema = Mapping[str, Any]

_FORMS = {
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "a section",
    "array": "a list",
    "null": "nothing",
}


def listed(schema: Schema) -> Iterator[str]:
    """A subsection for each section of the file; one that stands in several places is told once."""
    told: dict[str, str] = {}
    waiting: list[tuple[str, Schema]] = [("", schema)]
    while waiting:  # a tree, and not one of a stranger's: every $ref leads down
        path, section = waiting.pop(0)
        if path:
            yield f".Ss {mdoc.code(path)}"
        same = told.setdefault(json.dumps(section), path)
        if same != path:
            yield f"As {mdoc.code(same)}."
            continue
        properties = section["properties"]
        required = section.get("required", ())
        yield from mdoc.items(
            (_tag(key, _resolved(schema, one), needed=key in required), [mdoc.prose(inline(_words(schema, one)))])
            for key, one in properties.items()
        )
        below = [(f"{path}.{key}".lstrip("."), one) for key, one in properties.items()]
        waiting[:0] = [found for name, one in below for found in _sections(schema, name, one)]


def _sections(root: Schema, path: str, schema: Schema) -> list[tuple[str, Schema]]:
    """The section that a key opens; of alternatives what they have together."""
    schema = _resolved(root, schema)
    if "properties" in schema:
        return [(path, schema)]
    if "items" in schema:
        return _sections(root, f"{path}[]", schema["items"])
    found = [one for part in schema.get("anyOf", ()) for one in _sections(root, path, part)]
    if len(found) < 2:  # noqa: PLR2004 - one is no choice
        return found
    together: dict[str, Any] = {}
    for _, one in found:
        together |= {key: told for key, told in one["properties"].items() if key not in together}
    return [(found[0][0], {"properties": together})]


def _resolved(root: Schema, schema: Schema) -> Schema:
    name = schema.get("$ref", "").rpartition("/")[2]
    return {**root["$defs"][name], **schema} if name else schema


def _words(root: Schema, schema: Schema) -> str:
    schema = _resolved(root, schema)
    parts = [schema, *schema.get("anyOf", ()), schema.get("items", {})]
    return next((words for one in parts if (words := _resolved(root, one).get("description"))), "")


def _tag(key: str, schema: Schema, *, needed: bool) -> str:
    about = [mdoc.escaped(_form(schema))]
    if needed:
        about.append("required")
    elif schema.get("default") not in (None, [], {}, ""):
        about.append(f"{mdoc.code(_value(schema['default']))} when left out")
    return mdoc.argument(f"{mdoc.code(key)} ({'; '.join(filter(None, about))})")


def _form(schema: Schema) -> str:
    if "const" in schema:
        return _value(schema["const"])
    if "enum" in schema:
        return " | ".join(_value(one) for one in schema["enum"] if one is not None)
    if "anyOf" in schema:
        return " or ".join(
            dict.fromkeys(form for one in schema["anyOf"] if (form := _form(one)) not in {"", "nothing"})
        )
    kinds = schema.get("type", "object")
    named = [_FORMS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null"]
    inside = _form(schema["items"]) if "items" in schema and "properties" not in schema["items"] else ""
    example = next(iter(schema.get("examples", ())), "")
    shown = f"such as {example}" if example and "default" not in schema and not example.startswith("./") else ""
    of = f": {inside}" if inside not in {"", "a section"} else ""
    return ", ".join(filter(None, [" or ".join(named) + of, _bounds(schema), shown]))


def _bounds(schema: Schema) -> str:
    least = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    most = schema.get("maximum", schema.get("exclusiveMaximum", 0) - 1)
    if most > 0:
        return f"{least} to {most}"
    return f"{least} or more" if least else ""


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
