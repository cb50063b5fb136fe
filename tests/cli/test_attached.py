"""Attachments at the command line: their bytes, into a new private file or a pipe, and never onto a terminal."""

from __future__ import annotations

import sqlite3
import stat
from base64 import b64encode
from hashlib import sha256

import pytest

import tnef_writer as tnef

HEAD = (
    "Authentication-Results: mx.example.it; dmarc=pass header.from=rossi.example\r\n"
    "Received: from x by mx.example.it; Sun, 22 Nov 2026 12:00:00 +0000\r\n"
    "From: tecnico@rossi.example\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
    "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
    'Content-Disposition: attachment; filename="../../etc/passwd"\r\n\r\n'
)
OCTETS = bytes(range(256)) * 40
DIGEST = sha256(OCTETS).hexdigest()


def mail(subject, octets=OCTETS):
    return (HEAD.format(subject=subject) + b64encode(octets).decode() + "\r\n").encode()


@pytest.fixture
def refs(desk):
    """Two tickets, each with the same file."""
    desk.accounts()
    for subject in ("one", "two"):
        assert desk("ingest", stdin=mail(subject)).code == 0
    return [one["ref"] for one in desk("tickets", "list", "--json").records]


def ask(desk, statement):
    with sqlite3.connect(desk.database) as connection:
        found = connection.execute(statement).fetchall()
    connection.close()
    return found


def test_equal_octets_are_kept_once(desk, refs):
    assert ask(desk, "select sha256, size, octets from content") == [(DIGEST, len(OCTETS), OCTETS)]
    assert len(refs) == 2


@pytest.mark.parametrize("digest", [DIGEST, DIGEST[:12], DIGEST[:8].upper()])
def test_its_bytes_go_into_a_pipe(desk, refs, digest):
    """As they were attached, by the digest or how it begins."""
    done = desk("tickets", "attachment", refs[0], digest)
    assert (done.code, done.out) == (0, OCTETS)


def test_the_bytes_of_a_packed_file_are_kept_too(desk, refs):
    """What is in a winmail.dat is a file like any other."""
    pack = tnef.tnef(tnef.file(b"a.txt", OCTETS[:99]))
    assert desk("ingest", stdin=mail("three", pack)).code == 0
    ref = desk("tickets", "list", "--json").records[-1]["ref"]
    for octets in (pack, OCTETS[:99]):
        assert desk("tickets", "attachment", ref, sha256(octets).hexdigest()).out == octets


def test_they_go_into_a_new_file_that_is_private(desk, refs):
    """Threats rules 16 and 17: its name is the operator's, and nothing is written over."""
    path = desk.folder / "file"
    for code in (0, 69):
        done = desk("tickets", "attachment", refs[0], DIGEST, "--output", str(path))
        assert (done.code, done.out) == (code, b"")
    assert path.read_bytes() == OCTETS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_terminal_is_shown_none(desk, refs, monkeypatch):
    """Threats rule 16."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    done = desk("tickets", "attachment", refs[0], DIGEST)
    assert (done.code, done.out) == (64, b"")
    assert "--output" in done.err


def test_tickets_show_names_it(desk, refs):
    assert (
        f"10240 octets; says application/pdf, is none] {DIGEST[:12]}" in desk("tickets", "show", refs[0]).out.decode()
    )
    [entry] = desk("tickets", "show", refs[0], "--json").records[0]["history"]
    assert sorted(entry["attachments"][0]) == [
        "content_type",
        "filename",
        "folded",
        "inline",
        "sha256",
        "size",
        "sniffed",
    ]


def test_only_what_is_attached_to_that_ticket(desk, refs):
    """Of another ticket's file it says what it says of none."""
    assert desk("ingest", stdin=mail("three", b"another")).code == 0
    done = desk("tickets", "attachment", refs[0], sha256(b"another").hexdigest())
    assert done.code == 65
    assert "in this ticket" in done.err


@pytest.mark.parametrize("digest", ["", "%", DIGEST[:7], "../../etc/passwd", DIGEST + "0"])
def test_what_is_no_digest_is_refused(desk, refs, digest):
    done = desk("tickets", "attachment", refs[0], digest)
    assert (done.code, "is no sha256" in done.err) == (65, True)


def test_of_mail_from_before_they_come_out_of_the_message(desk, refs):
    """An older version kept no contents."""
    ask(desk, "delete from content")
    assert desk("tickets", "attachment", refs[0], DIGEST).out == OCTETS


def test_they_outlive_the_bytes_of_the_message(desk, refs):
    """Retention of raw messages takes no file out of a ticket."""
    ask(desk, "delete from raw")
    assert desk("tickets", "attachment", refs[1], DIGEST).out == OCTETS


def test_of_what_is_held_nothing_is_kept_apart(desk):
    """A stranger fills no shelf; the message itself is kept whole."""
    assert desk("ingest", stdin=mail("x").replace(b"dmarc=pass", b"dmarc=fail")).code == 0
    assert ask(desk, "select count(*) from content") == [(0,)]
