"""What a domain publishes (RFC 9989): records, the tree walk, the organizational domain, and who vouches by it."""

from __future__ import annotations

import pytest

from gateway.core.alignment import Alignment, align
from gateway.core.dmarc import QUERIES, SIGNERS, CouldNotAsk, NoPolicy, Policy, Record, discover, parse_record
from gateway.core.inquiry import Answer, Found

Zone = dict[str, "str | list[str] | Found"]
NONE = Record("none", "none", "none")
REJECT = Record("reject", "reject", "reject")
SUFFIXES = frozenset({"example", "it", "uk", "co.uk", "io", "github.io", "com", "s3.cloud.com", "xn--p1ai"})


def is_suffix(domain: str) -> bool:
    return domain in SUFFIXES


def walked(zone: Zone, author: str, *signers: str) -> tuple[Policy | NoPolicy | CouldNotAsk, list[str]]:
    """What is discovered in this zone, whose keys are domains, and the domains that were asked about."""
    inquiry, asked = discover(author, signers), []
    try:
        question = next(inquiry)
        while True:
            assert question.kind == "TXT"
            asked.append(question.name.removeprefix("_dmarc."))
            found = zone.get(asked[-1], Found.NO_SUCH_NAME)
            texts = [found] if isinstance(found, str) else found
            answer = Answer(found) if isinstance(found, Found) else Answer(Found.VALUES, tuple(map(str.encode, texts)))
            question = inquiry.send(answer)
    except StopIteration as end:
        return end.value, asked


def found(zone: Zone, author: str, *signers: str) -> Policy | NoPolicy | CouldNotAsk:
    return walked(zone, author, *signers)[0]


def aligned(author: str, domain: str, zone: Zone, method: str = "dkim") -> Alignment:
    return align(author, domain, method, found(zone, author, domain), is_suffix)


# Records


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("v=DMARC1; p=reject", REJECT),
        ("v=DMARC1;p=reject;", REJECT),
        ("v = DMARC1 ; p = Reject", REJECT),
        ("V=DMARC1; P=reject", REJECT),
        ("v=DMARC1; p=reject; sp=none", Record("reject", "none", "none")),
        ("v=DMARC1; p=none; np=reject", Record("none", "none", "reject")),
        ("v=DMARC1; p=reject; adkim=s", Record("reject", "reject", "reject", strict_dkim=True)),
        ("v=DMARC1; p=reject; aspf=S", Record("reject", "reject", "reject", strict_spf=True)),
        ("v=DMARC1; p=reject; adkim=strict", REJECT),
        ("v=DMARC1; p=reject; adkim=r; adkim=s", Record("reject", "reject", "reject", strict_dkim=True)),
        ("v=DMARC1; p=reject; p=none", REJECT),
        ("v=DMARC1; p=reject; t=y", Record("reject", "reject", "reject", testing=True)),
        ("v=DMARC1; p=none; psd=y", Record("none", "none", "none", psd="y")),
        ("v=DMARC1; p=none; psd=n", Record("none", "none", "none", psd="n")),
        ("v=DMARC1; p=none; psd=maybe", NONE),
        ("v=DMARC1; p=reject; pct=0; rf=afrf; ri=1; later=x; nonsense; ;", REJECT),
        ("v=DMARC1; p=rejekt; rua=mailto:d@rossi.example", NONE),
        ("v=DMARC1; p=reject; sp=x; rua=mailto:d@rossi.example", NONE),
        ("v=DMARC1; rua=mailto:d@rossi.example", NONE),
        ("v=DMARC1; rua=d@rossi.example", Record()),
        ("v=DMARC1; p=rejekt; adkim=s", Record(strict_dkim=True)),
        ("v=DMARC1", Record()),
    ],
)
def test_a_record_is_read_with_tolerance(text: str, record: Record) -> None:
    """RFC 9989 §4.7: unknown tags are ignored, and a request that cannot be understood is `none` or nothing."""
    assert parse_record(text.encode()) == record


@pytest.mark.parametrize(
    "text", ["", "p=reject; v=DMARC1", " v=DMARC1", "v=dmarc1; p=none", "v=DMARC10", "v=spf1 -all"]
)
def test_what_does_not_begin_with_the_version_is_no_record(text: str) -> None:
    """RFC 9989 §4.7, §4.8: `v` comes first, and its value is compared with its case."""
    assert parse_record(text.encode()) is None


