"""Authentication-Results: what the grammar calls a result, and nothing else."""

from __future__ import annotations

import email
import json
from pathlib import Path

import pytest

from gateway.core.authres import (
    COMMENT_DEPTH,
    PIECES,
    PROPERTIES,
    RESULTS,
    VALUE_OCTETS,
    AuthResults,
    MethodResult,
    Property,
    Unreadable,
    parse_results,
)

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "authres"


def read(value: bytes) -> AuthResults:
    found = parse_results(value)
    assert isinstance(found, AuthResults), found
    return found


def words(value: bytes) -> list[str]:
    """Every result as `method=result`."""
    return [f"{one.method}={one.result}" for one in read(value).results]


def refused(value: bytes) -> Unreadable:
    found = parse_results(value)
    assert isinstance(found, Unreadable), found
    return found


def test_one_result_with_its_properties() -> None:
    """RFC 8601 §2.2: authserv-id, method, result, properties in order."""
    assert read(b" mx.example.it; dkim=pass header.d=rossi.example header.s=k1") == AuthResults(
        "mx.example.it",
        (MethodResult("dkim", "pass", "", (Property("header", "d", "rossi.example"), Property("header", "s", "k1"))),),
    )


@pytest.mark.parametrize(
    "value", [b"mx.example.it; none", b"mx.example.it 1; none", b"mx.example.it", b"mx.example.it;;"]
)
def test_no_results(value: bytes) -> None:
    """RFC 8601 §2.2: `none`, or nothing at all, is a field without results."""
    assert read(value) == AuthResults("mx.example.it")


@pytest.mark.parametrize(
    "value", [b"mx.example.it (edge)", b"(a (b) ;) mx.example.it", b'"mx.example.it"', b"\r\n mx.example.it"]
)
def test_the_id_without_its_surroundings(value: bytes) -> None:
    """`mx.example.it (comment)` is the id `mx.example.it`; a quoted id is the same id."""
    assert read(value + b"; spf=pass").authserv_id == "mx.example.it"


@pytest.mark.parametrize("version", [b"2", b"0", b"11", b"99999999999999999999999"])
def test_another_version_is_not_read(version: bytes) -> None:
    """A version other than 1 may mean anything."""
    assert refused(b"mx.example.it " + version + b"; dmarc=pass").authserv_id == "mx.example.it"


def test_another_version_of_a_method_is_not_read() -> None:
    """RFC 8601 §2.2: so is a method's; a DMARC of another version may mean anything."""
    refused(b"mx.it; dmarc/2=fail header.from=a.it; dmarc=pass header.from=a.it")


def test_version_one_is_read() -> None:
    """RFC 8601 §2.2: the version stands behind the id and is 1."""
    assert read(b"mx.example.it 1; spf=pass") == read(b"mx.example.it; spf=pass")


def test_space_and_comments_anywhere() -> None:
    """RFC 8601 §2.2: CFWS may stand around every `=`, `/`, `.` and `;`."""
    spread = b"mx.it (a) ;\r\n\tdkim (b)/ 1 (c)= (d)pass (e) header (f). (g)d (h)= (i)rossi.example (j) ; spf=none"
    assert read(spread) == read(b"mx.it; dkim=pass header.d=rossi.example; spf=none")


def test_a_comment_hides_nothing_and_forges_nothing() -> None:
    """What stands in a comment is no result; what stands behind it is one."""
    assert words(b'mx.it; spf=fail (; dmarc=pass header.from=a.it \\) (x) "); dmarc=fail') == ["spf=fail", "dmarc=fail"]


def test_a_quoted_string_hides_nothing_and_forges_nothing() -> None:
    """What stands in quotes is a value, whatever it looks like."""
    found = read(b'mx.it; spf=pass smtp.mailfrom="x; dmarc=pass header.from=a.it (\\" "@evil.example; dmarc=fail')
    assert [one.method for one in found.results] == ["spf", "dmarc"]
    assert found.results[0].values("smtp", "mailfrom") == ('x; dmarc=pass header.from=a.it (" @evil.example',)


