"""Templates: facts to words, with every fault of a template found when it is loaded."""

import shutil

import pytest
from structlog.testing import capture_logs

from gateway.config import ConfigError, shipped
from gateway.core.account import Language
from gateway.core.confirmation import word
from gateway.core.reply import Kind
from gateway.egress.samples import SAMPLE
from gateway.egress.wording import OCTETS, Templates
from gateway.house import UNASKED

FACTS = {
    "reference": "7Q4TM-9XK2F",
    "tag": "[#7Q4TM-9XK2F]",
    "subject": "Il sito",
    "name": "Rossi S.r.l.",
    "text": "Fatto.\nA presto",
    "sender": "Assistenza",
    "hostname": "gateway.example.it",
    "panel": "",
    **UNASKED,
}
EVERY = [(kind, language) for kind in Kind if kind not in {Kind.ANSWER, Kind.CONFIRM} for language in Language]


@pytest.fixture
def directory(tmp_path):
    """The shipped templates, to be spoilt."""
    return shutil.copytree(shipped("config/templates"), tmp_path / "templates")


def refusal_of(directory, text):
    (directory / "it" / "reply.txt").write_text(text)
    with pytest.raises(ConfigError) as refusal:
        Templates.load(directory, Language)
    words = str(refusal.value)
    assert words.startswith(str(directory / "it" / "reply.txt"))
    return words.removeprefix(str(directory / "it" / "reply.txt"))


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_every_shipped_letter_names_its_ticket_in_the_subject(kind, language):
    """The tag finds the ticket when a mail program keeps nothing else (R9)."""
    words = Templates.load(None, Language).render(kind, language, FACTS)
    assert words.subject.startswith("[#7Q4TM-9XK2F]")
    assert "7Q4TM-9XK2F" in words.text


@pytest.mark.parametrize("language", Language)
def test_what_staff_wrote_stands_in_the_letter_as_it_is(language):
    """Nothing of it is lost, escaped or evaluated."""
    facts = FACTS | {"text": "a < b & c {{ name }}\n\n  indented"}
    assert facts["text"] in Templates.load(None, Language).render(Kind.REPLY, language, facts).text


@pytest.mark.parametrize("language", Language)
def test_an_acknowledgement_does_not_quote_the_customer(language):
    """Mail through us to a customer carries no words of whoever wrote, but the subject."""
    words = Templates.load(None, Language).render(Kind.OPENED, language, FACTS | {"text": "buy pills"})
    assert "buy pills" not in words.text
    assert FACTS["subject"] not in words.text


def test_the_languages_differ():
    """R12."""
    templates = Templates.load(None, Language)
    assert "richiesta" in templates.render(Kind.OPENED, Language.IT, FACTS).text
    assert "request" in templates.render(Kind.OPENED, Language.EN, FACTS).text


