"""HTML to text: what a person reads, in linear time."""

import pytest

from gateway.core.markup import to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("a   b\r\n c", "a b c"),
        ("<b>a</b> <i>b</i>", "a b"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a\tb\nc"),
        ('<a href="https://x.example/">here</a>', "here <https://x.example/>"),
        ('<a href="https://x.example/">x.example</a>', "x.example"),
        ('<a href="mailto:a@b.example">a@b.example</a>', "a@b.example"),
        ('<a href="javascript:alert(1)">here</a>', "here"),
        ("<head><title>t</title><style>p{}</style></head>x<script>alert('<b>')</script>y", "xy"),
        ("a<!-- <b>hidden</b> -->b", "ab"),
        ("<!DOCTYPE html><?xml x?>a", "a"),
        ("&egrave; &amp; &#233; &lt;b&gt;", "è & é <b>"),
        ("<blockquote>one<br>two</blockquote>x", "> one\n> two\nx"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("1 < 2 <3", "1 < 2 <3"),
        ('<img alt="a > b">x', "x"),
        ("<style>never closed", "never closed"),
        ("a<!-- never closed", "a never closed"),
        ("text<a hre", "text"),
    ],
)
def test_what_a_person_reads_is_kept(html, text):
    """Nothing more, and nothing less."""
    assert to_text(html) == text


@pytest.mark.parametrize("html", ["&#" + "9" * 10_000 + ";", "&#x" + "f" * 10_000, "&#55296;", "&#0;"])
def test_no_number_is_too_big(html):
    """Python's int() refuses 4,300 digits by raising."""
    assert len(to_text(html)) <= 2
