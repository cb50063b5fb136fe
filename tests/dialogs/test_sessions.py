"""Sessions: who may come in, how long they last, and how they end."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from dialog import DATA, PATIENCE, Receiver

from gateway.core.arrival import Position
from gateway.ingress.budget import Budget
from gateway.ingress.settings import Bounds, ListenerSettings, client_address


async def test_a_stranger_behind_an_mta_is_put_off(site):
    """Behind an MTA only configured peers may connect: 421 4.7.1, so that nothing is lost while ops mend it."""
    client = await site.connect(await site.listener(peers=frozenset({"192.0.2.1"})))
    await client.plays("S: 421 4.7.1 not for this client, try again later\nS: (end)")


async def test_at_the_edge_anyone_may_connect_but_only_a_peer_is_believed(site):
    """Authserv-ids count only from a configured peer (threats rule 5)."""
    place = await site.listener(position=Position.EDGE, peers=frozenset({"192.0.2.1"}))
    await (await site.connect(place)).plays(DATA + "    C: .\n    S: 250 ...")
    assert place.receiver.arrivals[0].origin.trusted_ids == frozenset()


@pytest.mark.parametrize("bounds", [Bounds(connections=2), Bounds(connections_per_peer=2)])
async def test_a_connection_over_the_limit_gets_421_and_makes_room_when_gone(site, bounds):
    """Both limits say 421 4.3.2 before anything else, and a connection that ended counts no more."""
    place = await site.listener(bounds=bounds)
    first, second = await site.connect(place), await site.connect(place)
    await first.hears("220 ...")
    await second.hears("220 ...")
    await (await site.connect(place)).plays("S: 421 4.3.2 too many connections, try again later\nS: (end)")
    await first.plays("C: QUIT\nS: 221 ...\nS: (end)")
    await (await site.connect(place)).hears("220 ...")


async def test_three_hundred_connections_at_once(site):
    """Each is answered: those within the limit are greeted, the others get 421."""
    place = await site.listener(bounds=Bounds(connections=50, connections_per_peer=50))
    clients = await asyncio.gather(*(site.connect(place) for _ in range(300)))
    first = await asyncio.gather(*(client.line() for client in clients))
    assert [sum(line.startswith(code) for line in first) for code in ("220", "421")] == [50, 250]


@pytest.mark.parametrize("sent", [b"", b"NOO"])
async def test_an_idle_client_gets_421(site, sent):
    """A command line that does not come, or not to its end, in time: 421 4.4.2 and the end."""
    client = await site.connect(await site.listener(bounds=Bounds(idle_seconds=0.05)))
    await client.hears("220 ...")
    await client.send(sent)
    await client.plays("S: 421 4.4.2 waited too long, try again later\nS: (end)")


async def test_data_that_do_not_end_get_421(site):
    """The time for the data is bounded as a whole, and nothing of them is a message."""
    place = await site.listener(bounds=Bounds(message=1_000_000, data_seconds=0.05))
    client = await site.connect(place)
    await client.plays(DATA + "    C: half of it\n    S: 421 4.4.2 ...\n    S: (end)")
    assert place.receiver.arrivals == []


async def test_a_session_ends_some_time(site):
    """A client that keeps talking is sent away at last."""
    client = await site.connect(await site.listener(bounds=Bounds(session_seconds=0)))
    await client.plays("S: 220 ...\nC: NOOP\nS: 250 2.0.0 ok\nS: 421 4.4.2 ...\nS: (end)")


async def test_a_client_that_hangs_up_after_the_dot_does_not_stop_the_commit(site, held):
    """250 means on disk, and so may silence: the commit is shielded from the connection (threats rule 13)."""
    place = await site.listener(receiver=held)
    client = await site.connect(place)
    await client.plays(DATA + "    C: x\n    C: .")
    await held.arrived.wait()
    client.writer.transport.abort()
    await asyncio.sleep(0)
    drained = asyncio.create_task(place.listener.drain(10))
    await asyncio.sleep(0)
    held.gate.set()
    await drained
    assert held.committed == ["m1"]


async def test_who_hangs_up_after_the_dot_has_its_connection_until_the_commit(site, held):
    """Or a client could have any number of messages in work, each from a connection that is gone."""
    place = await site.listener(receiver=held, bounds=Bounds(message=1_000_000, connections_per_peer=1))
    client = await site.connect(place)
    await client.plays(DATA + "    C: x\n    C: .")
    await held.arrived.wait()
    client.writer.transport.abort()
    await (await site.connect(place)).plays("S: 421 4.3.2 ...\nS: (end)")
    assert place.listener.bound.put_off == 1
    [commit] = place.listener._site.commits
    held.gate.set()
    await commit
    await asyncio.sleep(0)
    await (await site.connect(place)).hears("220 ...")
    assert place.listener.bound.now == 1


async def test_a_thousand_connections_of_one_client_keep_no_other_out(site):
    """Each client has a share of the connections, and over it 421: another one is served as ever."""
    place = await site.listener(
        position=Position.EDGE, bounds=Bounds(message=1_000_000, connections=100, connections_per_peer=50)
    )
    hogs = await asyncio.gather(*(site.connect(place, "127.0.0.2") for _ in range(1000)))
    first = await asyncio.gather(*(hog.line() for hog in hogs))
    assert [sum(line.startswith(code) for line in first) for code in ("220", "421")] == [50, 950]
    await (await site.connect(place, "127.0.0.3")).plays(DATA + "    C: x\n    C: .\n    S: 250 ...")
    assert place.listener.bound.put_off == 950


async def test_large_messages_of_one_client_keep_no_other_out(site):
    """Ten messages at once fill the memory budget but for a part that is kept: another client's message goes in."""
    receiver, budget = Receiver(held=True), Budget(80, least=8)
    place = await site.listener(position=Position.EDGE, receiver=receiver, budget=budget)
    hogs = [await site.connect(place, "127.0.0.2") for _ in range(10)]
    for hog in hogs:
        await hog.plays(DATA + "    C: 123456789\n    C: .")
    other = await site.connect(place, "127.0.0.3")
    receiver.arrived.clear()
    await other.plays(DATA + "    C: x\n    C: .")
    async with asyncio.timeout(PATIENCE):
        await receiver.arrived.wait()
    assert {arrival.origin.peer for arrival in receiver.arrivals} == {"127.0.0.2", "127.0.0.3"}
    receiver.gate.set()
    for client in (*hogs, other):
        await client.hears("250 ...")
    assert budget.free == 80


