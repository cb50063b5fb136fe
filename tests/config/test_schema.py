"""The published schema and the loader agree."""

import json
from pathlib import Path

from gateway.config import json_schema

PUBLISHED = Path(__file__).parents[2] / "docs" / "gateway.schema.json"


def test_the_published_schema_is_current():
    """After a change: make schemas."""
    assert json.loads(PUBLISHED.read_text()) == json_schema()


def test_the_schema_refuses_unknown_keys_in_every_section():
    """So that an editor marks what the loader would refuse."""
    schema = json_schema()
    sections = [schema, *(one for one in schema["$defs"].values() if one["type"] == "object")]
    assert len(sections) > 10
    assert all(section["additionalProperties"] is False for section in sections)


def test_every_key_says_what_it_is_for():
    """In its own words, or in those of the section that it opens: editors and gateway.yaml(5) show them."""
    schema = json_schema()
    for section in (schema, *schema["$defs"].values()):
        for key, told in section.get("properties", {}).items():
            assert told.get("description") or schema["$defs"][told["$ref"].rpartition("/")[2]]["description"], key
