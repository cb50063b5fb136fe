"""Threats rule 7: whatever is published anywhere, only the domain itself and its own line ever vouch for an author."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.address import Address
from gateway.core.alignment import align
from gateway.core.dmarc import QUERIES, SIGNERS, CouldNotAsk, NoPolicy, Policy, discover
from gateway.core.evidence import Evidence
from gateway.core.inquiry import Answer, Found
from gateway.core.judge import Undecided, combine, judge

SUFFIXES = frozenset({"uk", "co.uk", "github.io", "c.d.uk"})  # what lies above the last two is not on it
LABELS = st.sampled_from(["a", "b", "c", "d", "co", "github", "uk", "io"])
DOMAINS = st.lists(LABELS, min_size=1, max_size=3).map(".".join)
LINES = st.tuples(DOMAINS, st.sampled_from(["co.uk", "github.io", "c.d.uk"])).map(".".join)
NAMES = st.one_of(LINES, LINES, DOMAINS)
RECORDS = st.sampled_from(
    [
        Found.NO_DATA,
        Found.COULD_NOT_ASK,
        b"v=DMARC1; p=reject",
        b"v=DMARC1; p=none; psd=y",
        b"v=DMARC1; p=none; psd=n",
        b"v=DMARC1; p=reject; adkim=s; aspf=s",
        b"v=DMARC1; p=what",
        b"\xff",
    ]
)
METHODS = st.sampled_from(["dkim", "spf"])


@st.composite
def pairs(draw) -> tuple[str, str]:
    """An author's domain and another: of its line, of its neighbourhood, or of nowhere near."""
    author = draw(NAMES)
    labels = author.split(".")
    above = ".".join(labels[draw(st.integers(0, len(labels) - 1)) :])
    return author, draw(
        st.sampled_from([above, above, f"b.{author}", f"a.b.{author}", f"x.{above}", f"x{author}", draw(NAMES)])
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    result: str
    domain: str
    selector: str = ""
    detail: str = ""


def policy_in(zone: dict[str, object], author: str, *signers: str) -> tuple[Policy | NoPolicy | CouldNotAsk, int]:
    """What is discovered, and at the price of how many questions."""
    inquiry, questions = discover(author, signers), 0
    try:
        question = next(inquiry)
        while True:
            questions += 1
            found = zone.get(question.name.removeprefix("_dmarc."), Found.NO_SUCH_NAME)
            question = inquiry.send(
                Answer(found) if isinstance(found, Found) else Answer(Found.VALUES, (found,))  # type: ignore[arg-type]
            )
    except StopIteration as end:
        return end.value, questions


@st.composite
def cases(draw):
    """(author's domain, the other, what is published on the line of both)."""
    author, domain = draw(pairs())
    line = {".".join(one.split(".")[n:]) for one in (author, domain) for n in range(one.count(".") + 1)}
    return author, domain, draw(st.dictionaries(st.sampled_from(sorted(line)), RECORDS, max_size=2))


def stands_on(domain: str, ancestor: str) -> bool:
    """Whether `domain` ends with all labels of `ancestor`."""
    labels = ancestor.split(".")
    return domain.split(".")[-len(labels) :] == labels


@given(cases(), METHODS)
def test_aligned_means_of_one_line_and_no_suffix_between(case, method) -> None:
    """Never a sibling, never a public suffix or what lies beyond one."""
    author, domain, zone = case
    policy, _ = policy_in(zone, author, domain)
    if align(author, domain, method, policy, SUFFIXES.__contains__).aligned and domain != author:
        assert stands_on(author, domain) or stands_on(domain, author)
        lower, upper = sorted((author, domain), key=len, reverse=True)
        assert not any(stands_on(lower, suffix) and stands_on(suffix, upper) for suffix in SUFFIXES)


@given(st.lists(LABELS, min_size=2, max_size=7), st.data(), METHODS, st.booleans())
def test_a_suffix_anywhere_between_parts_the_two(labels, data, method, up) -> None:
    """The author's domain, the other and all between: not only the one that is highest."""
    rise = data.draw(st.integers(1, len(labels) - 1))
    line = [".".join(labels[n:]) for n in range(rise + 1)]
    suffix = data.draw(st.sampled_from(line))
    author, domain = (line[0], line[-1]) if up else (line[-1], line[0])
    policy, _ = policy_in({author: b"v=DMARC1; p=reject", line[-1]: b"v=DMARC1; p=reject"}, author, domain)
    assert not align(author, domain, method, policy, {suffix}.__contains__).aligned
    assert align(author, domain, method, policy, set[str]().__contains__).aligned


@given(cases(), METHODS)
def test_a_descendant_vouches_by_a_record_of_the_authors_own_alone(case, method) -> None:
    """What is published elsewhere never admits it."""
    author, domain, zone = case
    policy, _ = policy_in(zone, author, domain)
    if align(author, domain, method, policy, SUFFIXES.__contains__).aligned and not stands_on(author, domain):
        assert zone[author] in {b"v=DMARC1; p=reject", b"v=DMARC1; p=none; psd=n"}


@settings(max_examples=300)
@given(cases(), METHODS)
def test_records_only_ever_take_an_ancestor_away(case, method) -> None:
    """Where there is one the suffix list has still to agree, and nothing above the organization vouches."""
    author, domain, zone = case
    policy, _ = policy_in(zone, author, domain)
    if align(author, domain, method, policy, SUFFIXES.__contains__).aligned and stands_on(author, domain):
        assert domain == author or align(author, domain, method, NoPolicy(), SUFFIXES.__contains__).aligned
        assert not isinstance(policy, Policy) or domain == author or stands_on(domain, policy.organizational)


@given(cases())
def test_discovery_asks_a_bounded_number_of_questions(case) -> None:
    """RFC 9989 §4.10; threats rule 15."""
    author, domain, zone = case
    signers = [f"{n}.{domain}" for n in range(9)]
    assert policy_in(zone, author, *signers)[1] <= QUERIES + SIGNERS * QUERIES


@given(cases(), st.sampled_from(["pass", "fail", "temperror", "none", "policy"]), METHODS)
def test_the_judge_proves_by_an_aligned_pass_alone(case, word: str, method) -> None:
    """Rules 6 and 7 as the judge applies them, and with no field of the border's to lean on."""
    author, domain, zone = case
    policy, _ = policy_in(zone, author, domain)
    outcome = Outcome(word, domain)
    found = judge(
        Address("anna", author),
        outcome if method == "spf" else None,
        (outcome,) if method == "dkim" else (),
        policy,
        SUFFIXES.__contains__,
    )
    vouches = align(author, domain, method, policy, SUFFIXES.__contains__).aligned
    combined = combine(Evidence(), found)
    assert isinstance(combined, Undecided) == isinstance(found, Undecided)
    assert (isinstance(combined, Evidence) and combined.aligned) == (word == "pass" and vouches)
