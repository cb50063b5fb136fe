"""Conditions: what they mean, what is refused and where, and that what passes holds or does not."""

from __future__ import annotations

import pytest

from gateway.core.expression import ConditionFailed, compile_condition
from gateway.core.expression_calls import PATTERN_CHARACTERS
from gateway.core.expression_tokens import CHARACTERS, TOKENS, ExpressionError
from gateway.core.expression_tree import NESTING

SCHEMA = {
    "author": {"domain": "string", "shared": "bool"},
    "subject": "string",
    "size": "int",
    "automatic": "bool",
    "intent": ["string"],
    "attachments": [{"extension": "string", "size": "int"}],
}
VALUES = {
    "author": {"domain": "rossi.example", "shared": False},
    "subject": "Perché la FATTURA?",
    "size": 2048,
    "automatic": False,
    "intent": ["transfer", "deletion"],
    "attachments": [{"extension": "pdf", "size": 10}, {"extension": "exe", "size": 2000}],
}


def _holds(text: str) -> bool:
    return compile_condition(text, SCHEMA).holds(VALUES)


@pytest.mark.parametrize(
    "text",
    [
        "true",
        'author.domain == "rossi.example" && !author.shared',
        "author.domain != 'verdi.example'",
        "size > 2047 && size >= 2048 && size < 2049 && size <= 2048",
        "1 + 2 - 3 + 4 == 4",
        "1 - (2 - 3) == 2",
        "--1 == 1 && -1 < 0",
        "true || false && false",
        "!(true && false)",
        "1 < 2 == true",
        "automatic ? size == 0 : size == 2048",
        "false ? false : false ? false : true",
        '"transfer" in intent',
        'author.domain in ["verdi.example", "rossi" + ".example"]',
        'intent == ["transfer", "deletion"]',
        "size(intent) == 2 && intent.size() == 2",
        'subject.contains("FATTURA") && subject.startsWith("Perch") && subject.endsWith("?")',
        'subject.lowerAscii() == "perché la fattura?"',
        'subject.matches("(?i)fattura|urgente")',
        r'subject.matches(r"^\w+ la \S+$")',
        'attachments.exists(one, one.extension in ["exe", "com"] && one.size > 1000)',
        "attachments.all(one, one.size < 4096)",
        'attachments.exists_one(one, one.extension == "pdf")',
        "attachments.filter(one, one.size > 1000).size() == 1",
        'attachments.map(one, one.extension) == ["pdf", "exe"]',
        'intent.exists(word, word.startsWith("del")) && intent.exists(word, word.size() == 8)',
        r'"\u00e9\t\"\'\\" == r"é" + "\t" + r' + "'\"'" + r' + "\'" + r"\"',
        "true\r\n\t && true",
    ],
)
def test_a_condition_means_what_cel_means(text: str):
    """Each of these is true of the values above."""
    assert _holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "automatic",
        'author.domain == "Rossi.example"',
        "1 - 2 - 3 == 2",
        "!true || false",
        '"trans" in intent',
        "attachments.all(one, one.size > 1000)",
        "attachments.exists_one(one, one.size > 1)",
        'subject.matches("^fattura")',
        'subject.lowerAscii().contains("È")',
    ],
)
def test_a_condition_does_not_mean_more(text: str):
    """Each of these is false of the values above."""
    assert not _holds(text)


def test_size_of_a_text_is_in_characters():
    """As CEL's definition says; not in octets, nor in UTF-16."""
    assert _holds('"é😀".size() == 2')


@pytest.mark.parametrize(
    ("text", "column", "word"),
    [
        ("", 1, "too early"),
        ("subjet == 'a'", 1, "did you mean subject?"),
        ("author.domian == 'a'", 8, "did you mean domain?"),
        ("subject.domain == 'a'", 9, "a string has no fields"),
        ("attachments.size > 3", 13, "exists("),
        ('size == "x"', 6, "an int and a string"),
        ("author == author", 8, "no records"),
        ("subject > 3", 9, "an int and an int, or a string and a string"),
        ("size", 1, "no condition"),
        ("!size", 1, "a bool"),
        ("size && true", 6, "a bool on both sides"),
        ("automatic ? 1 : 'a'", 11, "one type"),
        ("'a' in subject", 5, "contains()"),
        ("1 in intent", 3, "a list of strings"),
        ("automatic ? true ? true : false : true", 18, "expected :"),
        ("[] == intent", 1, "size()"),
        ("intent == ['a', 1]", 17, "one type in a list"),
        ("intent[0] == 'a'", 7, "exists()"),
        ("author['domain'] == 'a'", 7, "exists()"),
        ("size / 2 == 1", 6, "added and subtracted"),
        ("size = 1", 6, "write =="),
        ("automatic & true", 11, "write &&"),
        ("automatic and true", 11, "write &&"),
        ("not automatic", 1, "write !"),
        ("subject == null", 12, "never absent"),
        ("has(author.domain)", 1, "always there"),
        ("size > 1.5", 8, "whole numbers"),
        ("size > 10MiB", 8, "whole numbers"),
        ("size > 0x10", 8, "whole numbers"),
        ("size > 9223372036854775808", 8, "too large"),
        ('"""a""" == subject', 3, "wrong place"),
        ("subject == 'a", 12, "same quote"),
        ("subject == 'a\nb'", 12, "same quote"),
        (r"subject == '\q'", 13, r"\uXXXX"),
        (r"subject == '\ud800'", 13, "no escape"),
        ("subject == '\ud800'", 13, "half of a character"),
        ("automatic // why", 11, "YAML"),
        ("automatic\0", 10, "control character"),
        ("{'a': 1} == 1", 1, "means nothing"),
        ("(automatic", 11, "expected )"),
        ("automatic)", 10, "nothing more"),
        ("size(intent,) == 1", 13, "wrong place"),
        ("size() == 1", 1, "one argument"),
        ("subject.contains('a', 'b')", 9, "2 arguments"),
        ("subject.split(' ') == intent", 9, "no function here"),
        ("contains(subject, 'a')", 1, "behind what it is for"),
        ("subject.contains(1)", 9, "a string and a string"),
        ("subject.matches(subject)", 17, "no pattern"),
        ("subject.matches('(')", 17, "unclosed group"),
        ("subject.matches('(?=a)')", 17, "look-ahead"),
        (r"subject.matches(r'\w{900}')", 17, "size limit"),
        ("subject.exists(one, true)", 9, "for lists"),
        ("intent.exists(size, true)", 8, "the name of a fact"),
        ("intent.exists(for, true)", 15, "word of the language"),
        ("intent.exists(one, size)", 20, "decides nothing"),
        ("intent.exists(one, intent.all(two, true))", 27, "inside a macro"),
        ("intent.exists(one, one == 'a') && one == 'a'", 35, "one is no fact"),
    ],
)
def test_what_is_no_condition_is_refused_where_it_goes_wrong(text: str, column: int, word: str):
    """The error counts characters from 1, and says what would be right."""
    with pytest.raises(ExpressionError) as refused:
        compile_condition(text, SCHEMA)
    assert refused.value.column == column
    assert word in str(refused.value)


