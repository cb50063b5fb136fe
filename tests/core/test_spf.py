"""SPF: each mechanism, each modifier and each limit of RFC 7208, on zones made of a dict."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from gateway.core.inquiry import Found
from gateway.core.spf import DETAIL
from spf_zone import CLIENT, CLIENT6, Zone, judge, result, with_record

PTR = f"{ip_address(CLIENT).reverse_pointer} PTR"
PTR6 = f"{ip_address(CLIENT6).reverse_pointer} PTR"


@pytest.mark.parametrize(
    ("record", "word"),
    [
        ("v=spf1 all", "pass"),
        ("v=spf1 +all", "pass"),
        ("v=spf1 -all", "fail"),
        ("v=spf1 ~all", "softfail"),
        ("v=spf1 ?all", "neutral"),
        ("v=spf1", "neutral"),
        ("v=spf1 ip4:198.51.100.1", "neutral"),
        ("V=SPF1 -ALL   ", "fail"),
        ("v=spf1 ip4:192.0.2.0/24 -all", "pass"),
        ("v=spf1 -ip4:192.0.2.3 +all", "fail"),
        ("v=spf1 ip4:192.0.2.0/31 -all", "fail"),
        ("v=spf1 ip6:::/0 -all", "fail"),
        ("v=spf1 ip4:192.0.2.99/24 -all", "pass"),
        ("v=spf1 ip4:0.0.0.0/0 -all", "pass"),
        ("v=spf1 ip6:::ffff:192.0.2.3 -all", "fail"),
        ("v=spf1 -all ip4:192.0.2.3", "fail"),
        ("v=spf1 ~all ip4:192.0.2", "permerror"),
    ],
)
def test_the_first_mechanism_that_holds_decides(record: str, word: str) -> None:
    """§4.6.2, §5.1, §5.6: with its qualifier, and neutral where none holds."""
    assert result(record) == word


@pytest.mark.parametrize(
    ("txt", "word"),
    [
        ([], "none"),
        (["google-site-verification=x", "\xff\x00", ""], "none"),
        (["junk", "v=spf1 -all", "v=spf10 +all"], "fail"),
        (["v=spf1 -all", "v=spf1 -all"], "permerror"),
        (["v=spf1 -all", "V=SPF1"], "permerror"),
        (["v=spf1 caf\xe9 -all"], "permerror"),
    ],
)
def test_exactly_one_record(txt: list[str], word: str) -> None:
    """§4.5: none is none, two are an error, and other TXT records do not matter."""
    assert result({"rossi.example TXT": txt}) == word


@pytest.mark.parametrize(
    ("found", "word"), [(Found.NO_DATA, "none"), (Found.NO_SUCH_NAME, "none"), (Found.COULD_NOT_ASK, "temperror")]
)
def test_a_record_that_could_not_be_asked_for_is_no_absence(found: Found, word: str) -> None:
    """§4.4, I9."""
    assert result({"rossi.example TXT": found}) == word


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "localhost",
        "rossi..example",
        ".rossi.example",
        "a" * 64 + ".it",
        "a." * 127 + "it",
        "[192.0.2.3]",
        "r\u00f2ssi.it",
        "a b.it",
    ],
)
def test_a_malformed_domain_is_not_asked_about(domain: str) -> None:
    """§4.3."""
    found, asked = judge({}, domain=domain)
    assert (found.result, asked) == ("none", [])


def test_the_domain_is_compared_in_lower_case_without_its_last_dot() -> None:
    """§4.3."""
    found, asked = judge("v=spf1 -all", domain="Rossi.Example.")
    assert (found.result, found.domain, asked) == ("fail", "rossi.example", ["rossi.example TXT"])


@pytest.mark.parametrize(
    ("record", "word"),
    [
        ("v=spf1 ip6:2001:db8::/32 -all", "pass"),
        ("v=spf1 ip6:2001:db8::1/127 -all", "fail"),
        ("v=spf1 ip4:0.0.0.0/0 -all", "fail"),
        ("v=spf1 ip4:192.0.2.3 ip6:2001:DB8:0::CB01 -all", "pass"),
    ],
)
def test_an_ipv6_client(record: str, word: str) -> None:
    """§5.6: each version matches its own."""
    assert result(record, CLIENT6) == word


def test_the_zone_of_a_link_local_client_does_not_matter() -> None:
    """RFC 4007: it means something to our own host only."""
    assert result("v=spf1 ip6:fe80::1 -all", "fe80::1%eth0") == "pass"


def test_a_mapped_address_is_the_ipv4_one() -> None:
    """§5: an IPv6 socket shows IPv4 clients so."""
    assert result("v=spf1 ip4:192.0.2.3 -all", f"::ffff:{CLIENT}") == "pass"


@pytest.mark.parametrize(
    ("record", "ip", "word"),
    [
        ("v=spf1 a -all", CLIENT, "fail"),
        ("v=spf1 a/24 -all", CLIENT, "pass"),
        ("v=spf1 a/0 -all", CLIENT, "pass"),
        ("v=spf1 a//0 -all", CLIENT, "fail"),
        ("v=spf1 a:mail.rossi.example -all", CLIENT, "pass"),
        ("v=spf1 a:MAIL.%{d} -all", CLIENT, "pass"),
        ("v=spf1 a:mail.rossi.example. -all", CLIENT, "pass"),
        ("v=spf1 a:mail.rossi.example -all", CLIENT6, "pass"),
        ("v=spf1 a:mail.rossi.example/0 -all", "2001:db8::1", "fail"),
        ("v=spf1 a:mail.rossi.example//64 -all", "2001:db8::1", "pass"),
        ("v=spf1 a:mail.rossi.example//64 -all", "2001:db9::1", "fail"),
        ("v=spf1 a:nobody.rossi.example -all", CLIENT, "fail"),
        ("v=spf1 a:a..rossi.example -all", CLIENT, "fail"),
    ],
)
def test_a(record: str, ip: str, word: str) -> None:
    """§5.3: an address of the name, or one near it; A for IPv4 clients, AAAA for IPv6 clients."""
    zone = with_record(
        record,
        {
            "rossi.example A": ["192.0.2.200", "198.51.100.1"],
            "mail.rossi.example A": ["198.51.100.2", CLIENT],
            "mail.rossi.example AAAA": [CLIENT6],
        },
    )
    assert result(zone, ip) == word


@pytest.mark.parametrize(
    ("record", "ip", "word"),
    [
        ("v=spf1 mx -all", CLIENT, "pass"),
        ("v=spf1 mx -all", CLIENT6, "pass"),
        ("v=spf1 mx -all", "192.0.2.4", "fail"),
        ("v=spf1 mx/24 -all", "192.0.2.4", "pass"),
        ("v=spf1 mx:none.example -all", CLIENT, "fail"),
        ("v=spf1 mx:null.example -all", CLIENT, "fail"),
        ("v=spf1 mx:mx2.rossi.example -all", CLIENT, "fail"),
    ],
)
def test_mx(record: str, ip: str, word: str) -> None:
    """§5.4: an address of an exchanger; a name without MX records has none, whatever its address (RFC 7505 too)."""
    zone = with_record(
        record,
        {
            "rossi.example MX": ["mx1.rossi.example.", "MX2.rossi.example"],
            "mx1.rossi.example A": ["198.51.100.1"],
            "mx2.rossi.example A": [CLIENT],
            "mx2.rossi.example AAAA": [CLIENT6],
            "null.example MX": ["."],
        },
    )
    assert result(zone, ip) == word


@pytest.mark.parametrize(
    "question", ["rossi.example A", "rossi.example MX", "mx1.rossi.example A", "x.example A", "other.example TXT"]
)
def test_what_could_not_be_asked_is_a_temporary_error(question: str) -> None:
    """§2.6.6, I9: the rest of the record is not evaluated."""
    record = "v=spf1 a mx exists:x.example include:other.example +all"
    zone = with_record(
        record,
        {
            "rossi.example A": ["198.51.100.1"],
            "rossi.example MX": ["mx1.rossi.example"],
            "mx1.rossi.example A": ["198.51.100.1"],
            "other.example TXT": ["v=spf1 -all"],
        },
    )
    assert result(zone) == "pass"
    assert result(zone | {question: Found.COULD_NOT_ASK}) == "temperror"


@pytest.mark.parametrize(
    ("record", "names", "word"),
    [
        ("v=spf1 ptr -all", ["mail.rossi.example"], "pass"),
        ("v=spf1 ptr -all", ["Rossi.Example."], "pass"),
        ("v=spf1 ptr -all", ["other.example", "mail.rossi.example"], "pass"),
        ("v=spf1 ptr:other.example -all", ["other.example"], "pass"),
        ("v=spf1 ptr -all", ["forged.rossi.example"], "fail"),
        ("v=spf1 ptr -all", ["notrossi.example"], "fail"),
        ("v=spf1 ptr -all", ["unreachable.rossi.example", "mail.rossi.example"], "pass"),
        ("v=spf1 ptr -all", [*["other.example"] * 10, "mail.rossi.example"], "fail"),
        ("v=spf1 ptr -all", [], "fail"),
        ("v=spf1 ptr -all", Found.COULD_NOT_ASK, "fail"),
    ],
)
def test_ptr(record: str, names: list[str] | Found, word: str) -> None:
    """§5.5: a name of the client that leads back to it; ten at most, and what fails there is no match, not an error."""
    zone = with_record(
        record,
        {
            PTR: names,
            "rossi.example A": [CLIENT],
            "mail.rossi.example A": [CLIENT],
            "other.example A": [CLIENT],
            "notrossi.example A": [CLIENT],
            "forged.rossi.example A": ["198.51.100.1"],
            "unreachable.rossi.example A": Found.COULD_NOT_ASK,
        },
    )
    assert result(zone) == word


def test_ptr_of_an_ipv6_client() -> None:
    """§5.5: by its nibbles, and confirmed by AAAA."""
    zone = with_record("v=spf1 ptr -all", {PTR6: ["m.rossi.example"], "m.rossi.example AAAA": [CLIENT6]})
    assert result(zone, CLIENT6) == "pass"


@pytest.mark.parametrize(
    ("names", "own"),
    [
        (["other.example", "mail.rossi.example", "rossi.example"], "rossi.example"),
        (["other.example", "mail.rossi.example"], "mail.rossi.example"),
        (["other.example"], "other.example"),
        (["forged.example"], "unknown"),
        ([], "unknown"),
        (Found.COULD_NOT_ASK, "unknown"),
    ],
)
def test_the_name_of_the_client_as_a_macro(names: list[str] | Found, own: str) -> None:
    """§7.3: confirmed, best the domain itself, else one below it, else any."""
    here = {f"{one}.example A": [CLIENT] for one in ("rossi", "mail.rossi", "other")}
    zone = with_record("v=spf1 exists:%{p}.p.example -all", {PTR: names, f"{own}.p.example A": ["127.0.0.2"], **here})
    assert result(zone) == "pass"


def test_exists_asks_for_an_ipv4_address_whoever_the_client_is() -> None:
    """§5.7: any address at all makes it hold."""
    zone = with_record("v=spf1 exists:x.example -all", {"x.example A": ["127.0.0.1"]})
    assert result(zone, CLIENT6) == "pass"


@pytest.mark.parametrize(
    ("included", "word"),
    [
        (["v=spf1 +all"], "softfail"),
        (["v=spf1 -all"], "fail"),
        (["v=spf1 ~all"], "fail"),
        (["v=spf1 ?all"], "fail"),
        (["v=spf1"], "fail"),
        (["v=spf1 ip4:bad"], "permerror"),
        (["v=spf1", "v=spf1"], "permerror"),
        (["junk"], "permerror"),
        ([], "permerror"),
        (Found.COULD_NOT_ASK, "temperror"),
    ],
)
def test_include(included: list[str] | Found, word: str) -> None:
    """§5.2: only its pass is a match, and the including record's qualifier counts; no record there is an error."""
    assert result(with_record("v=spf1 ~include:b.example -all", {"b.example TXT": included})) == word


