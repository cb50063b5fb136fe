"""What daemon and worker say to each other: whole, bounded, and nothing but our own nouns."""

from __future__ import annotations

import gc
import pickle
import sys
from datetime import date
from enum import Enum

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import mail

import gateway.core.mime
from gateway.core.case import Override
from gateway.core.reason import Reason
from gateway.workers.words import Frames, UnknownWord, answer, answered, asked, framed, question
from house import letter

PICTURE = (
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsalve\r\n--b\r\n'
    'Content-Type: application/pdf; name="a.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK\r\n--b--\r\n'
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(message=mail())
async def test_a_record_comes_back_as_it_was(gateway, message):
    """Whatever the message is: what is committed is what was examined, and the octets are those that were sent."""
    arrival = gateway.arrival(message[0])
    record = await gateway.receiver.examine(arrival)
    back = answered(answer(record, arrival), arrival)
    assert back == record
    assert back.case.arrival is arrival


async def test_octets_of_a_part_are_not_sent_back(gateway):
    """An attachment comes back as the place in the message where it stands."""
    raw = letter().partition(b"Content-Type")[0] + PICTURE.encode()
    arrival = gateway.arrival(raw)
    record = await gateway.receiver.examine(arrival)
    frame = answer(record, arrival)
    [attachment] = answered(frame, arrival).case.parsed.body.attachments
    assert attachment.leaf.octets() == b"%PDF-1.4\n"
    assert attachment.leaf.raw is raw
    assert b"JVBERi0" not in frame


async def test_what_was_said_of_a_message_holds_none_of_it_back(gateway):
    """25 MB are free with the answer, and do not wait in a ring for the next collection."""
    arrival = gateway.arrival(letter().partition(b"Content-Type")[0] + PICTURE.encode())
    record = await gateway.receiver.examine(arrival)
    gc.disable()
    try:
        before = sys.getrefcount(arrival)
        frame = answer(record, arrival)
        assert sys.getrefcount(arrival) == before
        answered(frame, arrival)
        assert sys.getrefcount(arrival) == before
    finally:
        gc.enable()


def test_a_question_comes_as_it_was(gateway):
    """With what an operator takes on."""
    arrival, override = gateway.arrival(letter()), Override("anna", frozenset({Reason.POLICY}))
    assert asked(question(arrival, override, "why")) == (arrival, override, "why")


class Harm:
    def __reduce__(self):
        return print, ("harm",)


@pytest.mark.parametrize("thing", [Harm(), print, pickle.loads, Frames, object, date, gateway.core.mime.a2b_qp])
def test_nothing_but_our_own_nouns_is_made(gateway, thing, capsys):
    """Whoever has taken a worker over cannot have the daemon call what it likes."""
    with pytest.raises(UnknownWord):
        answered(pickle.dumps(thing), gateway.arrival(letter()))
    assert capsys.readouterr().out == ""


async def test_a_frame_names_only_what_is_made_again(gateway, monkeypatch):
    """Whichever Python pickles: before 3.11.4 a member of an enumeration takes itself apart into getattr."""
    monkeypatch.setattr(Enum, "__reduce_ex__", lambda self, _: (getattr, (type(self), self.name)))
    arrival = gateway.arrival(letter())
    record = await gateway.receiver.examine(arrival)
    assert answered(answer(record, arrival), arrival) == record


def test_an_answer_is_a_record_or_words(gateway):
    """Any other of our nouns is none."""
    arrival = gateway.arrival(letter())
    with pytest.raises(UnknownWord):
        answered(pickle.dumps(Override("anna", frozenset())), arrival)
    assert answered(answer("later", arrival), arrival) == "later"


@given(words=st.lists(st.binary(max_size=50)), cuts=st.lists(st.integers(1, 20), min_size=1))
def test_frames_are_the_same_however_they_are_cut(words, cuts):
    """A stream knows no frames."""
    stream = b"".join(framed(number, one) for number, one in enumerate(words))
    frames, found, at = Frames(1000), [], 0
    for step in cuts * (len(stream) + 1):
        found += frames.feed(stream[at : at + step])
        at += step
        if at >= len(stream):
            break
    assert found == list(enumerate(words))


@pytest.mark.parametrize("length", [0, 3, 1001, 2**32 - 1])
def test_what_is_too_long_or_too_short_is_no_frame(length):
    """Memory is bounded before anything is held."""
    with pytest.raises(UnknownWord):
        Frames(1000).feed(length.to_bytes(4, "big"))
