"""SPF records: the grammar of RFC 7208 §12, and nothing beside it."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from gateway.core.spf_record import RECORD_OCTETS, BadRecord, Record, is_spf, parse_record


def read(text: str) -> Record:
    found = parse_record(f"v=spf1 {text}".encode("latin-1"))
    assert isinstance(found, Record), found
    return found


@pytest.mark.parametrize("octets", [b"v=spf1", b"v=spf1 -all", b"V=SPF1 -all", b"v=spf1  ", b"v=spf1 nonsense!"])
def test_what_is_meant_as_a_record(octets: bytes) -> None:
    """§4.5: the version in any case, then a space or the end."""
    assert is_spf(octets)


@pytest.mark.parametrize(
    "octets",
    [b"", b"v=spf10 -all", b"v=spf1\t-all", b" v=spf1 -all", b"v=spf2.0/pra", b"spf1 -all", b"v = spf1", b"\xff"],
)
def test_what_is_not_meant_as_a_record(octets: bytes) -> None:
    """§4.5: any other TXT record is somebody else's."""
    assert not is_spf(octets)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("   ", []),
        ("a mx  -all  ", ["a", "mx", "all"]),
        (
            "A Mx PTR iP4:192.0.2.1 IP6:::1 Include:a.b EXISTS:a.b ALL",
            ["a", "mx", "ptr", "ip4", "ip6", "include", "exists", "all"],
        ),
    ],
)
def test_terms_are_parted_by_spaces(text: str, names: list[str]) -> None:
    """§4.6.1: by one or more, and names in any case."""
    assert [one.name for one in read(text).mechanisms] == names


@pytest.mark.parametrize(
    ("term", "prefixes"),
    [
        ("a", (32, 128)),
        ("a/0", (0, 128)),
        ("a/24", (24, 128)),
        ("a//64", (32, 64)),
        ("mx/24//0", (24, 0)),
        ("a:b.example/24//64", (24, 64)),
        ("mx:%{d}/32//128", (32, 128)),
        ("a:b/8.example/24", (24, 128)),
    ],
)
def test_prefix_lengths(term: str, prefixes: tuple[int, int]) -> None:
    """§12, dual-cidr-length: what stands at the very end, and only there."""
    (found,) = read(term).mechanisms
    assert (found.v4_prefix, found.v6_prefix) == prefixes


@pytest.mark.parametrize(
    ("term", "address", "prefix"),
    [
        ("ip4:192.0.2.1", "192.0.2.1", 32),
        ("ip4:192.0.2.99/24", "192.0.2.99", 24),
        ("ip4:192.0.2.1/0", "192.0.2.1", 0),
        ("ip6:2001:DB8::1/32", "2001:db8::1", 32),
        ("ip6:::", "::", 128),
        ("ip6:::ffff:192.0.2.1/96", "::ffff:192.0.2.1", 96),
    ],
)
def test_networks(term: str, address: str, prefix: int) -> None:
    """§5.6: host bits may be set, no prefix is the longest."""
    (found,) = read(term).mechanisms
    assert found.address == ip_address(address)
    assert (found.v4_prefix if found.name == "ip4" else found.v6_prefix) == prefix


