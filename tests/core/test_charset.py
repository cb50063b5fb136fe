"""The charset ladder and encoded words: never failing, and never a codec by a stranger's word."""

import pytest

from gateway.core.charset import beyond_ascii, clean, codec, decode, words


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        (b"perch\xc3\xa9", "utf-8", "perché"),
        (b"perch\xe9", "utf-8", "perché"),
        (b"perch\xc3\xa9", "", "perché"),
        (b"perch\xc3\xa9", "us-ascii", "perché"),
        (b"\x93ciao\x94 \x80", "iso-8859-1", "“ciao” €"),
        (b"perch\xe9", "unknown-8bit", "perché"),
        ("да".encode("koi8-r"), "KOI8-R", "да"),
        ("日本".encode("iso2022_jp"), "iso-2022-jp", "日本"),
        (b"\xef\xbb\xbfciao", "utf-8", "ciao"),
        (b"\x81\x8d", "", "��"),
        (b"ciao mondo", "utf-16", "ciao mondo"),
        ("è".encode("utf-16"), "utf-16", "è"),
        ("perché è così, più".encode() + b"\xc3", "utf-8", "perché è così, più�"),
        (b"\x1b$BF|K\\\x1b(B \x1b$B-!F|K\\\x1b(B", "iso-2022-jp", "日本 �日本"),
        ("日本日本日本日本".encode("gb18030") + b"\xff", "gb2312", "日本日本日本日本�"),
    ],
)
def test_text_is_found_by_the_ladder(octets, charset, text):
    """As declared, else strict UTF-8, else windows-1252."""
    assert decode(octets, charset) == text


@pytest.mark.parametrize(
    "name", ["base64", "zlib", "rot13", "punycode", "idna", "unicode_escape", "x" * 1000, "\0", "é"]
)
def test_a_name_that_is_no_charset_is_not_looked_up(name):
    """Some of Python's codecs are quadratic or no text, and unknown names would be remembered for ever."""
    assert codec(name) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?q?perch=C3=A9?=", "perché"),
        (b"=?UTF-8?B?cGVyY2jDqQ==?=", "perché"),
        (b"=?utf-8?b?cGVyY2jDqQ?=", "perché"),
        (b"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        (b"=?utf-8?q?a?= b", "a b"),
        (b"=?utf-8?b?w6g=?==?utf-8?q?x?=", "èx"),
        (b"=?utf-8?q?=C3?= =?utf-8?q?=A8?=", "è"),
        (b"=?utf-8?q?with space?=", "with space"),
        (b"=?utf-8*it?q?x?=", "x"),
        (b"=?utf-8?q?open", "=?utf-8?q?open"),
        (b"=?utf\xc3\xa8?q?x?=", "=?utfè?q?x?="),  # no charset is named beyond ASCII
        (b"perch\xe9", "perché"),
        (b"=?utf-8?q?va_bene??=", "va bene?"),
    ],
)
def test_encoded_words_are_decoded_as_far_as_they_go(value, text):
    """RFC 2047, and its broken forms."""
    assert words(value) == text


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("windows1252", "cp1252"),
        ("win-1251", "cp1251"),
        ("x-cp1250", "cp1250"),
        ("x-gbk", "gb18030"),
        ("KOI8-U", "koi8_u"),
        ("ISO_8859-1:1987", "cp1252"),
        ("latin-9", "iso8859_15"),
        ("x-mac-roman", "mac_roman"),
        ("utf-7", "utf_7"),
        ("utf-8;", "utf_8"),
        ("iso-8859-11", "iso8859_11"),
    ],
)
def test_a_charset_is_known_however_it_is_spelt(name, meant):
    """Programs write the names in many ways."""
    assert codec(name) == meant


def test_text_keeps_no_control_character_but_line_end_and_tab():
    """Threats rule 16: logs and terminals get no control characters."""
    assert clean("a\x00\x1b[31m\r\nb\rc\td\x85\ud800") == "a[31m\nb\nc\td"


@pytest.mark.parametrize("one", [*"\x00\x08\x0b\x1f\x7f\x80\x9f\ud800\udfff"])
def test_each_control_character_is_found_by_itself(one):
    """Among letters that begin with the same octet, too."""
    assert clean(f"a{one}\xa0\xe9\ud7ff") == "a\xa0\xe9\ud7ff"


@pytest.mark.parametrize(
    ("text", "beyond"),
    [("", ""), ("abc\x7f", ""), ("così l\u2019è\U0001f600 \x80", "ì\u2019è\U0001f600\x80"), ("a\ud800b", "\ud800")],
)
def test_the_characters_beyond_ascii_keep_their_order(text, beyond):
    """All of them and no other, a lone surrogate too: who looks at them alone misses nothing."""
    assert beyond_ascii(text) == beyond
