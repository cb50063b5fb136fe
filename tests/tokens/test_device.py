"""Consent at a browser: what a person is told, and patience within the bounds of RFC 8628."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.ports import Unavailable, Ungranted
from gateway.tokens.device import Invitation, await_consent, invite
from gateway.tokens.form import Form
from gateway.tokens.server import Server
from oauth2_server import Answer

PENDING, SLOW = Answer({"error": "authorization_pending"}, 400), Answer({"error": "slow_down"}, 400)
TOLD = {"device_code": "DC", "user_code": "AB-CD", "verification_uri": "https://x.example/d", "expires_in": 60}


class Waits(list):
    async def __call__(self, seconds):
        self.append(seconds)


def sign(fields):
    return Form({"client_id": "c", **fields})


async def consent(auth, pause):
    invitation = await invite(Server(), auth.device_url, sign, "mail")
    return await await_consent(Server(), auth.url, sign, invitation, pause)


async def test_a_person_consents(auth):
    """Told where to go; asked for after each interval, until there is a refresh token."""
    auth.pending = 2
    waits = Waits()
    granted = await consent(auth, waits)
    assert granted.refresh_token == auth.refresh
    assert waits == [1, 1, 1]
    assert [one.fields.get("scope") or one.fields["device_code"] for one in auth.asked] == ["mail"] + [
        "DC-of-a-device"
    ] * 3


async def test_slow_down_is_heeded(auth):
    """Five seconds more each time, for good (RFC 8628 §3.5)."""
    auth.script.extend([Answer({**TOLD, "interval": 5}), SLOW, PENDING, SLOW])
    waits = Waits()
    await consent(auth, waits)
    assert waits == [5, 10, 10, 15]


async def test_nobody_is_waited_for_without_end(auth):
    """The life of the code, whatever the server goes on saying."""
    auth.script.extend([Answer({**TOLD, "interval": 20}), *[PENDING] * 10])
    with pytest.raises(Ungranted, match="in time"):
        await consent(auth, waits := Waits())
    assert waits == [20, 20, 20]


@pytest.mark.parametrize(
    ("answer", "fault", "words"),
    [
        (Answer({"error": "access_denied"}, 400), Ungranted, "access_denied"),
        (Answer({"error": "expired_token"}, 400), Ungranted, "expired_token"),
        (Answer({"access_token": "AT", "token_type": "bearer"}), Ungranted, "offline_access"),
        (Answer(b"<html>"), Unavailable, "no JSON"),
    ],
)
async def test_what_ends_it(auth, answer, fault, words):
    """A no, a code that is too old, consent without a refresh token, a server that speaks something else."""
    auth.script.extend([Answer(TOLD), answer])
    with pytest.raises(fault, match=words):
        await consent(auth, Waits())


@pytest.mark.parametrize("missing", ["device_code", "user_code", "verification_uri"])
async def test_an_invitation_has_all_its_parts(auth, missing):
    """One that is not there, or no text."""
    for value in (None, 7, ""):
        auth.script.append(Answer({**TOLD, missing: value}))
        with pytest.raises(Unavailable, match=f"told no {missing}"):
            await invite(Server(), auth.device_url, sign, "")


async def test_what_is_shown_cannot_colour_a_terminal(auth):
    """Threats rule 16; and the bounds of waiting are ours."""
    odd = {"verification_uri": "https://x\x1b[31m", "user_code": "A\nB", "interval": 0.001, "expires_in": 10**9}
    auth.script.append(Answer({**TOLD, **odd}))
    told = await invite(Server(), auth.device_url, sign, "")
    assert (told.address, told.code, told.interval) == ("https://x?[31m", "A?B", 1)
    assert told.lifetime.total_seconds() == 1800
    assert "DC" not in repr(told)


async def test_a_connection_that_fails_is_tried_less_often(auth):
    """RFC 8628 §3.5: the interval doubles, within its bound."""
    invitation = Invitation("a", "c", timedelta(seconds=200), 20, "DC")
    waits = Waits()
    with pytest.raises(Ungranted):
        await await_consent(Server(), "http://127.0.0.1:9/token", sign, invitation, waits)
    assert waits == [20, 40, 60, 60, 60]
