"""I6: among robots of any kind, quick or slow, honest or not, the gateway comes to rest."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from neighbours import KINDS, Robot, Town

import house
from gateway.config import shipped
from gateway.config.policies import load_policies
from gateway.core.address import Address
from gateway.core.served import Served
from gateway.store import book
from gateway.store.repetition import DAYS
from house import letter

LIMIT = 2
"""Acknowledgements of an account in a day."""

SHIPPED = load_policies(shipped("policies"))
POLICIES = [SHIPPED, replace(SHIPPED, fold=True)]

ROBOTS = st.builds(
    Robot,
    kind=st.sampled_from(KINDS),
    author=st.sampled_from(["amministrazione@rossi.example", "tecnico@rossi.example"]),
    delay=st.sampled_from([timedelta(0), timedelta(minutes=5), timedelta(hours=7), timedelta(hours=30)]),
    honest=st.booleans(),
    null=st.booleans(),
    keeps_tag=st.booleans(),
)
SLOW = timedelta(hours=13)


@settings(max_examples=10)
@given(st.lists(ROBOTS, min_size=1, max_size=2), st.sampled_from(POLICIES))
@example([Robot("vacation", delay=SLOW)], POLICIES[0])
@example([Robot("desk", delay=SLOW), Robot("rule", "tecnico@rossi.example", SLOW)], POLICIES[0])
@example([Robot("rewriting list")], POLICIES[0])
async def test_i6_whatever_robots_answer_we_come_to_rest(robots, policy):
    """A robot that hides it begets at most `LIMIT` letters on each of `DAYS` days; a letter, one mail of each."""
    most = 1 + LIMIT * DAYS * len(robots)
    with (
        tempfile.TemporaryDirectory() as folder,
        house.gateway(folder, house.letters.Limits(per_account=LIMIT)) as gateway,
    ):
        town = Town(gateway.ruled(policy), [replace(robot, seen=set()) for robot in robots], most)
        assert await town.rest(letter())
        assert 1 <= town.letters <= most
        assert town.mails <= 1 + len(robots) * town.letters


@pytest.mark.parametrize("kind", ["vacation", "desk"])
async def test_i6_a_loop_that_takes_hours_ends(gateway, kind):
    """Its round is too slow for the limit of a day: words that come day after day beget no more letters."""
    town = Town(gateway, [Robot(kind, delay=timedelta(hours=5))], 200)
    assert await town.rest(letter())
    assert town.letters <= 1 + 5 * DAYS  # 24 hours hold five rounds


@pytest.mark.parametrize("kind", ["list", "rewriting list", "forwarder"])
async def test_i6_our_own_letter_is_known_again(gateway, kind):
    """By its author, its Message-ID, or its mark where somebody changed both. One letter, and no second."""
    town = Town(gateway, [Robot(kind)], 10)
    assert await town.rest(letter())
    assert (town.letters, town.mails) == (1, 2)
    assert gateway.messages[-1]["reason"] == "loop"


async def test_i6_the_same_words_on_one_day_are_acknowledged(gateway):
    """A customer may send a form often; only day after day is too much."""
    for number in range(DAYS + 2):
        await gateway.receive(letter(message_id=f"{number}@rossi.example"))
    assert len(gateway.outbox) == DAYS + 2


class Postman:
    """Carries the letters of one gateway to another, whose border vouches for them."""

    def __init__(self):
        self.bag = []

    def answer(self, data, number):
        top = f"Authentication-Results: {house.TRUSTED}; dmarc=pass header.from=example.it\r\nReceived: from x by y\r\n"
        self.bag.append(top.encode() + data)


async def test_i6_another_gateway_as_a_customer_answers_no_acknowledgement(tmp_path):
    """It knows the author and has the proof; but ours says Auto-Submitted, so it opens no ticket (RFC 3834 §2)."""
    (tmp_path / "other").mkdir()
    postman = Postman()
    with house.gateway(tmp_path) as ours, house.gateway(tmp_path / "other") as theirs:
        assert await Town(ours, [postman], 5).rest(letter())
        there = Served((Address.parse("help@rossi.example"),), Address.parse("bounces@rossi.example"))
        theirs.database.write(lambda c: book.add(c, 1, Address.parse("support@example.it"), is_primary=False))
        rules = replace(theirs.house, hostname="gateway.rossi.example", served=there)
        receiver = theirs.examining(house=rules).receiver
        for raw in postman.bag:
            await receiver(
                theirs.arrival(raw, reverse_path="bounces@example.it", forward_paths=("help@rossi.example",))
            )
        assert [(one["disposition"], one["reason"]) for one in theirs.messages] == [("quarantine", "auto-response")]
        assert theirs.outbox == []