def _nested(levels: int) -> str:
    return "(" * levels + "true" + ")" * levels


@pytest.mark.parametrize(
    ("within", "over"),
    [
        ("true".ljust(CHARACTERS), "true".ljust(CHARACTERS + 1)),
        ("true" + "||true" * (TOKENS // 2 - 1), "true" + "||true" * (TOKENS // 2)),
        (_nested(NESTING), _nested(NESTING + 1)),
        ("!" * NESTING + "true", "!" * (NESTING + 1) + "true"),
        (f"subject.matches('{'a' * PATTERN_CHARACTERS}') || true", f"subject.matches('{'a' * PATTERN_CHARACTERS}a')"),
    ],
)
def test_the_bounds_of_a_text(within: str, over: str):
    """Up to the bound it is a condition, over it none."""
    assert compile_condition(within, SCHEMA).holds(VALUES)
    with pytest.raises(ExpressionError, match="too"):
        compile_condition(over, SCHEMA)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {**VALUES, "size": "2048"},
        {**VALUES, "attachments": None},
        {**VALUES, "attachments": [{"extension": "exe"}]},
    ],
)
def test_facts_of_another_shape_fail_by_name(values: dict[str, object]):
    """What was not checked is no answer: whoever asks can hold the message."""
    condition = compile_condition("attachments.exists(one, one.size > 1) && size > 1", SCHEMA)
    with pytest.raises(ConditionFailed):
        condition.holds(values)


def test_a_fact_that_should_be_a_bool_is_no_answer_when_it_is_none():
    """A text that is not empty is not yes."""
    with pytest.raises(ConditionFailed):
        compile_condition("automatic", SCHEMA).holds({**VALUES, "automatic": "no"})


def test_the_values_that_decided_are_told():
    """In the order of the text, each once; of a list the fields that were looked at."""
    condition = compile_condition(
        'author.domain == "a" || size > 1 && attachments.exists(one, one.extension == "exe") || size == 3 || automatic',
        SCHEMA,
    )
    assert condition.values(VALUES) == (
        ("author.domain", "'rossi.example'"),
        ("size", "2048"),
        ("attachments.extension", "['pdf', 'exe']"),
        ("automatic", "false"),
    )


def test_what_a_stranger_wrote_is_told_bounded_and_printable():
    """Values are shown to people (threats rule 16), and one that is not there does not break the showing."""
    condition = compile_condition("subject.size() > 1 || intent.size() > 1 || size > 1", SCHEMA)
    told = dict(condition.values({"subject": "\x1b[2J" + "a" * 900, "intent": ["b"] * 100}))
    assert told["subject"].startswith("'?[2Ja")
    assert len(told["subject"]) < 100
    assert told["intent"].endswith(", and 92 more]")
    assert told["size"] == "not there"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('subject == "no"', "12: subject is never no"),
        ('"no" != subject', "1: subject is never no"),
        ('subject in ["yes", "no"]', "20: subject is never no"),
        ('"no" in intent', "1: intent is never no"),
        ('intent == ["yes", "no"]', "19: intent is never no"),
        ('intent.exists(one, one == "no")', "27: intent is never no"),
        ('intent.filter(one, size(one) > 1) == ["no"]', "39: intent is never no"),
    ],
)
def test_a_word_that_a_fact_is_never_is_refused_where_it_stands(text, wrong):
    """It would hold of nothing, and nobody would see it."""
    with pytest.raises(ExpressionError) as refusal:
        compile_condition(text, SCHEMA, {("subject",): ("yes", ""), ("intent",): ("yes", "noon")})
    assert f"{refusal.value.column}: {refusal.value.wrong}" == wrong


@pytest.mark.parametrize("text", ['subject == "yes" || subject in ["", "yes"]', 'subject.contains("no")', "size == 1"])
def test_other_words_are_compared_as_ever(text):
    assert compile_condition(text, SCHEMA, {("subject",): ("yes", "")})
