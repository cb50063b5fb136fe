"""What became of a mail, by whatever somebody has of it."""

from __future__ import annotations

from dataclasses import astuple
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import insert, select, update

from gateway.core.address import Address
from gateway.core.reply import Deferred, Delivered, Kind
from gateway.core.times import stamp
from gateway.core.wanted import wanted
from gateway.store import book, desk, finding, letters, quarantine, story
from gateway.store import tables as t
from house import NOW, ROSSI, letter

HOST = "gateway.example.it"
SOON = NOW + timedelta(hours=1)


def find(gateway, *words, limit=9, seconds=5.0):
    look = finding.Look(SOON, limit, HOST, frozenset({"example.it"}), seconds)
    return gateway.database.read(lambda c: finding.find(c, wanted(words, SOON), look))


def told(gateway, found):
    read = gateway.database.read
    return read(lambda c: story.of_ticket(c, found.ticket) if found.ticket else story.of_message(c, *found.messages))


@pytest.fixture
async def mail(gateway):
    """A customer's mail that became a ticket, and a stranger's that is held, with a subject that means harm."""
    border = letter(subject="Perché il SITO è 100%_giù?", message_id="m1@rossi.example")
    opened = await gateway.receive(border.replace(b"by mx.example.it;", b"by mx.example.it with ESMTP id 4XyZ12;"))
    stranger = letter("who@stranger.example", domain="stranger.example", subject="Fattura", message_id="m2@x.example")
    held = await gateway.receive(stranger, reverse_path="bounce-7@list.example")
    return SimpleNamespace(opened=opened.id, ticket=opened.ticket, held=held.id)


WORDS = {
    "m1@rossi.example": "opened",
    "<m2@x.example>": "held",
    "accepted as {opened}": "opened",
    "4XyZ12": "opened",
    "tecnico@rossi.example": "opened",
    "AMMINISTRAZIONE@rossi.example": "opened",
    "who@stranger.example": "held",
    "Bounce-7@list.example": "held",
    "rossi-001": "opened",
    "perché sito": "opened",
    "PERCHÉ": "opened",
    "100%_giù": "opened",
    "fattura 2026-11-22": "held",
    "stranger sunday": "held",
}
HOSTILE = (
    "100_ giù",
    "rossi%",
    r"\%",
    "'; drop table message; --",
    'x"y',
    ".*",
    "(a+)+$",
    "no-such",
    "fattura 2026-11-21",
)


async def test_each_kind_of_word_finds_its_mail(gateway, mail):
    """An id of ours, the border's or the author's; an address of whoever; an account; a subject; a day beside them."""
    found = {words: find(gateway, words.format(**vars(mail))).messages for words in WORDS}
    assert found == {words: (getattr(mail, which),) for words, which in WORDS.items()}


async def test_hostile_words_are_taken_as_they_are(gateway, mail):
    """What means something to a database or a pattern is a letter like any."""
    assert {words: find(gateway, words).messages for words in HOSTILE} == dict.fromkeys(HOSTILE, ())
    assert find(gateway, "%").messages == find(gateway, "_").messages == (mail.opened,)


async def test_a_ticket_a_letter_and_our_own_message_id_find_the_ticket(gateway, mail):
    """A letter is found by its row, by its Message-ID and by the reverse-path that it had."""
    [row] = gateway.outbox
    words = (mail.ticket, f"[#{mail.ticket.lower()}]", row["id"])
    own = f"{mail.ticket}.{'a' * 26}{row['id'].lower()}@{HOST}"
    for one in (*words, own, f"bounces+{'a' * 26}{row['id'].lower()}@example.it"):
        assert find(gateway, one).ticket == mail.ticket


async def test_several_are_the_newest_first_and_the_rest_is_told_of(gateway, mail):
    assert find(gateway, "sunday").messages == (mail.held, mail.opened)
    found = find(gateway, "sunday", limit=1)
    assert (found.messages, found.more) == ((mail.held,), True)


