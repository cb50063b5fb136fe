"""Signing in to the smarthost with a token: the mechanism that is offered, one renewal, and no token in any word."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections import deque

import pytest
from smarthost import scripted
from test_submission import LONG, letter, outcome_of, way_out

from gateway.core.reply import Deferred, Delivered
from gateway.egress.probe import hand_over
from gateway.egress.submission import SmarthostSettings
from gateway.ports import Unavailable, Ungranted

NO, YES = b"535 5.7.8 not this one\r\n", b"235 2.7.0 welcome\r\n"
WHY = b"334 eyJzdGF0dXMiOiI0MDEifQ==\r\n"


class Tokens:
    """ports.Tokens: T1, and T2 for who says that T1 is refused."""

    def __init__(self, *faults):
        self.faults = list(faults)
        self.asked = []

    async def token(self, refused=""):
        self.asked.append(refused)
        if self.faults:
            raise self.faults.pop(0)
        return f"T{2 if refused else 1}-which-nobody-may-see"


def offering(mechanisms, *answers, after=NO):
    return {
        "EHLO": f"250-mx.example.it\r\n250 AUTH {mechanisms}\r\n".encode(),
        "AUTH": deque(answers),
        "": after,
        "AQ==": after,
    }


def said(mechanism, words):
    return f"AUTH {mechanism} {b64encode(words.encode()).decode()}"


async def test_xoauth2_where_nothing_else_is_offered():
    """As Microsoft has it."""
    tokens = Tokens()
    outcome, host = await outcome_of(offering("LOGIN XOAUTH2", YES), username="gw", tokens=tokens)
    assert isinstance(outcome, Delivered)
    assert host.heard[1] == said("XOAUTH2", "user=gw\x01auth=Bearer T1-which-nobody-may-see\x01\x01")
    assert tokens.asked == [""]


async def test_oauthbearer_names_host_and_port():
    """RFC 7628 §3.1: a token said to one server is not for another."""
    outcome, host = await outcome_of(offering("XOAUTH2 OAUTHBEARER", YES), username="gw", tokens=Tokens())
    words = f"n,a=gw,\x01host=127.0.0.1\x01port={host.port}\x01auth=Bearer T1-which-nobody-may-see\x01\x01"
    assert isinstance(outcome, Delivered)
    assert host.heard[1] == said("OAUTHBEARER", words)


@pytest.mark.parametrize(("mechanism", "dismissal"), [("XOAUTH2", ""), ("OAUTHBEARER", "AQ==")])
async def test_a_refused_token_is_dismissed_and_renewed_once(mechanism, dismissal):
    """Both sides would wait for each other after the challenge; the new one is taken on the same connection."""
    tokens = Tokens()
    outcome, host = await outcome_of(offering(mechanism, WHY, YES), username="gw", tokens=tokens)
    assert isinstance(outcome, Delivered)
    assert host.heard[2] == dismissal
    assert tokens.asked == ["", "T1-which-nobody-may-see"]
    assert len(host.sessions) == 1


async def test_refused_again_it_defers():
    """Two are enough: a server that is asked in a hurry locks the account."""
    outcome, host = await outcome_of(offering("XOAUTH2", NO, WHY, YES), username="gw", tokens=Tokens())
    assert isinstance(outcome, Deferred)
    assert "refuses the token, a new one too: 535 5.7.8 not this one" in outcome.status
    assert not any(line.startswith("MAIL") for line in host.heard)


async def test_for_now_is_no_refusal():
    """454 (RFC 4954 §4.7.2): the token is not at fault, and none is asked for."""
    tokens = Tokens()
    outcome, _ = await outcome_of(offering("XOAUTH2", b"454 4.7.0 later\r\n"), username="gw", tokens=tokens)
    assert outcome.status.endswith("454 4.7.0 later (answer to AUTH)")
    assert tokens.asked == [""]


@pytest.mark.parametrize("fault", [Unavailable("login.example.it is away"), Ungranted("consent has ended")])
async def test_without_a_token_letters_wait(fault):
    """Whichever it is, no letter is lost, and the outbox says why."""
    outcome, host = await outcome_of(offering("XOAUTH2"), username="gw", tokens=Tokens(fault))
    assert isinstance(outcome, Deferred)
    assert str(fault) in outcome.status
    assert len(host.heard) <= 2


async def test_no_token_goes_to_who_takes_none():
    """A server that offers passwords only."""
    outcome, host = await outcome_of(offering("PLAIN LOGIN"), username="gw", tokens=Tokens())
    assert "it offers neither XOAUTH2 nor OAUTHBEARER" in outcome.status
    assert not any(line.startswith("AUTH") for line in host.heard)


async def test_a_server_that_repeats_the_token_puts_it_into_no_word():
    """Threats rule 17: the outbox shows the status, and logs have it."""
    echo = b"535 5.7.8 no: T1-which-nobody-may-see\r\n"
    outcome, _ = await outcome_of(offering("XOAUTH2", echo, echo.replace(b"T1", b"T2")), username="gw", tokens=Tokens())
    assert "may-see" not in outcome.status
    assert "may-see" not in repr(SmarthostSettings("h", 25, "none", "g", "gw", tokens=Tokens()))


async def test_check_signs_in_and_parts():
    """What `gateway check` asks: empty where a letter could go out, and no letter does."""
    async with (
        scripted(offering("XOAUTH2", YES)) as host,
        way_out(host.port, LONG, username="gw", tokens=Tokens()) as way,
    ):
        assert await way.trouble() == ""
        await asyncio.wait_for(host.ended.get(), 10)
    assert [line.split(" ")[0] for line in host.heard] == ["EHLO", "AUTH", "QUIT"]
    async with (
        scripted(offering("XOAUTH2", NO, NO)) as host,
        way_out(host.port, LONG, username="gw", tokens=Tokens()) as way,
    ):
        assert "refuses the token" in await way.trouble()


@pytest.mark.parametrize(("answers", "told"), [([YES], ""), ([WHY], "535 5.7.8 not this one")])
async def test_a_canary_is_handed_over_with_a_token(answers, told):
    """The way of our own letters is the canary's."""
    async with scripted(offering("OAUTHBEARER", *answers)) as host:
        way = SmarthostSettings("127.0.0.1", host.port, "none", "g.example.it", "gw", tokens=Tokens())
        sent = letter()
        assert await asyncio.to_thread(hand_over, way, "c@g.example.it", "s@example.it", sent.data) == told
