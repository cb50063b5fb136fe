"""I8: reply code, enhanced code and words agree, in every reply that an ingress can make."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ingress import replies
from gateway.ingress.replies import Reply

ALL = [one for one in vars(replies).values() if isinstance(one, Reply)]
MADE = [replies.greeting("gw.example.it", "smtp"), replies.hello("gw.example.it", "SIZE 1"), replies.accepted("m1")]


@pytest.mark.parametrize("reply", [*ALL, *MADE], ids=str)
def test_every_reply_agrees_with_itself(reply):
    """On the wire: one code on all lines, its enhanced codes of the same class, 'later' where later helps."""
    *first, last, nothing = reply.octets.decode("ascii").split("\r\n")
    assert nothing == ""
    assert all(re.match(rf"{reply.code}-", line) for line in first)
    assert re.match(rf"{reply.code} ", last)
    for line in [*first, last]:
        status = re.match(r"\d{3}[ -](?:(\d)\.\d\.\d+ )?", line)[1]
        assert status == reply.code[0] or (status is None and reply.code in {"220", "250", "354"})
    assert ("later" in reply.octets.decode()) == (reply.code[0] == "4")


def test_the_rows_that_others_build_on():
    """The table of replies in the interfaces, code for code."""
    assert str(replies.accepted("x")) == "250 2.0.0"
    assert replies.accepted("x").octets == b"250 2.0.0 accepted as x\r\n"
    assert {
        str(one)
        for one in (
            replies.REJECTED,
            replies.UNKNOWN_RECIPIENT,
            replies.TOO_LARGE,
            replies.TRY_LATER,
            replies.NOT_CLEAN,
        )
    } == {"550 5.7.1", "550 5.1.1", "552 5.3.4", "451 4.3.0", "550 5.6.0"}
    assert (str(replies.TOO_MANY_CONNECTIONS), str(replies.TOO_BUSY)) == ("421 4.3.2", "452 4.3.1")


def test_a_refusal_at_the_edge_says_nothing_about_accounts():
    """I10: the words are for a stranger."""
    words = replies.REJECTED.octets.decode().lower()
    assert not re.search(r"account|utente|cliente|customer|address|indirizzo|ticket|regist|auth", words)


@given(
    st.from_regex(r"[1-6][0-6][0-9]", fullmatch=True),
    st.from_regex(r"([1-6]\.[0-8]\.[0-9]{1,4})?", fullmatch=True),
    st.sampled_from(["ok", "try again later"]),
)
def test_a_reply_that_disagrees_cannot_be_made(code, status, words):
    """Whatever can be made agrees."""
    try:
        reply = Reply(code, status, (words,))
    except ValueError:
        return
    assert reply.code[0] in "2345"
    assert not status or status[0] == code[0]
    assert ("later" in words) == (code[0] == "4")


@pytest.mark.parametrize("text", ["", "è", "a\r\nb", "a\0", "x" * 600])
def test_words_are_one_bounded_line_of_ascii(text):
    """No reply can be split by what is put in it."""
    with pytest.raises(ValueError, match="a reply"):
        replies.accepted(text) if text else Reply("250", "2.0.0", (text,))