async def test_who_was_written_to_is_found_in_the_end(gateway, mail):
    """No index has the forward-paths: they are looked through where nothing else was found."""
    await gateway.receive(letter(message_id="m3@rossi.example"), forward_paths=("support+altro@example.it",))
    [found] = find(gateway, "support+altro@example.it").messages
    assert gateway.message(found)["message_id"] == "m3@rossi.example"


async def test_a_search_that_takes_too_long_ends(gateway, mail):
    """It says how far back it has looked."""
    assert find(gateway, "fattura", seconds=0.0).stopped == SOON


async def test_the_whole_story_in_order(gateway, mail):
    """From the border to the last attempt, who answered, and the same mail again; and nothing of what was said."""
    gateway.database.write(
        lambda c: desk.reply(
            c,
            mail.ticket,
            "segreto",
            lambda a, r, s: gateway.house.words(Kind.REPLY, a, r, s, "segreto"),
            row="R1",
            now=NOW + timedelta(minutes=5),
            by="anna",
        )
    )
    for outcome, minutes, again in (
        (Deferred("451 4.3.0 later"), 6, 7),
        (Delivered("250 2.0.0 queued as 4ABC"), 7, None),
    ):
        due = {one.reply.row: one for one in gateway.database.read(lambda c: letters.due(c, SOON, 9))}["R1"]
        sent = SimpleNamespace(forward_path=gateway.account(ROSSI).primary, message_id=f"x@{HOST}")
        at = NOW + timedelta(minutes=minutes)
        later = NOW + timedelta(minutes=again) if again else None
        gateway.database.write(
            lambda c, d=due, o=outcome, a=at, n=later, s=sent: letters.settle(c, d, s, o, at=a, next_attempt=n)
        )
    await gateway.receive(gateway.raw(mail.opened))
    events = told(gateway, find(gateway, "m1@rossi.example"))
    assert [one.what for one in events] == [
        *("message", "arrival", "parse", "evidence", "sender", "about", "verdict", "ticket", "letter"),
        *("duplicate", "answer", "letter", "deferred", "delivered"),
    ]
    words = {one.what: one.words for one in events}
    assert "4XyZ12 in the queue" in words["message"]
    assert words["verdict"].startswith("accept (registered) by authorize: ")
    assert words["delivered"] == "R1 to amministrazione@rossi.example: 250 2.0.0 queued as 4ABC"
    assert words["answer"] == "by anna: letter R1"
    assert "segreto" not in str(list(map(astuple, events)))
    assert [one.what for one in told(gateway, find(gateway, mail.ticket))] == [one.what for one in events]


async def test_who_judged_what_was_held_is_told(gateway, mail):
    gateway.database.write(lambda c: quarantine.reject(c, mail.held, now=SOON, by="anna"))
    events = told(gateway, find(gateway, "fattura"))
    assert (events[-1].what, events[-1].words) == ("act", f"quarantine.reject {mail.held} by anna: unregistered")


async def test_a_message_id_hides_nothing_that_is_called_so(gateway, mail):
    """Who sends a mail chooses its Message-ID, and may choose a customer's address, a name, or a part of either."""
    for taken in ("tecnico@rossi.example", "amministrazione@rossi.example", "rossi", "who@stranger.example", "@rossi"):
        forged = letter("x@evil.example", domain="evil.example", message_id=taken)
        mine = (await gateway.receive(forged)).id
        found = find(gateway, taken).messages
        assert mine in found
        assert {mail.opened, mail.held} & set(found), taken


async def test_all_words_have_to_fit_beside_a_message_id(gateway, mail):
    """A day or another word narrows what a Message-ID names, as anything else."""
    assert find(gateway, "m1@rossi.example", "sito").messages == (mail.opened,)
    assert find(gateway, "m1@rossi.example", "2026-11-22").messages == (mail.opened,)
    assert find(gateway, "m1@rossi.example", "fattura").messages == ()
    assert find(gateway, "m1@rossi.example", "2026-11-21").messages == ()