@pytest.mark.parametrize(
    ("target", "word"),
    [
        (["v=spf1 +all"], "pass"),
        (["v=spf1 ~all"], "softfail"),
        (["v=spf1"], "neutral"),
        (["v=spf1 ip4:bad"], "permerror"),
        ([], "permerror"),
        (Found.COULD_NOT_ASK, "temperror"),
    ],
)
def test_redirect(target: list[str] | Found, word: str) -> None:
    """§6.1: the other record's result is the result, none is an error; wherever the modifier stands."""
    zone = with_record("v=spf1 redirect=b.example ip4:198.51.100.1", {"b.example TXT": target})
    found, _ = judge(zone)
    assert (found.result, found.domain) == (word, "rossi.example")


def test_redirect_does_not_count_where_all_stands() -> None:
    """§6.1."""
    found, asked = judge("v=spf1 redirect=b.example ?all")
    assert (found.result, asked) == ("neutral", ["rossi.example TXT"])


def test_a_redirect_within_an_include_stays_there() -> None:
    """§5.2: the included record is evaluated whole, and no match in it goes on behind the include."""
    zone = with_record(
        "v=spf1 include:b.example ~all",
        {"b.example TXT": ["v=spf1 redirect=c.example"], "c.example TXT": ["v=spf1 -all"]},
    )
    assert result(zone) == "softfail"