def test_a_language_that_was_not_loaded_gets_the_first_one():
    """An account's language may have been dropped from the configuration."""
    words = Templates.load(None, [Language.EN]).render(Kind.OPENED, Language.IT, FACTS)
    assert "request" in words.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Subject: {{ tag }}\n\n{{ text }}\n\n{{ refernce }}\n", ":5: refernce: no such fact; known here: reference"),
        ("Subject: {{ tagg }}\n\n{{ text }}\n", ":1: tagg: no such fact"),
        ("Subject: {{ tag }}\n\n{{ text }}\n{% if %}\n", ":4: is no template"),
        ("Subject: {{ tag\n\n{{ text }}\n", ":1: is no template"),
        ("Dear customer\n\n{{ text }}\n", ":1: is no letter; a line 'Subject: ...'"),
        ("Subject: {{ tag }}\n{{ text }}\n", ":1: is no letter"),
        ("Subject: {{ tag }}\n\n", ":1: is no letter"),
        ("Subject: hello\n\n{{ text }}\n", ": the subject has no {{ tag }}"),
        (
            "Subject: {{ subject }} {{ tag }}\n\n{{ text }}\n",
            ": the subject has no {{ tag }}, or has it where a",
        ),
        ("Subject: {{ tag }}\n\nHello\n", ": the text has no {{ text }}"),
        ("Subject: {{ tag }}\n\n{{ text }}{{ name.nothing }}\n", ": the template cannot be rendered"),
        ("Subject: {{ tag }}\n\n{{ text }}{{ 1 // 0 }}\n", ": the template cannot be rendered"),
        ("Subject: {{ tag }}\n\n{{ text }}{{ name + 1 }}\n", ": the template cannot be rendered"),
        ("Subject: {{ tag }}\n\n{{ text }}{% include 'other' %}\n", ": the template cannot be rendered"),
        (
            "Subject: {{ tag }}\n\n{{ text }}{% for i in range(99999) %}x{% endfor %}\n",
            ": the letter is over 65536",
        ),
        ("Subject: {{ tag }}\n\n{{ text }}" + "x" * OCTETS, ":1: is no letter"),
    ],
)
def test_a_bad_template_is_found_when_it_is_loaded(directory, text, words):
    """By `gateway check`, not by the first letter of the night."""
    assert refusal_of(directory, text).startswith(words)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("opened", "{% if subject %}{{ tag }}{% endif %}\n\nx", ": the subject has no {{ tag }}"),
        ("opened", "{{ tag }} {{ subject.split()[1] }}\n\nx", "(where subject is empty)"),
        ("opened", "{{ tag }}\n\n{% if subject %}{{ subject.split()[1] }}{% endif %}", "(where subject is Aiuto)"),
        ("opened", "{{ name }} {{ tag }}\n\nx", "(where name has 255 characters)"),
        ("opened", "{{ tag }}\n\n{{ panel.split('/')[2] }}", "(where panel is empty)"),
        ("opened", "{{ tag }}\n\n{{ text.split()[0] }}", "(where text is empty)"),
        ("closed", "{{ tag }}\n\n{{ when.split()[0] }}", "(where when is empty)"),
        ("reply", "{{ tag }}\n\n{{ text }}{{ text.split()[1] }}", "(where text is Fatto.)"),
        ("reply", "{{ tag }}\n\n{{ text }}{{ sender.split()[0] }}", "(where sender is empty)"),
        ("confirm", "x\n\n{{ name.split()[0] }}", "name is empty)"),
        (
            "confirm",
            "x\n\n{% if not as_primary %}{{ digest.split()[0] }}{% endif %}",
            "as_primary is empty, digest is empty)",
        ),
        ("panel-required", "{{ tag }} {{ subject.split()[1] }}\n\nx", "(where subject is empty)"),
    ],
)
def test_a_template_is_tried_with_whatever_mail_may_bring(directory, name, text, words):
    """A mail without a subject is no surprise; and nobody's name is empty, whom a question is worked out for (I10)."""
    (directory / "it" / f"{name}.txt").write_text(f"Subject: {text}\n")
    with pytest.raises(ConfigError) as refusal:
        Templates.load(directory, Language, ["panel-required"])
    [problem] = refusal.value.problems
    assert words in f": {problem.wrong}"


ODD = "{% if subject == 'Domanda' %}{{ 1 // 0 }}{% endif %}"


@pytest.mark.parametrize("name", [*(kind.value for kind, language in EVERY if language is Language.IT), "own-answer"])
def test_mail_does_not_wait_for_a_template_that_fails_all_the_same(directory, name):
    """The shipped one goes in its place, in the same language, and the log says which is to be mended."""
    (directory / "it" / f"{name}.txt").write_text(f"Subject: {{{{ tag }}}}\n\n{ODD}{{{{ text }}}} {{{{ name }}}}\n")
    shutil.copy(directory / "en" / "opened.txt", directory / "en" / "own-answer.txt")
    facts = FACTS | {"subject": "Domanda"}
    templates = Templates.load(directory, Language, ["own-answer"] if name == "own-answer" else [])
    with capture_logs() as lines:
        words = templates.render(name, Language.IT, facts)
    shipped_name = "opened" if name == "own-answer" else name
    assert words == Templates.load(None, Language).render(shipped_name, Language.IT, facts)
    [line] = lines
    assert (line["event"], line["log_level"]) == ("template.failed", "error")
    assert line["template"] == str(directory / "it" / f"{name}.txt")
    assert "zero" in line["why"]


