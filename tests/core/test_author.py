"""The strict author: what is read, and each class of attack with the rule that stops it (threats rule 2)."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.address import Address
from gateway.core.author import VALUE_OCTETS, _check_name, _library_agrees, _tokens, author
from gateway.core.fields import split

ALICE = Address("alice", "rossi.example")


def read(head: bytes):
    raw = head + b"\r\nSubject: x\r\n\r\nbody\r\n"
    return author(split(raw), raw)


@pytest.mark.parametrize(
    "value",
    [
        b"alice@rossi.example",
        b"<alice@rossi.example>",
        b"Alice <alice@rossi.example>",
        b"Alice A. Doe <alice@rossi.example>",
        b'"Doe, Alice" <alice@rossi.example>',
        b'"Al \\"ice\\"" Doe <alice@rossi.example>',
        b"=?utf-8?q?Al=C3=ACce?= <alice@rossi.example>",
        b"=?utf-8?q?Rossi=2C_Alice?= <alice@rossi.example>",
        "Alìce <alice@rossi.example>".encode(),
        b"alice@rossi.example <alice@rossi.example>",
        b'"bob@verdi.example" <alice@rossi.example>',
        b"alice@rossi.example (Alice)",
        b"Alice Doe (office) <alice@rossi.example>",
        b"Alice\r\n <alice@rossi.example>",
        b"\r\n Alice <alice@rossi.example>",
        b'"alice"@rossi.example',
        b'"Alice" <"alice"@rossi.example>',
        b"alice@ROSSI.example",
        b"=?utf-8?q?alice=40rossi=2Eexample?= <alice@rossi.example>",
        b"=?utf-8?q?Alice_=40_Rossi?= <alice@rossi.example>",
        b"  alice@rossi.example\t",
    ],
)
def test_ordinary_forms_are_read(value):
    """Allowed, because real."""
    assert read(b"From: " + value) == ALICE


def test_a_utf8_local_part_is_legitimate():
    """RFC 6532: valid and NFC."""
    assert read("From: <josé@rossi.example>".encode()) == Address("josé", "rossi.example")


def test_an_idn_domain_is_compared_as_a_label():
    """The standard library must find the same."""
    assert read("From: Bücher <info@bücher.example>".encode()) == Address("info", "xn--bcher-kva.example")


ATTACKS = {
    "two fields": b"From: alice@rossi.example\r\nFrom: bob@verdi.example",
    "two fields, both alike": b"From: alice@rossi.example\r\nFrom: alice@rossi.example",
    "two fields, other case": b"From: alice@rossi.example\r\nFROM: bob@verdi.example",
    "a second field with a space before the colon": b"From: alice@rossi.example\r\nFrom : bob@verdi.example",
    "a field with a space before the colon": b"From : alice@rossi.example",
    "a second field with a tab": b"From: alice@rossi.example\r\nFrom\t: bob@verdi.example",
    "a second field with a no-break space": b"From: alice@rossi.example\r\nFrom\xa0: bob@verdi.example",
    "a second field with a vertical tab": b"From: alice@rossi.example\r\nFrom\x0b: bob@verdi.example",
    "a field behind junk": b"junk\r\nFrom: alice@rossi.example",
    "a second field behind junk": b"From: alice@rossi.example\r\njunk\r\nFrom: bob@verdi.example",
    "a second field behind a blank fold": b"From: alice@rossi.example\r\nX: y\r\n \r\nFrom: bob@verdi.example",
    "a first line with leading space": b" From: bob@verdi.example\r\nFrom: alice@rossi.example",
    "no field": b"X: y",
    "two mailboxes": b"From: alice@rossi.example, bob@verdi.example",
    "the same mailbox twice": b"From: alice@rossi.example, alice@rossi.example",
    "two mailboxes without a comma": b"From: <alice@rossi.example> <bob@verdi.example>",
    "a name with a comma": b"From: Rossi, Alice <alice@rossi.example>",
    "a group": b"From: friends: alice@rossi.example;",
    "an empty group": b"From: undisclosed:;",
    "a route": b"From: <@verdi.example:alice@rossi.example>",
    "a comment before": b"From: (x) alice@rossi.example",
    "a comment inside": b"From: alice(x)@rossi.example",
    "a comment in the brackets": b"From: <alice@rossi.example(x)>",
    "a comment with an address": b"From: alice@rossi.example (bob@verdi.example)",
    "a comment with brackets": b"From: alice@rossi.example (<bob>)",
    "a nested comment": b"From: alice@rossi.example (a (b))",
    "a comment with an encoded address": b"From: alice@rossi.example (=?utf-8?q?bob=40verdi.example?=)",
    "space before the at sign": b"From: alice @rossi.example",
    "space after the at sign": b"From: alice@ rossi.example",
    "space at a dot": b"From: alice@rossi .example",
    "space in the brackets": b"From: < alice@rossi.example>",
    "a fold in the brackets": b"From: <alice@\r\n rossi.example>",
    "an encoded word as address": b"From: =?utf-8?q?alice=40rossi.example?=",
    "an encoded word in the local part": b"From: <=?utf-8?q?alice?=@rossi.example>",
    "an encoded word naming another": b"From: =?utf-8?q?bob=40verdi.example?= <alice@rossi.example>",
    "an encoded word naming another, base64": b"From: =?utf-8?b?Ym9iQHZlcmRpLmV4YW1wbGU=?= <alice@rossi.example>",
    "an encoded word naming another, quoted": b'From: "=?utf-8?q?bob=40verdi.example?=" <alice@rossi.example>',
    "an encoded word split in two": b"From: =?utf-8?q?bob=40?= =?utf-8?q?verdi.example?= <alice@rossi.example>",
    "an encoded bracket": b"From: =?utf-8?q?=3Cbob=3E?= <alice@rossi.example>",
    "an encoded line end": b"From: =?utf-8?q?a=0D=0AFrom:_b?= <alice@rossi.example>",
    "a control octet": b"From: Ali\x01ce <alice@rossi.example>",
    "a delete octet": b"From: <alice\x7f@rossi.example>",
    "a bidi override": "From: \u202eAlice <alice@rossi.example>".encode(),
    "octets that are not UTF-8": b"From: Al\xecce <alice@rossi.example>",
    "a decomposed name": b"From: " + unicodedata.normalize("NFD", "Alìce").encode() + b" <alice@rossi.example>",
    "a decomposed local part": unicodedata.normalize("NFD", "From: <josé@rossi.example>").encode(),
    "a bare address as name": b"From: bob@verdi.example <alice@rossi.example>",
    "a quoted local part that needs it": b'From: "alice b"@rossi.example',
    "a quoted local part with an at sign": b'From: "alice@verdi.example"@rossi.example',
    "a quote and an atom": b'From: "bob"alice@rossi.example',
    "a quote, a dot and an atom": b'From: "al".ice@rossi.example',
    "an empty quote and an atom": b'From: ""alice@rossi.example',
    "an atom and a quote": b'From: alice"bob"@rossi.example',
    "an escaped local part": b'From: "al\\ice"@rossi.example',
    "two at signs": b"From: alice@verdi.example@rossi.example",
    "a domain literal": b"From: alice@[192.0.2.1]",
    "a blank fold": b"From: alice@rossi.example\r\n ",
    "a blank fold inside": b"From: Alice\r\n \r\n <alice@rossi.example>",
    "a trailing comma": b"From: alice@rossi.example,",
    "a leading comma": b"From: ,alice@rossi.example",
    "a trailing semicolon": b"From: alice@rossi.example;",
    "nothing": b"From:",
    "an empty path": b"From: Alice <>",
    "a bracket": b"From: <",
    "an open bracket": b"From: <alice@rossi.example",
    "a lone closing bracket": b"From: alice@rossi.example>",
    "text behind the brackets": b"From: <alice@rossi.example> x",
    "an open quote": b'From: "Alice <alice@rossi.example>',
    "no at sign": b"From: alice",
    "no domain": b"From: alice@",
    "a backslash": b"From: Alice\\ <alice@rossi.example>",
    "nested comments": b"From: " + b"(" * 4000,
    "many addresses": b"From: " + b", ".join([b"alice@rossi.example"] * 20_000),
    "a long name": b"From: " + b"a" * VALUE_OCTETS + b" <alice@rossi.example>",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_what_two_programs_may_read_differently_is_no_author(name):
    """Reject instead of picking."""
    why = read(ATTACKS[name])
    assert isinstance(why, str)
    assert why


def test_a_header_that_begins_with_from_space_colon_has_no_author():
    """One program reads a field, another the first line of an mbox."""
    assert isinstance(read(b"From : bob@verdi.example\r\nFrom: alice@rossi.example"), str)


def test_junk_behind_the_author_is_tolerated():
    """Real mail has it, and all readings agree on the author."""
    assert read(b"From: alice@rossi.example\r\njunk") == ALICE


_LINES = b"X: y| folded|junk|X : y|: y|From bob|X:|\x85: y| |from: b@verdi.example".split(b"|")
_WORDS = rb"""alice|@|rossi|.example| |<|>|"|Rossi, A.|.|,|;|:|\|(x)|[|]|'|/|<alice@rossi.example>""".split(b"|")
_WORDS += [b"alice@rossi.example", b"=?utf-8?q?Al=C3=ACce?=", b"\t", b"\r\n "]


@given(
    st.lists(st.sampled_from(_LINES), max_size=3),
    st.one_of(
        st.sampled_from([b"alice@rossi.example", b"Alice <alice@rossi.example>"]),
        st.lists(st.sampled_from(_WORDS), max_size=6).map(b"".join),
    ),
    st.lists(st.sampled_from(_LINES), max_size=3),
)
def test_the_standard_library_finds_every_author_that_is_found(above, value, below):
    """Also where it is not asked, since nothing else could be found in a value so plain (threats rule 2)."""
    raw = b"\r\n".join([*above, b"From: " + value, *below, b"", b""])
    header = split(raw)
    found = author(header, raw)
    if isinstance(found, Address):
        _library_agrees(found, raw[: header.body])


@pytest.mark.parametrize(
    "work",
    [
        lambda: _check_name("=?" + "x" * 100_000, ""),
        lambda: _tokens('\\"' * 50_000),
    ],
    ids=["hidden addresses", "open quotes"],
)
def test_the_search_is_linear(work):
    """I7: both found by the fuzzer. CPU time, with a large reserve; begun anew at each character it is a minute."""
    before = time.process_time()
    work()
    assert time.process_time() - before < 1