@pytest.mark.parametrize(("helo", "word"), [("localhost", "permerror"), ("a..b", "permerror"), ("b.example", "pass")])
@pytest.mark.parametrize("record", ["v=spf1 redirect=%{h}", "v=spf1 include:%{h} -all"])
def test_a_malformed_target_of_a_record_is_an_error(record: str, helo: str, word: str) -> None:
    """§4.3, §5.2, §6.1: it can have no record."""
    assert result(with_record(record, {"b.example TXT": ["v=spf1 +all"]}), helo=helo) == word


@pytest.mark.parametrize(
    "term", ["a:%{l}.example", "mx:%{L}.example", "ptr:%{s}", "exists:%{l}.example", "include:%{L}.b.example"]
)
def test_a_local_part_that_is_not_ascii_matches_no_term(term: str) -> None:
    """RFC 8616 §4: and nothing is asked."""
    found, asked = judge(f"v=spf1 {term} ~all", sender="perch\u00e9@rossi.example")
    assert (found.result, asked) == ("softfail", ["rossi.example TXT"])


def test_macros_in_an_included_record_are_about_that_record() -> None:
    """§5.2: %{d} is the included domain there, %{o} stays the sender's."""
    zone = with_record(
        "v=spf1 include:b.example -all",
        {"b.example TXT": ["v=spf1 exists:%{d}.%{o}"], "b.example.rossi.example A": ["127.0.0.2"]},
    )
    assert result(zone) == "pass"