@pytest.mark.parametrize("expression", ["name.__class__.__mro__", "name.format.__globals__", "self.__init__"])
def test_a_template_does_not_reach_the_system(directory, expression):
    """The sandbox holds even for its author (threats rule 16)."""
    assert "cannot be rendered" in refusal_of(
        directory, f"Subject: {{{{ tag }}}}\n\n{{{{ text }}}}{{{{ {expression} }}}}\n"
    )


def test_a_template_that_is_missing_is_named(directory):
    """All problems are told at once, a line each."""
    (directory / "it" / "opened.txt").unlink()
    (directory / "en" / "closed.txt").unlink()
    with pytest.raises(ConfigError) as refusal:
        Templates.load(directory, Language)
    assert [problem.file.split("/")[-2:] for problem in refusal.value.problems] == [
        ["it", "opened.txt"],
        ["en", "closed.txt"],
    ]


def test_words_over_the_bound_are_refused_at_the_time_of_writing():
    """Staff's text is bounded by what a letter may be."""
    with pytest.raises(ValueError, match="over 65536 octets"):
        Templates.load(None, Language).render(Kind.REPLY, Language.IT, FACTS | {"text": "x" * (OCTETS + 1)})


def test_a_fact_left_out_is_refused_rather_than_left_blank():
    """StrictUndefined: a letter with a hole in it is not sent."""
    facts = {key: value for key, value in FACTS.items() if key != "name"}
    with pytest.raises(ValueError, match="name"):
        Templates.load(None, Language).render(Kind.OPENED, Language.EN, facts)


def test_the_sample_facts_are_all_that_there_are():
    """Templates are checked against them, so they are the contract with whoever renders."""
    assert SAMPLE.keys() == FACTS.keys()


def test_the_answers_of_policies_are_letters_like_any():
    """In both languages; with a panel's address and without one (R8)."""
    templates = Templates.load(None, Language, ["panel-required"])
    for language in Language:
        for panel in ("", "https://panel.example.it/"):
            words = templates.render("panel-required", language, FACTS | {"panel": panel})
            assert panel in words.text
            assert words.subject.startswith("[#7Q4TM-9XK2F]")


@pytest.mark.parametrize(
    ("language", "words"), [("it", ("CONFERMO", "NON SONO STATO IO")), ("en", ("CONFIRM", "NOT ME"))]
)
def test_the_shipped_question_names_both_answers_on_lines_of_their_own(language, words):
    """What it tells the customer to write is what `word()` reads; its first line is no answer (R12)."""
    text = Templates.load(None, Language).render(Kind.CONFIRM, Language(language), FACTS).text
    lines = [line.strip() for line in text.split("\n")]
    assert [word(one) for one in words] == ["confirmed", "denied"]
    assert set(words) <= set(lines)
    assert word(text) is None


def test_a_question_has_no_tag_and_an_own_directory_need_not_have_it(directory):
    """A tag would have the answer held as about another's ticket; the letter came after people had templates."""
    question = directory / "it" / "confirm.txt"
    question.write_text("Subject: {{ tag }} domanda\n\nCONFERMO?\n")
    with pytest.raises(ConfigError, match="no ticket"):
        Templates.load(directory, Language)
    question.unlink()
    assert "CONFERMO" in Templates.load(directory, Language).render(Kind.CONFIRM, Language.IT, FACTS).text


def test_an_own_directory_without_the_shipped_answer_has_the_shipped_one(directory):
    """An installation with templates of its own starts after an upgrade; of an answer that nobody has, it does not."""
    (directory / "it" / "panel-required.txt").unlink()
    words = Templates.load(directory, Language, ["panel-required"]).render("panel-required", Language.IT, FACTS)
    assert "pannello" in words.text
    with pytest.raises(ConfigError, match=r"nobodys\.txt"):
        Templates.load(directory, Language, ["nobodys"])
