"""YAML is read without guessing, within bounds, and each value knows its line."""

import pytest

from gateway.config.yaml import DEPTH, FILE_OCTETS, parse
from gateway.core.problem import ConfigError


def test_every_key_and_item_knows_its_line():
    """Errors name the line; a list item's is where it begins."""
    document = parse(b"a: 1\nb:\n  - x\n  - c: 2\n    d: 3\n", "f")
    assert document.data == {"a": 1, "b": ["x", {"c": 2, "d": 3}]}
    assert [document.line(keys) for keys in (("a",), ("b",), ("b", 0), ("b", 1, "d"))] == [1, 2, 3, 5]


def test_a_key_that_is_not_there_has_the_line_of_what_is_around_it():
    """A missing key is told where it should stand."""
    document = parse(b"a: 1\nb:\n  c: 2\n", "f")
    assert document.line(("b", "x", 0)) == 2
    assert str(document.problem(("b", "x", 0), "wrong", "right")) == "f:2: b.x[0]: wrong; right"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("null", None),
        ("-12", -12),
        ("no", "no"),
        ("on", "on"),
        ("True", "True"),
        ("0777", "0777"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("1.0", "1.0"),
        ("2026-11-22", "2026-11-22"),
        ("9" * 5000, "9" * 5000),
        ("'true'", "true"),
        ("'5'", "5"),
    ],
)
def test_only_what_is_plain_beyond_doubt_is_no_text(text, value):
    """YAML 1.1 makes `no` a truth, 0777 a 511 and 12:30 a 750; nobody who writes them means that."""
    assert parse(f"a: {text}\n".encode(), "f").data == {"a": value}


def test_an_empty_file_is_null():
    """Nothing is nothing, not an error of syntax; whoever wants more says so."""
    assert parse(b"# nothing\n", "f").data is None


def test_a_byte_order_mark_is_no_character_of_the_first_key():
    """Some editors write it."""
    assert parse(b"\xef\xbb\xbfa: 1\n", "f").data == {"a": 1}


def test_a_file_at_the_bound_is_read_and_one_over_it_is_not():
    """1 MiB."""
    at = b"a: 1\n#" + b"x" * (FILE_OCTETS - 6)
    assert parse(at, "f").data == {"a": 1}
    with pytest.raises(ConfigError, match=r"^f: is over 1048576 octets$"):
        parse(at + b"x", "f")


def test_depth_at_the_bound_is_read_and_one_over_it_is_not():
    """Our own walk recurses, so its depth is bounded (threats rule 15)."""
    parse(b"[" * DEPTH + b"]" * DEPTH, "f")
    with pytest.raises(ConfigError, match="nested over 32 deep"):
        parse(b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1), "f")


def test_a_bomb_of_aliases_is_refused_at_the_first():
    """A short file that becomes a long one."""
    with pytest.raises(ConfigError, match=r"^f:2: b\[0\]: \*a is an alias; write the value out$"):
        parse(b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "f")


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"a: 1\nb: \xff\n", "f:2: is not UTF-8"),
        (b"a: 1\nb: \x00\n", "f:2: has a character that YAML does not allow"),
        (b"a: 1\nb: [1\nc: 2\n", "f:3: is not YAML"),
    ],
)
def test_what_is_not_yaml_names_its_line(octets, words):
    """The decoder, the reader and the parser each have their own fault."""
    with pytest.raises(ConfigError) as refusal:
        parse(octets, "f")
    assert str(refusal.value).startswith(words)


def test_a_problem_is_one_line_whatever_the_value_is():
    """What an operator's terminal shows has no control characters (threats rule 16)."""
    with pytest.raises(ConfigError) as refusal:
        parse(b'"a\\e[31m\\nb": 1\n"a\\e[31m\\nb": 2\n', "f")
    assert str(refusal.value).isprintable()
