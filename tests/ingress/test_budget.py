"""The memory budget: shared out, waited for within a bound, always given back."""

from __future__ import annotations

import asyncio

import pytest

from gateway.ingress.budget import Budget


async def test_who_waits_gets_what_is_given_back():
    """A holder's end is a waiter's turn."""
    budget, order = Budget(10), []

    async def want(name, octets):
        async with budget.hold(octets, 10):
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(want("a", 6), want("b", 6), want("c", 6))
    assert sorted(order) == ["a", "b", "c"]
    assert budget.free == 10


async def test_waiting_is_bounded_and_costs_nothing():
    """Who waited in vain holds nothing."""
    budget = Budget(10)
    async with budget.hold(6, 1):
        with pytest.raises(TimeoutError):
            async with budget.hold(5, 0.01):
                pytest.fail("there was no room")
        assert budget.free == 4


async def test_more_than_there_is_gets_all_of_it():
    """One message larger than the budget is taken, alone."""
    budget = Budget(10)
    async with budget.hold(99, 1):
        assert budget.free == 0
    assert budget.free == 10


async def test_a_fault_gives_back():
    budget = Budget(10)
    with pytest.raises(KeyError):
        async with budget.hold(10, 1):
            raise KeyError
    assert budget.free == 10
