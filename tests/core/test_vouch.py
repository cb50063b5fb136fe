"""Which Authentication-Results fields count, and what they prove (threats rules 4 to 7)."""

from __future__ import annotations

import pytest

from gateway.core.address import Address
from gateway.core.evidence import Assurance, Evidence, Result, Source
from gateway.core.vouch import DETAIL, FIELDS, evidence_from

AUTHOR = Address.parse("anna@rossi.example")
MX = frozenset({"mx.example.it"})
AR = "authentication-results"
RECEIVED = ("received", b" from out.rossi.example by mx.example.it with ESMTPS; Sun, 22 Nov 2026 10:00:00 +0100")
FROM = ("from", b" Anna <anna@rossi.example>")
PASS = b" mx.example.it; dmarc=pass header.from=rossi.example"
NO_POLICY = b" mx.example.it; dmarc=none header.from=rossi.example; "


def above(*values: bytes, author: Address = AUTHOR, trusted: frozenset[str] = MX) -> Evidence:
    """What these Authentication-Results prove, standing where the border puts them."""
    return evidence_from((*((AR, value) for value in values), RECEIVED, FROM), author, trusted)


def nothing(found: Evidence) -> None:
    """No field counted at all."""
    assert found == Evidence(detail=found.detail)
    assert found.detail


def test_a_pass_for_the_author_above_received_is_proof() -> None:
    """Threats rules 4 and 5, the plain case; everything found is carried along."""
    found = above(
        b" mx.example.it; spf=pass smtp.mailfrom=bounce@mail.rossi.example; dkim=fail header.d=other.example;"
        b" dkim=pass header.d=rossi.example header.s=k1; dmarc=pass header.from=rossi.example"
    )
    assert found == Evidence(
        Source.HEADER,
        Assurance.DOMAIN,
        Result("pass", "mail.rossi.example"),
        (Result("fail", "other.example"), Result("pass", "rossi.example", "k1")),
        Result("pass", "rossi.example"),
        "mx.example.it says dmarc=pass for rossi.example",
    )


# Position (rule 5)


@pytest.mark.parametrize(
    "fields",
    [
        (RECEIVED, (AR, PASS), FROM),
        (RECEIVED, FROM, (AR, PASS)),
        (("x-spam", b" no"), RECEIVED, (AR, PASS), RECEIVED, FROM),
        ((AR, b" other.example; dmarc=pass header.from=rossi.example"), RECEIVED, (AR, PASS), FROM),
    ],
)
def test_below_received_the_sender_writes(fields: tuple[tuple[str, bytes], ...]) -> None:
    """Rule 5: the topmost Received is the border's own; a field below it may be forged."""
    nothing(evidence_from(fields, AUTHOR, MX))


def test_a_forgery_below_does_not_disturb_what_stands_above() -> None:
    """Rule 5: the border leaves a forged field of its own id in place, below its Received."""
    fields = ((AR, PASS), RECEIVED, (AR, b" mx.example.it; dmarc=fail header.from=x.example"), (AR, b"(("), FROM)
    assert evidence_from(fields, AUTHOR, MX).aligned


def test_other_fields_of_the_border_may_stand_between() -> None:
    """Everything above the topmost Received is the border's, whatever its name."""
    fields = (("dkim-filter", b" x"), ("subject", b" [SPAM]"), (AR, PASS), ("x-virus", b" no"), RECEIVED, FROM)
    assert evidence_from(fields, AUTHOR, MX).aligned


def test_without_received_only_the_beginning_counts() -> None:
    """No Received: the border's block ends at the first field that no border writes."""
    assert evidence_from((("return-path", b" <>"), ("x-a", b""), (AR, PASS), FROM), AUTHOR, MX).aligned


@pytest.mark.parametrize(
    "name", ["from", "to", "subject", "date", "message-id", "dkim-signature", "mime-version", "odd"]
)
def test_without_received_nothing_below_a_field_of_the_author_counts(name: str) -> None:
    """No Received: behind a field of the author's, every other one may be the author's."""
    nothing(evidence_from(((name, b" x"), (AR, PASS), FROM), AUTHOR, MX))