@pytest.mark.parametrize(
    "value",
    [
        b'mx.it; dmarc="pass" header.from=a.it',
        b'mx.it; "dmarc"=pass header.from=a.it',
        b'mx.it; dmarc=pass"x" header.from=a.it',
        b'mx.it; "dmarc=pass" header.from=a.it',
        b"mx.it; (dmarc=pass) header.from=a.it",
        b"mx.it; dm(x)arc=pass header.from=a.it",
    ],
)
def test_a_quoted_or_commented_word_is_no_result(value: bytes) -> None:
    """A method or a result word is bare, or it is none."""
    refused(value)


@pytest.mark.parametrize(
    "value",
    [
        b"mx.it; spf=pass smtp.mailfrom=victim.it x@evil.it",
        b"mx.it; spf=pass smtp.mailfrom=victim.it (c)@evil.it",
        b"mx.it; spf=pass smtp.mailfrom=victim.it; x@evil.it",
        b"mx.it; spf=pass smtp.mailfrom=a dmarc=pass header.from=victim.it",
        b"mx.it; spf=pass smtp.mailfrom=victim.it\\ x@evil.it",
    ],
)
def test_a_reverse_path_that_nobody_quoted_is_not_taken_apart(value: bytes) -> None:
    """A stranger chooses the local part: where a border forgets to quote it, its pieces are no results."""
    refused(value)


@pytest.mark.parametrize(
    "value", [b"mx.it; spf=pass (open", b'mx.it; spf=pass reason="open', b"mx.it; spf=pass )", b"mx.it; spf=pass (a\\)"]
)
def test_an_open_end_is_not_read_and_still_says_whose_it_is(value: bytes) -> None:
    """One half of a pair may hide anything; the id before it is known all the same."""
    assert refused(value).authserv_id == "mx.it"


@pytest.mark.parametrize(
    "value", [b"", b" \r\n ", b";", b";;;; spf=pass", b"(mx.it", b'"mx.it', b"=pass", b"mx.it evil.it; none"]
)
def test_a_field_without_a_beginning(value: bytes) -> None:
    """Neither an id nor a result at the beginning."""
    refused(value)


@pytest.mark.parametrize("octet", [b"\0", b"\x1b", b"\x7f", b"\r", b"\n", b"\r\n"])
def test_control_octets_are_not_read(octet: bytes) -> None:
    """A NUL, an escape, or a line end that is no folding."""
    assert refused(b"mx.it; dmarc=pass" + octet + b"header.from=a.it").authserv_id is None


def test_eight_bit_that_is_not_utf8_changes_only_its_own_word() -> None:
    """RFC 8616 allows UTF-8; any other octet becomes U+FFFD and eats no neighbour."""
    assert words(b"mx.it; dmarc=pass header.from=caf\xe9; spf=fail (\xc3); dkim=none") == [
        "dmarc=pass",
        "spf=fail",
        "dkim=none",
    ]


def test_folding_is_white_space() -> None:
    """RFC 5322 §2.2.3, with CRLF and, from files, LF."""
    assert read(b" mx.it;\r\n\tspf=pass\r\n smtp.mailfrom=a.it\n\t;\r\n") == read(b"mx.it; spf=pass smtp.mailfrom=a.it")


def test_case_of_words() -> None:
    """Methods, results and names are ASCII case-insensitive; values stay as they are; only ASCII is folded."""
    found = read(b"MX.it; SPF=Pass Smtp.MailFrom=A.it; DMARC=PASS")
    assert found.authserv_id == "MX.it"
    assert found.results[0] == MethodResult("spf", "pass", "", (Property("smtp", "mailfrom", "A.it"),))
    assert found.results[1].result == "pass"


def test_reason_quoted_and_bare() -> None:
    """RFC 8601 §2.2 reasonspec; Microsoft's `reason=100` is the same."""
    assert [one.reason for one in read(b'mx.it; dkim=fail reason="bad; (x)"; compauth=pass reason=100').results] == [
        "bad; (x)",
        "100",
    ]