def test_octets_that_are_no_text_do_not_stop_a_record() -> None:
    """I7: what a stranger publishes never raises."""
    assert parse_record(b"v=DMARC1; p=reject; \xff=\x00") == REJECT


# The walk

WALKS = [
    # the author's domain and its record; no others on the way up
    ("rossi.example", {"rossi.example": "v=DMARC1; p=reject"}, "rossi.example", "rossi.example"),
    ("a.rossi.example", {"rossi.example": "v=DMARC1; p=reject"}, "rossi.example", "rossi.example"),
    ("a.rossi.example", {"a.rossi.example": "v=DMARC1; p=reject"}, "a.rossi.example", "a.rossi.example"),
    # both: its own speaks, the organization begins at the highest
    (
        "a.rossi.example",
        {"a.rossi.example": "v=DMARC1; p=reject", "rossi.example": "v=DMARC1; p=reject"},
        "a.rossi.example",
        "rossi.example",
    ),
    # what lies between the author and its organization is passed over
    (
        "a.b.rossi.example",
        {"b.rossi.example": "v=DMARC1; p=reject", "rossi.example": "v=DMARC1; p=reject"},
        "rossi.example",
        "rossi.example",
    ),
    # psd=n: the organization begins here, whatever stands above
    (
        "a.b.rossi.example",
        {"b.rossi.example": "v=DMARC1; p=reject; psd=n", "rossi.example": "v=DMARC1; p=reject"},
        "b.rossi.example",
        "b.rossi.example",
    ),
    # psd=y: one label below, with a record there or without
    ("a.b.gov.uk", {"gov.uk": "v=DMARC1; p=reject; psd=y"}, "gov.uk", "b.gov.uk"),
    (
        "a.b.gov.uk",
        {"gov.uk": "v=DMARC1; p=reject; psd=y", "b.gov.uk": "v=DMARC1; p=reject"},
        "b.gov.uk",
        "b.gov.uk",
    ),
    # psd=y where the walk starts: a public suffix that writes mail is its own organization
    ("gov.uk", {"gov.uk": "v=DMARC1; p=reject; psd=y"}, "gov.uk", "gov.uk"),
    # several records at one name, and records of others, count as none
    (
        "a.rossi.example",
        {"a.rossi.example": ["v=DMARC1; p=reject", "v=DMARC1; p=none"], "rossi.example": "v=DMARC1; p=reject"},
        "rossi.example",
        "rossi.example",
    ),
    ("rossi.example", {"rossi.example": ["v=spf1 -all", "v=DMARC1; p=reject"]}, "rossi.example", "rossi.example"),
]


@pytest.mark.parametrize(("author", "zone", "domain", "organizational"), WALKS)
def test_the_walk_finds_who_speaks_and_where_the_organization_begins(author, zone, domain, organizational) -> None:
    """RFC 9989 §4.10.1, §4.10.2."""
    policy = found(zone, author)
    assert isinstance(policy, Policy)
    assert (policy.domain, policy.organizational, policy.record.p) == (domain, organizational, "reject")


@pytest.mark.parametrize(
    "zone",
    [
        {},
        {"rossi.example": Found.NO_DATA},
        {"rossi.example": ["v=DMARC1; p=none", "v=DMARC1; p=none"]},
        {"rossi.example": "v=spf1 -all"},
        {"verdi.example": "v=DMARC1; p=none"},
    ],
)
def test_without_one_record_on_the_way_up_there_is_no_policy(zone: Zone) -> None:
    """RFC 9989 §4.10: a missing record is an answer."""
    assert found(zone, "rossi.example") == NoPolicy()


@pytest.mark.parametrize("silent", ["a.rossi.example", "rossi.example", "example"])
def test_a_name_that_cannot_be_asked_for_is_no_missing_record(silent: str) -> None:
    """I9, anywhere on the way up: what is there may be a boundary."""
    zone: Zone = {"a.rossi.example": "v=DMARC1; p=reject", silent: Found.COULD_NOT_ASK}
    assert found(zone, "a.rossi.example") == CouldNotAsk(f"_dmarc.{silent}")


