"""SPF macros: the examples of RFC 7208 §7.4, and the corners of §7.3."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from gateway.core.spf_macro import askable, expand, macro_string
from spf_zone import judge

VALUES = {
    "s": "strong-bad@email.example.com",
    "l": "strong-bad",
    "o": "email.example.com",
    "d": "email.example.com",
    "i": "192.0.2.3",
    "p": "mx.example.org",
    "h": "mail.example.net",
    "v": "in-addr",
}


def expanded(text: str, **changed: str) -> str:
    spec = macro_string(text)
    assert spec is not None
    return expand(spec, VALUES | changed)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d3}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "strong-bad"),
        ("%{l-}", "strong.bad"),
        ("%{lr}", "strong-bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
        ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
        ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
        ("%{p}.%{h}", "mx.example.org.mail.example.net"),
    ],
)
def test_the_examples_of_the_rfc(text: str, name: str) -> None:
    """§7.4."""
    assert expanded(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("%%.%_.%-", "%. .%20"),
        ("%{D2R}", "example.email"),
        ("%{d02}", "example.com"),
        ("%{d128}", "email.example.com"),
        ("%{d" + "9" * 5000 + "}", "email.example.com"),
        ("%{s1-@}", ""),
        ("%{s2-.}", "example.com"),
        ("%{S}", "strong-bad%40email.example.com"),
        ("x.%{d}.", "x.email.example.com"),
    ],
)
def test_corners(text: str, name: str) -> None:
    """§7.1 and §7.3: fixed ones, any case, counts over what there is; `@` is no delimiter."""
    spec = macro_string(text)
    assert (expand(spec, VALUES) if spec else "") == name


def test_upper_case_escapes_all_but_the_unreserved() -> None:
    """§7.3, RFC 3986 §2.3."""
    assert expanded("%{L}", l="a+b~c_d-e=f/g%h") == "a%2Bb~c_d-e%3Df%2Fg%25h"


def test_every_delimiter_cuts() -> None:
    """§7.3: parts between two delimiters that stand together are empty, and all are joined by dots."""
    assert expanded("%{l+-=}", l="foo-bar+zip=quux--x.y") == "foo.bar.zip.quux..x.y"
    assert expanded("%{l2r+-}", l="foo-bar+zip") == "bar.foo"


def test_a_long_name_loses_labels_on_the_left() -> None:
    """§7.3: whole labels, until it has at most 253 characters."""
    name = expanded("%{l}.%{d}", l=".".join(["a" * 49] * 10))
    assert name == ".".join(["a" * 49] * 4) + ".email.example.com"
    assert len(expanded("%{l}.com", l=".".join(["a"] * 300))) == 253


def test_no_more_labels_are_lost_than_must_be() -> None:
    """§7.3: 254 characters lose one label."""
    domain = "x." * 118 + "it"
    assert expanded("%{l}.%{d}", l="a.b.c.d.e.f.g.h", d=domain) == f"b.c.d.e.f.g.h.{domain}"


def test_a_name_without_labels_to_lose_is_none() -> None:
    """§7.3: one label of 300 characters leaves nothing."""
    assert expanded("%{l}", l="a" * 300) == ""


def test_a_local_part_that_is_not_ascii_matches_nothing() -> None:
    """RFC 8616 §4: escaped or not."""
    assert expanded("%{l}.%{d}", l="perch\u00e9") == expanded("%{S}.%{d}", s="\ud800@x") == ""


@pytest.mark.parametrize(
    "name", ["", ".", "a..b", ".a", "a" * 64, "a b.it", "a\\b.it", "[192.0.2.1]", "caf\u00e9.it", "a." * 127]
)
def test_no_names(name: str) -> None:
    """§4.3: these are not asked for."""
    assert not askable(name)


def test_macros_take_their_values_from_the_dialogue() -> None:
    """§7.2: sender, its two halves, the domain, the client and the HELO name."""
    record = "v=spf1 exists:%{l}.l.%{d} exists:%{o}.o.%{d} exists:%{h}.h.%{d} exists:%{i}.%{v}.%{d}"
    entries = {f"{name}.rossi.example A": ["127.0.0.2"] for name in ("never",)} | {"rossi.example TXT": [record]}
    _, asked = judge(entries, sender="Anna@Studio.Example", helo="HELO.example")
    assert asked[1:] == ["anna.l.rossi.example A", "studio.example.o.rossi.example A", "helo.example.h.rossi.example A"]


def test_addresses_of_the_client() -> None:
    """§7.3: IPv6 in nibbles, with `ip6` as the kind."""
    _, asked = judge("v=spf1 exists:%{ir}.%{v}.b.it", "2001:db8::cb01")
    assert asked[1] == f"{ip_address('2001:db8::cb01').reverse_pointer.removesuffix('.ip6.arpa')}.ip6.b.it A"


@pytest.mark.parametrize(
    ("sender", "name"),
    [("rossi.example", "postmaster"), ("@rossi.example", "postmaster"), ("a@b@rossi.example", "a@b")],
)
def test_a_sender_without_a_local_part_is_postmaster(sender: str, name: str) -> None:
    """§4.3; of two @ the last one counts."""
    _, asked = judge("v=spf1 exists:%{l}.at.%{o}", sender=sender)
    assert asked[1] == f"{name}.at.rossi.example A"
