"""I7, I2 for Authentication-Results: any octets give a value in linear work, only the border's pass gives proof."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.address import Address
from gateway.core.authres import AuthResults, Unreadable, parse_results
from gateway.core.evidence import Source
from gateway.core.vouch import DETAIL, evidence_from

AUTHOR = Address.parse("anna@rossi.example")
TRUSTED = frozenset({"mx.example.it", "protection.outlook.com"})
PIECES = [
    *(
        b"mx.example.it",
        b"evil.example",
        b"rossi.example",
        b"@rossi.example",
        b"1",
        b"2",
        b"none",
        b"pass",
        b"fail",
        b"reason",
    ),
    *(b"dmarc=pass", b"dmarc=none", b"dkim=pass", b"spf=pass", b"dmarc", b"header.from=", b"header.d=", b"header.i="),
    *(b"smtp.mailfrom=", b"header", b"mx.example.it; ", b"; ", b";", b"=", b".", b"/", b"(", b")", b'"', b"\\", b" "),
    *(b"\r\n ", b"\t", b"\r\n", b"\0", b"\xff", b"\xc3\xbc", b"@", b"<>"),
]
VALUES = st.one_of(st.lists(st.sampled_from(PIECES), max_size=24).map(b"".join), st.binary(max_size=200))
NAMES = st.sampled_from(
    ["authentication-results", "authentication-results", "received", "x-spam", "from", "dkim-signature"]
)
FIELDS = st.lists(st.tuples(NAMES, VALUES), max_size=6).map(tuple)


def steps(work: Callable[[], object]) -> int:
    """How many lines of our code run: a measure of work that no busy machine disturbs."""
    count = 0

    def trace(_frame: object, event: str, _arg: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@given(VALUES)
def test_parsing_is_total(value: bytes) -> None:
    """I7: any octets are a field or an `Unreadable`."""
    assert isinstance(parse_results(value), AuthResults | Unreadable)


@given(VALUES)
def test_a_comment_in_front_of_a_semicolon_changes_nothing(comment: bytes) -> None:
    """Comments neither hide nor forge: with its brackets and backslashes escaped, any text may stand in one."""
    escaped = re.sub(rb"[()\\]", rb"\\\g<0>", re.sub(rb"[\x00-\x1f\x7f]", b" ", comment))
    assert parse_results(b"mx.it; spf=fail (" + escaped + b"); dkim=none") == parse_results(
        b"mx.it; spf=fail; dkim=none"
    )


@given(VALUES)
def test_a_quoted_value_stays_in_its_place(text: bytes) -> None:
    """Quotes neither hide nor forge: with its quotes and backslashes escaped, any text is one value."""
    plain = re.sub(rb"[\x00-\x1f\x7f]", b" ", text)
    escaped = re.sub(rb'["\\]', rb"\\\g<0>", plain)
    found = parse_results(b'mx.it; spf=fail smtp.mailfrom="' + escaped + b'"; dkim=none')
    assert isinstance(found, AuthResults)
    assert [(one.method, one.result) for one in found.results] == [("spf", "fail"), ("dkim", "none")]
    assert found.results[0].values("smtp", "mailfrom") == (plain.decode("utf-8", "replace"),)


@pytest.mark.parametrize(
    "flood", [b";", b"(", b"()", b'"', b'""', b"a=b ", b"a=", b"a.", b"a ", b"\\", b"; a=b", b"- ", b"a.b=c; "]
)
@pytest.mark.parametrize("start", [b"mx.it; spf=none ", b"spf=none (", b"", b'mx.it; a="'])
def test_parsing_is_linear(start: bytes, flood: bytes) -> None:
    """I7: four times the octets are at most about four times the work."""
    small, large = (steps(lambda n=n: parse_results(start + flood * n)) for n in (500, 2_000))
    assert large <= 5 * small + 500


@given(FIELDS)
def test_vouching_is_total(fields: tuple[tuple[str, bytes], ...]) -> None:
    """I7: any fields give evidence, in few and printable words."""
    found = evidence_from(fields, AUTHOR, TRUSTED)
    assert len(found.detail) <= DETAIL
    assert found.detail.isprintable()


def test_aligned_only_by_the_border() -> None:
    """I2, threats rules 4 and 5: proof means that a trusted field above Received says pass with the author's domain."""
    proofs = 0

    @given(FIELDS | FIELDS.map(lambda fields: (("authentication-results", PASS), *fields)))
    def holds(fields: tuple[tuple[str, bytes], ...]) -> None:
        nonlocal proofs
        found = evidence_from(fields, AUTHOR, TRUSTED)
        if not found.aligned:
            return
        proofs += 1
        names = [name for name, _ in fields]
        block = fields[: names.index("received")] if "received" in names else fields
        read = [parse_results(value) for name, value in block if name == "authentication-results"]
        ours = [one for one in read if isinstance(one, AuthResults) and one.authserv_id in {"mx.example.it", ""}]
        assert found.source is Source.HEADER
        assert any(
            result.result == "pass" and any("rossi.example" in one.value for one in result.properties)
            for field in ours
            for result in field.results
        )

    holds()
    assert proofs  # else nothing was tried


PASS = b"mx.example.it; dmarc=pass header.from=rossi.example"
