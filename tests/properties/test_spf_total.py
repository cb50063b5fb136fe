"""I7, I9 for SPF: any records and any answers end in a result, after a bounded number of questions."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.core.inquiry import Answer, Found, Inquiry, Question
from gateway.core.spf import DETAIL, NAMES, QUESTIONS, TERMS, SpfResult, check_host

NAMES_USED = ["rossi.example", "b.example", "c.example", "_spf.example", "x.y.example"]
TOKENS = [
    *(
        " ",
        " ",
        " ",
        " ",
        "+",
        "-",
        "~",
        "?",
        ":",
        "/",
        "//",
        "=",
        ".",
        "24",
        "64",
        "0",
        "%",
        "%%",
        "%_",
        "\t",
        "\x00",
        "\xff",
    ),
    *("all", "include:", "a", "mx", "ptr", "ip4:", "ip6:", "exists:", "redirect=", "exp=", "moo=", "v=spf1"),
    *("192.0.2.3", "192.0.2.0/24", "2001:db8::/32", "::", *NAMES_USED),
    *("%{", "}", "%{d}", "%{p}", "%{ir}", "%{s2r-+}", "%{L}", "%{o}", "%{h1}", "%{v}", "%{c}", "%{d0}", "A" * 64),
]
TARGET = st.sampled_from([*NAMES_USED, "%{d}", "%{p}", "%{l}.example", "%{h}", "%{i}.%{v}.example", "a..b.example"])
GOOD = st.one_of(
    st.sampled_from(
        ["a", "mx", "ptr", "a/24//64", "ip4:192.0.2.0/24", "ip6:2001:db8::/32", "moo=%{s}", "-ptr", "~all"]
    ),
    st.tuples(st.sampled_from(["include:", "a:", "mx:", "ptr:", "exists:", "?a:", "redirect="]), TARGET).map("".join),
)
RECORDS = st.one_of(
    st.lists(st.sampled_from(TOKENS), max_size=12).map(lambda parts: "v=spf1 " + "".join(parts)),
    st.lists(GOOD, max_size=14).map(lambda terms: "v=spf1 " + " ".join(terms)),
).map(lambda text: text.encode("latin-1"))
HOSTS = st.lists(st.sampled_from([*NAMES_USED, "", ".", "A.B.", "x" * 64, "m1.example", "m2.example"]), max_size=14)
ADDRESSES = st.lists(st.sampled_from(["192.0.2.3", "198.51.100.1", "2001:db8::1", "", "x", "fe80::1%1"]), max_size=3)
FOUND = st.sampled_from([*[Found.VALUES] * 8, Found.NO_DATA, Found.NO_SUCH_NAME, Found.COULD_NOT_ASK])
CLIENTS = st.sampled_from([ip_address(one) for one in ("192.0.2.3", "2001:db8::1", "::ffff:192.0.2.3", "fe80::1%1")])
TEXTS = st.one_of(
    st.sampled_from(["anna@rossi.example", "@", "", "x", "p\u00e9@b.example", "a@b@c.example"]), st.text(max_size=20)
)


class World:
    """Answers made up as they are wanted, one for each question."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data
        self.asked: list[Question] = []

    def answer(self, question: Question) -> Answer:
        assert question.name == question.name.lower()
        assert 0 < len(question.name) <= 253
        assert all(0 < len(label) <= 63 for label in question.name.split("."))
        self.asked.append(question)
        found = self.data.draw(FOUND)
        if found is not Found.VALUES:
            return Answer(found)
        if question.kind == "TXT":
            return Answer(found, tuple(self.data.draw(st.lists(RECORDS, min_size=1, max_size=1) | st.just([b"junk"]))))
        return Answer(found, tuple(self.data.draw(HOSTS if question.kind in {"MX", "PTR"} else ADDRESSES)))


def run(inquiry: Inquiry[SpfResult], answer: Callable[[Question], Answer]) -> SpfResult:
    try:
        question = next(inquiry)
        while True:
            question = inquiry.send(answer(question))
    except StopIteration as end:
        return end.value


@given(st.data(), CLIENTS, TEXTS, TEXTS)
def test_judging_is_total_and_bounded(
    data: st.DataObject, ip: IPv4Address | IPv6Address, sender: str, helo: str
) -> None:
    """I7: a result in short words, and never more questions than RFC 7208 §4.6.4 allows."""
    world = World(data)
    found = run(check_host(ip, "rossi.example", sender, helo), world.answer)
    kinds = [question.kind for question in world.asked]
    assert found.domain == "rossi.example"
    assert len(found.detail) <= DETAIL
    assert found.detail.isprintable()
    assert len(kinds) <= QUESTIONS
    assert kinds.count("TXT") <= 1 + TERMS
    assert kinds.count("MX") <= TERMS
    assert kinds.count("PTR") <= 1


@given(st.data(), CLIENTS)
def test_what_could_not_be_asked_is_never_a_no(data: st.DataObject, ip: IPv4Address | IPv6Address) -> None:
    """I9: a record or an exchanger that cannot be asked about ends it, and the result is a temporary error."""
    world = World(data)
    silent: list[Question] = []
    silent_after = data.draw(st.integers(0, 5))

    def answer(question: Question) -> Answer:
        assert not silent  # nothing is asked after it
        if len(world.asked) < silent_after or question.kind not in {"TXT", "MX"}:
            return world.answer(question)
        silent.append(question)
        return Answer(Found.COULD_NOT_ASK)

    found = run(check_host(ip, "rossi.example", "anna@rossi.example", "b.example"), answer)
    assert not silent or found.result == "temperror"


@given(st.text(max_size=300))
@example("a." * 126 + "it")
def test_any_domain_is_judged(domain: str) -> None:
    """I7, RFC 7208 §4.3: asked about as it stands, or not at all."""
    asked: list[str] = []

    def answer(question: Question) -> Answer:
        asked.append(question.name)
        return Answer(Found.NO_DATA)

    found = run(check_host(IPv4Address("192.0.2.3"), domain, "", ""), answer)
    assert found.result == "none"
    assert asked in ([], [domain.lower().removesuffix(".")])


def test_the_worst_that_can_be_asked() -> None:
    """The bound is reached and not passed: ten exchangers in each of ten terms."""
    asked: list[Question] = []
    values = {"TXT": (b"v=spf1" + b" mx" * TERMS + b" -all",), "MX": tuple(f"m{n}.example" for n in range(NAMES))}

    def answer(question: Question) -> Answer:
        asked.append(question)
        return Answer(Found.VALUES, values.get(question.kind, ("198.51.100.1",)))

    found = run(check_host(IPv4Address("192.0.2.3"), "rossi.example", "", ""), answer)
    assert (found.result, len(asked)) == ("fail", QUESTIONS)