def test_the_walk_goes_up_label_by_label_and_stops_at_a_psd_tag() -> None:
    """RFC 9989 §4.10: what stands above a psd tag is not asked for."""
    assert walked({}, "a.b.rossi.example")[1] == ["a.b.rossi.example", "b.rossi.example", "rossi.example", "example"]
    assert walked({"b.rossi.example": "v=DMARC1; p=none; psd=n"}, "a.b.rossi.example")[1] == [
        "a.b.rossi.example",
        "b.rossi.example",
    ]


@pytest.mark.parametrize("labels", [1, 2, 7, 8, 9, 60])
def test_a_deep_name_costs_no_more_than_eight_questions(labels: int) -> None:
    """RFC 9989 §4.10: from eight labels on, the second name asked is of seven."""
    asked = walked({}, ".".join("x" * labels))[1]
    assert len(asked) == min(labels, QUERIES)
    assert [name.count(".") + 1 for name in asked] == [labels, *range(min(labels - 1, 7), 0, -1)]


def test_a_name_too_long_to_exist_is_not_asked_for() -> None:
    """RFC 1035 §3.1: a resolver would refuse the name, and that is not an answer that may come later."""
    author = ".".join(["x" * 61] * 4)
    assert walked({}, author)[1] == [author.partition(".")[2], "x" * 61 + "." + "x" * 61, "x" * 61]


def test_descendants_that_signed_are_walked_for_psd_tags_below_the_author() -> None:
    """RFC 9989 §4.10.2: a tenant domain with a psd tag, or below one, is another organization."""
    zone: Zone = {
        "rossi.example": "v=DMARC1; p=reject",
        "tenants.rossi.example": "v=DMARC1; p=none; psd=y",
        "own.rossi.example": "v=DMARC1; p=none; psd=n",
    }
    signers = ("eve.tenants.rossi.example", "own.rossi.example", "mail.rossi.example", "else.example")
    policy, asked = walked(zone, "rossi.example", *signers)
    assert policy == Policy("rossi.example", "rossi.example", REJECT, frozenset(signers[:2]))
    assert asked[2:] == [
        "eve.tenants.rossi.example",
        "tenants.rossi.example",
        "own.rossi.example",
        "mail.rossi.example",
    ]


def test_a_descendant_that_cannot_be_asked_for_leaves_the_policy_open() -> None:
    """I9: there may be a psd tag."""
    zone: Zone = {"rossi.example": "v=DMARC1; p=reject", "mail.rossi.example": Found.COULD_NOT_ASK}
    assert found(zone, "rossi.example", "mail.rossi.example") == CouldNotAsk("_dmarc.mail.rossi.example")


def test_signatures_of_many_descendants_cost_a_bounded_number_of_questions() -> None:
    """Threats rule 15: what is over the bound does not vouch."""
    signers = [f"{n}.rossi.example" for n in range(50)]
    policy, asked = walked({"rossi.example": "v=DMARC1; p=reject"}, "rossi.example", *signers)
    assert len(asked) == 2 + SIGNERS
    assert isinstance(policy, Policy)
    assert policy.cut == frozenset(signers[SIGNERS:])


# Alignment (threats rule 7)

RELAXED = {"rossi.example": "v=DMARC1; p=reject"}
STRICT_DKIM = {"rossi.example": "v=DMARC1; p=reject; adkim=s"}
OWN = {"mail.rossi.example": "v=DMARC1; p=reject"}
SILENT: Zone = {"rossi.example": Found.COULD_NOT_ASK}
IDN = "xn--e1afmkfd.xn--p1ai"

