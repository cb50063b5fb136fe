"""Workers: one that dies costs one message its reading, and never its octets; nobody beside it notices."""

from __future__ import annotations

import asyncio
import json
import pickle
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.workers.line import Died, Line
from gateway.workers.words import framed
from gateway.workers.worker import HELLO
from workers.scene import SMALL, arrival

TWICE = "the process that read it has died, twice"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What the scenes came to."""
    folder = tmp_path_factory.mktemp("workers")
    scene = [sys.executable, str(Path(__file__).with_name("scene.py")), str(folder)]
    done = subprocess.run(scene, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_messages_are_examined_in_other_processes(told):
    """Two workers, neither of them the one that asks, and many messages at a time."""
    assert (told["ready"], told["together"]) == (2, 50)
    assert all(pid.isdigit() for pid in told["pids"])


@pytest.mark.parametrize(
    ("deed", "became"),
    [
        ("away", "unavailable: the database is away"),
        ("break", "unavailable: x"),
        ("swell", "unavailable: MemoryError"),
        ("die", TWICE),
        ("spin", TWICE),
        ("hang", TWICE),
    ],
)
def test_what_a_worker_cannot_do_is_said(told, deed, became):
    """I9: what is not known now is asked again later; what kills its reader twice is kept unread (I7, I12)."""
    assert told[deed] == became


def test_who_died_beside_another_is_read_after_all(told):
    """A kill from outside costs nothing: the message is examined again, alone."""
    assert told["die-once"].isdigit()


def test_a_message_that_kills_takes_no_neighbour_with_it(told):
    """I7: all that were with the same worker are answered as if nothing had been."""
    assert told["beside"][0] == TWICE
    assert all(one.isdigit() for one in told["beside"][1:])


def test_the_longest_message_goes_through(told):
    """Up to the bound of a frame."""
    assert told["long"].isdigit()


def test_a_worker_that_died_is_replaced_and_counted(told):
    """At the end there are as many as at the start; those that read alone are not counted."""
    assert told["again"] == 2
    assert told["deaths"] >= 4


def test_where_no_process_can_be_started_the_others_go_on(told):
    """The message waits, and says why (I9); there is another worker as soon as there is room for it."""
    assert told["full"] == "unavailable: no process for a worker: Resource temporarily unavailable"
    assert told["beside full"].isdigit()
    assert told["after full"] == 2


def test_a_machine_without_room_for_an_open_file_ends_no_nursery(told):
    """All workers come of it, and with it the daemon would end."""
    assert told["no file"] == "unavailable: a worker did not come up: Died"
    assert told["beside no file"].isdigit()
    assert told["after no file"] == 2


def test_workers_that_would_go_by_other_rules_are_refused(told):
    """A file that changes between the daemon's look and theirs, or is wrong by then, leaves those before at work."""
    assert told["changed"] == "the configuration has changed since it was read; reload again"
    assert told["refused"].endswith("gateway.yaml:3: limits: unknown key")
    assert told["after refusals"]


def test_no_worker_goes_by_rules_that_were_not_reloaded(told):
    """One that finds other rules than its pool has is not taken: its message waits, and says why (I9)."""
    assert told["unreloaded"] == "unavailable: the configuration has changed since it was read; reload again"


def test_a_reload_brings_new_workers_and_leaves_one_of_the_old(told):
    """What has come in by the old configuration is examined by it, to its end."""
    assert told["renewed"]
    assert told["shrunk"] == 1


def test_without_a_nursery_the_daemon_ends(told):
    """It is started again by its service manager, which is better than to go on with fewer and fewer workers."""
    assert told["wanting"].endswith("unknown key")
    assert told["nursery"] == "the process that starts workers has ended"


@pytest.mark.parametrize(
    ("number", "frame"),
    [
        (1, pickle.dumps(print)),
        (1, pickle.dumps((1, 2))),
        (1, b"junk"),
        (1, b""),
        (7, pickle.dumps("of a question that nobody asked")),
        (HELLO, b"no number"),
    ],
    ids=["a class of others", "no record", "no pickle", "nothing", "no question", "no hello"],
)
async def test_a_worker_that_says_what_none_says_lets_go_of_all_it_has(number, frame):
    """The message that it was asked about too: all of them are examined again."""
    ours, theirs = socket.socketpair()
    line = Line(lambda _: None)
    await asyncio.get_running_loop().connect_accepted_socket(lambda: line, ours)
    with theirs:
        asked = [asyncio.create_task(line.ask(arrival(SMALL, number), None)) for number in (1, 2)]
        await asyncio.sleep(0)
        theirs.sendall(framed(number, frame))
        async with asyncio.timeout(10):
            became = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in became] == [Died, Died]
    assert not line.busy()