@pytest.mark.parametrize(
    "text",
    [
        *("all:rossi.example", "all/8", "all.", "-all;", "al", "++all", "- all", "+", "!all", "*all"),
        *(
            "include",
            "include:",
            "include:a.b/24",
            "include/24",
            "include:localhost",
            "exists",
            "exists:",
            "exists:a.b/24",
        ),
        *(
            "a:",
            "a:/24",
            "a/",
            "a/33",
            "a/024",
            "a/-1",
            "a//129",
            "a///64",
            "a/24/64",
            "a//064",
            "a/24//",
            "a/ 24",
            "mx/x",
        ),
        *(
            "a:localhost",
            "a:localhost.",
            "a:b.123",
            "a:b.-it",
            "a:b.it-",
            "a:b.it:25",
            "a:b.it..",
            "a:b.i_t",
            "a:b.it;",
        ),
        *("ptr:", "ptr/0", "ptr:b.it/24", "ptr:localhost"),
        *(
            "ip4",
            "ip4:",
            "ip4:1.2.3",
            "ip4:1.2.3.4.5",
            "ip4:1.2.3.256",
            "ip4:1.2.3.04",
            "ip4:1.2.3.4/33",
            "ip4:1.2.3.4/024",
        ),
        *(
            "ip4:1.2.3.4//32",
            "ip4:1.2.3.4/",
            "ip4:1.2.3.4:25",
            "ip4:::1",
            "ip4:rossi.example",
            "ip4 1.2.3.4",
            "ip4:%{i}",
        ),
        *(
            "ip6",
            "ip6:",
            "ip6:1.2.3.4",
            "ip6:::1/129",
            "ip6:::1//64",
            "ip6:2001:db8",
            "ip6:::1%eth0",
            "ip6:[::1]",
            "ip6:::1::2",
        ),
        *("redirect=", "redirect=localhost", "redirect:a.b", "-redirect=a.b", "redirect=a.b/24"),
        *("redirect=a.b redirect=a.b", "exp=", "exp=localhost", "exp=a.b EXP=c.d", "exp=%{t}.a.b"),
        *(
            "=all",
            "1x=y",
            "-x=y",
            "x=%",
            "x=%{z}",
            "x=caf\xe9",
            "x=a\tb",
            "a\tmx",
            "a\n",
            "a\x00",
            "moo",
            "mo.o:a.b",
        ),
        *("a:%", "a:%%{d", "a:%{d", "a:%{}.b.it", "a:%{d0}", "a:%{d00r}", "a:%{rd}", "a:%{d-r}", "a:%{dr3}", "a:%{d;}"),
        *(
            "a:%{c}.b.it",
            "a:%{R}.b.it",
            "a:%{t}.b.it",
            "a:%(d)",
            "a:%d.b.it",
            "a:%{d}x",
            "a:%{d}.1",
            "a:b.it%",
            "a:b c.it",
        ),
        "a:caf\xe9.it",
    ],
)
@pytest.mark.parametrize("place", ["{}", "-all {}", "{} +all"])
def test_an_error_anywhere_is_the_end(text: str, place: str) -> None:
    """§4.6: the whole record is read first, and also what stands behind `all`."""
    assert isinstance(parse_record(f"v=spf1 {place.format(text)}".encode("latin-1")), BadRecord)


@pytest.mark.parametrize(
    "text",
    ["moo=", "m.o-o_1=man:dog/cat", "moo=%{d}%%%_%-", "include=x", "all=", "moo=1 moo=2", "exp=a.b", "x=a=b", "v=spf1"],
)
def test_modifiers_that_nobody_knows_are_passed_over(text: str) -> None:
    """§6: unknown ones may stand anywhere and any number of times; `exp` is read and forgotten."""
    assert read(f"{text} mx") == read("mx")


@pytest.mark.parametrize(
    "target",
    ["b.it", "b.it.", "x.b-c", "x.b--c", "_spf.b.it", "a:b.it", "%{d}", "%%", "%{d}.b.it", "$!.it", "x.9a", "x..it"],
)
def test_targets(target: str) -> None:
    """§7.1, domain-spec: a macro at the end, or a label that can be a top one; before it almost anything."""
    assert read(f"redirect={target}").redirect
    assert read(f"include:{target}").mechanisms[0].target


def test_a_long_record_is_read() -> None:
    """§3.4 recommends less, but flattened records are longer than that."""
    text = " ".join(f"ip4:198.51.100.{n}" for n in range(256))
    assert len(read(text).mechanisms) == 256


def test_a_record_over_the_bound_is_in_error() -> None:
    """I7: of bytes there is an end."""
    record = b"v=spf1 " + b" " * (RECORD_OCTETS - 7)
    assert parse_record(record) == Record()
    assert isinstance(parse_record(record + b" "), BadRecord)