async def test_no_message_begins_while_the_disk_has_no_room(site):
    """452 4.3.1 to MAIL, before an octet of data is sent; as soon as there is room the same session goes on."""
    trouble = ["full"]
    place = await site.listener(short=lambda: trouble[0])
    client = await site.connect(place)
    await client.plays(
        "S: 220 ...\nC: HELO client.example\nS: 250 ...\n"
        "C: MAIL FROM:<a@rossi.example>\nS: 452 4.3.1 not enough room on the disk, try again later\n"
        "C: RCPT TO:<support@example.it>\nS: 503 5.5.1 ...\n"
    )
    trouble[0] = ""
    await client.plays("C: MAIL FROM:<a@rossi.example>\nS: 250 ...\n")


async def test_data_cut_off_before_the_dot_are_no_message(site):
    """A connection lost before the end hands nothing over."""
    place = await site.listener()
    client = await site.connect(place)
    await client.plays(DATA + "    C: x")
    client.writer.write_eof()
    await client.hears_end()
    assert place.receiver.arrivals == []


async def test_drain_sends_the_idle_away_and_lets_a_commit_finish(site, held):
    """Draining: idle clients get 421 4.3.2, a message under way its true answer, and no one new comes in."""
    place = await site.listener(receiver=held)
    idle, busy = await site.connect(place), await site.connect(place)
    await idle.hears("220 ...")
    await busy.plays(DATA + "    C: x\n    C: .")
    await held.arrived.wait()
    drained = asyncio.create_task(place.listener.drain(10))
    await idle.plays("S: 421 4.3.2 closing down, try again later\nS: (end)")
    with pytest.raises(ConnectionError):
        await asyncio.open_connection(*place.address)
    held.gate.set()
    await busy.plays("S: 250 2.0.0 accepted as m1\nS: 421 4.3.2 ...\nS: (end)")
    await drained
    await place.serving


async def test_drain_lets_data_under_way_finish(site):
    """A client in the midst of its data may end them within the grace."""
    place = await site.listener()
    client = await site.connect(place)
    await client.plays(DATA + "    C: first half")
    drained = asyncio.create_task(place.listener.drain(10))
    await asyncio.sleep(0)
    await client.plays("C: second half\nC: .\nS: 250 2.0.0 accepted as m1\nS: 421 4.3.2 ...\nS: (end)")
    await drained