def test_both_of_two_properties_are_seen() -> None:
    """Whoever wants exactly one can see that there are two."""
    assert read(b"mx.it; dmarc=pass header.from=a.it header.from=b.it").results[0].values("header", "from") == (
        "a.it",
        "b.it",
    )


def test_a_value_that_is_missing() -> None:
    """A null reverse-path leaves nothing behind the `=`; the next property is not its value."""
    found = read(b"mx.it; spf=none smtp.mailfrom= smtp.helo=h.it; spf=none smtp.mail=;")
    assert found.results[0].properties == (Property("smtp", "mailfrom", ""), Property("smtp", "helo", "h.it"))
    assert found.results[1].properties == (Property("smtp", "mail", ""),)


def test_an_unquoted_value_with_slash_and_equals() -> None:
    """Google writes the beginning of a base64 signature without quotes."""
    value = (
        b'mx.google.com; dkim=pass header.i=@a.it header.s=s1 header.b=ab/d+e== header.x=1; dkim=pass header.b="a/b="'
    )
    assert [one.values("header", "b") for one in read(value).results] == [("ab/d+e==",), ("a/b=",)]


def test_no_authserv_id_is_microsoft() -> None:
    """Microsoft 365 begins with the first result."""
    found = read(
        b"spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=a.it; dkim=pass (signature was verified)\r\n"
        b" header.d=a.it;dmarc=pass action=none\r\n header.from=a.it;compauth=pass reason=100"
    )
    assert found.authserv_id == read(b"spf = pass; dkim=none").authserv_id == ""
    assert [one.method for one in found.results] == ["spf", "dkim", "dmarc", "compauth"]
    assert found.results[2].properties == (Property("", "action", "none"), Property("header", "from", "a.it"))


def test_tenants_between_the_results_of_microsoft() -> None:
    """Its older form names the recipient's tenant between the results; a field with an id has no such thing."""
    tail = b"spf=pass smtp.mailfrom=a.it; t.example; dkim=none header.d=none;t.example; dmarc=none header.from=a.it;"
    assert words(tail) == ["spf=pass", "dkim=none", "dmarc=none"]
    refused(b"mx.it; " + tail)


def test_properties_after_a_semicolon_belong_to_the_result_before() -> None:
    """Yahoo of old; so a second `header.from` cannot hide behind a semicolon."""
    assert read(b"mx.it; dmarc=pass header.from=a.it; header.from=b.it").results[0].values("header", "from") == (
        "a.it",
        "b.it",
    )


def test_bounds() -> None:
    """Octets, pieces, results, properties and depth of comments have a last good number each."""
    assert read(b"mx.it; none" + b";" * (PIECES - 3)).results == ()
    refused(b"mx.it; none" + b";" * (PIECES - 2))
    assert len(read(b"mx.it" + b"; spf=none" * RESULTS).results) == RESULTS
    refused(b"mx.it" + b"; spf=none" * (RESULTS + 1))
    assert len(read(b"mx.it; spf=none" + b" a.b=c" * PROPERTIES).results[0].properties) == PROPERTIES
    refused(b"mx.it; spf=none" + b" a.b=c" * (PROPERTIES + 1))
    read(b"mx.it; spf=none " + b"(" * COMMENT_DEPTH + b")" * COMMENT_DEPTH)
    refused(b"mx.it; spf=none " + b"(" * (COMMENT_DEPTH + 1) + b")" * (COMMENT_DEPTH + 1))
    read(b"mx.it; none".ljust(VALUE_OCTETS))
    refused(b"mx.it; none".ljust(VALUE_OCTETS + 1))