def test_an_explanation_is_never_fetched() -> None:
    """I10: to strangers we say always the same."""
    found, asked = judge("v=spf1 exp=why.rossi.example -all")
    assert (found.result, asked) == ("fail", ["rossi.example TXT"])


def terms(number: int) -> dict[str, list[str] | Found]:
    names = [f"n{n}.example" for n in range(number)]
    record = " ".join(["v=spf1", *(f"a:{name}" for name in names), "+all"])
    return with_record(record, {f"{name} A": ["198.51.100.1"] for name in names})


def test_ten_terms_may_ask() -> None:
    """§4.6.4."""
    assert [result(terms(10)), result(terms(11))] == ["pass", "permerror"]


def test_what_does_not_ask_does_not_count() -> None:
    """§4.6.4: all, ip4, ip6, exp and unknown modifiers."""
    record = "v=spf1 exp=x.example moo=y.example" + " ip4:198.51.100.1 ip6:2001:db8::1" * 20 + " -all"
    assert result(record) == "fail"


@pytest.mark.parametrize("term", ["a", "mx", "ptr", "exists:x.example", "include:b.example", "redirect=b.example"])
def test_each_term_that_asks_counts(term: str) -> None:
    """§4.6.4: also in an included record, and also when it asks the same again."""
    zone = terms(10) | {
        "rossi.example A": ["198.51.100.1"],
        "rossi.example MX": ["mx1.example"],
        "b.example TXT": ["v=spf1"],
        "x.example A": [],
        PTR: ["x.example"],
    }
    zone["rossi.example TXT"] = [f"v=spf1 {' '.join(f'a:n{n}.example' for n in range(9))} {term}"]
    assert result(zone) == "neutral"
    zone["rossi.example TXT"] = [f"v=spf1 {' '.join(f'a:n{n}.example' for n in range(10))} {term}"]
    assert result(zone) == "permerror"


def test_a_term_that_is_not_reached_does_not_count() -> None:
    """§4.6.4: the limit is on what is evaluated."""
    zone = terms(20)
    zone["n3.example A"] = [CLIENT]
    assert result(zone) == "pass"


