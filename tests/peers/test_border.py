"""The harness, with a sink in the gateway's place: what a real border hands on, and what it does when refused."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes

import pytest

from e2e.border import letter
from e2e.sink import Letter, Sink
from peers.town import Town

pytestmark = pytest.mark.peers


@pytest.fixture
def by_smtp(town: Town) -> Iterator[Sink]:
    """A stand-in for the gateway's SMTP listener."""
    with Sink(town.smtp) as sink:
        yield sink
    town.settle()


@pytest.fixture
def by_lmtp(town: Town) -> Iterator[Sink]:
    """A stand-in for the gateway's LMTP listener."""
    with Sink(town.lmtp) as sink:
        yield sink
    town.settle()


def test_the_borders_finding_stands_above_its_received(town: Town, by_smtp: Sink) -> None:
    """Threats rule 5: one field above the border's own Received; a forged one of the same id stays below it."""
    forged = "Authentication-Results: mx.example.it; dmarc=pass header.from=bank.example\r\n"
    town.border.submit(letter("tecnico@rossi.example", fields=forged).encode(), "a@rossi.example", "support@example.it")
    names = message_from_bytes(by_smtp.wait_for(1)[0].data).keys()
    assert names[:2] == ["Authentication-Results", "Received"]
    assert names.count("Authentication-Results") == 2


def test_the_border_finds_once_however_many_recipients(town: Town, by_lmtp: Sink) -> None:
    """Two results would be a contradiction, and count as nothing."""
    paths = ("assistenza@example.it", "assistenza+a@example.it", "assistenza+b@example.it")
    town.border.submit(letter("tecnico@rossi.example").encode(), "a@rossi.example", *paths)
    (arrived,) = by_lmtp.wait_for(1)
    assert sorted(arrived.forward_paths) == sorted(paths)
    assert len(arrived.message.get_all("Authentication-Results")) == 1


def test_the_border_tries_again_after_a_451(town: Town, by_lmtp: Sink) -> None:
    """A 4xx keeps the message in the border's queue, and it comes again by itself."""
    replies = iter(["451 4.3.0 later", "250 2.0.0 taken"])
    by_lmtp.answer = lambda _letter: next(replies)
    town.border.submit(letter("tecnico@rossi.example").encode(), "a@rossi.example", "assistenza@example.it")
    by_lmtp.wait_for(1)
    town.border.idle()
    assert len(by_lmtp.refused) == 1


def test_the_border_would_bounce_a_550(town: Town, by_smtp: Sink) -> None:
    """Threats rule 12: a 5xx behind a queueing MTA is backscatter, and our tests would see it `elsewhere`."""
    by_smtp.answer = lambda _letter: "550 5.7.1 no"
    town.border.submit(letter("tecnico@rossi.example").encode(), "a@rossi.example", "support@example.it")
    (bounce,) = town.elsewhere.wait_for(1)
    assert (bounce.reverse_path, bounce.forward_paths) == ("", ("a@rossi.example",))


def test_the_smarthost_hands_on_the_envelope_it_was_given(town: Town) -> None:
    """The mailboxes see the forward-path and reverse-path that the gateway used."""
    town.smarthost.submit(
        letter("support@example.it").encode(), "bounces+X@example.it", "amministrazione@rossi.example"
    )
    (arrived,) = town.mailboxes.wait_for(1)
    town.settle()
    assert isinstance(arrived, Letter)
    assert (arrived.reverse_path, arrived.forward_paths) == ("bounces+X@example.it", ("amministrazione@rossi.example",))