@pytest.mark.parametrize("value", [b";" * 40_960, b"(" * 5_000, b"(" * 16_000 + b")" * 384, b'"' * 4_999])
def test_floods_are_values(value: bytes) -> None:
    """I7: a flood is an `Unreadable`, not an exception."""
    refused(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(
            b"mx.google.com;\r\n dkim=pass header.i=@a.it header.s=s1 header.b=PqB/1+l;\r\n spf=pass (google.com:"
            b" domain of u@a.it designates 192.0.2.1 as permitted sender) smtp.mailfrom=u@a.it;\r\n"
            b" dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=a.it",
            ["dkim=pass", "spf=pass", "dmarc=pass"],
            id="gmail",
        ),
        pytest.param(
            b"mx.it; dkim=pass (2048-bit key; unprotected) header.d=a.it header.i=@a.it;\r\n\tdkim-atps=neutral",
            ["dkim=pass", "dkim-atps=neutral"],
            id="opendkim",
        ),
        pytest.param(b"mx.it; dmarc=pass (p=none dis=none) header.from=a.it", ["dmarc=pass"], id="opendmarc"),
        pytest.param(
            b"mx.it;\r\n\tiprev=pass smtp.remote-ip=::1;\r\n\tspf=pass smtp.mailfrom=a.it;\r\n"
            b"\tdkim=pass header.d=a.it header.s=k header.a=x;\r\n\tdmarc=pass header.from=a.it;\r\n\tarc=none",
            ["iprev=pass", "spf=pass", "dkim=pass", "dmarc=pass", "arc=none"],
            id="exim",
        ),
        pytest.param(
            b'mx.it;\r\n\tdkim=pass header.d=a.it header.s=k header.b="x/y=";\r\n\tspf=pass (mx.it: u@a.it designates'
            b" 192.0.2.1 as permitted sender) smtp.mailfrom=u@a.it;\r\n\tdmarc=pass (policy=reject) header.from=a.it",
            ["dkim=pass", "spf=pass", "dmarc=pass"],
            id="rspamd",
        ),
        pytest.param(
            b"mta1.yahoo.example from=a.it; domainkeys=neutral (no sig); from=a.it; dkim=pass (ok)",
            ["from=a.it", "domainkeys=neutral", "from=a.it", "dkim=pass"],
            id="yahoo of old",
        ),
        pytest.param(
            b"mx1.fm.example;\r\n bimi=skipped (not at enforcement);\r\n dkim=pass (2048-bit rsa key sha256)"
            b" header.d=a.it header.b=B/x= header.a=rsa-sha256 x-bits=2048;\r\n dmarc=pass policy.published-policy=none"
            b" policy.dmarc=pass (p=none,d=none) policy.policy-from=p header.from=a.it;\r\n x-tls=pass smtp.tls=1.3"
            b' smtp.bits=256/256 x-tls.subject="/C=IT;/CN=a.it";\r\n x-ptr=pass smtp.helo=h.a.it policy.ptr=h.a.it',
            ["bimi=skipped", "dkim=pass", "dmarc=pass", "x-tls=pass", "x-ptr=pass"],
            id="fastmail",
        ),
    ],
)
def test_shapes_that_are_in_use(value: bytes, expected: list[str]) -> None:
    """The fields of well-known borders are read whole."""
    assert words(value) == expected


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the collection of real mail is not here")
def test_the_collection_reads_as_expected() -> None:
    """Ids, methods, results and properties of the collection's fields."""
    for path in sorted(CORPUS.glob("*.eml")):
        expected = json.loads(path.with_suffix("").with_suffix(".expected.json").read_text())
        found = read(email.message_from_bytes(path.read_bytes())["Authentication-Results"].encode())
        assert expected["authserv_id"] in (None, found.authserv_id), path
        wanted = list(expected["results"].values())
        assert [(one.method, one.result) for one in found.results] == [(w["method"], w["result"]) for w in wanted], path
        for one, w in zip(found.results, wanted, strict=True):
            count = sum(key.endswith(".name") for key in w)
            triples = tuple(
                Property(*(w[f"prop{n}.{part}"] for part in ("type", "name", "value"))) for n in range(count)
            )
            assert one.properties == triples, path
