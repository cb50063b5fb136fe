"""The loader is total: any text is a Config or a ConfigError of one line (I7)."""

import string
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gateway.config import Config, ConfigError, load
from gateway.config.yaml import Document, parse

EXAMPLE = (Path(__file__).parent / "example.yaml").read_text().splitlines()
SCALARS = st.sampled_from(["", "null", "true", "0", "-1", "9" * 400, "[]", "{}", "[a]", "{a: b}", "' '", "x:", "unix:"])
WORDS = SCALARS | st.text(string.printable, max_size=12) | st.text(max_size=6)


@st.composite
def spoilt(draw):
    """The example with a few of its lines spoilt: another value, another key, another place, or gone."""
    lines = list(EXAMPLE)
    for at in draw(st.lists(st.integers(0, len(lines) - 1), min_size=1, max_size=4)):
        key, colon, value = lines[at].partition(":")
        lines[at] = draw(
            st.sampled_from(["", f"  {lines[at]}", value, lines[at] * 2])
            | WORDS.map(lambda word, key=key, colon=colon: f"{key}{colon} {word}")
            | WORDS.map(lambda word, key=key, value=value: f"{key}{word}: {value}"),
        )
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def outcome_of(function, *arguments):
    """What it returns, or the words of its ConfigError."""
    try:
        return function(*arguments)
    except ConfigError as refusal:
        return str(refusal)


@given(octets=spoilt())
def test_a_spoilt_file_is_a_config_or_a_config_error(tmp_path_factory, octets):
    """Nothing else is raised, and the words are one printable line."""
    path = tmp_path_factory.getbasetemp() / "spoilt.yaml"
    path.write_bytes(octets)
    outcome = outcome_of(load, path)
    assert isinstance(outcome, Config) or (outcome.isprintable() and outcome.startswith(str(path)))


@given(octets=st.binary(max_size=200) | st.text("[]{}:-?&*!|>'\"%@`#, \n\tab01~", max_size=60).map(str.encode))
def test_any_octets_are_a_document_or_a_config_error(octets):
    """PyYAML's own exceptions stay inside."""
    outcome = outcome_of(parse, octets, "f")
    assert isinstance(outcome, Document) or (outcome.isprintable() and outcome.startswith("f"))
