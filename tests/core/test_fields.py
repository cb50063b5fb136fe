"""The header splitter: every reading of a header is seen, nothing is unbounded."""

import pytest

from gateway.core.fields import FIELDS, HEADER_OCTETS, same_name, split, unfolded


def test_names_are_lower_case_and_values_keep_their_folding():
    """What evidence is verified over must be the raw value."""
    header = split(b"SUBJECT: one\r\n two\r\nX: y\r\n\r\nbody")
    assert header.fields == (("subject", b" one\r\n two"), ("x", b" y"))


def test_the_body_starts_after_the_empty_line():
    """RFC 5322 §2.1."""
    raw = b"A: b\r\n\r\nbody"
    assert raw[split(raw).body :] == b"body"


@pytest.mark.parametrize("raw", [b"\r\nCiao.\r\n\r\nPrego: niente.\r\n", b"Ciao.\r\n\r\nPrego: niente.\r\n"])
def test_a_message_may_begin_with_its_body(raw):
    """An empty header is a header, and words without any field above them are no header."""
    header = split(raw)
    assert header.fields == ()
    assert raw[header.body :].strip() == b"Ciao.\r\n\r\nPrego: niente."


def test_empty_lines_above_the_header_are_skipped():
    """Careless pipes write them, above an mbox line too; what follows must look like a field."""
    assert split(b"\n\r\nA: b\n\nbody").fields == (("a", b" b"),)
    assert split(b"\nFrom alice Sun Nov 22 10:00:00 2026\nA: b\n\n").fields == (("a", b" b"),)


def test_the_unix_form_is_read_alike():
    """From a pipe all lines may end with LF."""
    assert split(b"A: b\n c\n\nbody").fields == (("a", b" b\n c"),)
    assert split(b"A: b\n\nbody").defect == ""


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"A: b\r\n\r\nx\n", "a bare LF"),
        (b"A: b\n\r\n", "a bare LF"),
        (b"A: b\r\n\r\nx\ry\r\n", "a bare CR"),
        (b"A: b\r\r\n\r\n", "a bare CR"),
        (b"A: b\n\nx\r", "a bare CR"),
        (b"A: b\r\n\r\n\0", "a NUL"),
    ],
)
def test_wrong_line_ends_are_a_defect(raw, why):
    """Threats rule 3: bare CR, bare LF and NUL never reach the parser."""
    assert split(raw).defect == why


def test_a_first_mbox_line_is_skipped():
    """Pipes from old mailboxes begin with one."""
    assert split(b"From alice Sun Nov 22 10:00:00 2026\nA: b\n\n").fields == (("a", b" b"),)


def test_white_space_before_the_colon_still_names_a_field():
    """Some programs read it so: then it must be counted."""
    assert split(b"From : x\r\n\r\n").all("from") == [b" x"]


def test_lines_without_a_colon_are_junk_and_the_header_goes_on():
    """Real mail has such lines."""
    header = split(b"A: b\r\njunk\r\nC: d\r\n\r\n")
    assert header.junk == (b"junk",)
    assert header.first("c") == b" d"


@pytest.mark.parametrize("line", [b" From: x", b"Fr om: x", b"From\x00: x", b"\xffFrom: x", b"from\xa0: x"])
def test_an_odd_spelling_of_a_name_is_seen(line):
    """Whatever stands inside or around it, some program may read it as that field."""
    assert same_name(line, b"from")


@pytest.mark.parametrize("line", [b"from", b"Fro: x", b"From alice 10:00", b"x From: y"])
def test_other_names_are_other_names(line):
    """Else ordinary junk would look like a second author."""
    assert not same_name(line, b"from")


def test_a_header_over_its_octets_is_a_defect():
    """Threats rule 15."""
    assert "octets" in split(b"A: " + b"x" * HEADER_OCTETS).defect
    assert "octets" not in split(b"A: " + b"x" * (HEADER_OCTETS - 3)).defect


def test_a_header_over_its_fields_is_a_defect():
    """Threats rule 15."""
    assert "fields" in split(b"A: b\r\n" * (FIELDS + 1) + b"\r\n").defect
    assert split(b"A: b\r\n" * FIELDS + b"\r\n").defect == ""


def test_unfolding_removes_the_line_end_alone():
    """RFC 5322 §2.2.3."""
    assert unfolded(b" a\r\n\tb ") == b"a\tb"
