"""Which DKIM signatures count: real keys, real signatures, every reason why one proves nothing (RFC 6376, threats)."""

from __future__ import annotations

import logging
import sys
from base64 import b64encode
from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dkim_signing import MAIL, H, answered, fields_of, found, pem, record, rsa_key, signed
from gateway.authentication.dkim import SIGNATURES, check_signatures
from gateway.core.inquiry import Answer, Found

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
KEY = "s1._domainkey.rossi.example"
KEYS = {KEY: found(record())}


def check(raw, answers=None, author_domain="rossi.example", now=NOW):
    answers = KEYS if answers is None else answers
    return answered(check_signatures(raw, fields_of(raw), author_domain, now), answers)[0]


def word(raw, answers=None):
    [one] = check(raw, answers)
    return one.result


def der(*numbers):
    """An RSAPublicKey of these numbers (RFC 8017 A.1.1)."""

    def item(tag, octets):
        length = len(octets).to_bytes(2, "big")
        return bytes([tag, 0x82]) + length + octets

    return item(0x30, b"".join(item(2, n.to_bytes(n.bit_length() // 8 + 1, "big")) for n in numbers))


@pytest.mark.parametrize("c", ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple", "relaxed"])
def test_a_signature_that_holds_passes(c):
    """RFC 6376 §3.4: all four canonicalizations, and the body's default, `simple`."""
    [one] = check(signed(c=c))
    assert (one.result, one.domain, one.selector) == ("pass", "rossi.example", "s1")


def test_the_default_is_simple():
    """RFC 6376 §3.5: without c= it is simple/simple."""
    assert word(signed(c="simple/simple", drop="c")) == "pass"
    assert word(signed(c="relaxed/relaxed", drop="c")) == "fail"


@pytest.mark.parametrize("header", [b"relaxed", b"simple"])
@pytest.mark.parametrize("body", [b"relaxed", b"simple"])
def test_what_dkimpy_signs_passes(header, body):
    """A second signer agrees with ours, folding and all."""
    signer = dkim.DKIM(MAIL)
    field = signer.sign(b"s1", b"rossi.example", pem(rsa_key()), canonicalize=(header, body))
    [one] = check(field + MAIL, now=datetime.now(UTC))
    assert one.result == "pass"


def test_a_message_without_signature_has_no_result():
    """Nothing is asked, nothing is said."""
    assert answered(check_signatures(MAIL, fields_of(MAIL), "rossi.example", NOW), KEYS) == ((), [])


@pytest.mark.parametrize(
    "body", [b"", b"\r\n", b"\r\n\r\n", b" \r\n\t\r\n", b"a", b"a \t ", b"a\r\n", b" a\t b \r\n\r\n"]
)
@pytest.mark.parametrize("c", ["relaxed/relaxed", "relaxed/simple"])
def test_bodies_at_the_edges(body, c):
    """RFC 6376 §3.4.3, §3.4.4: empty bodies, empty lines at the end, a last line without its end."""
    raw = signed(MAIL.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body, c=c)
    wire = raw if raw.endswith(b"\r\n") else raw + b"\r\n"  # what a client adds to end the data
    assert word(wire) == "pass"


def test_the_parsers_unfolded_fields_do_as_well():
    """A `Message` holds its fields unfolded; the signature is over the octets as they came."""
    raw = signed(c="simple/simple")
    fields = tuple((name, b" ".join(value.split())) for name, value in fields_of(raw) if name != "subject")
    unfolded = tuple((name, value.replace(b"\r\n", b"").strip()) for name, value in fields_of(raw))
    assert answered(check_signatures(raw, unfolded, "rossi.example", NOW), KEYS)[0][0].result == "pass"
    assert answered(check_signatures(raw, fields, "rossi.example", NOW), KEYS)[0][0].result == "permerror"


def test_mail_from_a_pipe_is_verified_with_crlf():
    """A pipe hands over bare LF; what was signed had CRLF."""
    assert word(signed(c="simple/simple").replace(b"\r\n", b"\n")) == "pass"


def test_an_mbox_line_in_front_is_no_field():
    """A pipe may put `From x date` on top."""
    assert word(b"From anna@rossi.example Sun Nov 22 12:00:00 2026\r\n" + signed()) == "pass"


@pytest.mark.parametrize(
    "change",
    [
        (b"Buongiorno", b"Buonasera"),
        (b"Subject: Il", b"Subject: Al"),
        (b"From: Anna", b"From: Eva"),
        (b"\r\nAnna\r\n", b"\r\nAnna\r\nPS\r\n"),
        (b"s=s1;", b"s=s1; r=1;"),
    ],
)
def test_a_change_fails(change):
    """RFC 6376 §6.1.3: body, header and the signature field itself."""
    assert word(signed().replace(*change)) == "fail"


def test_relaxed_forgives_blanks_and_simple_does_not():
    """RFC 6376 §3.4.2, §3.4.4."""
    for c, then in (("relaxed/relaxed", "pass"), ("simple/simple", "fail")):
        assert word(signed(c=c).replace(b"il  sito\tnon", b"il sito   non")) == then
        assert word(signed(c=c).replace(b"Subject: ", b"SUBJECT:  ")) == then


def test_another_key_fails():
    """The domain's key counts, not the signer's."""
    assert word(signed(key=rsa_key(1024))) == "fail"


# No evidence: it would verify, and says nothing about what people see.


@pytest.mark.parametrize("name", ["Subject", "Content-Type"])
def test_what_people_see_has_to_be_signed(name):
    """Threats: unsigned Subject and Content-Type change what a body says."""
    h = ":".join(one for one in H.split(":") if one != name.lower())
    [one] = check(signed(h=h))
    assert (one.result, one.detail) == ("policy", f"{name.lower()} is not signed")
    head, _, body = MAIL.partition(b"\r\n\r\n")
    bare = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith((name.encode(), b"  ")))
    assert word(signed(bare + b"\r\n\r\n" + body, h=h)) == "pass"


def test_unsigned_from_is_no_signature():
    """RFC 6376 §5.4, §6.1.1."""
    assert word(signed(h="to:subject:date:content-type")) == "permerror"


@pytest.mark.parametrize(
    "field",
    [b"Subject: X", b"To: X", b"Date: X", b"Content-Type: text/html", b"MIME-Version: 2", b"From: e@evil.example"],
)
@pytest.mark.parametrize("on_top", [True, False])
def test_a_field_that_was_added_takes_the_evidence_away(field, on_top):
    """RFC 6376 §8.15: the lowest is the one signed, and programs show whichever they like."""
    raw = signed()
    raw = field + b"\r\n" + raw if on_top else raw.replace(b"\r\n\r\n", b"\r\n" + field + b"\r\n\r\n", 1)
    [one] = check(raw)
    assert one.result == "policy"
    assert "more" in one.detail


def test_an_encoding_that_was_added_twice_takes_the_evidence_away():
    """One Content-Transfer-Encoding may be unsigned (Microsoft does so); two are an attack."""
    cte = b"Content-Transfer-Encoding: 8bit\r\n"
    assert word(cte + signed()) == "pass"
    assert word(cte + cte + signed()) == "policy"


def test_two_of_a_kind_pass_where_both_are_signed():
    """RFC 6376 §5.4.2: an instance each, from the bottom."""
    mail = b"To: altri@example.it\r\n" + MAIL
    assert word(signed(mail, h=f"{H}:to")) == "pass"
    assert word(signed(mail)) == "policy"


def test_oversigned_fields_pass_until_one_is_added():
    """RFC 6376 §8.15: a name once more than it is there."""
    raw = signed(h=f"{H}:from:subject:to:date:reply-to")
    assert word(raw) == "pass"
    assert word(b"Reply-To: eva@evil.example\r\n" + raw) == "fail"
    assert word(b"Subject: X\r\n" + raw) == "fail"


@pytest.mark.parametrize("more", [f"l={len(MAIL)};", "l=0;", "l=x;"])
def test_an_open_end_is_no_evidence(more):
    """RFC 6376 §8.2: l= lets anybody add to the body."""
    assert word(signed(more=more)) == "policy"


def test_sha1_is_no_evidence():
    """RFC 8301 §3.1."""
    assert word(signed(drop="a", more="a=rsa-sha1;")) == "policy"


@pytest.mark.parametrize(
    ("more", "then"),
    [
        (f"x={AT - 299};", "pass"),
        (f"x={AT - 300};", "pass"),
        (f"x={AT - 301};", "policy"),
        (f"t={AT + 300};", "pass"),
        (f"t={AT + 301};", "policy"),
        (f"t={AT};x={AT + 1};", "pass"),
        (f"t={AT};x={AT};", "permerror"),
        (f"t={AT};x={AT - 10};", "permerror"),
        ("t=;", "permerror"),
        ("x=-1;", "permerror"),
        (f"x={'9' * 12};", "pass"),
        (f"x={'9' * 13};", "permerror"),
    ],
)
def test_time(more, then):
    """RFC 6376 §3.5: t= and x= with five minutes of slack, by the clock that we are given and no other."""
    assert word(signed(more=more)) == then


def test_the_clock_of_the_machine_is_not_looked_at():
    """`explain` judges old mail by the time when it came."""
    raw = signed(more="t=1000000000; x=1000600000;")
    [one] = check(raw, now=datetime.fromtimestamp(1000000100, UTC))
    assert one.result == "pass"


# Syntax.


@pytest.mark.parametrize(
    ("arguments", "then"),
    [
        ({"domain": "rossi..example"}, "permerror"),
        ({"domain": "rossi.example."}, "permerror"),
        ({"domain": "*.example"}, "permerror"),
        ({"domain": "example"}, "permerror"),
        ({"domain": "ros_si.example"}, "permerror"),
        ({"domain": "-rossi.example"}, "permerror"),
        ({"domain": "rossì.example"}, "permerror"),
        ({"domain": "rossi.example/../x"}, "permerror"),
        ({"domain": f"{'a.' * 124}example"}, "permerror"),
        ({"domain": f"{'a.' * 1000}example"}, "permerror"),
        ({"selector": f"{'a.' * 1000}s1"}, "permerror"),
        ({"selector": f"{'a.' * 116}s1"}, "permerror"),
        ({"selector": "s1.."}, "permerror"),
        ({"selector": "*"}, "permerror"),
        ({"selector": "s 1"}, "permerror"),
        ({"selector": "s1", "more": "i=@evil.example;"}, "permerror"),
        ({"more": "i=anna@notrossi.example;"}, "permerror"),
        ({"more": "i=rossi.example;"}, "permerror"),
        ({"more": "i=@.rossi.example;"}, "permerror"),
        ({"more": "i=anna@rossi.example;"}, "pass"),
        ({"more": "i=@Mail.Rossi.Example;"}, "pass"),
        ({"more": "q=dns/txt;"}, "pass"),
        ({"more": "q=http/get:dns/txt;"}, "pass"),
        ({"more": "q=dns/a;"}, "permerror"),
        ({"more": "v=1;"}, "permerror"),
        ({"more": "v=2;", "drop": "v"}, "permerror"),
        ({"more": "v=11;", "drop": "v"}, "permerror"),
        ({"drop": "v"}, "permerror"),
        ({"drop": "a"}, "permerror"),
        ({"drop": "d"}, "permerror"),
        ({"drop": "s"}, "permerror"),
        ({"drop": "h"}, "permerror"),
        ({"drop": "bh"}, "permerror"),
        ({"drop": "a", "more": "a=rsa-sha512;"}, "permerror"),
        ({"drop": "a", "more": "a=RSA-SHA256;"}, "pass"),
        ({"drop": "c", "more": "c=nofws;"}, "permerror"),
        ({"drop": "bh", "more": "bh=!!!!;"}, "permerror"),
        ({"more": "darn=example.it; z=From:Anna|To:x;"}, "pass"),
        ({"more": "9=x;"}, "permerror"),
        ({"more": ";"}, "permerror"),
        ({"more": "x-y=1;"}, "permerror"),
        ({"more": "n=\x01;"}, "permerror"),
        ({"h": f"{H}::cc"}, "permerror"),
        ({"h": ":".join([H] * 30)}, "permerror"),
        ({"h": H.replace(":", " : ")}, "pass"),
        ({"fold": "\r\n \r\n "}, "permerror"),
        ({"fold": ""}, "pass"),
        ({"fold": "\r\n\t"}, "pass"),
        ({"more": f"n={'x' * 7000};"}, "pass"),
        ({"more": f"n={'x' * 9000};"}, "permerror"),
        ({"name": "DKIM-SIGNATURE"}, "pass"),
    ],
)
def test_the_signature_field(arguments, then):
    """RFC 6376 §3.2, §3.5: one reading, or none; and then no key is asked for."""
    raw = signed(**arguments)
    [one], asked = answered(check_signatures(raw, fields_of(raw), "rossi.example", NOW), KEYS)
    assert (one.result, len(asked)) == (then, then == "pass")
    assert len(one.domain) + len(one.selector) < 500


def test_a_selector_may_have_dots_and_underscores():
    """They are in use: `s1_2026.mail`."""
    raw = signed(selector="s1_2026.mail")
    assert word(raw, {"s1_2026.mail._domainkey.rossi.example": found(record())}) == "pass"


def test_names_are_asked_for_in_lower_case():
    """Questions are lower-case A-labels; what was signed stays as it was written."""
    raw = signed(domain="Rossi.Example", selector="S1")
    value, asked = answered(check_signatures(raw, fields_of(raw), "rossi.example", NOW), KEYS)
    assert (value[0].result, value[0].domain, asked) == ("pass", "rossi.example", [KEY])


@pytest.mark.parametrize(
    "change",
    [
        (b"Subject:", b"Subject :"),
        (b"To:", b"junk line\r\nTo:"),
        (b"Subject: Il sito\r\n", b"Subject: Il sito\r\nFrom nowhere\r\n"),
        (b"Anna\r\n", b"Anna\n"),
        (b"Anna\r\n", b"Anna\r\r\n"),
        (b"Anna\r\n", b"An\0na\r\n"),
    ],
)
def test_what_two_programs_read_differently_proves_nothing(change):
    """Splits between parsers: dkimpy skips a line `From ...` and joins what is folded under it to the field above."""
    [one] = check(signed().replace(*change))
    assert (one.result, one.domain) == ("permerror", "")


# Keys.


@pytest.mark.parametrize(
    ("answer", "then"),
    [
        (Answer(Found.COULD_NOT_ASK), "temperror"),
        (Answer(Found.NO_SUCH_NAME), "permerror"),
        (Answer(Found.NO_DATA), "permerror"),
        (Answer(Found.VALUES), "permerror"),
        (found(record(), record()), "permerror"),
        (found(b""), "permerror"),
        (found(b"v=DKIM1; k=rsa"), "permerror"),
        (found(b"v=DKIM1; p="), "permerror"),
        (found(b"v=DKIM1; p=!!!!"), "permerror"),
        (found(record(data=b"no key")), "permerror"),
        (found(record(data=b"\x30\x09\x30\x04\x06\x00\x05\x01\x00\x03\x00")), "permerror"),  # dkimpy asserts on it
        (found(record("")), "pass"),
        (found(record("v=DKIM1;")), "pass"),
        (found(record("v=DKIM2;")), "permerror"),
        (found(record("k=rsa; v=DKIM1;")), "permerror"),
        (found(record("v=DKIM1; v=DKIM1;")), "permerror"),
        (found(record() + b"; p="), "permerror"),
        (found(record("v=DKIM1; k=ed25519;")), "permerror"),
        (found(record("v=DKIM1; k=dsa;")), "permerror"),
        (found(record("v=DKIM1; h=sha1;")), "permerror"),
        (found(record("v=DKIM1; h=sha1:sha256;")), "pass"),
        (found(record("v=DKIM1; t=y;")), "policy"),
        (found(record("v=DKIM1; t=y:s;")), "policy"),
        (found(record("v=DKIM1; t=s;")), "pass"),
        (found(record("v=DKIM1; s=email;")), "pass"),
        (found(record("v=DKIM1; s=tlsrpt;")), "policy"),
        (found(record("v=DKIM1; s=tlsrpt:*;")), "pass"),
        (found(record("v=DKIM1; n=a note;")), "pass"),
        (found(record(f"v=DKIM1; n={'x' * 3000};")), "pass"),
        (found(record(f"v=DKIM1; n={'x' * 5000};")), "permerror"),
        (found(record(data=der(rsa_key().public_key().public_numbers().n, 65537))), "pass"),
        (found(record(data=der(rsa_key().public_key().public_numbers().n, 1))), "permerror"),
        (found(record(data=der(rsa_key().public_key().public_numbers().n, 2**4000 + 1))), "permerror"),
        (found(record(data=der(2**767 + 1, 65537))), "policy"),
        (found(record(data=der(2**1022 + 1, 65537))), "policy"),
        (found(record(data=der(2**8000 + 1, 65537))), "policy"),
        (found(record(data=der(0, 65537))), "policy"),
    ],
)
def test_the_key_record(answer, then):
    """RFC 6376 §3.6.1, §6.1.2; RFC 8301 §3.2; I9: a key that could not be asked for is no missing key."""
    assert word(signed(), {KEY: answer}) == then


def test_a_revoked_key_is_said_to_be():
    """RFC 6376 §6.1.2: an empty p= is the domain's own word that the signature is no longer good."""
    [one] = check(signed(), {KEY: found(b"v=DKIM1; p=")})
    assert (one.result, one.detail) == ("permerror", "the key is revoked")


def test_a_key_of_1024_bits_still_counts():
    """RFC 8301 §3.2 wants 1024 at least, and many still have that."""
    key = rsa_key(1024)
    numbers = key.public_key().public_numbers()
    assert word(signed(key=key), {KEY: found(record(data=der(numbers.n, numbers.e)))}) == "pass"


def test_a_strict_key_does_not_vouch_for_subdomains():
    """RFC 6376 §3.6.1: with t=s, i= is the very domain."""
    strict = {KEY: found(record("v=DKIM1; t=s;"))}
    assert word(signed(more="i=@mail.rossi.example;"), strict) == "policy"
    assert word(signed(more="i=@rossi.example;"), strict) == "pass"


def test_ed25519_passes_or_is_neutral():
    """RFC 8463 wants PyNaCl: without it we know nothing, and say so."""
    key = ed25519.Ed25519PrivateKey.generate()
    data = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    [one] = check(signed(key=key), {KEY: found(record("v=DKIM1; k=ed25519;", data))})
    assert (one.result, "PyNaCl" in one.detail) == (("pass", False) if "nacl" in sys.modules else ("neutral", True))


def test_an_ed25519_key_or_signature_of_another_length_never_passes():
    """RFC 8463 §4: 32 octets, 64 octets; with PyNaCl or without."""
    raw = signed(key=ed25519.Ed25519PrivateKey.generate())
    for data in (b"x", bytes(31), bytes(33)):
        assert word(raw, {KEY: found(record("v=DKIM1; k=ed25519;", data))}) in ("permerror", "fail", "neutral")
    short = raw.replace(b" b=", b" b=AAAA", 1)
    assert word(short, {KEY: found(record("v=DKIM1; k=ed25519;", bytes(range(32))))}) in ("permerror", "neutral")


# Several.


def test_each_signature_has_its_own_result():
    """One that fails does not take the other's away, whichever stands above."""
    twice = signed(signed(), selector="k")
    names = {
        **KEYS,
        "k._domainkey.rossi.example": found(record(data=der(rsa_key(1024).public_key().public_numbers().n, 3))),
    }
    assert [(one.selector, one.result) for one in check(twice, names)] == [("k", "fail"), ("s1", "pass")]


def test_a_strangers_signature_is_not_checked():
    """It cannot vouch for the author, so its key is not asked for: one inquiry, and that for the author's own."""
    results = check(signed(signed(), domain="list.example", selector="k"))
    assert [(one.domain, one.result) for one in results] == [("rossi.example", "pass"), ("list.example", "neutral")]


def test_the_authors_signatures_are_looked_at_first():
    """At most five are looked at: those of the author's domain, above and below it, before strangers'."""
    raw = MAIL
    for domain in ("rossi.example", "mail.rossi.example", "it.example", *(f"n{n}.example" for n in range(8))):
        raw = signed(raw, domain=domain)
    results = check(raw, author_domain="rossi.example")
    assert len(results) == SIGNATURES
    assert [one.domain for one in results[:2]] == ["mail.rossi.example", "rossi.example"]
    [first, *_] = check(raw, author_domain="sede.it.example")
    assert first.domain == "it.example"


def test_a_name_that_only_ends_alike_is_a_stranger():
    """`notrossi.example` is neither above nor below `rossi.example`."""
    raw = signed(signed(), domain="notrossi.example")
    assert check(raw)[0].domain == "rossi.example"


def test_unreadable_signatures_do_not_crowd_out_the_authors():
    """A stranger may put any number of fields on top."""
    assert check(b"DKIM-Signature: x\r\n" * 20 + signed())[0].result == "pass"


def test_no_key_is_asked_for_what_proves_nothing():
    """A look-up costs time and tells the signer's name server about us."""
    for raw in (signed(more="l=5;"), signed(drop="v"), signed().replace(b"Buongiorno", b"x"), MAIL):
        assert answered(check_signatures(raw, fields_of(raw), "rossi.example", NOW), KEYS)[1] == []


# As they come.


def test_microsoft_signs_twice_with_the_same_fields():
    """Microsoft 365: the tenant's domain and its onmicrosoft.com name, i= left out, an x-ms field in h=."""
    h = "From:Date:Subject:Message-ID:Content-Type:MIME-Version:X-MS-Exchange-SenderADCheck"
    mail = signed(MAIL, h=h, domain="rossi.onmicrosoft.com", selector="selector2-rossi-onmicrosoft-com")
    raw = b"X-MS-Exchange-SenderADCheck: 1\r\n" + signed(mail, h=h, selector="selector1")
    names = {"selector1._domainkey.rossi.example": found(record("v=DKIM1; k=rsa; ") + b";")}
    assert [one.result for one in check(raw, names)] == ["fail", "neutral"]  # the field was not there when signing
    assert [one.result for one in check(raw.removeprefix(b"X-MS-Exchange-SenderADCheck: 1\r\n"), names)] == [
        "pass",
        "neutral",
    ]


def test_amazon_signs_for_its_customer_and_for_itself():
    """Amazon SES: two signatures with x- fields and t=, q= written out."""
    h = "From:To:Subject:Date:MIME-Version:Content-Type:Message-ID:Feedback-ID"
    mail = b"Feedback-ID: 1.eu-west-1.abc=:AmazonSES\r\n" + MAIL
    raw = signed(mail, h=h, domain="amazonses.com", selector="ihchhvubuqgjsxyuhssfvqohv7z3u4hn", c="relaxed/simple")
    raw = signed(raw, h=h, selector="abc", c="relaxed/simple", more=f"t={AT}; q=dns/txt;")
    names = {
        "abc._domainkey.rossi.example": found(record("")),
        "ihchhvubuqgjsxyuhssfvqohv7z3u4hn._domainkey.amazonses.com": found(record("")),
    }
    assert [(one.domain, one.result) for one in check(raw, names)] == [
        ("rossi.example", "pass"),
        ("amazonses.com", "neutral"),
    ]


GMAIL = (
    "mime-version:references:in-reply-to:from:date:message-id:subject:to:from:to:cc:subject:date:message-id:reply-to"
)
TWO_PARTS = MAIL.partition(b"Content-Type: ")[0] + (
    b'Content-Type: multipart/alternative; boundary="000000000000ab12"\r\n\r\n--000000000000ab12\r\n'
    b'Content-Type: text/plain; charset="UTF-8"\r\n\r\nIl sito non risponde.\r\n\r\n--000000000000ab12\r\n'
    b'Content-Type: text/html; charset="UTF-8"\r\n\r\n<div dir="ltr">Il sito non risponde.</div>\r\n\r\n'
    b"--000000000000ab12--\r\n"
)


def test_gmail_leaves_the_content_type_unsigned_and_its_two_parts_hold():
    """Decision 0011: the signed octets are the delimiters that the unsigned field names."""
    assert word(signed(TWO_PARTS, h=GMAIL, more=f"t={AT}; x={AT + 604800}; darn=example.it;")) == "pass"


@pytest.mark.parametrize(
    "change",
    [
        (b"multipart/alternative", b"multipart/report"),
        (b'boundary="0', b'boundary="1'),
        (b'multipart/alternative; boundary="000000000000ab12"', b"text/html"),
        (b"Content-Type: multipart", b"Content-Transfer-Encoding: base64\r\nContent-Type: multipart"),
    ],
)
def test_a_type_that_the_signed_octets_do_not_bear_out_is_no_evidence(change):
    """Whoever sends it on may write the unsigned field as they please."""
    assert word(signed(TWO_PARTS, h=GMAIL).replace(*change, 1)) == "policy"


def test_one_part_with_its_type_unsigned_is_no_evidence():
    """Text might have been markup: nothing in the octets says."""
    [one] = check(signed(h=GMAIL))
    assert (one.result, one.detail) == ("policy", "content-type is not signed")


# What dkimpy does by itself, and must not do here.

_SEEN: list[str] = []
_WATCHING: list[bool] = []
sys.addaudithook(lambda event, _: _SEEN.append(event) if _WATCHING and event.startswith("socket.") else None)


def test_the_network_is_not_touched():
    """By itself dkimpy asks a resolver: no name is looked up whatever the answers are."""
    _WATCHING.append(True)
    try:
        for answers in (KEYS, {}, {KEY: Answer(Found.COULD_NOT_ASK)}, {KEY: found(b"")}):
            check(signed(), answers)
    finally:
        _WATCHING.clear()
    assert _SEEN == []


def test_nothing_is_logged(caplog):
    """By itself dkimpy logs what strangers wrote, with control characters and all."""
    caplog.set_level(logging.DEBUG)
    for answers in (KEYS, {KEY: found(record(data=b"\x1b[31m"))}):
        check(signed(), answers)
    assert caplog.records == []


def test_words_hold_nothing_that_strangers_wrote():
    """What is shown to the operator is ours; of the stranger's only well-formed names."""
    for more in ("\x1b[31m=1;", "n=\x1b[31m;", "i=@\x1b[31m;", "x=\x1b[31m;"):
        [one] = check(signed(more=more))
        assert one.result == "permerror"
        assert one.detail.isprintable()


def test_a_signature_of_no_length_that_fits_is_no_crash():
    """RSA and DER take any octets: shorter, longer and larger than the modulus."""
    for b in (b"A" * 4, b"////" * 200, b64encode(bytes(256))):
        raw = signed()
        head, _, rest = raw.partition(b" b=")
        assert word(head + b" b=" + b + b"\r\n" + rest.partition(b"\r\n")[2].partition(b"\r\n")[2]) == "fail"