# Whose field it is (rule 5)


@pytest.mark.parametrize(
    "written",
    [b"MX.Example.IT", b"mx.example.it (edge)", b"(a) mx.example.it 1", b'"mx.example.it"', b"\r\n\tmx.example.it"],
)
def test_the_id_in_its_spellings(written: bytes) -> None:
    """The id is compared ASCII case-insensitively, without comments and quotes."""
    assert above(written + b"; dmarc=pass header.from=rossi.example").aligned


@pytest.mark.parametrize(
    "written",
    [
        b"mx.example.it.",
        b"mx.example.it.evil.example",
        b"evil-mx.example.it",
        b"x.mx.example.it",
        b"example.it",
        b"mx.example.i",
        b"mx.example.it, x",
        b"mx_example.it",
        b"mx.example.it/1",
        "mx.examp\N{LATIN SMALL LETTER DOTLESS I}e.it".encode(),
        b"(mx.example.it) evil.example",
        b"evil.example (mx.example.it)",
        b"mx (.example.it)",
    ],
)
def test_an_id_that_is_only_like_it(written: bytes) -> None:
    """The id is compared as a whole: no prefix, suffix, dot or comment makes it another's."""
    nothing(above(written + b"; dmarc=pass header.from=rossi.example"))


def test_trusted_ids_are_compared_without_case() -> None:
    """What the operator wrote in capitals is the same id."""
    assert above(PASS, trusted=frozenset({"MX.EXAMPLE.IT"})).aligned


def test_nobody_trusted() -> None:
    """Without a trusted id nothing counts, a field without any id least of all."""
    nothing(above(PASS, trusted=frozenset()))
    nothing(above(b"dmarc=pass header.from=rossi.example", trusted=frozenset()))
    nothing(above(b'""; dmarc=pass header.from=rossi.example', trusted=frozenset()))


def test_microsoft_has_no_id_and_is_trusted_by_name() -> None:
    """A field without an authserv-id is that of `protection.outlook.com`, and of nobody else."""
    value = (
        b"spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=rossi.example; dkim=pass (signature was verified)"
        b" header.d=rossi.example;dmarc=pass action=none header.from=rossi.example;compauth=pass reason=100"
    )
    assert above(value, trusted=frozenset({"protection.outlook.com"})).aligned
    nothing(above(value))
    assert "without an authserv-id" in above(value).detail


def test_fields_of_one_id_are_taken_together() -> None:
    """Rule 5: OpenDKIM and OpenDMARC write a field each."""
    found = above(b"mx.example.it; dkim=pass header.d=rossi.example header.s=k", PASS)
    assert (found.aligned, found.dkim) == (True, (Result("pass", "rossi.example", "k"),))


def test_a_stranger_above_received_is_passed_over() -> None:
    """An id that nobody trusts says nothing, neither for nor against."""
    assert above(b"scan.example; dmarc=fail header.from=rossi.example", b"scan.example; spf=pass (", PASS).aligned


def test_two_trusted_ids_with_a_method_each() -> None:
    """ICloud has an id for each method."""
    trusted = frozenset({"dmarc.icloud.com", "dkim-verifier.icloud.com", "spf.icloud.com"})
    found = above(
        b"dmarc.icloud.com; dmarc=none header.from=rossi.example",
        b"dkim-verifier.icloud.com; dkim=pass (2048-bit key) header.d=rossi.example header.i=@rossi.example",
        b"spf.icloud.com; spf=pass (spf.icloud.com: domain of x) smtp.mailfrom=a@x.example",
        trusted=trusted,
    )
    assert found.aligned


@pytest.mark.parametrize(
    "method", [b"dmarc=pass header.from=rossi.example", b"dkim=none", b"spf=pass smtp.mailfrom=a.it"]
)
def test_two_trusted_ids_about_one_method(method: bytes) -> None:
    """Nobody said which of the two is the border, so neither is believed."""
    both = above(PASS + b"; spf=none; dkim=none", b"mx2.example.it; " + method, trusted=MX | {"mx2.example.it"})
    nothing(both)
    assert "trust one of them" in both.detail


