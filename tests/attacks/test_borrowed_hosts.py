"""Attacks by SPF at the edge, where the client is the sender's own: another identity, another host, odd records."""

from __future__ import annotations

import pytest

from attacks.making import ANNA, EDGE, ELSEWHERE, EVE, Case, mail, txt

BELOW = {**txt("mail.rossi.example", "v=spf1 ip4:192.0.2.10 -all"), **txt("_dmarc.rossi.example")}
RECORDS = {
    "an include that includes itself": ("v=spf1 include:rossi.example -all",),
    "a redirect to itself": ("v=spf1 redirect=rossi.example",),
    "more includes than are asked": (f"v=spf1 {' '.join(f'include:{n}.attack.example' for n in range(11))} +all",),
    "two records": ("v=spf1 +all", "v=spf1 -all"),
    "a word that nobody knows": ("v=spf1 allow:203.0.113.9 +all",),
    "softfail": ("v=spf1 ~all",),
    "neutral": ("v=spf1 ?all",),
    "nothing that matches": ("v=spf1 ip4:192.0.2.10",),
    "another network": ("v=spf1 ip4:203.0.113.0/29 -all",),
    "an include that fails": ("v=spf1 include:attack-none.example -all",),
    "no record": (),
    "a record of another kind": ("v=spf10 +all", "spf2.0/mfrom +all"),
}
UNDERSCORES = {
    "of another organization": "em_1.attack.example",
    "where a dot would be the customer's": "em_rossi.example",
    "with the customer's name below the attacker's": "rossi.example.em_1.attack.example",
    "of what others are told to write": "_acme-challenge.rossi.example",
}
CASES = [
    Case("SPF of the attacker's domain", mail(), origin=EDGE, reverse_path=EVE),
    Case("SPF of the attacker's domain, +all", mail(), origin=ELSEWHERE, reverse_path="tecnico@attack.example"),
    Case("the customer's domain, another host", mail(), origin=ELSEWHERE),
    Case("HELO alone", mail(), "quarantine auto-response", origin=EDGE, reverse_path=""),
    Case("a quoted customer in the reverse-path", mail(), origin=EDGE, reverse_path=f'"{ANNA}"@attack.example'),
    Case(
        "the customer's name below the attacker's", mail(), origin=EDGE, reverse_path="x@rossi.example.attack.example"
    ),
    *(
        Case(f"an underscore, {name}", mail(), origin=EDGE, reverse_path=f"x@{domain}", zone=txt(domain, "v=spf1 +all"))
        for name, domain in UNDERSCORES.items()
    ),
    Case(
        "a sibling",
        mail("From: anna@posta.rossi.example"),
        origin=EDGE,
        reverse_path="x@mail.rossi.example",
        zone=BELOW,
    ),
    Case("below, where nothing is published", mail(), origin=EDGE, reverse_path="x@mail.rossi.example", zone=BELOW),
    Case(
        "below, where the record is strict",
        mail(),
        origin=EDGE,
        reverse_path="x@mail.rossi.example",
        zone=BELOW | txt("_dmarc.rossi.example", "v=DMARC1; p=none; aspf=s"),
    ),
    Case(
        "the host of all tenants",
        mail("From: anna@acme.github.io"),
        origin=EDGE,
        reverse_path="x@github.io",
        zone=txt("github.io", "v=spf1 +all"),
    ),
    *(Case(name, mail(), origin=ELSEWHERE, zone=txt("rossi.example", *values)) for name, values in RECORDS.items()),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_borrowed_host_proves_nobody(fate, case):
    """Threats rules 4, 6 and 7: MAIL FROM of the author's own line, from a host that its record names, or nothing."""
    found = await fate(case)
    assert f"{found['disposition']} {found['reason']}" == case.want


async def test_the_customers_own_host_gets_in(fate):
    """So that the cases above fail for what they say."""
    found = await fate(Case("", mail(), origin=EDGE))
    assert (found["disposition"], found["evidence"]["spf"]["result"]) == ("accept", "pass")