async def test_a_letter_is_found_by_what_the_smarthost_called_it(gateway, mail):
    """The id in its queue is all that who runs it has; of its other words none is an id."""
    [due] = gateway.database.read(lambda c: letters.due(c, SOON, 9))
    sent = SimpleNamespace(forward_path=gateway.account(ROSSI).primary, message_id=f"x@{HOST}")
    taken = Delivered("250 2.0.0 Ok: queued as 4Wq8Zk0GvHz1")
    gateway.database.write(lambda c: letters.settle(c, due, sent, taken, at=SOON, next_attempt=None))
    assert find(gateway, "4Wq8Zk0GvHz1").ticket == mail.ticket
    assert find(gateway, "queued") == find(gateway, "4Wq8Zk0GvHz2") == finding.Found()


async def test_a_former_primary_is_found_by_what_went_to_it(gateway, mail):
    """Whoever has the letter in an old mailbox asks by its address; the account has another one now."""
    old, new = "amministrazione@rossi.example", Address.parse("nuovo@rossi.example")
    [due] = gateway.database.read(lambda c: letters.due(c, SOON, 9))
    sent = SimpleNamespace(forward_path=gateway.account(ROSSI).primary, message_id=f"x@{HOST}")
    gateway.database.write(
        lambda c: letters.settle(c, due, sent, Delivered("250 2.0.0 taken"), at=SOON, next_attempt=None)
    )
    gateway.database.write(lambda c: book.set_primary(c, ROSSI, new, now=SOON, by="anna"))
    assert find(gateway, old.upper()).messages == (mail.opened,)
    assert find(gateway, old, "sito").messages == (mail.opened,)
    assert find(gateway, old, "fattura").messages == ()
    assert find(gateway, "tecnico@rossi.example").messages == (mail.opened,)


async def test_an_accent_is_found_however_it_was_written(gateway, mail):
    """Some programs write it as a letter and a mark of its own."""
    decomposed = await gateway.receive(letter(subject="Citta\u0300 e caffe\u0300", message_id="m4@rossi.example"))
    assert find(gateway, "città").messages == find(gateway, "CITTA\u0300").messages == (decomposed.id,)


async def test_a_long_ticket_is_told_from_the_message_on(gateway, mail):
    """Of the many before it nothing crowds out what came after, and what is left out is said to be."""
    late = await gateway.receive(letter(subject=f"Re: [#{mail.ticket}]", message_id="m5@rossi.example"))

    def fill(connection):
        first = connection.execute(select(t.entry).order_by(t.entry.c.id)).first()._mapping
        note = {**first, "kind": "note", "message_id": None}
        del note["id"]
        early = [{**note, "at": "2026-11-22T12:00:00.000000Z"} for _ in range(story.EVENTS)]
        connection.execute(insert(t.entry), [*early, *({**note, "at": stamp(SOON)} for _ in range(3))])

    gateway.database.write(fill)
    gateway.database.write(
        lambda c: c.execute(
            update(t.message).where(t.message.c.id == late.id).values(received_at="2026-11-22T12:30:00.000000Z")
        )
    )
    after = [one.what for one in told(gateway, SimpleNamespace(ticket="", messages=(late.id,)))]
    assert (after.count("note"), after.count("more")) == (3, 0)
    first = told(gateway, SimpleNamespace(ticket=mail.ticket, messages=()))
    assert [one.words for one in first if one.what == "more"] == [
        f"`gateway tickets show {mail.ticket}` tells the rest"
    ]


async def test_repetitions_without_end_do_not_hold_up_the_story(gateway, mail):
    """Whoever wrote it may have sent it a hundred thousand times: then it is said that not all was looked through."""
    events = gateway.database.read(lambda c: story.of_message(c, mail.opened, patience=0.0))
    assert [one.words for one in events if one.what == "duplicate"] == [
        "not looked for to the end: too much came under this Message-ID"
    ]
    assert events[-1].what == "letter"
