"""Attacks by From: what two programs would read as two authors, under a border that passed the customer's domain.

From the published collections of parser splits: several fields, several mailboxes, odd names, routes, groups, comments,
encoded words, control octets. Refused, whichever of the two readings the border had (threats rule 2).
"""

from __future__ import annotations

import pytest

from attacks.making import ANNA, EVE, MALFORMED, PASS, STRANGER, Case, mail, stamped

HIDDEN = "quarantine malformed-message"
SPLIT = {
    "two From fields": f"From: {ANNA}\r\nFrom: {EVE}",
    "two From fields, the customer's last": f"From: {EVE}\r\nFrom: {ANNA}",
    "two From fields that agree": f"From: {ANNA}\r\nFrom: {ANNA}",
    "From in capitals besides": f"From: {ANNA}\r\nFROM: {EVE}",
    "a blank before the colon, besides": f"From : {EVE}\r\nFrom: {ANNA}",
    "a tab before the colon, besides": f"From: {ANNA}\r\nFrom\t: {EVE}",
    "From folded before its colon": f"From\r\n : {EVE}\r\nFrom: {ANNA}",
    "a blank in front of From": f"X: y\r\nFrom: {ANNA}\r\n\u00a0From: {EVE}",
    "an invisible sign in front of From": f"\ufeffFrom: {EVE}\r\nFrom: {ANNA}",
    "two mailboxes": f"From: {ANNA}, {EVE}",
    "two mailboxes with names": f"From: Anna <{ANNA}>, Eve <{EVE}>",
    "a second mailbox in a fold": f"From: {ANNA}\r\n\t, {EVE}",
    "mailboxes by semicolon": f"From: {ANNA}; {EVE}",
    "an empty mailbox first": f"From: , {ANNA}",
    "a group": f"From: Soci: {ANNA};",
    "an empty group": "From: undisclosed-recipients:;",
    "a route": f"From: <@attack.example,@rossi.example:{ANNA}>",
    "two in angle brackets": f"From: <{EVE}> <{ANNA}>",
    "angle brackets in each other": f"From: <<{ANNA}>>",
    "an angle bracket that stays open": f"From: Anna <{ANNA}",
    "text behind the angle bracket": f"From: <{ANNA}> {EVE}",
    "an address as a bare display name": f"From: {ANNA} <{EVE}>",
    "an escaped quote before the address": f'From: "Anna\\" <{ANNA}>, " <{EVE}>, <x',
    "a quote that stays open": f'From: "Anna <{ANNA}>',
    "a comment within the address": "From: tecnico(@attack.example)@rossi.example",
    "a comment with the address before it": f"From: ({ANNA}) {EVE}",
    "a comment with the address behind it": f"From: {EVE} ({ANNA})",
    "an address in a comment of the name": f"From: Anna ({ANNA}) <{EVE}>",
    "brackets in a comment of the name": f"From: Anna (<{ANNA}>) <{EVE}>",
    "an encoded address in a comment of the name": f"From: Anna (=?utf-8?q?tecnico=40rossi=2Eexample?=) <{EVE}>",
    "an open comment in the name": f"From: Anna (ufficio <{ANNA}>",
    "nested comments": f"From: {EVE} (a (b) <{ANNA}>)",
    "an encoded word for the local part": "From: <=?utf-8?q?tecnico?=@rossi.example>",
    "an encoded word for the whole address": "From: =?utf-8?b?dGVjbmljb0Byb3NzaS5leGFtcGxl?=",
    "an encoded word with another address": f"From: =?utf-8?q?tecnico=40rossi=2Eexample?= <{EVE}>",
    "an encoded word with angle brackets": f"From: =?utf-8?q?=3Ctecnico=40rossi=2Eexample=3E?= <{EVE}>",
    "an encoded word with a line end": f"From: =?utf-8?q?Anna=0D=0AFrom=3A_x?= <{ANNA}>",
    "an encoded word with a NUL": f"From: =?utf-8?q?Anna=00?= <{ANNA}>",
    "a fold with nothing in it": f"From: {EVE}\r\n \r\n {ANNA}",
    "a fold within the address": "From: tecnico@rossi\r\n .example",
    "a blank within the address": "From: tecnico @rossi.example",
    "two at signs": "From: tecnico@attack.example@rossi.example",
    "a dot behind the domain": "From: tecnico@rossi.example.",
    "two dots in the domain": "From: tecnico@rossi..example",
    "a domain literal": "From: tecnico@[192.0.2.1]",
    "a backslash in the address": "From: tecnico\\@attack.example@rossi.example",
    "a quoted local part with an at sign": 'From: "tecnico@rossi.example,"@attack.example, x',
    "an escape character": "From: \x1b[8mEve\x1b[0m <tecnico@rossi.example>",
    "a vertical tab": "From: tecnico@rossi.example\x0b.attack.example",
    "text that runs backwards": f"From: \u202eelpmaxe.issor@ocincet\u202c <{ANNA}>",
    "letters that are not composed": "From: jose\u0301@rossi.example",
    "octets that are no text": b"From: \xff\xfe <tecnico@rossi.example>",
    "more than anybody needs": "From: " + "x" * 5_000 + f" <{ANNA}>",
    "no address": "From: Anna Rossi",
    "nothing": "From:",
    "no From at all": f"Sender: {ANNA}",
    "no From, and others of the kind": f"Resent-From: {ANNA}\r\nReply-To: {ANNA}\r\nX-Original-From: {ANNA}",
}
UNREADABLE = {
    "a NUL": f"From: {ANNA}\0, {EVE}",
    "a field behind a bare CR": f"From: {EVE}\rFrom: {ANNA}",
    "a field behind a bare LF": f"From: {EVE}\nFrom: {ANNA}",
}
ELSEWHERE = {  # and the domain that the border passes
    "the customer as Sender": (f"From: {EVE}\r\nSender: {ANNA}", "attack.example"),
    "the customer as Reply-To": (f"From: {EVE}\r\nReply-To: {ANNA}", "attack.example"),
    "the customer as Resent-From": (f"From: {EVE}\r\nResent-From: {ANNA}", "attack.example"),
    "the customer behind a percent sign": ("From: tecnico%rossi.example@attack.example", "attack.example"),
    "another local part": ("From: tecnico+x@rossi.example", "rossi.example"),
}
IN_FRONT = "rossi.example.attack.example"
CASES = [
    Case(
        "the customer's domain in front",
        stamped(mail(f"From: tecnico@{IN_FRONT}"), f"dmarc=pass header.from={IN_FRONT}"),
        "quarantine look-alike",
    ),
    *(Case(name, stamped(mail(author), PASS), MALFORMED) for name, author in SPLIT.items()),
    *(Case(name, stamped(mail(author), PASS), HIDDEN) for name, author in UNREADABLE.items()),
    *(
        Case(name, stamped(mail(author), f"dmarc=pass header.from={domain}"), STRANGER)
        for name, (author, domain) in ELSEWHERE.items()
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_an_author_in_two_readings_is_none(fate, case):
    """Threats rule 2: refused instead of picked; and only From is identity."""
    found = await fate(case)
    assert f"{found['disposition']} {found['reason']}" == case.want
