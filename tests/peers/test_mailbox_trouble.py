"""What goes wrong with a mailbox in its years, before a real Dovecot: nothing is lost, and the operator is told.

The table in docs/operating.md says of each what happens; test_mailboxes.py has renumbering, logins and certificates.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.process import Gateway
from e2e.sink import Sink
from e2e.waiting import free_port, until
from peers.dovecot import Dovecot, required
from peers.mailboxes import SECONDS, USERS, count, done, mail, polled
from peers.proxy import Proxy

pytestmark = [pytest.mark.peers, pytest.mark.slow]

BOX = "box-0"
NO_MOVE = "IMAP4rev1 LITERAL+ SASL-IR IDLE ENABLE UIDPLUS"


@pytest.fixture
def sink() -> Iterator[Sink]:
    """Takes the gateway's own letters."""
    with Sink(free_port()) as one:
        yield one


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    """Its mailboxes are empty."""
    required()
    with Dovecot(USERS) as server:
        yield server


def standing(gateway: Gateway) -> dict[str, Any]:
    """What status says of the mailbox, stuck or not."""
    told = map(json.loads, gateway.cli("status", "--json").stdout.splitlines())
    return next(one for one in told if one["ingress"] == BOX)


def dispositions(gateway: Gateway) -> list[str]:
    """Of every message there is."""
    return [one["disposition"] for one in gateway.records("messages", "list")]


def test_a_folder_that_is_renamed_is_not_made_anew(
    tmp_path: Path, sink: Sink, prepared: Path, dovecot: Dovecot
) -> None:
    """FolderMissing, in words, for as long as it is away; what came meanwhile is taken when it is back."""
    dovecot.deliver(BOX, [mail(0)[1]], "Assistenza")
    with polled(tmp_path, sink, prepared, dovecot, [BOX], sweep="1s", folder="Assistenza") as gateway:
        until(lambda: done(gateway) == 1, "the first", SECONDS)
        with dovecot.client(BOX) as person:
            assert person.rename("Assistenza", "Vecchia")[0] == "OK"
            until(lambda: standing(gateway)["last_error"].startswith("FolderMissing: "), "the words", SECONDS)
            dovecot.deliver(BOX, [mail(4)[1]], "Vecchia")
            assert not dovecot.maildir(BOX, "Assistenza").exists()
            assert person.rename("Vecchia", "Assistenza")[0] == "OK"
        until(lambda: count(dovecot, BOX, "Done") == 2, "both", SECONDS)
        until(lambda: not standing(gateway)["last_error"], "no error any more", SECONDS)
        assert dispositions(gateway) == ["accept", "accept"]


def test_a_full_target_leaves_the_mail_and_says_so(
    tmp_path: Path, sink: Sink, prepared: Path, dovecot: Dovecot
) -> None:
    """Over quota: written down once, left where it is, told; moved when there is room, and other targets go on."""
    folders = "{accept: Full/Fatte, discard: Full/Fatte}"
    with polled(tmp_path, sink, prepared, dovecot, [BOX], folders=folders) as gateway:
        dovecot.deliver(BOX, [mail(0)[1]])
        until(lambda: done(gateway) == 1, "the one that fits", SECONDS)
        dovecot.deliver(BOX, [mail(4)[1], mail(1)[1]])
        until(lambda: count(dovecot, BOX, "Held") == 1, "another target", SECONDS)
        until(lambda: "cannot be moved to Full/Fatte" in standing(gateway)["last_error"], "the words", SECONDS)
        assert "OVERQUOTA" in standing(gateway)["last_error"]
        assert (count(dovecot, BOX), dispositions(gateway)) == (1, ["accept", "accept", "quarantine"])
        with dovecot.client(BOX) as person:
            person.select("Full/Fatte")
            person.store("1", "+FLAGS", r"(\Deleted)")
            person.expunge()
        until(lambda: done(gateway) == 3, "room", SECONDS)
        assert (count(dovecot, BOX), len(dispositions(gateway))) == (0, 3)
        until(lambda: not standing(gateway)["last_error"], "the end of the round", SECONDS)


def test_a_target_that_is_deleted_is_made_again(tmp_path: Path, sink: Sink, prepared: Path, dovecot: Dovecot) -> None:
    """A person removed the folder: the next mail finds it again, and nobody is told."""
    with polled(tmp_path, sink, prepared, dovecot, [BOX], folders='{accept: "Fatte \\"oggi\\" è"}') as gateway:
        for number in range(2):
            dovecot.deliver(BOX, [mail(4 * number)[1]])
            until(lambda number=number: done(gateway) == number + 1, "the mail", SECONDS)
            with dovecot.client(BOX) as person:
                assert person.select(r'"Fatte \"oggi\" &AOg-"')[1] == [b"1"]
                person.unselect()
                assert person.delete(r'"Fatte \"oggi\" &AOg-"')[0] == "OK"
        assert (count(dovecot, BOX), dispositions(gateway)) == (0, ["accept", "accept"])


def test_a_line_that_went_deaf_is_found_by_the_sweep(
    tmp_path: Path, sink: Sink, prepared: Path, dovecot: Dovecot
) -> None:
    """Nobody closes the connection, nothing comes through it: a new one is made, and status told of the old."""
    with (
        Proxy(dovecot.tls_port) as proxy,
        polled(tmp_path, sink, prepared, dovecot, [BOX], port=str(proxy.port), sweep="3s") as gateway,
    ):
        dovecot.deliver(BOX, [mail(0)[1]])
        until(lambda: done(gateway) == 1, "the first", SECONDS)
        before = standing(gateway)["last_success"]
        until(lambda: standing(gateway)["last_success"] != before, "the end of a look: it idles", SECONDS)
        proxy.deafen()
        dovecot.deliver(BOX, [mail(4)[1]])
        began = time.monotonic()
        until(lambda: done(gateway) == 2, "the second", SECONDS)
        assert time.monotonic() - began < 3 + 10 + 2 + 5  # the sweep, DONE unanswered, the wait, a busy machine
        assert proxy.opened == 2
        assert "did not answer IDLE" in gateway.stderr()


@pytest.mark.parametrize("before", [b"STORE", b"EXPUNGE"])
def test_killed_between_copy_and_expunge_leaves_one(tmp_path: Path, sink: Sink, prepared: Path, before: bytes) -> None:
    """A server without MOVE: what was copied and not yet expunged is found in the target by its octets."""
    required()
    with (
        Dovecot(USERS, capability=NO_MOVE) as dovecot,
        Proxy(dovecot.port, hold=before) as proxy,
        polled(tmp_path, sink, prepared, dovecot, [BOX], port=str(proxy.port), tls="none") as gateway,
    ):
        dovecot.deliver(BOX, [mail(0)[1], mail(4)[1], mail(1)[1]])
        assert proxy.held.wait(SECONDS)
        gateway.kill9()
        assert (count(dovecot, BOX), count(dovecot, BOX, "Done")) == (3, 2)
        proxy.hold = b""
        gateway.start()
        until(lambda: done(gateway) == 3, "all three", SECONDS)
        assert (count(dovecot, BOX), count(dovecot, BOX, "Done"), count(dovecot, BOX, "Held")) == (0, 2, 1)
        assert sorted(dispositions(gateway)) == ["accept", "accept", "quarantine"]
