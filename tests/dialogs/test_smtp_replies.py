"""SMTP: one dialog for each row of the table of replies."""

from __future__ import annotations

import pytest
from dialog import DATA, Receiver, refuse

from gateway.core.arrival import Position
from gateway.core.reason import Disposition
from gateway.core.verdict import Defer
from gateway.ingress.budget import Budget
from gateway.ingress.settings import Bounds

EDGE_REJECT = """
    S: 550-5.7.1 Messaggio non accettato da questo servizio.
    S: 550 5.7.1 Message not accepted by this service.
"""


async def test_committed_is_250_with_the_id_as_last_word(site):
    """What is committed is answered `250 2.0.0 accepted as ID`; the bytes and envelope are as they came."""
    place = await site.listener()
    client = await site.connect(place)
    await client.plays(DATA + "    C: Subject: x\n    C: \n    C: ..dot\n    C: .\n    S: 250 2.0.0 accepted as m1")
    (arrival,) = place.receiver.arrivals
    assert arrival.raw == b"Subject: x\r\n\r\n.dot\r\n"
    assert arrival.envelope.reverse_path == "rossi@rossi.example"
    assert arrival.envelope.forward_paths == ("support@example.it",)
    assert arrival.origin.peer == "127.0.0.1"
    assert arrival.origin.trusted_ids == {"mx.example.it"}


@pytest.mark.parametrize(
    "disposition", [Disposition.REJECT, Disposition.QUARANTINE, Disposition.DISCARD, Disposition.FAILED]
)
async def test_behind_an_mta_every_disposition_is_250(site, disposition):
    """Behind an MTA a 550 would bounce to a forged sender (threats rule 12)."""
    client = await site.connect(await site.listener(receiver=Receiver(refuse(disposition))))
    await client.plays(DATA + "    C: .\n    S: 250 2.0.0 accepted as m1")


async def test_a_reject_at_the_edge_is_one_constant_550(site):
    """At the edge every reject reads the same, in two languages, without a word about accounts (I10)."""
    place = await site.listener(position=Position.EDGE, receiver=Receiver(refuse(Disposition.REJECT)))
    await (await site.connect(place)).plays(DATA + "    C: .\n" + EDGE_REJECT)


async def test_a_quarantine_at_the_edge_is_250(site):
    """Only a reject is refused; what is held is ours."""
    place = await site.listener(position=Position.EDGE)
    await (await site.connect(place)).plays(DATA + "    C: .\n    S: 250 2.0.0 accepted as m1")


@pytest.mark.parametrize("receiver", [{"verdict": Defer("database")}, {"fault": ValueError("secret words")}])
async def test_what_cannot_be_done_now_is_451(site, receiver):
    """A deferral and a fault of ours are 451 4.3.0, and the words of the fault are not said."""
    client = await site.connect(await site.listener(receiver=Receiver(**receiver)))
    await client.plays(DATA + "    C: .\n    S: 451 4.3.0 cannot take the message now, try again later")


async def test_the_session_goes_on_after_each_answer(site):
    """A refused message ends nothing: the next transaction is taken."""
    place = await site.listener(receiver=Receiver(Defer("database")))
    client = await site.connect(place)
    await client.plays(DATA + "    C: .\n    S: 451 ...")
    place.receiver.verdict = refuse(Disposition.DISCARD)
    await client.send(b"MAIL FROM:<>\r\nRCPT TO:<Postmaster>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n")
    await client.hears("250 2.1.0 ...", "250 2.1.5 ...", "354 ...", "250 2.0.0 accepted as m2", "221 2.0.0 ...")
    await client.hears_end()
    assert place.receiver.arrivals[1].envelope.reverse_path is None