@pytest.mark.parametrize(
    "broken",
    [
        b"mx.example.it; spf=pass (",
        b"mx.example.it 2; dmarc=pass header.from=rossi.example",
        b'mx.example.it; x="',
        b"mx.example.it; spf=pass\0",
        b"(",
        b"",
        b";" * 40_960,
        b"(" * 5_000,
    ],
)
def test_an_unreadable_field_that_may_be_the_borders(broken: bytes) -> None:
    """What the border said and we cannot read may be a no: everything counts as nothing."""
    nothing(above(PASS, broken))
    nothing(above(broken, PASS))


def test_too_many_fields() -> None:
    """The number of fields above Received is bounded."""
    assert above(*[b"mx.example.it; none"] * (FIELDS - 1), PASS).aligned
    nothing(above(*[b"mx.example.it; none"] * FIELDS, PASS))


# DMARC (rules 4 and 5)


@pytest.mark.parametrize(
    "value",
    [
        b"mx.example.it; none",
        b"mx.example.it; dkim=pass header.d=rossi.example; spf=pass smtp.mailfrom=rossi.example",
        b"mx.example.it; dmarc=pass header.from=rossi.example; dmarc=pass header.from=rossi.example",
        b"mx.example.it; x-dmarc=pass header.from=rossi.example",
        b"mx.example.it; dmarc-x=pass header.from=rossi.example",
        b"mx.example.it; (dmarc=pass header.from=rossi.example;) none",
        b'mx.example.it; spf=pass smtp.mailfrom="; dmarc=pass header.from=rossi.example; "@evil.example',
        b"mx.example.it; auth=pass (x) smtp.auth=a; arc=pass header.from=rossi.example",
    ],
)
def test_exactly_one_dmarc_result(value: bytes) -> None:
    """Rule 5: none or two prove nothing, whatever DKIM and SPF say; a comment or a quote is none."""
    found = above(value)
    assert (found.source, found.assurance, found.dmarc) == (Source.HEADER, Assurance.NONE, None)
    assert "DMARC results; wanted: dmarc=pass header.from=rossi.example, once" in found.detail


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        ("fail header.from=rossi.example", "pass header.from=rossi.example", Result("fail", "rossi.example")),
        ("pass header.from=rossi.example", "pass header.from=evil.example", Result("pass", "evil.example")),
        ("none header.from=rossi.example", "quarantine", Result("quarantine")),
        ("pass header.from=rossi.example", "none header.from=rossi.example", None),
    ],
)
def test_of_several_dmarc_results_the_one_that_says_no_is_shown(first: str, second: str, shown: Result | None) -> None:
    """Rule 5: two prove nothing; and our own check overrules no border that has said no, however often."""
    found = above(f"mx.example.it; dmarc={first}; dmarc={second}".encode())
    assert (found.assurance, found.dmarc) == (Assurance.NONE, shown)


def test_two_dmarc_results_in_two_fields() -> None:
    """Rule 5: the fields are taken together, so they hold two."""
    assert not above(PASS, PASS).aligned


@pytest.mark.parametrize(
    "looked_at",
    [
        b"header.from=evil.example",
        b"header.from=mail.rossi.example",
        b"header.from=rossi.example.evil.example",
        b"header.from=example",
        b"header.from=rossi.example.",
        b"header.from=a@rossi.example",
        b"header.from=evil.example(rossi.example)",
        b"header.from=(rossi.example) evil.example",
        b'header.from="evil.example (rossi.example)"',
        b"header.from=",
        b"header.from=ros\xffsi.example",
        b"header.from=ros\xc2\xadsi.example",
        b"header.from=\xe2\x84\x9aossi.example",
        b"header.from=evil.example header.from=rossi.example",
        b"header.from=rossi.example header.from=rossi.example",
        b"header.from=rossi.example; header.from=evil.example",
        b"header.d=rossi.example",
        b"smtp.from=rossi.example",
        b"from=rossi.example",
        b"policy.from=rossi.example",
        b"",
    ],
)
def test_the_border_looked_at_another_author(looked_at: bytes) -> None:
    """Rule 4: a pass is for the very domain that we extracted, named once, or it is none."""
    found = above(b"mx.example.it; dmarc=pass " + looked_at)
    assert (found.source, found.assurance) == (Source.HEADER, Assurance.NONE)


