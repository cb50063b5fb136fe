"""TNEF: the files of a winmail.dat and its words, whatever its lengths say."""

import pytest

from gateway.core.tnef import FILES, NESTED, STEPS, STREAMS, files_of, words_of
from tnef_writer import (
    BODY,
    BODY_HTML,
    CODEPAGE,
    CONTENT_ID,
    DATA_OBJECT,
    LONG_NAME,
    MESSAGE,
    MIME_TAG,
    RTF,
    about,
    attribute,
    file,
    named,
    packed_rtf,
    prop,
    tnef,
)

LAST = attribute(1, 0x0002800C, b"ciao")
HTML = "<p>perché</p>".encode()


def test_a_file_has_its_long_name_its_kind_and_its_octets():
    """MS-OXTNEF §2.1.3.3: the title is of eight letters and three."""
    packed = tnef(
        file(b"CONTRA~1.PDF", b"%PDF", prop(LONG_NAME, "contratto è.pdf"), prop(MIME_TAG, "Application/PDF")),
        file(b"perch\xe9.txt", b"due", prop(CONTENT_ID, "one@x")),
    )
    assert [(one.name, one.kind, one.octets(), one.shown) for one in files_of(packed)] == [
        ("contratto è.pdf", "application/pdf", b"%PDF", False),
        ("perché.txt", "application/octet-stream", b"due", True),
    ]


def test_a_name_is_made_safe():
    """Threats rule 16: it is a stranger's."""
    one, two = files_of(tnef(file(b"../..\\a\x1b.exe", b""), file(b"", b"", prop(MIME_TAG, "a b\nc"))))
    assert (one.name, two.name, two.kind) == ("a.exe", "file-2.bin", "application/octet-stream")


def test_names_are_in_the_code_page_that_is_told():
    """§2.1.3.3.2."""
    assert [one.name for one in files_of(tnef(file(b"\xcf\xf0\xe8.txt", b""), codepage=1251))] == ["При.txt"]


def test_properties_before_are_passed_over():
    """§2.1.3.4: names, several values, padding; each kind of property has a length of its own."""
    before = (
        prop(0x8001001F, "x", named("Keywords")),
        prop(0x80020003, 7, bytes(16) + bytes(4) + b"\1\0\0\0"),
        bytes.fromhex("1e10 3b00 02000000 02000000 61000000 03000000 62630000"),
        bytes.fromhex("4000 3900 0000000000000000"),
        bytes.fromhex("0210 0100 02000000 0100000002000000"),
    )
    assert words_of(tnef(about(*before, prop(BODY, "ciao")))) == "ciao"


@pytest.mark.parametrize(
    "packed",
    [
        tnef(about(prop(RTF, packed_rtf(b"{\\rtf1 x}")), prop(BODY_HTML, HTML), prop(BODY, "perché"))),
        tnef(about(prop(RTF, packed_rtf(b"{\\rtf1 x}"))), attribute(1, 0x0002800C, b"perch\xe9\0")),
        tnef(about(prop(RTF, packed_rtf(b"{\\rtf1 x}")), prop(BODY_HTML, HTML), prop(CODEPAGE, 65001))),
        tnef(about(prop(BODY, " \r\n"), prop(BODY_HTML, HTML.decode().encode("cp1252")), prop(CODEPAGE, 1252))),
        tnef(about(prop(RTF, packed_rtf(b"{\\rtf1 perch\\'e9}")))),
    ],
)
def test_words_are_plain_else_html_else_rtf(packed):
    """The form that says it with the least to undo."""
    assert words_of(packed) == "perché"


def test_a_packed_message_is_a_file_and_so_are_its_files():
    """Nothing in it is hidden from who looks at the list; its words are not the author's."""
    inner = tnef(about(prop(BODY, "inoltrato")), file(b"b.txt", b"due"))
    packed = tnef(file(b"msg", None, prop(DATA_OBJECT, MESSAGE + inner)), file(b"a.txt", b"uno"))
    assert [(one.name, one.kind) for one in files_of(packed)] == [
        ("msg", "application/ms-tnef"),
        ("a.txt", "application/octet-stream"),
        ("b.txt", "application/octet-stream"),
    ]
    assert words_of(packed) == ""


def test_a_cut_pack_gives_what_is_there():
    """Connections break anywhere; the length of the last file says more than there is."""
    packed = tnef(about(prop(BODY, "ciao")), attribute(2, 0x0006800F, b"x" * 1_000))[:-500]
    assert words_of(packed) == "ciao"
    assert [len(one.octets()) for one in files_of(packed)] == [502]


def test_a_wrong_checksum_keeps_nothing_back():
    """A customer's file is shown all the same."""
    packed = tnef(file(b"a.txt", b"uno"))
    assert files_of(packed[:-1] + b"\xff") == files_of(packed)


def test_files_and_messages_are_bounded():
    """I7: a pack of files, a pack of packs, and packs in packs, where each level holds all that is further in."""
    assert len(files_of(tnef(*[file(b"a", b"")] * 1_000))) == FILES
    assert len(files_of(tnef(*[file(b"m", tnef(file(b"a", b"")))] * 50))) == 50 + STREAMS - 1
    nested = tnef(file(b"a", b"x" * 10_000))
    for _ in range(STREAMS - 2):
        nested = tnef(file(b"m", nested))
    assert sum(len(one.octets()) for one in files_of(nested)) <= NESTED * len(nested)


def test_attributes_without_end_are_left():
    """I7: a property, a value and an attribute each take a step; what is behind the last is not read."""
    flood = tnef(attribute(1, 0x00069003, b"\xff" * 4 + b"\3\0\1\0" * 30_000), *[attribute(1, 1, b"")] * STEPS, LAST)
    assert words_of(flood) == ""
    assert words_of(tnef(LAST)) == "ciao"


@pytest.mark.parametrize("octets", [b"", b"x", b"\x78\x9f\x3e\x22", b"PK\3\4" + bytes(100)])
def test_what_is_no_pack_holds_nothing(octets):
    """It is a file like any other."""
    assert (files_of(octets), words_of(octets)) == ((), "")