async def test_too_large_is_552_at_mail_and_after_the_data(site):
    """SIZE= over the limit is refused at MAIL; what was claimed is checked again at the end (RFC 1870 §6)."""
    place = await site.listener(bounds=Bounds(message=1000))
    client = await site.connect(place)
    await client.send(b"EHLO c\r\nMAIL FROM:<a@b.example> SIZE=1001\r\n")
    assert "220" in await client.reply()
    assert "250-SIZE 1000" in await client.reply()
    await client.hears("552 5.3.4 message too large")
    await client.send(b"MAIL FROM:<a@b.example> SIZE=5\r\nRCPT TO:<support@example.it>\r\nDATA\r\n")
    await client.hears("250 2.1.0 ...", "250 2.1.5 ...", "354 ...")
    await client.send(b"y" * 999 + b"\r\n.\r\n")
    await client.hears("552 5.3.4 message too large")
    await client.send(b"NOOP\r\n")
    await client.hears("250 2.0.0 ok")
    assert place.receiver.arrivals == []


async def test_a_message_of_exactly_the_limit_is_taken(site):
    """The limit is the last size that is accepted; dot-stuffing does not count."""
    place = await site.listener(bounds=Bounds(message=1000))
    client = await site.connect(place)
    await client.send(b"EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@example.it>\r\nDATA\r\n")
    await client.reply()
    await client.reply()
    await client.hears("250 2.1.0 ...", "250 2.1.5 ...", "354 ...")
    await client.send(b".." + b"y" * 997 + b"\r\n.\r\n")
    await client.hears("250 2.0.0 accepted as m1")
    assert len(place.receiver.arrivals[0].raw) == 1000


async def test_a_line_over_998_is_taken_and_one_over_the_bound_is_552(site):
    """Long lines are accepted up to the stated bound."""
    place = await site.listener(bounds=Bounds(message=1_000_000, line=5000))
    client = await site.connect(place)
    await client.plays(DATA)
    await client.send(b"x" * 5000 + b"\r\n.\r\n")
    await client.hears("250 2.0.0 accepted as m1")
    await client.send(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<support@example.it>\r\nDATA\r\n")
    await client.hears("250 2.1.0 ...", "250 2.1.5 ...", "354 ...")
    await client.send(b"x" * 5001 + b"\r\n.\r\n")
    await client.hears("552 5.3.4 message has a line too large")


async def test_the_memory_budget_is_452(site):
    """A finished message that finds no memory within the bounded time is put off."""
    budget = Budget(10)
    place = await site.listener(budget=budget, bounds=Bounds(message=1_000_000, budget_seconds=0.01))
    client = await site.connect(place)
    await client.plays(DATA)
    async with budget.hold(5, 1):
        await client.send(b"123456\r\n.\r\n")
        await client.hears("452 4.3.1 too many messages at once, try again later")
    assert place.receiver.arrivals == []
    assert budget.free == 10


async def test_too_many_recipients_are_452_each_and_the_others_stand(site):
    """Ten thousand recipients over the limit get 452 4.5.3 each; those before it get the message."""
    place = await site.listener()
    client = await site.connect(place)
    await client.send(b"EHLO c\r\nMAIL FROM:<a@b.example>\r\n")
    await client.reply()
    await client.reply()
    await client.hears("250 2.1.0 ...")
    for _ in range(101):
        await client.send(b"RCPT TO:<support@example.it>\r\n" * 100)
        replies = [await client.line() for _ in range(100)]
    assert set(replies) == {"452 4.5.3 too many recipients, send to the others later"}
    await client.send(b"DATA\r\n.\r\n")
    await client.hears("354 ...", "250 2.0.0 accepted as m1")
    assert len(place.receiver.arrivals[0].envelope.forward_paths) == 100


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("RCPT TO:<nobody@example.it>", "550 5.1.1 ..."),
        ("RCPT TO:<support@[127.0.0.1]>", "550 5.1.1 ..."),
        ("RCPT TO:<support+REF.TOKEN@example.it>", "250 2.1.5 ..."),
        ("RCPT TO:<postmaster@example.it>", "250 2.1.5 ..."),
        ("RCPT TO:<support@example.it> NOTIFY=NEVER", "555 5.5.4 ..."),
        ("RCPT TO:<@a.example:support@example.it>", "501 5.1.3 ..."),
        ("RCPT TO:<süpport@example.it>", "553 5.6.7 ..."),
        ("MAIL FROM:<a@b.example>", "503 5.5.1 ..."),
        ("DATA", "503 5.5.1 no valid recipients"),
        ("VRFY support", "252 2.0.0 ..."),
        ("EXPN support", "502 5.5.1 ..."),
        ("HELP", "502 5.5.1 ..."),
        ("AUTH PLAIN AAAA", "502 5.5.1 ..."),
        ("BDAT 5 LAST", "502 5.5.1 ..."),
        ("STARTTLS", "502 5.5.1 ..."),
        ("LHLO client", "500 5.5.1 ..."),
        ("FOO", "500 5.5.1 ..."),
        ("", "500 5.5.1 ..."),
        ("NOOP\0", "500 5.5.2 ..."),
        ("NOOP\nRSET", "500 5.5.2 ..."),
        ("NOOP\rRSET", "500 5.5.2 ..."),
        ("NOOP " + "x" * 2000, "500 5.5.2 command line too long"),
        ("RSET x", "501 5.5.4 ..."),
        ("QUIT x", "501 5.5.4 ..."),
    ],
)
async def test_a_command_in_the_midst_of_a_transaction(site, command, reply):
    """Each command has exactly one reply, and only CRLF ends it (RFC 5321 §2.3.8)."""
    client = await site.connect(await site.listener())
    await client.send(b"EHLO c\r\nMAIL FROM:<a@b.example>\r\n")
    await client.reply()
    await client.reply()
    await client.hears("250 2.1.0 ...")
    await client.send(command.encode() + b"\r\nQUIT\r\n")
    await client.hears(reply, "221 2.0.0 ...")


