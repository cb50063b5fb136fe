"""I7, I2 for DKIM: any octets give results in bounded work, and nobody without the key makes one pass."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkim_signing import MAIL, answered, fields_of, found, record, relaxed_body, signed, simple_body
from gateway.authentication.dkim import SIGNATURES, check_signatures
from gateway.core.dkim import DkimResult, Signature, read_signature
from gateway.core.inquiry import Answer, Found

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = "s1._domainkey.rossi.example"
PIECES = [
    *(b"v=1; ", b"a=rsa-sha256; ", b"a=ed25519-sha256; ", b"c=relaxed/relaxed; ", b"d=rossi.example; ", b"s=s1; "),
    *(b"h=from; ", b"h=from:subject:content-type; ", b"bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; ", b"b=AAAA; "),
    *(b"i=@", b"l=1; ", b"q=", b"t=1; ", b"x=", b"z=", b"p=", b"k=rsa; ", b"k=ed25519; ", b"v=DKIM1; ", b"s=email; "),
    *(b"=", b";", b":", b" ", b"\t", b"\r\n ", b"\r\n", b"\n", b"\r", b"\0", b"\xff", b"\xc3\xbc", b"A", b"9" * 20),
    *(b"\x30\x82", b"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA", b"."),
]
TEXT = st.one_of(st.lists(st.sampled_from(PIECES), max_size=24).map(b"".join), st.binary(max_size=100))
RECORDS = st.one_of(TEXT, st.binary(max_size=60).map(lambda data: record(data=data)))
ANSWERS = st.one_of(
    st.sampled_from([Answer(one) for one in Found]), st.lists(RECORDS, max_size=2).map(lambda values: found(*values))
)


def results(raw, answer):
    value, asked = answered(check_signatures(raw, fields_of(raw), "rossi.example", NOW), dict.fromkeys([KEY], answer))
    assert len(asked) <= SIGNATURES
    return value


@given(TEXT)
def test_reading_is_total(value):
    """I7: any octets are a signature or a `permerror`."""
    read = read_signature(value)
    assert isinstance(read, Signature) or (isinstance(read, DkimResult) and read.result == "permerror")


@given(st.lists(TEXT, max_size=7), ANSWERS)
def test_nothing_hostile_passes_or_raises(values, answer):
    """I7, I2: neither fields nor key records crash us, and without the key nothing passes."""
    raw = b"".join(b"DKIM-Signature: " + value + b"\r\n" for value in values) + MAIL
    assert all(one.result != "pass" and one.detail.isprintable() for one in results(raw, answer))


@given(RECORDS)
def test_any_key_record_is_judged(key):
    """I7: what the DNS says about a signature that holds is hostile too."""
    assert len(results(SIGNED, found(key))) == 1


@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=3))
def test_no_change_that_people_could_see_goes_unnoticed(at, octets):
    """What passes still says the same, blanks aside (RFC 6376 §3.4), or the change hit what nobody signed."""
    at %= len(SIGNED)
    changed = SIGNED[:at] + octets + SIGNED[at + len(octets) :]
    if any(one.result == "pass" for one in results(changed, found(record()))):
        assert changed.lower().split() == SIGNED.lower().split()


@given(
    st.text(alphabet="a \t\r\n", max_size=40).map(lambda text: text.replace("\r", "").replace("\n", "\r\n").encode())
)
@pytest.mark.parametrize("c", ["relaxed/relaxed", "simple/simple"])
def test_every_body_verifies(c, body):
    """Two writings of the canonical forms agree on every body of blanks and line ends."""
    raw = signed(MAIL.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body, c=c)
    assert results(raw, found(record()))[0].result == "pass"


@given(st.text(alphabet="a \t\n", max_size=40).map(lambda text: text.replace("\n", "\r\n").encode()))
def test_canonical_bodies_stay_as_they_are(body):
    """The test's own canonical forms do not change any more when made canonical again."""
    assert relaxed_body(relaxed_body(body)) == relaxed_body(body)
    assert simple_body(simple_body(body)) == simple_body(body)


BLANKS = b" " * 1_000_000
HOSTILE = {
    "a body of blanks": (MAIL + BLANKS + b"x\r\n", ""),
    "a body of tabs and blanks": (MAIL + b" \t" * 500_000 + b"x\r\n", ""),
    "a body of empty lines": (MAIL + b"\r\n" * 500_000 + b"x\r\n", ""),
    "a body of empty lines at its end": (MAIL + b"\r\n" * 500_000, ""),
    "a field folded very often": (b"X: a\r\n" + b" \r\n" * 80_000 + MAIL, ""),
    "a signature of blanks": (MAIL, f"n={' ' * 6000};"),
    "a signature of b": (MAIL, f"n={' b' * 3000};"),
    "a signature of folds": (MAIL, f"n=x b{' ' * 3000}{chr(13) + chr(10)}{' ' * 3000}x;"),
    "names that are not there": (b"".join(b"X-%d: a\r\n" % n for n in range(1900)) + MAIL, ""),
}


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.parametrize("c", ["relaxed/relaxed", "simple/simple"])
def test_work_is_bounded(case, c):
    """I7: what takes dkimpy minutes takes us milliseconds. CPU time, with a hundredfold reserve for a busy machine."""
    mail, more = HOSTILE[case]
    h = ":".join(["from", "subject", "content-type", *(f"x-{n}" for n in range(150))])
    raw = signed(mail, h=h, c=c, more=more)
    fields = fields_of(raw)
    before = time.process_time()
    value, _ = answered(check_signatures(raw, fields, "rossi.example", NOW), {KEY: found(record())})
    assert time.process_time() - before < 2
    assert value[0].result == "pass"


SIGNED = signed()
