"""Of one mailbox there is one reading at a time: the next begins when the one before is over."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from types import SimpleNamespace

import pytest

from gateway.ingress.imap.driver import Gone, RefusedLogin
from gateway.ops.passed import Passed
from gateway.polling import Reading, signing_in
from gateway.serving import Addresses, Serving


class Box:
    """A mailbox that is read until it is drained, and that takes its time then."""

    def __init__(self, told, name):
        self.told, self.name = told, name
        self.drained, self.slow = asyncio.Event(), asyncio.Event()

    async def serve(self):
        self.told.append(f"{self.name} begins")
        await self.drained.wait()
        await self.slow.wait()
        self.told.append(f"{self.name} ends")

    async def drain(self, grace):
        self.drained.set()


async def turns(times):
    """Let the others do what they can."""
    for _ in range(times):
        await asyncio.sleep(0)


async def test_a_mailbox_that_has_changed_is_read_anew_when_the_old_reading_is_over():
    """And one that was left before its turn came never begins, and keeps nobody waiting."""
    told = []
    boxes = [Box(told, name) for name in "abc"]
    first, second, third = (Reading(box, box.name, (box.name,)) for box in boxes)
    async with asyncio.TaskGroup() as group:
        group.create_task(first.serve())
        await turns(2)
        group.create_task(second.serve([first]))
        await first.drain(1)
        await second.drain(1)
        group.create_task(third.serve([second]))
        await turns(5)
        assert told == ["a begins"]
        boxes[0].slow.set()
        boxes[2].slow.set()
        await turns(9)
        await third.drain(1)
    assert told == ["a begins", "a ends", "c begins", "c ends"]


async def test_a_mailbox_that_was_taken_away_and_comes_back_waits_for_what_it_was_at():
    """Two reloads within the grace: two readings at once would take the same mails, and the second has no right to."""
    told, serving = [], Serving(Passed())
    boxes = [Box(told, name) for name in "ab"]
    first, second = (Reading(box, "box", (box.name,)) for box in boxes)
    async with asyncio.TaskGroup() as group:
        for readings in ({"box": first}, {}, {"box": second}):
            coming = SimpleNamespace(sites={}, pages={}, readings=readings)
            serving.move(coming, Addresses({}, {}), group, 1)
            await turns(5)
        assert told == ["a begins"]
        for box in boxes:
            box.slow.set()
        await turns(9)
        await serving.drain(1)
    assert told == ["a begins", "a ends", "b begins", "b ends"]


@pytest.mark.parametrize("fault", [RefusedLogin, Gone])
@pytest.mark.parametrize("said", ['hun"ter', 'LOGIN gw "hun\\"ter"', b64encode(b'\0gw\0hun"ter').decode()])
async def test_a_server_that_repeats_the_password_puts_it_into_no_word(tmp_path, fault, said):
    """Threats rule 17: `gateway status` shows the words, and logs have them."""

    class Echo:
        async def login(self, username, password):
            assert (username, password) == ("gw", 'hun"ter')
            raise fault(f"imap.example.it, LOGIN: NO {said} is not it")

    path = tmp_path / "password"
    path.write_text('hun"ter\n')
    one = SimpleNamespace(name="box", username="gw", password_file=path)
    with pytest.raises(fault) as told:
        await signing_in(SimpleNamespace(path="gateway.yaml"), one, None)(Echo())
    assert "is not it" in str(told.value)
    assert said not in str(told.value)
    assert "hun" not in str(told.value)
