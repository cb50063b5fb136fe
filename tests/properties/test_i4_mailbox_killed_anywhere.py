"""I3, I4, I11 of a mailbox: killed at any call, each mail is one message and lies in one folder."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.ingress.imap.driver import Gone
from house import letter
from ingress.fake_imap import FakeServer, Post

CALLS = ("connect", "login", "select", "uids", "sizes", "fetch", "move", "ensure_folder", "flag", "idle")


class Killed(BaseException):
    """As kill -9: nothing that the killed one would have done afterwards is done."""


class Mortal:
    """Hands every call on, and dies at one of them: before it has an effect, or after."""

    def __init__(self, to, countdown):
        self.__to, self.__countdown = to, countdown

    def __getattr__(self, name):
        found = getattr(self.__to, name)
        if not asyncio.iscoroutinefunction(found):
            return found

        async def call(*given, **named):
            died = next(self.__countdown, None)
            if died == "before":
                raise Killed
            answer = await found(*given, **named)
            if died == "after":
                raise Killed
            return answer

        return call


def countdown(calls, when):
    """Nothing for so many calls, then death."""
    yield from (None for _ in range(calls))
    yield when


def died(fault):
    """Whether it is a Killed, in whatever groups."""
    return isinstance(fault, Killed) or (
        isinstance(fault, BaseExceptionGroup) and any(died(one) for one in fault.exceptions)
    )


mails = st.lists(st.sampled_from(["accept", "quarantine", "reject", "failed", "same"]), min_size=1, max_size=7)
kills = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["before", "after"])), max_size=5)


def octets(number, kind):
    own = {"message_id": f"{number}@x", "subject": f"n {number}"}
    match kind:
        case "accept":
            return letter(**own)
        case "quarantine":
            return letter("eve@attack.example", **own)
        case "reject":
            return letter("eve@attack.example", more="From: anna@rossi.example\r\n", **own)
        case "failed":
            return letter(more="X: y\r\n" * 2_001, **own)
        case _:
            return letter()


async def lived(post, ticking):
    """Read the mailbox; whether nobody was killed."""

    async def connect(where, waits=None):
        return Mortal(await post.server.connect(where), ticking)

    def copied():
        if next(ticking, None):
            raise Killed

    post.server.on_copied = copied
    try:
        await post.read(connect=connect, ledger=Mortal(post.gateway.store, ticking))
    except BaseException as fault:
        if not died(fault):
            raise
        return False
    finally:
        post.server.on_copied = lambda: None
    return True


def forgotten(gateway):
    """A ledger that knows of no mailbox; how many messages there are."""
    gateway.database.write(lambda c: [c.exec_driver_sql(f"delete from {t}") for t in ("mail", "folder", "seen")])  # noqa: S608 - names above
    return len(gateway.messages)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(mails, kills, st.booleans(), st.booleans())
async def test_i4_each_mail_is_one_message_in_one_folder(gateway, kinds, deaths, renumbers, moves):
    """Killed at any calls, before or after their effect, renumbered or not: none twice, none lost, none astray.

    Without MOVE also between COPY and EXPUNGE; of equal octets one copy is then enough, and renumbering is another day.
    """
    before = forgotten(gateway)
    server = FakeServer(move=moves, uidplus=not moves)
    renumbers = renumbers and moves
    sent = [octets(number + before * 100, kind) for number, kind in enumerate(kinds)]
    for raw in sent:
        server.add(raw)
    post = Post(gateway, server)
    for calls, when in deaths:
        await lived(post, countdown(calls, when))
        if renumbers:
            server.renumber()
            renumbers = False
    await post.read()
    assert len(gateway.messages) - before == len(sent)
    everywhere = sorted(one for folder in server.folders for one in server.contents(folder))
    if moves:
        assert everywhere == sorted(sent)
    else:
        assert set(everywhere) == set(sent)
        assert [one for one in everywhere if one != octets(0, "same")] == sorted(
            one for one in sent if one != octets(0, "same")
        )
    left = server.contents("INBOX")
    assert left == sorted(raw for raw, kind in zip(sent, kinds, strict=True) if kind == "failed")
    assert [row for row in gateway.balance if row["waiting"] or not row["ok"]] == []


async def test_i4_a_connection_lost_at_each_call_loses_nothing(gateway):
    """Every call of the driver fails once in one session after another; in the end all is filed, what rests later."""
    server = FakeServer()
    for name in CALLS:
        server.faults[name] = [Gone(name)]
    sent = [octets(number, kind) for number, kind in enumerate(["accept", "quarantine", "failed"])]
    for raw in sent:
        server.add(raw)
    post = Post(gateway, server)
    await post.read()
    assert len(gateway.messages) == len(sent)
    await post.read()
    assert len(gateway.messages) == len(sent)
    assert (server.contents("INBOX"), all(row["ok"] for row in gateway.balance)) == ([sent[2]], True)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("moves", [True, False])
async def test_i4_killed_at_each_call_in_turn(gateway, moves, when):
    """A mailbox of three kinds, killed once at every call that it makes, then renumbered: the same in the end."""
    kinds = ("accept", "quarantine", "failed")
    for calls in range(100):
        before = forgotten(gateway)
        server = FakeServer(move=moves, uidplus=not moves)
        post = Post(gateway, server)
        sent = [octets(10_000 + 10 * calls + number, kind) for number, kind in enumerate(("accept", *kinds))]
        server.add(sent[0])
        await post.read()
        for raw in sent[1:]:  # the second is as long as the first, which lies in the target
            server.add(raw)
        finished = await lived(post, countdown(calls, when))
        for renumber in (lambda: None, server.renumber):
            renumber()
            await post.read()
            assert len(gateway.messages) - before == len(sent), calls
            filed = {folder: server.contents(folder) for folder in ("Done", "Held", "INBOX")}
            assert filed == {"Done": sent[:2], "Held": [sent[2]], "INBOX": [sent[3]]}, calls
            assert [row for row in gateway.balance if row["waiting"] or not row["ok"]] == []
        if finished:
            return
    raise AssertionError("never finished")