async def test_commands_before_hello_are_503(site):
    """Mail needs a hello, a recipient a sender, data both."""
    client = await site.connect(await site.listener())
    await client.plays("""
        S: 220 gw.example.it ESMTP
        C: MAIL FROM:<>
        S: 503 5.5.1 say hello first
        C: RCPT TO:<support@example.it>
        S: 503 5.5.1 bad sequence of commands
        C: DATA
        S: 503 5.5.1 bad sequence of commands
        C: HELO client.example
        S: 250 gw.example.it
        C: MAIL FROM:<> SIZE=5
        S: 555 5.5.4 ...
        C: QUIT
        S: 221 2.0.0 bye
        S: (end)
    """)


async def test_too_many_bad_commands_are_421_and_the_end(site):
    """The bound on errors closes the session."""
    client = await site.connect(await site.listener(bounds=Bounds(errors=2)))
    await client.plays("""
        S: 220 ...
        C: FOO
        S: 500 5.5.1 ...
        C: FOO
        S: 500 5.5.1 ...
        C: FOO
        S: 421 4.7.0 ...
        S: (end)
    """)


async def test_a_whole_session_in_one_segment(site):
    """PIPELINING: a client that says all at once, and then hears, is answered in order (RFC 2920)."""
    place = await site.listener()
    client = await site.connect(place)
    await client.send(
        b"EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@example.it>\r\nRCPT TO:<x@y.example>\r\nDATA\r\n"
        b"one\r\n.\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@example.it>\r\nDATA\r\ntwo\r\n.\r\nQUIT\r\n"
    )
    client.writer.write_eof()
    await client.reply()
    await client.reply()
    await client.hears("250 2.1.0 ...", "250 2.1.5 ...", "550 5.1.1 ...", "354 ...", "250 2.0.0 accepted as m1")
    await client.hears("250 2.1.0 ...", "250 2.1.5 ...", "354 ...", "250 2.0.0 accepted as m2", "221 2.0.0 bye")
    await client.hears_end()
    assert [one.raw for one in place.receiver.arrivals] == [b"one\r\n", b"two\r\n"]
