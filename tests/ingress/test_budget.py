"""The memory budget: shared out, waited for within a bound, always given back."""

from __future__ import annotations

import asyncio
import tracemalloc

import pytest

from gateway.ingress.body import Body
from gateway.ingress.budget import Budget


async def test_who_waits_gets_what_is_given_back():
    """A holder's end is a waiter's turn."""
    budget, order = Budget(10, least=1), []

    async def want(name, octets):
        async with budget.hold(octets, 10):
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(want("a", 6), want("b", 6), want("c", 6))
    assert sorted(order) == ["a", "b", "c"]
    assert budget.free == 10


async def test_waiting_is_bounded_and_costs_nothing():
    """Who waited in vain holds nothing."""
    budget = Budget(10, least=1)
    async with budget.hold(6, 1):
        with pytest.raises(TimeoutError):
            async with budget.hold(5, 0.01):
                pytest.fail("there was no room")
        assert budget.free == 4


async def test_more_than_there_is_gets_all_of_it():
    """One message larger than the budget is taken, alone."""
    budget = Budget(10, least=1)
    async with budget.hold(99, 1):
        assert budget.free == 0
    assert budget.free == 10


async def test_a_fault_gives_back():
    budget = Budget(10, least=1)
    with pytest.raises(KeyError):
        async with budget.hold(10, 1):
            raise KeyError
    assert budget.free == 10


async def test_a_small_message_counts_more_than_its_octets():
    """So that their number is bounded with their octets."""
    budget = Budget(10, least=4)
    async with budget.hold(1, 1), budget.hold(1, 1, "another"):
        assert budget.free == 2


async def test_one_client_does_not_keep_the_others_out():
    """Of what is there an eighth is for clients who have nothing in work, however much another one wants."""
    budget = Budget(80, least=1)
    async with asyncio.TaskGroup() as group:
        end = asyncio.Event()

        async def hog():
            async with budget.hold(10, 10, "hog"):
                await end.wait()

        for _ in range(50):
            group.create_task(hog())
        await asyncio.sleep(0)
        assert budget.free == 10
        async with budget.hold(10, 1, "other"):
            assert budget.free == 0
        end.set()


async def test_clients_have_turns():
    """What was asked for by one client first is not all given before another's."""
    budget, order = Budget(10, least=1), []

    async def want(client):
        async with budget.hold(9, 10, client):
            order.append(client)

    async with budget.hold(10, 1, "before"):
        waiting = [asyncio.create_task(want(client)) for client in "aaaabbc"]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert "".join(order) == "abcabaa"


async def test_a_large_message_is_not_passed_for_ever():
    """Of clients that have something in work already, none goes before it; of others, one."""
    budget, order = Budget(80, least=1), []
    gates = {name: asyncio.Event() for name in "xyz"}

    async def small(gate):
        async with budget.hold(20, 10, "small"):
            order.append("small")
            await gate.wait()

    async def large():
        async with budget.hold(60, 10, "large"):
            order.append("large")

    tasks = [asyncio.create_task(small(gates["x"])), asyncio.create_task(small(gates["y"]))]
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(large())]
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(small(gates["z"]))]  # would fit
    gates["x"].set()
    gates["z"].set()
    await asyncio.gather(tasks[0], *tasks[2:])
    assert order == ["small", "small", "large", "small"]
    gates["y"].set()
    await tasks[1]


async def test_who_gives_up_waiting_is_forgotten():
    """Neither what it waited for nor its address stays, and how often that was is told."""
    budget = Budget(10, least=1)
    async with budget.hold(10, 1):
        with pytest.raises(TimeoutError):
            async with budget.hold(5, 0.01, "192.0.2.1"):
                pytest.fail("there was no room")
    assert (budget._waiting, budget._held, budget.bound.put_off) == ({}, {}, 1)


@pytest.mark.parametrize("octets", [1, 2, 7])
async def test_a_message_that_comes_in_crumbs_takes_no_more_memory_than_another(tmp_path, octets):
    """However little is read at a time, what is in memory is what is counted as being there (I7)."""
    memory = 64 * 2**10
    tracemalloc.start()
    try:
        with Body(tmp_path, memory) as body:
            while not body.is_full:
                body.add(bytes(octets))
            await body.spill()
            body.add(b"end")
            assert await body.read() == bytes(body.octets - 3) + b"end"
        assert tracemalloc.get_traced_memory()[1] < 5 * memory
    finally:
        tracemalloc.stop()
