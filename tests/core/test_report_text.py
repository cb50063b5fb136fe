"""Delivery reports in words: recipients, statuses, delays."""

import pytest

from gateway.core.message import Fate
from gateway.core.report_fields import RECIPIENTS, refined, status_of
from gateway.core.report_text import completed, copied_to, fates, own_lines


def told(text, ends=()):
    return fates(own_lines([text])[0], (), set(ends), failed=True)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("host mx [192.0.2.5] said: 550 5.1.1 <a@b> unknown", "5.1.1"),
        ("550-5.7.26 unauthenticated", "5.7.26"),
        ("no mailbox here by that name (#5.1.1)", "5.1.1"),
        ("550 user unknown", "5.1.1"),
        ("552 sorry, over quota", "5.2.2"),
        ("452 mailbox full", "4.2.2"),
        ("554 host not found", "5.1.2"),
        ("550 go away", "5.0.0"),
        ("421 try again", "4.0.0"),
        ("Exim 4.86.2 at 5.1.1.1 of 192.0.2.55 [10.5.50.500]", ""),
        ("5.1.1", ""),
        ("user unknown", ""),
    ],
)
def test_a_diagnosis_tells_a_status(said, status):
    """An enhanced code, else the class of a reply code with what words say; numbers of other kinds are none."""
    assert status_of(said) == status


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("The recipient name is not recognized", "5.1.1"),
        ("Casella di posta piena", "5.2.2"),
        ("Utente sconosciuto", "5.1.1"),
        ("Domain does not exist", "5.1.2"),
        ("Your account is disabled", "5.2.1"),
        ("delivery retry timeout exceeded", "5.4.7"),
        ("something else", "5.0.0"),
    ],
)
def test_words_alone_tell_what_failed(said, status):
    """Where the class is known."""
    assert status_of(said, "5") == status


def test_a_class_alone_is_made_precise_and_never_turned():
    """A diagnosis of another class does not overrule the field."""
    assert refined("5.0.0", "550 mailbox full") == "5.2.2"
    assert refined("4.0.0", "550 user unknown") == "4.0.0"
    assert refined("5.7.1", "550 user unknown") == "5.7.1"


def test_each_recipient_has_the_status_that_stands_with_it():
    """As OpenSMTPD, Postfix and qmail list them."""
    text = "Failed:\n\n<a@b.example>: host said: 550\n    5.1.1 none\n\n<c@d.example>:\nMailbox full, said 552\n"
    assert told(text) == (Fate("a@b.example", "5.1.1", "failed"), Fate("c@d.example", "", "failed"))
    assert told(text.replace("said 552", "552 said"))[1].status == "5.2.2"


def test_the_reports_own_ends_are_not_who_failed():
    """Unless nobody else is named at a line's head."""
    text = "A message by\n  me@x.example\nfailed:\n  a@b.example\n"
    assert [one.recipient for one in told(text, ["Me@x.example"])] == ["a@b.example"]
    assert [one.recipient for one in told("me@x.example failed", ["me@x.example"])] == ["me@x.example"]


@pytest.mark.parametrize(
    "text",
    [
        "Unable to deliver message to: <a@b.example>",
        "Invalid final delivery userid: a@b.example",
        "User's mailbox is full: <a@b.example>",
        "    Recipient: <a@b.example>",
        "c=US;dda:SMTP=a@b.example; on Friday",
        "about a@b.example it is said",
    ],
)
def test_a_recipient_is_found_among_words(text):
    assert [one.recipient for one in told(f"Dear x y,\n{text}\n")] == ["a@b.example"]


def test_a_delay_is_no_failure():
    """RFC 3464 §2.3.3; the class follows."""
    (fate,) = told("THIS IS A WARNING ONLY. Not delivered:\n<a@b.example>: no route to host\n")
    assert completed(fate, ["no route to host"]) == Fate("a@b.example", "4.4.1", "delayed")


def test_an_action_that_is_no_word_of_the_rfc_follows_from_the_status():
    """OpenSMTPD has written `error`."""
    assert completed(Fate("a@b.example", "5.1.1", ""), []).action == "failed"
    assert completed(Fate("a@b.example", "2.0.0", "delivered"), ["550 user unknown"]).status == "2.0.0"


def test_recipients_are_bounded():
    """A report is a stranger's."""
    assert len(told("".join(f"<u{number}@b.example>: no\n" for number in range(100)))) == RECIPIENTS


def test_the_letter_in_the_report_tells_to_whom_it_was():
    assert copied_to(b"x\nFrom: us@x.example\nTo: A <a@b.example>\n") == "a@b.example"
    assert copied_to(b"x\nTo: undisclosed\n") == ""