def test_detail_names_both_domains() -> None:
    """Support staff read where the border looked."""
    assert above(b"mx.example.it; dmarc=pass header.from=evil.example").detail == (
        "the border looked at evil.example, the author is rossi.example"
    )


@pytest.mark.parametrize(
    "looked_at",
    [b"ROSSI.Example", b'"rossi.example"', b"rossi.example (p=none)", b"\r\n rossi.example", b"(x)rossi.example"],
)
def test_the_same_author_spelled_otherwise(looked_at: bytes) -> None:
    """Rule 4: case, quotes, comments and folding are not part of a domain."""
    assert above(b"mx.example.it; dmarc=pass (p=reject) header.from=" + looked_at).aligned


@pytest.mark.parametrize(
    "written", ["bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "XN--Bcher-KVA.example"]
)
def test_a_domain_is_compared_as_a_label(written: str) -> None:
    """Rule 4: U-label and A-label are the same domain."""
    author = Address.parse("a@bücher.example")
    assert above(f"mx.example.it; dmarc=pass header.from={written}".encode(), author=author).aligned


@pytest.mark.parametrize(
    "word", [b"fail", b"permerror", b"temperror", b"skipped", b"policy", b"passed", b"pass-x", b"p"]
)
def test_anything_but_a_pass(word: bytes) -> None:
    """A failure, an error or an unknown word is no proof, even where DKIM and SPF pass."""
    found = above(
        b"mx.example.it; dkim=pass header.d=rossi.example; spf=pass smtp.mailfrom=a@rossi.example; dmarc="
        + word
        + b" header.from=rossi.example"
    )
    assert (found.aligned, found.dmarc) == (False, Result(word.decode(), "rossi.example"))


# No policy is no pass (rule 6)


@pytest.mark.parametrize("dmarc", [b"none", b"bestguesspass", b"NONE"])
@pytest.mark.parametrize(
    "proof",
    [
        b"dkim=pass header.d=rossi.example",
        b"dkim=pass header.i=@rossi.example header.s=s header.b=ab/d",
        b"dkim=pass header.i=anna@rossi.example",
        b"dkim=fail header.d=rossi.example; dkim=pass header.d=esp.example; dkim=pass header.d=rossi.example",
        b"spf=pass smtp.mailfrom=rossi.example",
        b"spf=pass smtp.mailfrom=bounce@ROSSI.example",
        b"spf=pass smtp.mailfrom=a@rossi.example; spf=fail smtp.helo=h.example",
        b"spf=pass smtp.mailfrom=a@rossi.example; spf=pass smtp.mailfrom=b@rossi.example",
    ],
)
def test_without_a_policy_exact_dkim_or_spf_is_proof(dmarc: bytes, proof: bytes) -> None:
    """Rule 6: positive proof for exactly the author's domain."""
    assert above(b"mx.example.it; dmarc=" + dmarc + b" header.from=rossi.example; " + proof).aligned


@pytest.mark.parametrize(
    "claim",
    [
        b"dkim=none; spf=none",
        b"dkim=fail header.d=rossi.example",
        b"dkim=policy header.d=rossi.example",
        b"dkim=pass header.d=example",
        b"dkim=pass header.d=mail.rossi.example",
        b"dkim=pass header.d=evil.example header.i=@rossi.example",
        b"dkim=pass header.d=evil.example header.d=rossi.example",
        b"dkim=pass header.d=rossi.example header.d=evil.example",
        b"dkim=pass header.i=@evil.example header.i=@rossi.example",
        b"dkim=pass header.i=@rossi.example header.i=@evil.example",
        b"dkim=pass header.i=rossi.example@evil.example",
        b"dkim=pass header.from=rossi.example",
        b"dkim=pass smtp.mailfrom=rossi.example",
        b"dkim=pass header.d=rossi.example header.a=rsa-sha1",
        b"dkim=pass (header.d=rossi.example)",
        b"dkim-adsp=pass header.d=rossi.example",
        b"domainkeys=pass header.d=rossi.example",
        b"spf=pass smtp.helo=rossi.example",
        b"spf=pass smtp.helo=rossi.example smtp.mailfrom=evil.example",
        b"spf=pass policy.mailfrom=rossi.example",
        b"spf=softfail smtp.mailfrom=a@rossi.example",
        b"spf=pass smtp.mailfrom=mail.rossi.example",
        b'spf=pass smtp.mailfrom="x@rossi.example"@evil.example',
        b'spf=pass smtp.mailfrom="\\"a@rossi.example\\"@evil.example"',
        b"spf=pass smtp.mailfrom=rossi.example smtp.mailfrom=evil.example",
        b"spf=pass smtp.mailfrom=a@rossi.example; spf=fail smtp.mailfrom=a@rossi.example",
        b"spf=pass smtp.mailfrom=a@rossi.example; spf=pass smtp.mailfrom=a@evil.example",
        b"spf=pass smtp.mailfrom=a@rossi.example; spf=none",
        b"sender-id=pass header.from=rossi.example",
        b"auth=pass smtp.mailfrom=a@rossi.example",
        b"arc=pass header.d=rossi.example",
    ],
)
def test_without_a_policy_all_else_is_no_proof(claim: bytes) -> None:
    """Rules 6 and 7: no HELO, no relative, no sibling, no doubt."""
    found = above(NO_POLICY + claim)
    assert (found.source, found.assurance) == (Source.HEADER, Assurance.NONE)
    assert found.detail.endswith("wanted: dkim=pass header.d=rossi.example or spf=pass smtp.mailfrom=rossi.example")


def test_without_a_policy_the_border_still_must_have_seen_this_author() -> None:
    """Rule 4: a border that looked at another From did not judge this one."""
    assert not above(b"mx.example.it; dmarc=none header.from=evil.example; dkim=pass header.d=rossi.example").aligned


def test_spf_in_conflict_counts_as_nothing() -> None:
    """Conflict counts as failure, and is not shown as either."""
    assert above(NO_POLICY + b"spf=pass smtp.mailfrom=a@a.it; spf=fail smtp.mailfrom=a@a.it").spf is None


def test_spf_of_helo_is_shown_without_a_domain() -> None:
    """What HELO said is about the client, so it is for no domain of ours."""
    assert above(NO_POLICY + b"spf=pass smtp.helo=rossi.example").spf == Result("pass")


# What people read (rule 16)


@pytest.mark.parametrize(
    "value",
    [
        b"mx.example.it; dmarc=pass header.from=" + b"x" * 9_000,
        b"mx.example.it; dmarc=" + b"x" * 9_000,
        b"y" * 9_000 + b"; none",
        'mx.example.it; dmarc=pass header.from="a\N{RIGHT-TO-LEFT OVERRIDE}\x85\N{LINE SEPARATOR}b"'.encode(),
    ],
)
def test_detail_is_short_and_printable(value: bytes) -> None:
    """A stranger's words reach a terminal cut and cleaned."""
    author = Address.parse("a@" + ".".join(["x" * 60] * 4))
    for found in (above(value), above(value, author=author)):
        assert 0 < len(found.detail) <= DETAIL
        assert found.detail.isprintable()


def test_selector_and_words_are_cut() -> None:
    """What is stored of a field is bounded."""
    found = above(b"mx.example.it; dkim=pass header.s=" + b"s" * 9_000 + b"; dkim=" + b"w" * 5_000)
    assert [max(len(one.selector), len(one.result)) for one in found.dkim] == [60, 60]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ((RECEIVED, FROM), "no Authentication-Results field; wanted: mx.example.it with dmarc=pass"),
        ((RECEIVED, (AR, PASS)), "only where the sender can write it"),
        (
            ((AR, b"other.example; none"), RECEIVED),
            "only other.example speaks, which is not trusted; wanted: mx.example.it",
        ),
        (((AR, b"mx.example.it; ("), RECEIVED), "cannot be read (a ( without its other half"),
    ],
)
def test_detail_says_what_is_missing(fields: tuple[tuple[str, bytes], ...], said: str) -> None:
    """Support staff read what was found, or exactly what would have made it pass."""
    assert said in evidence_from(fields, AUTHOR, MX).detail


