"""I3, I4, I11 of a mailbox: killed at any call, each mail is one message and lies in one folder."""

from __future__ import annotations

import asyncio

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


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(mails, kills, st.booleans())
async def test_i4_each_mail_is_one_message_in_one_folder(gateway, kinds, deaths, renumbers):
    """Killed at any calls, before or after their effect, renumbered or not: none twice, none lost, none astray."""
    gateway.database.write(lambda c: [c.exec_driver_sql(f"delete from {t}") for t in ("mail", "folder", "seen")])  # noqa: S608 - names above
    before = len(gateway.messages)
    server = FakeServer()
    sent = [octets(number + before * 100, kind) for number, kind in enumerate(kinds)]
    for raw in sent:
        server.add(raw)
    post = Post(gateway, server)
    for calls, when in deaths:
        ticking = countdown(calls, when)

        async def connect(where, waits=None, ticking=ticking):
            return Mortal(await server.connect(where), ticking)

        try:
            await post.read(connect=connect, ledger=Mortal(gateway.store, ticking))
        except BaseException as fault:
            if not died(fault):
                raise
        if renumbers:
            server.renumber()
            renumbers = False
    await post.read()
    assert len(gateway.messages) - before == len(sent)
    everywhere = sorted(one for folder in server.folders for one in server.contents(folder))
    assert everywhere == sorted(sent)
    left = server.contents("INBOX")
    assert left == sorted(raw for raw, kind in zip(sent, kinds, strict=True) if kind == "failed")
    assert [row for row in gateway.balance if row["waiting"] or not row["ok"]] == []


async def test_i4_a_connection_lost_at_each_call_loses_nothing(gateway):
    """Every call of the driver fails once in one session after another; in the end all is filed."""
    server = FakeServer()
    for name in CALLS:
        server.faults[name] = [Gone(name)]
    sent = [octets(number, kind) for number, kind in enumerate(["accept", "quarantine", "failed"])]
    for raw in sent:
        server.add(raw)
    await Post(gateway, server).read()
    assert len(gateway.messages) == len(sent)
    assert (server.contents("INBOX"), all(row["ok"] for row in gateway.balance)) == ([sent[2]], True)
