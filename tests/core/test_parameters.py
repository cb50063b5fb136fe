"""Parameters and file names: decoded as real mail writes them, made safe, bounded."""

import pytest

from gateway.core.parameters import FILENAME_CHARACTERS, PARAMETERS, filename, parameters


@pytest.mark.parametrize(
    ("value", "name", "expected"),
    [
        (b"text/plain; charset=utf-8", "charset", "utf-8"),
        (b"text/plain;CHARSET = utf-8", "charset", "utf-8"),
        (b'a/b; name="x \\"y\\" z"', "name", 'x "y" z'),
        (b"a/b; name=my file.pdf", "name", "my file.pdf"),
        (b"a/b; name=one; name=two", "name", "one"),
        (b'a/b; name="a;b"; x=y', "x", "y"),
        (b"a/b; name*=utf-8'it'perch%C3%A9", "name", "perché"),
        (b"a/b; name*0=one; name*1=two", "name", "onetwo"),
        (b"a/b; name*1=two; name*0=one", "name", "onetwo"),
        (b"a/b; name*0*=iso-8859-1''a%E8; name*1=b", "name", "aèb"),
        (b"a/b; name*0=one; name*2=three", "name", "one"),
        (b'a/b; name="open', "name", '"open'),
        (b"a/b boundary=x", "boundary", "x"),
    ],
)
def test_parameters_are_read_as_written(value, name, expected):
    """RFC 2045 §5.1, RFC 2231 §3 and §4, and what programs write instead."""
    assert parameters(value)[1][name] == expected


def test_a_value_over_its_bound_counts_as_nothing():
    """40 KB of semicolons are no Content-Type."""
    assert parameters(b"text/html" + b";" * 40_000) == ("", {})


def test_parameters_over_their_number_do_not_count():
    """A thousand parts with a thousand parameters each would take seconds."""
    found = parameters(b"a/b" + b"".join(b";n%d=x" % n for n in range(PARAMETERS + 50)))[1]
    assert len(found) == PARAMETERS


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\fattura.pdf", "fattura.pdf"),
        ("a\r\nb\x00.txt", "ab.txt"),
        ("fattura\u202efdp.exe", "fatturafdp.exe"),
        ("=?utf-8?q?perch=C3=A9.pdf?=", "perché.pdf"),
        ("..", ""),
        (".htaccess", "htaccess"),
        ("", ""),
    ],
)
def test_file_names_are_never_paths(given, safe):
    """Threats rule 16."""
    assert filename(given) == safe


def test_a_long_file_name_keeps_its_extension():
    """What opens it is the extension."""
    name = filename("x" * 500 + ".pdf")
    assert len(name) == FILENAME_CHARACTERS
    assert name.endswith(".pdf")
