"""`quarantine` for many messages at once: counted before, each through the one door, and a digest for people."""

from __future__ import annotations

import pytest

BEFORE = "Received: from x by mx.example.it; Sun, 22 Nov 2026 12:00:00 +0000\r\n"
VOUCHED = "Authentication-Results: mx.example.it; dmarc=pass header.from={}\r\n"


def mail(author, subject="x", *, number=1, more=""):
    domain = author.rpartition("@")[2]
    fields = f"From: {author}\r\nTo: support@example.it\r\nSubject: {subject}\r\nMessage-ID: <{number}@x>\r\n{more}"
    return (VOUCHED.format(domain) + BEFORE + fields + "\r\nx\r\n").encode()


ROBOT = "Auto-Submitted: auto-replied\r\n"


@pytest.fixture
def filled(desk):
    """Two of a robot of a customer's, and two of strangers."""
    desk.accounts()
    for number, (author, more) in enumerate(
        (
            ("tecnico@rossi.example", ROBOT),
            ("info@rossi.example", ROBOT),
            ("eve@attack.example", ""),
            ("bot@attack.example", ROBOT),
        )
    ):
        done = desk("ingest", stdin=mail(author, f"s{number}", number=number, more=more))
        assert done.code == 0, done.err
    return desk


def held(desk, *options):
    return sorted(one["author"] for one in desk("quarantine", "list", "--json", *options).records)


def test_a_list_is_narrowed_by_what_is_true_of_a_message(filled):
    """Reason, address, domain, for whom, and what expires: all that are given hold."""
    assert held(filled, "--reason", "unregistered") == ["eve@attack.example"]
    assert held(filled, "--sender", "INFO@rossi.example") == ["info@rossi.example"]
    assert held(filled, "--domain", "attack.example") == ["bot@attack.example", "eve@attack.example"]
    assert held(filled, "--domain", "attack.example", "--reason", "auto-response") == ["bot@attack.example"]
    assert held(filled, "--domain", "_ttack.example") == held(filled, "--for", "anna") == []
    assert held(filled, "--expiring", "3d") == []


@pytest.mark.parametrize("act", ["release", "reject", "purge"])
def test_without_yes_they_are_only_counted(filled, act):
    before = held(filled)
    done = filled("quarantine", act, "--reason", "auto-response", *(["--before", "0d"] if act == "purge" else []))
    assert done.code == 0
    assert b"3 held" in done.out
    assert b"nothing was done; add --yes" in done.out
    assert held(filled) == before


def test_each_is_released_singly_and_one_that_stays_stops_no_other(filled):
    """I2: what is a customer's becomes a ticket, a stranger's stays held; 65 says that one stayed, and which."""
    done = filled("quarantine", "release", "--reason", "auto-response", "--yes")
    assert done.code == 65
    assert b"2 accept (registered)" in done.out
    assert b"1 still held" in done.out
    assert "unregistered" in done.err
    assert held(filled) == ["bot@attack.example", "eve@attack.example"]
    assert len(filled("tickets", "list", "--json").records) == 2
    audit = [one["action"] for one in filled("audit", "list", "--json").records]
    assert audit.count("quarantine.release") == 3


def test_many_are_rejected_or_purged(filled):
    """Of one domain, and of one sender; the others stay, and the scales are level."""
    assert filled("quarantine", "reject", "--domain", "attack.example", "--yes").code == 0
    done = filled("quarantine", "purge", "--sender", "info@rossi.example", "--before", "0d", "--yes")
    assert (done.code, done.out[:2]) == (0, b"1 ")
    assert held(filled) == ["tecnico@rossi.example"]
    assert filled("balance").code == 0


def test_a_purge_leaves_what_is_younger(filled):
    """Thirty days, unless another moment is named."""
    assert filled("quarantine", "purge").out.startswith(b"0 messages")
    assert len(held(filled)) == 4


@pytest.mark.parametrize(
    "arguments", ["release", "reject", "release ID --reason bulk", "reject ID --yes", "list --domain a..b"]
)
def test_what_is_not_clear_is_usage(filled, arguments):
    """Nobody releases everything by a forgotten word."""
    assert filled("quarantine", *arguments.split()).code == 64


def test_the_digest_tells_what_is_held_and_what_to_type(filled):
    """By reason, the newest first, whose account it may be, and no control character of a stranger's."""
    filled("ingest", stdin=mail("eve@attack.example", "\x1b[31mred\r\n unregistered: 9 held", number=9))
    done = filled("quarantine", "digest")
    text = done.out.decode()
    assert "auto-response: 3 held, 3 new" in text
    assert "unregistered: 2 held, 2 new" in text
    assert "info@rossi.example (account ROSSI-001): s1" in text
    assert "gateway quarantine show ID" in text
    assert "\x1b" not in text
    assert "\nunregistered: 9" not in text
    [robots, strangers] = filled("quarantine", "digest", "--json").records
    assert (robots["reason"], robots["held"], robots["expiring"], len(robots["newest"])) == ("auto-response", 3, 0, 3)
    assert strangers["newest"][0]["author"] == "eve@attack.example"


def test_retention_tells_before_it_takes(filled):
    """`--dry-run` and the run say the same; without a policy for it nothing goes."""
    done = filled("retention", "run", "--json")
    assert done.records == [dict.fromkeys(("expired", "stripped", "octets", "tickets", "records", "contents"), 0)]
    assert "has no `retention:`" in done.err
    assert filled("retention", "run", "--dry-run", "--json").records == done.records
