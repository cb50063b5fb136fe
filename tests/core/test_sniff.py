"""Files told by their octets: what staff are warned of, and what is no reason to."""

import pytest

from gateway.core.sniff import WINDOWS, mismatch, sniff

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"PK\x03\x04 readme.txt", "application/zip"),
        (b"PK\x03\x04 [Content_Types].xml" + b"\0" * 500_000 + b"word/document.xml", WORD),
        (b"MZ\x90\x00\x03", WINDOWS),
        (b"{\\rtf1", "application/rtf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
        (b"\xef\xbb\xbf \r\n<!DOCTYPE  HTML>", "text/html"),
        (b"<!-- x --><script>", "text/html"),
        (b"MZ is a prefix.", ""),
        (b"<htmlish>", ""),
        (b"", ""),
    ],
)
def test_a_file_is_told_by_its_octets(octets, kind):
    """Whatever its name and its sender say."""
    assert sniff(octets) == kind


@pytest.mark.parametrize(
    ("declared", "sniffed", "told"),
    [
        ("application/pdf", WINDOWS, "says application/pdf, is a Windows program"),
        ("application/octet-stream", WINDOWS, "says application/octet-stream, is a Windows program"),
        ("text/plain", "text/html", "says text/plain, is a web page"),
        ("image/png", "image/jpeg", "says image/png, is image/jpeg"),
        ("application/pdf", "", "says application/pdf, is none"),
        ("application/octet-stream", "application/pdf", ""),
        ("application/pdf", "application/pdf", ""),
        ("application/x-msdownload", WINDOWS, ""),
        ("application/msword", "application/rtf", ""),
        (WORD, "application/x-ole-storage", ""),
        ("application/vnd.oasis.opendocument.text", "application/zip", ""),
        ("text/csv", "", ""),
    ],
)
def test_staff_are_told_what_does_not_agree(declared, sniffed, told):
    """A program is told always; a type that says nothing, or another name of the same, is no mismatch."""
    assert mismatch(declared, sniffed) == told


@pytest.mark.parametrize("octets", [b" " * 1_000_000, b"<!--" * 250_000, b"<!-- " + b" " * 1_000_000, b"MZ" * 500_000])
def test_what_only_looks_like_a_page_is_looked_at_within_bounds(octets):
    """Nothing is found in it, and nothing falls."""
    assert sniff(octets) == ""
