"""`why` and `queue` at the keyboard: a story, a list, nothing, and what may not reach a terminal."""

from __future__ import annotations

import pytest

ID = "m1@rossi.example"
HOSTILE = "\x1b]0;x\x07 \u202egnp.exe"


def mail(message_id=ID, subject="Il sito", author="tecnico@rossi.example"):
    return (
        "Authentication-Results: mx.example.it; dmarc=pass header.from=rossi.example\r\n"
        "Received: from x by mx.example.it with ESMTP id 4XyZ12; Sun, 22 Nov 2026 12:00:00 +0000\r\n"
        f"From: {author}\r\nTo: support@example.it\r\nSubject: {subject}\r\nMessage-ID: <{message_id}>\r\n"
        "Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n\r\nsegreto\r\n"
    ).encode()


@pytest.fixture
def taken(desk):
    """A gateway that has taken a customer's mail into a ticket."""
    desk.accounts()
    assert desk("ingest", "--reverse-path", "tecnico@rossi.example", stdin=mail()).code == 0
    return desk


def test_one_match_is_the_whole_story(taken):
    """0; the same in JSON, one object; never what was said."""
    done = taken("why", "4XyZ12")
    assert done.code == 0, done.err
    lines = done.out.decode()
    for words in ("“Il sito”, Message-ID <m1@rossi.example>; 4XyZ12 in the queue", "evidence", "verdict", "ROSSI-001"):
        assert words in lines
    [record] = taken("why", ID, "--json").records
    assert record["story"][0]["what"] == "message"
    assert "segreto" not in lines + str(record)


def test_several_are_listed_newest_first_with_a_hint(taken):
    taken("ingest", "--reverse-path", "tecnico@rossi.example", stdin=mail("m2@rossi.example"))
    done = taken("why", "rossi-001", "--limit", "1")
    assert (done.code, len(done.out.splitlines())) == (0, 2)
    assert "there are more; add a day or a word, or name one: `gateway why ID`" in done.err
    listed = taken("why", "rossi-001", "--json").records
    assert [one["message_id"] for one in listed] == ["m2@rossi.example", ID]


def test_what_was_never_seen_is_said_to_be_so(taken):
    """65, as of any id that is not there, and where to look next."""
    done = taken("why", "nobody@nowhere.example")
    assert (done.code, done.out) == (65, b"")
    assert "nothing came in with nobody@nowhere.example; what was refused in the dialogue" in done.err
    assert "mailq" in done.err


@pytest.mark.parametrize("words", ["\0", "x" * 10_000, "%' or 1=1 --", "\x1b[2J"])
def test_words_that_mean_harm_are_only_words(taken, words):
    """65, and none of it reaches the terminal as it is."""
    done = taken("why", words)
    assert (done.code, done.out) == (65, b"")
    assert done.err.removesuffix("\n").isprintable()


def test_no_terminal_finds_a_command_in_a_subject(taken):
    """Threats rule 16: in a story and in a list."""
    author = "chi@stranger.example"
    for number in range(2):
        taken("ingest", "--reverse-path", author, stdin=mail(f"h{number}@x.example", HOSTILE, author))
        done = taken("why", author)
        assert done.code == 0, done.err
        assert not {"\x1b", "\x07", "\u202e"} & set(done.out.decode())


def test_the_queue_reads_as_mailq(taken):
    """Sender and recipient of each letter, and how many there are; an empty one says so."""
    head, first, recipient, _, last = taken("queue").out.decode().splitlines()
    assert head.startswith("----Queue ID------ --Size--")
    [record] = taken("queue", "--json").records
    assert first.split()[0] == record["id"]
    assert first.endswith("bounces@example.it")
    assert recipient.strip() == record["recipient"] == "info@rossi.example"
    assert last == "-- 1 Kbytes in 1 Request."
    assert taken("outbox", "cancel", record["id"]).code == 0
    assert taken("queue").out.decode() == "Mail queue is empty\n"
