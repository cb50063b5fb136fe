"""What the log shows of addresses."""

import time

import pytest

from gateway.core.privacy import Privacy, Redaction, pseudonym

DOMAIN = Redaction(Privacy.DOMAIN)
HASH = Redaction(Privacy.HASH, b"a key of sixteen")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tecnico@rossi.example", "***@rossi.example"),
        ("<tecnico@rossi.example>: user unknown", "<***@rossi.example>: user unknown"),
        ("no such user o'brien@rossi.example.", "no such user ***@rossi.example."),
        ("SRS0=h=tt=rossi.example=tecnico@relay.example", "***@relay.example"),
        ("rfc822;tecnico@rossi.example;", "rfc822;***@rossi.example;"),
        ('"mario rossi"@rossi.example', "***@rossi.example"),
        (r'"mario \"il capo\" rossi"@rossi.example', "***@rossi.example"),
        ("perché@caffè.example", "***@caffè.example"),
        ("?login_hint=tecnico%40rossi.example", "***@rossi.example"),
        ("?to=tecnico%252540rossi.example", "***@rossi.example"),
        ("550 no such user <mario.ross…", "550 no such user <***…"),
        ("caffè, a sentence … that goes on", "caffè, a sentence … that goes on"),
        ("tecnico (il) @ rossi.example", "***@rossi.example"),
        ("tecnico\uff20rossi.example", "***@rossi.example"),
        ("tecnico@[192.0.2.1] is no host", "***@[192.0.2.1] is no host"),
        ("tecnico@rossi@x.example", "***@x.example"),
        ("tec\u202enico\x00@rossi.example", "***@rossi.example"),
        ("nobody at all, 20% off", "nobody at all, 20% off"),
        ('say "hi" to "@@a"@rossi.example', "say ***"),
        ("@", "***"),
    ],
)
def test_what_stands_before_an_at_sign_is_hidden(text, shown):
    """In whatever surroundings, and in every way that a server may write it."""
    assert DOMAIN(text) == shown


def test_a_hash_is_one_for_all_ways_to_write_an_address():
    """Who looks for an address finds it however it was written, as the accounts do; no other key makes that hash."""
    ways = ("tecnico@rossi.example", "<Tecnico@Rossi.Example>", "no 'tecnico@rossi.example'.", "TECNICO@rossi.example.")
    hashes = {HASH(way).strip("<>no '.") for way in ways}
    assert hashes == {pseudonym("tecnico", "rossi.example", HASH.key)}
    assert hashes != {pseudonym("tecnico", "rossi.example", b"another key of 16")}
    assert "hash:" in HASH("x tecnico@rossi.example y")
    assert pseudonym("utente", "caffè.example", b"k") == pseudonym("utente", "xn--caff-8oa.example", b"k")


@pytest.mark.parametrize("privacy", Privacy)
def test_the_tokens_of_our_own_addresses_are_shown_to_nobody(privacy):
    """Threats rule 14: with the token of a reverse-path whoever reads the log could forge a delivery report."""
    token = "abcdefghijklmnopqrstuvwxyz"  # noqa: S105 - of the form, and no secret
    shown = Redaction(privacy, b"k")(f"<bounces+{token}01kq@example.it> and support+AAAAA-BBBBB.{token}@example.it")
    assert token not in shown
    assert ("bounces" in shown) is (privacy is Privacy.FULL)


@pytest.mark.parametrize(
    "piece", ["a", '"', '\\"', "a@", '"a\\', "a (", "@", "%40", "(a)@", "a \t", "%25", "%25…", "à", "a…"]
)
def test_redaction_is_linear(piece):
    """Threats rule 15: 100,000 characters of whatever take a fraction of a second."""
    began = time.process_time()
    HASH(piece * (100_000 // len(piece)))
    assert time.process_time() - began < 2