# Borders in use


@pytest.mark.parametrize(
    ("trusted", "values"),
    [
        pytest.param(
            "mx.google.com",
            [
                (
                    b' mx.google.com;\r\n       dkim=pass header.i=@rossi.example header.s=s1 header.b="abc/d";\r\n'
                    b"       spf=pass (google.com: domain of a@b.it designates 192.0.2.1 as permitted sender)"
                    b" smtp.mailfrom=anna@rossi.example;\r\n       dmarc=pass (p=NONE) header.from=rossi.example"
                )
            ],
            id="gmail",
        ),
        pytest.param(
            "atlas.yahoo.example",
            [
                (
                    b" atlas.yahoo.example;\r\n dkim=pass header.i=@rossi.example header.s=s1;\r\n"
                    b" spf=pass smtp.mailfrom=rossi.example;\r\n dmarc=pass(p=REJECT) header.from=rossi.example;"
                )
            ],
            id="yahoo",
        ),
        pytest.param(
            "smtpdh.aruba.example",
            [
                b" smtpdh.aruba.example; spf=pass smtp.mailfrom=rossi.example",
                b" smtpdh.aruba.example; dkim=pass (2048-bit key) header.d=rossi.example header.i=@rossi.example",
                b" smtpdh.aruba.example; dmarc=pass (p=none dis=none) header.from=rossi.example",
            ],
            id="aruba",
        ),
        pytest.param(
            "mx.register.example",
            [
                (
                    b' mx.register.example;\r\n\tdkim=pass header.d=rossi.example header.s=k header.b="a/b+c=";\r\n'
                    b"\tdmarc=pass (policy=quarantine) header.from=rossi.example;\r\n\tspf=pass (mx: domain of"
                    b" anna@rossi.example designates 192.0.2.1 as permitted sender) smtp.mailfrom=anna@rossi.example"
                )
            ],
            id="register.it",
        ),
        pytest.param(
            "smtp-14.iol.example",
            [
                (
                    b" smtp-14.iol.example; spf=pass smtp.mailfrom=anna@rossi.example smtp.helo=o.example;\r\n"
                    b" dkim=pass header.d=rossi.example; dmarc=pass header.from=rossi.example"
                )
            ],
            id="libero",
        ),
        pytest.param(
            "dmarc.icloud.com",
            [
                b" bimi.icloud.com; bimi=none",
                b" dmarc.icloud.com; dmarc=pass header.from=rossi.example",
                b" dkim-verifier.icloud.com;\r\n\tdkim=pass (2048-bit key) header.d=rossi.example header.b=x",
                b" spf.icloud.com; spf=pass (spf.icloud.com: domain of a@b.it) smtp.mailfrom=a@b.it",
            ],
            id="icloud",
        ),
        pytest.param(
            "mail.proton.example",
            [
                b" mail.proton.example; dmarc=pass (p=quarantine dis=none) header.from=rossi.example",
                b" mail.proton.example; spf=pass smtp.mailfrom=rossi.example",
                b" mail.proton.example; arc=none smtp.remote-ip=192.0.2.1",
                b' mail.proton.example; dkim=pass (2048-bit key) header.d=rossi.example header.b="x/"',
            ],
            id="proton",
        ),
    ],
)
def test_the_fields_of_borders_in_use(trusted: str, values: list[bytes]) -> None:
    """The ways in which well-known borders write a pass."""
    found = above(*values, trusted=frozenset({trusted}))
    assert (found.assurance, found.dmarc) == (Assurance.DOMAIN, Result("pass", "rossi.example"))
