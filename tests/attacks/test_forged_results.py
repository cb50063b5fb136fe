"""Attacks by Authentication-Results: forged, foreign, double, quoted, or about somebody else (threats rules 4 to 6).

Each comes without any signature, so that nothing but the field could let it in.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from attacks.making import EDGE, EVE, PASS, STRANGER, Case, mail, signed, stamped
from house import BEHIND, TRUSTED

AR = f"Authentication-Results: {TRUSTED}; {PASS}\r\n"
NONE = "dmarc=none header.from=rossi.example; "
IDS = {
    "another id": "mx.attack.example",
    "our id at the beginning of another": f"{TRUSTED}.attack.example",
    "our id at the end of another": f"x{TRUSTED}",
    "our id below another name": f"a.{TRUSTED}",
    "our id with a dot": f"{TRUSTED}.",
    "our id in a comment": f"mx.attack.example ({TRUSTED})",
    "our id in a comment in front": f"({TRUSTED}) mx.attack.example",
    "our id and another word": f'"{TRUSTED} x"',
    "our id folded in two": "mx.\r\n example.it",
    "our id of another version": f"{TRUSTED} 2",
    "our id with a look-alike letter": "mx.ex\u0430mple.it",
    "our id as a property": f"mx.attack.example; x=y authserv={TRUSTED}",
    "no id": "",
}
RESULTS = {
    "no result": "none",
    "no DMARC result": "spf=pass smtp.mailfrom=rossi.example; dkim=pass header.d=rossi.example",
    "two DMARC results": f"dmarc=fail header.from=attack.example; {PASS}",
    "two DMARC results that agree": f"{PASS}; {PASS}",
    "another author": "dmarc=pass header.from=attack.example",
    "two authors": "dmarc=pass header.from=attack.example header.from=rossi.example",
    "no author": "dmarc=pass",
    "an author below": "dmarc=pass header.from=mail.rossi.example",
    "an author above": "dmarc=pass header.from=example",
    "the author as another property": "dmarc=pass header.d=rossi.example policy.from=rossi.example",
    "the author in a comment": "dmarc=pass (header.from=rossi.example)",
    "a pass in a comment": "dmarc=fail (dmarc=pass) header.from=rossi.example",
    "a pass in nested comments": f"dmarc=fail (a (b; {PASS}) c) header.from=rossi.example",
    "a pass in a comment that hides its end": f"dmarc=fail (a \\); {PASS}) header.from=rossi.example",
    "a comment that stays open": f"{PASS} (",
    "a pass in quotes": f'dmarc=fail reason="x; {PASS};" header.from=rossi.example',
    "a pass in a reverse-path": f'spf=fail smtp.mailfrom="x; {PASS}"@attack.example; dmarc=fail',
    "quotes that stay open": f'{PASS} reason="',
    "a pass as a property": "dmarc=fail policy.dmarc=pass header.from=rossi.example",
    "a pass as a property of no policy": "dmarc=none policy.dmarc=pass header.from=rossi.example",
    "another version of the method": "dmarc/2=pass header.from=rossi.example",
    "a word that begins with pass": "dmarc=passed header.from=rossi.example",
    "a failure under p=none": "dmarc=fail (p=none dis=none) header.from=rossi.example",
    "a failure with DKIM that passes": "dkim=pass header.d=rossi.example; dmarc=fail header.from=rossi.example",
    "Microsoft's guess": "dmarc=bestguesspass action=none header.from=rossi.example",
    "no policy and no proof": NONE,
    "no policy, SPF of another": NONE + "spf=pass smtp.mailfrom=attack.example",
    "no policy, SPF of HELO": NONE + "spf=pass smtp.helo=rossi.example",
    "no policy, SPF of a quoted reverse-path": NONE + 'spf=pass smtp.mailfrom="x@rossi.example"@attack.example',
    "no policy, SPF of a sibling": NONE + "spf=pass smtp.mailfrom=mail.rossi.example",
    "no policy, DKIM of another": NONE + "dkim=pass header.d=attack.example",
    "no policy, DKIM of another for this": NONE + "dkim=pass header.d=attack.example header.i=@rossi.example",
    "no policy, DKIM of two": NONE + "dkim=pass header.d=attack.example header.d=rossi.example",
    "no policy, DKIM by sha1": NONE + "dkim=pass header.d=rossi.example header.a=rsa-sha1",
    "no policy, DKIM of the registry": NONE + "dkim=pass header.d=example",
    "no policy, ARC": NONE + "arc=pass header.d=rossi.example",
    "compauth alone": "compauth=pass reason=100 header.from=rossi.example",
    "a control character": f"{PASS}\x01",
    "over the bound": PASS + " x=" + "y" * 20_000,
}
PLACES = {
    "no field": mail(),
    "below the border's Received": stamped(AR.encode() + mail()),
    "below a Received of the sender's own": stamped(f"Received: from x by {TRUSTED}; now\r\n{AR}".encode() + mail()),
    "below From, where there is no Received": mail().replace(b"To: ", AR.encode() + b"To: "),
    "by ARC": b"ARC-" + stamped(mail(), PASS).replace(b"Results: ", b"Results: i=1; "),
    "by a field of another name": b"X-" + stamped(mail(), PASS),
    "by the one that the border moved aside": stamped(mail(), PASS).replace(b"Results:", b"Results-Original:", 1),
    "in two fields": stamped(mail(), "dmarc=fail header.from=rossi.example", PASS),
    "beside one that cannot be read": stamped(mail(), PASS, "dmarc=pass ("),
    "in many fields": stamped(mail(), *[PASS] * 30),
    "a false one above, with another id": stamped(AR.encode() + mail(), PASS, authserv_id="mx.attack.example"),
}
FAIL = "dmarc=fail header.from=rossi.example"
TWO_BORDERS = replace(BEHIND, trusted_ids=frozenset({TRUSTED, "mx2.example.it"}))
CASES = [
    *(Case(name, stamped(mail(), PASS, authserv_id=one)) for name, one in IDS.items()),
    *(Case(name, stamped(mail(), one)) for name, one in RESULTS.items()),
    *(Case(name, raw) for name, raw in PLACES.items()),
    Case("from a peer that is not trusted", stamped(mail(), PASS), origin=replace(BEHIND, trusted_ids=frozenset())),
    Case("at the edge", stamped(mail(), PASS), origin=EDGE, reverse_path=EVE),
    Case(
        "two borders that disagree",
        f"Authentication-Results: mx2.example.it; {PASS}\r\n".encode() + stamped(mail(), "dmarc=fail"),
        origin=TWO_BORDERS,
    ),
    *(
        Case(f"a failure and {one.partition(' ')[0]}, signed all the same", stamped(signed(mail()), FAIL, one))
        for one in (FAIL, PASS, "dmarc=none header.from=rossi.example")
    ),
    Case("the stranger's own pass", stamped(mail(f"From: {EVE}"), "dmarc=pass header.from=attack.example"), STRANGER),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_only_looks_like_the_borders_word_proves_nothing(fate, case):
    """Held as not proved; the very field in its place lets in, as the last test shows."""
    found = await fate(case)
    assert f"{found['disposition']} {found['reason']}" == case.want


async def test_the_same_message_with_the_borders_word_gets_in(fate):
    """So that the cases above fail for what they say."""
    found = await fate(Case("", stamped(mail(), PASS)))
    assert found["disposition"] == "accept"
