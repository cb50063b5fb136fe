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
        ('<img alt="a > b">x', "[image: a > b]x"),
        ('<img src="https://t.example/pixel.gif">x', "x"),
        ('a <img src="cid:one@x"> b', "a [image: logo.png] b"),
        ('<a href="https://x.example/"><img src="CID:one@x"></a>', "[image: logo.png] <https://x.example/>"),
        ("<div>x</div><a href='https://x.example/'></a>", "x\n<https://x.example/>"),
        ("<ol><li>a</li><li><p>b</p></li></ol>c", "1. a\n2. b\n\nc"),
        ("<ul><li>a<ol><li>b<li>c</ol></li><li>d</li></ul>", "- a\n  1. b\n  2. c\n- d"),
        (
            "<table><tr><td><p>a</p></td><td><div>b</div></td></tr><tr><td>c<td>d</tr></table>e",
            "a\tb\nc\td\n\ne",
        ),
        ("<table><tr><td>\n<table><tr><td>a</td></tr></table>\n</td></tr></table>", "a"),
        ("<table><tr><td>a<br>b</td><td>c</td></tr></table>", "a\nb\nc"),
        ("<h1>t</h1>a<br><br>b<div>c<br></div>d<div><br></div>e", "t\n\na\n\nb\nc\nd\n\ne"),
        ("<blockquote><p>a</p><p>b</p></blockquote><p>c</p>", "> a\n>\n> b\n\nc"),
        ("<style>never closed", "never closed"),
        ("a<!-- never closed", "a never closed"),
        ("text<a hre", "text"),
    ],
)
def test_what_a_person_reads_is_kept(html, text):
    """Nothing more, and nothing less."""
    assert to_text(html, {"one@x": "logo.png"}) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<div style="DISPLAY : none">a<div>b</div>c</div>d', "[hidden: a\nb\nc]\nd"),
        ("x<span hidden>a</span>b", "x[hidden: a]b"),
        ('<p style="visibility:hidden">a<p>b', "[hidden: a]\n\nb"),
        ('<span style="font-size:0px">a</span>b', "[hidden: a]b"),
        ('<td style="font-size:0"><div style="font-size: 13px">b</div></td>', "b"),
        ('<span style="font-size:0.5em;opacity:0.9">a</span>', "a"),
        ('<span style="display&#58;none">a', "[hidden: a]"),
        ('<img style="display:none">a<div hidden></div>b', "a\nb"),
        ('<input type="hidden">a<i class="hidden">b</i>', "ab"),
        ('<span title="x" title=hidden style="color:red" style="display:none">a</span>', "a"),
    ],
)
def test_what_a_browser_hides_is_marked_and_kept(html, text):
    """Threats rule 16: hidden words neither vanish nor pass for what the customer saw."""
    assert to_text(html) == text


@pytest.mark.parametrize("html", ["&#" + "9" * 10_000 + ";", "&#x" + "f" * 10_000, "&#55296;", "&#0;"])
def test_no_number_is_too_big(html):
    """Python's int() refuses 4,300 digits by raising."""
    assert len(to_text(html)) <= 2
