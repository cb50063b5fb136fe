"""Letters: whatever the words hold, the header is ours, lines are short, and a reader gets the same words back."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.core.account import Language
from gateway.core.address import Address
from gateway.core.letter import SUBJECT_CHARACTERS, Letterhead, one_line, write_letter

NAMES = [
    "date",
    "from",
    "to",
    "reply-to",
    "subject",
    "message-id",
    "in-reply-to",
    "references",
    "auto-submitted",
    "x-auto-response-suppress",
    "x-loop",
    "mime-version",
    "content-type",
    "content-language",
    "content-transfer-encoding",
]
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
INJECTION = "Rinnovo\r\nBcc: eve@evil.example\r\n\r\nbody\n.\nTo: eve@evil.example"


def write(subject="Rinnovo", text="Buongiorno", references=(), *, automatic=True, name="Assistenza"):
    head = Letterhead("gateway.example.it", name, Address("support", "example.it"), Address("bounces", "example.it"))
    return write_letter(
        head,
        to=Address("amministrazione", "rossi.example"),
        message_id="00000-00001.abc@gateway.example.it",
        subject=subject,
        text=text,
        references=references,
        detail="00000-00001.abc",
        automatic=automatic,
        language=Language.IT,
        at=datetime(2026, 11, 22, tzinfo=UTC),
    )


def normal(text):
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"


@given(words, words, st.lists(words, max_size=3))
@example(INJECTION, INJECTION, [INJECTION, "a@b>\r\nBcc: <eve@evil.example"])
@example("=?utf-8?q?=0D=0ABcc:_eve?=", "\x00\x0b\x0c\x85\u2028.", [])
@example("è" * 400, "x" * 5000 + "è" * 5000, ["a@b", "c@d"])
@example("a " * 400, " trailing \t\n=\n==3D\n.", [])
def test_a_letter_is_ours_whatever_the_words(subject, text, references):
    """Threats rule 10: no word becomes a field, no line is long or broken, and stdlib reads the same words back."""
    octets = write(subject, text, tuple(references))
    assert octets.count(b"\n") == octets.count(b"\r\n") == octets.count(b"\r")  # RFC 5321 §2.3.8
    assert max(map(len, octets.split(b"\r\n"))) <= 998  # RFC 5322 §2.1.1
    assert octets.isascii()
    letter = message_from_bytes(octets, policy=policy.default)
    names = [name.lower() for name in letter]
    assert [name for name in NAMES if name in names] == names
    assert letter.get_all("to") == ["amministrazione@rossi.example"]
    assert letter.get_all("from") == ["Assistenza <support@example.it>"]
    assert letter["reply-to"] == "support+00000-00001.abc@example.it"
    assert (letter["subject"] or "") == one_line(subject, SUBJECT_CHARACTERS)
    assert letter.get_payload(decode=True).decode().replace("\r\n", "\n") == normal(text)
    assert not letter.defects


def test_a_thread_is_continued_by_strict_ids_only():
    """RFC 3834 §3.1.5: References and In-Reply-To, and of what came in only what is a Message-ID beyond doubt."""
    letter = message_from_bytes(write(references=("one@a.example", "b ad@x", "two@b.example")), policy=policy.default)
    assert letter["references"] == "<one@a.example> <two@b.example>"
    assert letter["in-reply-to"] == "<two@b.example>"


@pytest.mark.parametrize("automatic", [True, False])
def test_an_automatic_letter_says_that_it_is(automatic):
    """I6, RFC 3834 §3.1.7: what a program wrote says so, what a person wrote does not."""
    letter = message_from_bytes(write(automatic=automatic), policy=policy.default)
    assert letter["auto-submitted"] == ("auto-replied" if automatic else None)


@pytest.mark.parametrize("name", ['Rossi, "Anna" \\ S.r.l.', "Società d'assistenza", "", "a@b.example"])
def test_the_senders_name_is_kept_apart_from_the_address(name):
    """The From field names the operator's mailbox, with whatever display name the operator chose."""
    [sender] = message_from_bytes(write(name=name), policy=policy.default)["from"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "support@example.it")
