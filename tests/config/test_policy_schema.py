"""The published schema of policy files and their loader agree."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gateway.config import ConfigError, policies, shipped
from gateway.config.cases import load_cases
from gateway.config.policies import load_policies
from gateway.config.policy_schema import policy_schema
from gateway.config.yaml import parse

ROOT = Path(__file__).parents[2]
SCHEMA = policy_schema()
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "null": type(None)}
KEYWORDS = {"$schema", "title", "description", "type", "properties", "additionalProperties", "required", "items"}
KEYWORDS |= {"minItems", "maxItems", "minProperties", "minimum", "maxLength", "pattern", "enum", "const", "anyOf"}
SETS = [path for name in ("policies", "policies/strict", "policies/lenient") for path in shipped(name).glob("*.yaml")]
EXAMPLES = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/policies.md").read_text(), re.DOTALL)
BAD = {
    "key": "quee: technical",
    "version": "version: '1'",
    "queue": "queue: sales",
    "accept": "dispositions: {loop: accept}",
    "fixed": "dispositions: {duplicate: reject}",
    "part": "about: [subject, quotes]",
    "no part": "about: []",
    "count": "attachments: {count: -1}",
    "size": "attachments: {size: 10}",
    "extension": "attachments: {refuse_extensions: [EXE]}",
    "days": "retention: {quarantine: 0d}",
    "limit": "limits: {per_author: {hold: 60}}",
    "rules": "rules: 1",
    "no when": "rules: [{name: a, then: reject}]",
    "name": "rules: [{name: A b, when: size > 1, then: reject}]",
    "grant": "rules: [{name: a, when: size > 1, then: accept}]",
    "two": "rules: [{name: a, when: size > 1, then: {reject: , discard: }}]",
    "nothing": "rules: [{name: a, when: size > 1, then: {}}]",
    "more": "rules: [{name: a, when: size > 1, then: {reject: {keep: 1d}}}]",
    "keep": "rules: [{name: a, when: size > 1, then: {quarantine: {keep: 9}}}]",
    "to": "rules: [{name: a, when: size > 1, then: {route: {to: eve@x.example}}}]",
    "no route": "rules: [{name: a, when: size > 1, then: {route: {}}}]",
    "path": "rules: [{name: a, when: size > 1, then: {answer: ../../etc/passwd}}]",
    "filed and answered": "rules: [{name: a, when: size > 1, then: {enquiry: , answer: b}}]",
    "fact": "tests: [{name: a, facts: {sise: 1}, expect: {disposition: accept}}]",
    "type": "tests: [{name: a, facts: {size: true}, expect: {disposition: accept}}]",
    "word": "tests: [{name: a, facts: {evidence: {assurance: much}}, expect: {disposition: accept}}]",
    "no facts": "tests: [{name: a, expect: {disposition: accept}}]",
    "failed": "tests: [{name: a, facts: {}, expect: {disposition: failed}}]",
}


def valid(schema, value):
    """Draft 2020-12, the part of it that is used."""
    assert schema.keys() <= KEYWORDS, schema.keys() - KEYWORDS
    kinds = schema.get("type", [])
    kinds = [TYPES[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    words = schema.get("enum", [schema["const"]] if "const" in schema else [value])
    if (kinds and type(value) not in kinds) or not any(type(one) is type(value) and one == value for one in words):
        return False
    if "anyOf" in schema and not any(valid(one, value) for one in schema["anyOf"]):
        return False
    return _bounded(schema, value)


def _bounded(schema, value):
    match value:
        case str():
            return len(value) <= schema.get("maxLength", len(value)) and re.search(schema.get("pattern", ""), value)
        case list():
            fits = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
            return fits and all(valid(schema.get("items", {}), one) for one in value)
        case dict():
            known = schema.get("properties", {})
            fits = set(schema.get("required", [])) <= value.keys() and len(value) >= schema.get("minProperties", 0)
            closed = schema.get("additionalProperties", True) or value.keys() <= known.keys()
            return fits and closed and all(valid(known.get(key, {}), one) for key, one in value.items())
        case _:
            return not isinstance(value, int) or value >= schema.get("minimum", value)


def plain(text):
    return parse(text.encode(), "own.yaml").data


def test_the_published_schema_is_current():
    """After a change: make schemas."""
    assert json.loads((ROOT / "docs/policies.schema.json").read_text()) == SCHEMA


@pytest.mark.parametrize("path", SETS, ids=[path.stem for path in SETS])
def test_the_shipped_sets_are_valid(path):
    assert valid(SCHEMA, plain(path.read_text()))


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_policies_md_shows_is_valid_and_is_read(example, tmp_path):
    """Each is a file, or a part of one; the mail of a case lies elsewhere."""
    text = (
        f"rules:\n- name: a\n  then: reject\n  {example.replace(chr(10), chr(10) + '  ')}"
        if example[:4] == "when"
        else example
    )
    text = text if text.startswith("version") else f"version: 1\n{text}"
    assert valid(SCHEMA, plain(text))
    (tmp_path / "own.yaml").write_text(text)
    assert load_policies(tmp_path).digest


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_what_is_marked_is_refused(bad, tmp_path):
    """By the schema in an editor, and by the loader."""
    text = bad if bad.startswith("version") else f"version: 1\n{bad}"
    assert not valid(SCHEMA, plain(text))
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(ConfigError):
        (load_policies(tmp_path), load_cases(tmp_path))


def test_every_key_that_is_read_is_there():
    """And no other: a new one is added to both."""
    assert SCHEMA["properties"].keys() == set(policies._KEYS)


def test_every_key_is_described():
    """An editor shows it where one writes."""
    assert list(_undescribed(SCHEMA, "")) == []


def _undescribed(schema, path):
    for key, one in schema.get("properties", {}).items():
        yield from [] if "description" in one else [f"{path}.{key}"]
        yield from _undescribed(one, f"{path}.{key}")
    for one in [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]:
        yield from _undescribed(one, path)