ALIGNMENTS = [
    # exact: always, whatever becomes of the record
    ("rossi.example", "rossi.example", {}, Alignment.EXACT),
    ("rossi.example", "rossi.example", SILENT, Alignment.EXACT),
    ("rossi.example", "rossi.example", STRICT_DKIM, Alignment.EXACT),
    ("github.io", "github.io", {}, Alignment.EXACT),
    (IDN, IDN, {}, Alignment.EXACT),
    # ancestors below the public suffix
    ("mail.rossi.example", "rossi.example", {}, Alignment.ANCESTOR),
    ("mail.rossi.example", "rossi.example", RELAXED, Alignment.ANCESTOR),
    ("a.b.rossi.example", "b.rossi.example", RELAXED, Alignment.ANCESTOR),
    (f"mail.{IDN}", IDN, {}, Alignment.ANCESTOR),
    # but not where the record is strict, cannot be had, or draws a boundary between
    ("mail.rossi.example", "rossi.example", STRICT_DKIM, Alignment.STRICT),
    ("mail.rossi.example", "rossi.example", SILENT, Alignment.UNASKED),
    ("mail.rossi.example", "rossi.example", OWN, Alignment.BOUNDARY),
    ("mail.rossi.example", "rossi.example", {"mail.rossi.example": "v=DMARC1; p=none; psd=n"}, Alignment.BOUNDARY),
    ("a.b.example", "b.example", {"b.example": "v=DMARC1; p=none; psd=y"}, Alignment.BOUNDARY),
    # and never a public suffix, whatever it publishes
    ("rossi.co.uk", "co.uk", {}, Alignment.SUFFIX),
    ("rossi.co.uk", "uk", {}, Alignment.SUFFIX),
    ("rossi.github.io", "github.io", {}, Alignment.SUFFIX),
    ("rossi.github.io", "github.io", {"github.io": "v=DMARC1; p=reject; psd=n"}, Alignment.SUFFIX),
    (IDN, "xn--p1ai", {}, Alignment.SUFFIX),
    # nor what lies above one without being one
    ("rossi.s3.cloud.com", "cloud.com", {"cloud.com": "v=DMARC1; p=reject"}, Alignment.SUFFIX),
    # descendants only by a relaxed record of the author's own
    ("rossi.example", "mail.rossi.example", RELAXED, Alignment.DESCENDANT),
    ("rossi.example", "a.b.rossi.example", RELAXED, Alignment.DESCENDANT),
    ("rossi.example", "mail.rossi.example", {"rossi.example": "v=DMARC1; p=none"}, Alignment.DESCENDANT),
    ("rossi.example", "mail.rossi.example", {}, Alignment.UNPUBLISHED),
    ("rossi.example", "mail.rossi.example", {"rossi.example": "v=DMARC1"}, Alignment.UNPUBLISHED),
    ("rossi.example", "mail.rossi.example", STRICT_DKIM, Alignment.STRICT),
    ("rossi.example", "mail.rossi.example", SILENT, Alignment.UNASKED),
    ("a.rossi.example", "b.a.rossi.example", RELAXED, Alignment.UNPUBLISHED),
    ("rossi.example", "mail.rossi.example", RELAXED | {"mail.rossi.example": "v=DMARC1; psd=n"}, Alignment.BOUNDARY),
    ("b.example", "a.b.example", {"b.example": "v=DMARC1; p=none; psd=y"}, Alignment.BOUNDARY),
    ("github.io", "eve.github.io", {"github.io": "v=DMARC1; p=none"}, Alignment.SUFFIX),
    ("cloud.com", "eve.s3.cloud.com", {"cloud.com": "v=DMARC1; p=none"}, Alignment.SUFFIX),
    # siblings, look-alikes and strangers never
    ("a.rossi.example", "b.rossi.example", RELAXED, Alignment.UNRELATED),
    ("rossi.co.uk", "verdi.co.uk", {"co.uk": "v=DMARC1; p=none"}, Alignment.UNRELATED),
    ("rossi.example", "xrossi.example", RELAXED, Alignment.UNRELATED),
    ("rossi.example", "rossi.example.attack.example", RELAXED, Alignment.UNRELATED),
    ("rossi.example", "", RELAXED, Alignment.UNRELATED),
]


@pytest.mark.parametrize(("author", "domain", "zone", "expected"), ALIGNMENTS)
def test_alignment(author: str, domain: str, zone: Zone, expected: Alignment) -> None:
    """Threats rule 7, and interfaces: what a DMARC record and the public suffix list allow together."""
    assert aligned(author, domain, zone) is expected
    assert expected.aligned == (expected in {Alignment.EXACT, Alignment.ANCESTOR, Alignment.DESCENDANT})


def test_strictness_is_of_one_method() -> None:
    """RFC 9989 §4.7: adkim says nothing about SPF, aspf nothing about DKIM."""
    spf = {"rossi.example": "v=DMARC1; p=reject; aspf=s"}
    assert aligned("rossi.example", "mail.rossi.example", STRICT_DKIM, "spf") is Alignment.DESCENDANT
    assert aligned("rossi.example", "mail.rossi.example", spf, "spf") is Alignment.STRICT
    assert aligned("rossi.example", "mail.rossi.example", spf) is Alignment.DESCENDANT