@pytest.mark.parametrize(
    "record", ["v=spf1 include:rossi.example +all", "v=spf1 redirect=rossi.example", "v=spf1 a include:%{d} ~all"]
)
def test_loops_end(record: str) -> None:
    """§4.6.4: each round spends a term."""
    found, asked = judge(with_record(record, {"rossi.example A": ["198.51.100.1"]}))
    assert found.result == "permerror"
    assert len(asked) <= 11


def test_a_loop_of_two_ends() -> None:
    """§4.6.4."""
    zone = with_record("v=spf1 include:b.example +all", {"b.example TXT": ["v=spf1 redirect=rossi.example"]})
    assert result(zone) == "permerror"


@pytest.mark.parametrize(("voids", "word"), [(2, "pass"), (3, "permerror")])
@pytest.mark.parametrize("found", [Found.NO_DATA, Found.NO_SUCH_NAME])
@pytest.mark.parametrize(("term", "kind"), [("a", "A"), ("mx", "MX"), ("exists", "A")])
def test_two_look_ups_may_find_nothing(term: str, kind: str, found: Found, voids: int, word: str) -> None:
    """§4.6.4: no such name, and no data under a name, are both void."""
    names = [f"n{n}.example" for n in range(voids)]
    record = " ".join(["v=spf1", *(f"{term}:{name}" for name in names), "+all"])
    assert result(with_record(record, {f"{name} {kind}": found for name in names})) == word


def test_a_client_without_a_name_is_one_void() -> None:
    """§4.6.4: asked for once, however often it is wanted."""
    zone = with_record("v=spf1 ptr ptr:b.example exists:%{p}.example ptr:c.example +all", {})
    found, asked = judge(zone)
    assert (found.result, asked) == ("pass", ["rossi.example TXT", PTR, "unknown.example A"])


def test_a_client_whose_name_could_not_be_asked_for_is_no_void() -> None:
    """§4.6.4, §5.5: nobody knows whether there is one."""
    zone = with_record("v=spf1 ptr exists:x.example exists:y.example +all", {PTR: Found.COULD_NOT_ASK})
    assert result(zone) == "pass"


def test_a_name_of_the_client_is_confirmed_once() -> None:
    """§4.6.4: what is known is not asked for again, or the questions would have no bound."""
    zone = with_record(
        "v=spf1 ptr:no.example exists:%{p}.x.example ptr -all", {PTR: ["m.example"], "m.example A": [CLIENT]}
    )
    _, asked = judge(zone)
    assert asked == ["rossi.example TXT", PTR, "m.example A", "m.example.x.example A"]


def test_the_name_of_the_client_spends_a_term() -> None:
    """§4.6.4: once, beside the term that it stands in."""
    zone = terms(10) | {PTR: ["m.example"]}
    zone["rossi.example TXT"] = [f"v=spf1 {'a:n0.example ' * 7}exists:%{{p}}.x.example exists:%{{p}}.y.example +all"]
    assert result(zone) == "pass"
    zone["rossi.example TXT"] = [f"v=spf1 {'a:n0.example ' * 9}exists:%{{p}}.x.example +all"]
    assert result(zone) == "permerror"


def test_exchangers_without_an_address_of_the_clients_kind_are_not_void() -> None:
    """§4.6.4 counts terms: the term found exchangers."""
    hosts = [f"mx{n}.rossi.example" for n in range(5)]
    zone = with_record("v=spf1 mx +all", {"rossi.example MX": hosts, **{f"{host} A": [CLIENT] for host in hosts}})
    assert result(zone, CLIENT6) == "pass"


@pytest.mark.parametrize(("number", "word"), [(10, "pass"), (11, "permerror")])
def test_ten_exchangers_may_be_asked_about(number: int, word: str) -> None:
    """§4.6.4: over it an error, and not the first ten."""
    hosts = [f"mx{n}.rossi.example" for n in range(number)]
    zone = with_record("v=spf1 mx -all", {"rossi.example MX": hosts, "mx9.rossi.example A": [CLIENT]})
    assert result(zone) == word