async def test_the_grace_is_bounded(site):
    """What is not done after the grace is dropped, and drain() returns."""
    place = await site.listener()
    client = await site.connect(place)
    await client.plays(DATA)
    await place.listener.drain(0.01)
    await place.serving
    assert place.receiver.arrivals == []


async def test_a_large_message_goes_through_a_file_unharmed(site, tmp_path):
    """What is over the memory bound is spilled to a nameless file and comes back octet by octet."""
    place = await site.listener(bounds=Bounds(message=1_000_000, memory=1000))
    client = await site.connect(place)
    await client.plays(DATA)
    lines = b"".join(b"%d\r\n" % number for number in range(50_000))
    await client.send(lines + b".\r\n")
    await client.hears("250 2.0.0 accepted as m1")
    assert place.receiver.arrivals[0].raw == lines
    assert list(tmp_path.iterdir()) == []


async def test_a_spool_that_cannot_be_written_is_451(site, tmp_path):
    """A full or missing disk puts the message off; it is read to its end all the same."""
    place = await site.listener(bounds=Bounds(message=1_000_000, memory=10))
    tmp_path.rmdir()
    client = await site.connect(place)
    await client.plays(DATA + "    C: more than ten octets\n    C: and more\n    C: .\n    S: 451 4.3.0 ...")
    await client.plays("C: NOOP\nS: 250 2.0.0 ok")
    tmp_path.mkdir()


async def test_data_without_any_crlf_are_bounded(site):
    """Megabytes without a line's end are read away and refused; the session goes on."""
    place = await site.listener(bounds=Bounds(message=100_000))
    client = await site.connect(place)
    await client.send(b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\n")
    await client.reply()
    await client.reply()
    await client.hears("250 2.1.0 ...", "250 2.1.5 ...", "354 ...")
    for _ in range(80):
        await client.send(b"x" * 100_000)
    await client.send(b"\r\n.\r\nNOOP\r\n")
    await client.hears("552 5.3.4 message too large", "250 2.0.0 ok")


async def test_a_peer_is_known_however_its_address_is_spelt():
    """A v4-mapped client is the IPv4 peer; a network holds its addresses; nothing else is a peer."""
    settings = ListenerSettings(
        "n", "x:1", "smtp", Position.EDGE, peers=frozenset({"10.0.0.0/8", "::1", "::ffff:192.0.2.7"})
    )
    known = [settings.is_peer(client_address(text)) for text in ("::ffff:10.1.2.3", "0:0::1", "192.0.2.7", "11.0.0.1")]
    assert known == [True, True, True, False]


async def test_a_fault_in_one_message_does_not_end_another_session(site):
    """One message never stops another."""
    place = await site.listener(receiver=Receiver(fault=RuntimeError("x")))
    first, second = await site.connect(place), await site.connect(place)
    await first.plays(DATA + "    C: .\n    S: 451 ...")
    place.receiver.fault = None
    await second.plays(DATA + "    C: .\n    S: 250 2.0.0 accepted as m2")


class Faulty:
    """Recipients that cannot be asked about, which is a fault of ours."""

    def serves(self, path):
        raise RuntimeError(path)


async def test_a_fault_of_ours_is_421_and_says_no_more(site):
    """A client is not left waiting by a fault, and not told what it was; the next one is served."""
    place = await site.listener(served=Faulty())
    client = await site.connect(place)
    await client.send(b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<support@example.it>\r\n")
    await client.reply()
    await client.reply()
    await client.plays("S: 250 2.1.0 ...\nS: 421 4.3.0 cannot go on, try again later\nS: (end)")
    await (await site.connect(place)).hears("220 ...")


async def test_a_cancelled_listener_drops_its_sessions(site):
    """The task group's way to end: serve() leaves no connection behind."""
    place = await site.listener()
    client = await site.connect(place)
    await client.hears("220 ...")
    place.serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await place.serving
    with suppress(ConnectionResetError):
        await client.reader.read()
    with pytest.raises(ConnectionError):
        await asyncio.open_connection(*place.address)


async def test_a_unix_socket_file_goes_with_its_listener(site, tmp_path):
    """Nothing stale is left, and a successor's file would not be touched."""
    place = await site.listener(listen=f"unix:{tmp_path}/s")
    await place.listener.drain(0)
    assert not (tmp_path / "s").exists()


async def test_what_cannot_be_bound_is_said_with_its_listener(site):
    """The error names the listener and the address that cannot be had."""
    with pytest.raises(OSError, match=r"test: cannot listen on 192\.0\.2\.1:0"):
        await site.listener(listen="192.0.2.1:0")