def test_answers_that_are_no_addresses_match_nothing() -> None:
    """I7: whatever a resolver hands on."""
    zone = with_record("v=spf1 a -all", {"rossi.example A": ["", "x", "192.0.2.3.", "::1", "fe80::1%1"]})
    assert [result(zone), result(zone | {"rossi.example AAAA": ["fe80::2%1"]}, CLIENT6)] == ["fail", "fail"]


def test_the_detail_names_the_term_that_decided() -> None:
    """Support staff read it."""
    found, _ = judge("v=spf1 ip4:192.0.2.0/28 -all")
    assert found.detail == "the SPF record of rossi.example says pass for 192.0.2.3: ip4:192.0.2.0/28"


@pytest.mark.parametrize(
    "term", ["a:\x1b[31m.it", "moo" * 200, "a:" + "x" * 60 + "." + "y" * 300, "include:" + "a." * 120 + "it"]
)
def test_the_detail_is_short_and_printable(term: str) -> None:
    """Threats rule 16: a record is written by strangers."""
    found, _ = judge(f"v=spf1 {term} -all")
    assert len(found.detail) <= DETAIL
    assert found.detail.isprintable()


COMPANY = {  # a zone in the manner of RFC 7208 appendix A
    "example.com A": ["192.0.2.10", "192.0.2.11"],
    "example.com MX": ["mail-a.example.com", "mail-b.example.com"],
    "mail-a.example.com A": ["192.0.2.129"],
    "mail-b.example.com A": ["192.0.2.130"],
    "amy.example.com A": ["192.0.2.65"],
    "bob.example.com A": ["192.0.2.66"],
    "example.org MX": ["mail-c.example.org"],
    "mail-c.example.org A": ["192.0.2.140"],
    "10.2.0.192.in-addr.arpa PTR": ["example.com"],
    "65.2.0.192.in-addr.arpa PTR": ["amy.example.com"],
    "140.2.0.192.in-addr.arpa PTR": ["mail-c.example.org"],
    "4.0.0.10.in-addr.arpa PTR": ["bob.example.com"],
}


@pytest.mark.parametrize(
    ("record", "passing", "failing"),
    [
        ("v=spf1 +all", ["192.0.2.10", "203.0.113.1"], []),
        ("v=spf1 a -all", ["192.0.2.10", "192.0.2.11"], ["192.0.2.12"]),
        ("v=spf1 a:example.org -all", [], ["192.0.2.10", "192.0.2.140"]),
        ("v=spf1 mx -all", ["192.0.2.129", "192.0.2.130"], ["192.0.2.10", "192.0.2.140"]),
        ("v=spf1 mx mx:example.org -all", ["192.0.2.129", "192.0.2.140"], ["192.0.2.10"]),
        ("v=spf1 mx/30 mx:example.org/30 -all", ["192.0.2.131", "192.0.2.143"], ["192.0.2.132", "192.0.2.139"]),
        ("v=spf1 ptr -all", ["192.0.2.10", "192.0.2.65"], ["192.0.2.140", "10.0.0.4"]),
        ("v=spf1 ip4:192.0.2.128/28 -all", ["192.0.2.129", "192.0.2.140"], ["192.0.2.65"]),
    ],
)
def test_a_company_in_its_variants(record: str, passing: list[str], failing: list[str]) -> None:
    """Appendix A.1: a few records on one zone, and who may send by each."""
    zone = Zone(COMPANY | {"example.com TXT": [record]})
    words = {ip: result(zone.entries, ip, domain="example.com") for ip in passing + failing}
    assert words == dict.fromkeys(passing, "pass") | dict.fromkeys(failing, "fail")


@pytest.mark.parametrize(
    ("sender", "ip", "word"), [("mary", CLIENT, "pass"), ("joel", CLIENT, "fail"), ("joel", "198.51.100.7", "pass")]
)
def test_a_record_for_each_user(sender: str, ip: str, word: str) -> None:
    """Appendix A.3: who may send from anywhere, and who only from one place, by `exists` with macros."""
    zone = with_record(
        "v=spf1 exists:%{l}._any.%{d} exists:%{i}.%{l1r+}._from.%{d} -all",
        {"mary._any.rossi.example A": ["127.0.0.2"], "198.51.100.7.joel._from.rossi.example A": ["127.0.0.2"]},
    )
    assert result(zone, ip, sender=f"{sender}@rossi.example") == word
