"""What is fuzzed: each target takes any octets and must come to a value of its own kind (I7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from fuzz.inputs import Material
from gateway.core.address import Address
from gateway.core.author import _library_agrees, author
from gateway.core.dkim import DkimResult, Signature, objection, read_signature
from gateway.core.dkim_key import Key, key_of
from gateway.core.dmarc import parse_record
from gateway.core.evidence import Evidence
from gateway.core.expression import compile_condition
from gateway.core.expression_tokens import ExpressionError
from gateway.core.facts import SCHEMA, Facts
from gateway.core.fields import split
from gateway.core.header import header_of, references_of
from gateway.core.inquiry import Answer, Found
from gateway.core.mentions import Reading, named
from gateway.core.message import Malformed
from gateway.core.parse import parse
from gateway.core.plain import plain
from gateway.core.reference import Found as FoundIn
from gateway.core.reference import Keyring, bounced_row, claims, holds, message_token, ticket_token, untagged
from gateway.core.vouch import evidence_from

AUTHOR = Address.parse("anna@rossi.example")
TRUSTED = frozenset({"mx.example.it", "protection.outlook.com"})
HOST = "gateway.example.it"
OURS, THEIRS = Keyring((b"k" * 32,)), Keyring((b"x" * 32,))
REFERENCE = "20000-0000Q"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EMPTY = Facts().values()

_ENDS = b"\r\n|\r\n |\r\n\t|\n|\r|\0| |\t|\xff|\xc3|\xc3\xa9|e\xcc\x81|\xe2\x80\xae|\xf0\x9f\x92\xa9"
_MARKS = rb"""(|)|<|>|@|,|;|:|\|"|.|[|]|=|/|?|*|%|+|-|_|'|#|{|}|()|""|\(|\"|=?utf-8?q?|=?utf-8?b?|?=|=40"""
_AUTHOR = b"a|anna@rossi.example|<eve@attack.example>|\r\nFrom: |\r\nFrom : |Rossi, Anna|(x)|xn--|@rossi.example|x:;"
_RESULTS = (
    b"mx.example.it|mx.example.it; |; |dmarc=pass|dkim=pass|spf=pass|none|header.from=|header.d=|smtp.mailfrom=|1| a=b|"
    b"rossi.example|@rossi.example|reason=|\r\nAuthentication-Results: "
)
_TAGS = (
    b"v=1; |v=DKIM1; |a=rsa-sha256; |a=ed25519-sha256; |c=relaxed/|d=rossi.example; |s=s1; |h=from|:subject|bh=AAAA; |"
    b"b=AAAA; |i=@|l=1; |t=y; |t=1; |x=|q=|p=|k=rsa; |MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A|v=DMARC1; |p=reject; |sp=|"
    b"rua=mailto:|9"
)
_REFERENCES = (
    b"Subject: |\r\nSubject: |\r\nReferences: |\r\nIn-Reply-To: |\r\nMessage-ID: |[#|[#20000-0000Q]|20000-0000Q|<%s>|"
    b"%s|@gateway.example.it>|aaaaa|rossi.example|xn--mnchen-3ya.example|a.|www."
)
_MESSAGE = (
    b"--b|\r\n--b\r\n|\r\n--b--\r\n|\r\n\r\n|boundary=b|multipart/mixed; |base64|Content-Type: |Content-Disposition: |"
    b"Content-Transfer-Encoding: |; charset=|utf-16|idna|text/html|message/rfc822|message/delivery-status|<div>|<!--|"
    b"&#|<style>|> |-- \r\n|; name*0*=utf-8''%|From: |Auto-Submitted: |Received: x\r\n|quoted-printable|=\r\n|=E9"
)
_CONDITION = (
    b"true|false|size|subject|author|.domain|intent|attachments|services|.exists(|.all(|.map(|.filter(|one, |one|.name|"
    b".size()|size(|.contains(|.matches(|.lowerAscii()|'a'|'(a+)+$'|r'x'|\\u00e9|12|9223372036854775807|&&|==|!=|<=|"
    b" in |['a']|1 - |!| ? | : |null"
)


@dataclass(frozen=True, slots=True)
class Target:
    """`try_with` raises where the code is wrong. `executions` is how many make a run of `make fuzz`."""

    try_with: Callable[[bytes], None]
    material: Material
    executions: int = 1_000_000


def _author(value: bytes) -> None:
    raw = b"From: " + value + b"\r\nSubject: x\r\n\r\n"
    found = author(split(raw), raw)
    assert isinstance(found, Address | str)
    if isinstance(found, Address):
        _library_agrees(found, raw)  # also where it is not asked


def _results(value: bytes) -> None:
    raw = b"Authentication-Results: " + value + b"\r\nReceived: x\r\nFrom: a@b.example\r\n\r\n"
    found = evidence_from(split(raw).fields, AUTHOR, TRUSTED)
    assert isinstance(found, Evidence)
    assert found.detail.isprintable()


def _tags(value: bytes) -> None:
    """The same octets as a signature, as the record of a key, and as a DMARC record."""
    read = read_signature(value)
    if isinstance(read, Signature):
        assert len(read.question.name) < 254
        objection(read, {"from": 2, "subject": 1}, NOW)
    else:
        assert isinstance(read, DkimResult)
    assert isinstance(key_of(SIGNATURE, Answer(Found.VALUES, (value,))), Key | DkimResult)
    parse_record(value)


NAMED = 8 * 1024
"""Octets of text that are read for references here: what is longer may take a tenth of a second."""


def _references(value: bytes) -> None:
    """Every way to name a ticket; none of ours may open by a token that was sealed with another's key.

    Of the text only the beginning.
    """
    raw = value + b"\r\n\r\n"
    header = split(raw)
    facts = header_of(header, raw)
    details = [facts.subject, *value[:1000].decode("latin-1").split("+")]
    reading = plain(value[:NAMED].decode("utf-8", "replace"))
    for claim in claims(facts.subject, (facts.message_id, *references_of(header)), details, HOST, reading):
        assert claim.found in {FoundIn.TAG, FoundIn.TEXT} or not holds(claim, OURS, 7)
    assert not any(bounced_row(OURS, detail) for detail in details)
    untagged(facts.subject)
    named(Reading(reading), AUTHOR)


def _message(raw: bytes) -> None:
    found = parse(raw)
    assert not (isinstance(found, Malformed) and found.detail.startswith("parsing failed")), found.detail


def _condition(value: bytes) -> None:
    """What is no condition is refused in words, on one line; what is one is true or false of facts."""
    text = value.decode("utf-8", "replace")
    refused = None
    try:
        condition = compile_condition(text, SCHEMA)
    except ExpressionError as error:
        refused = error
    if refused:
        assert 1 <= refused.column <= len(text) + 1
        assert str(refused).isprintable()
    else:
        assert isinstance(condition.holds(EMPTY), bool)
        condition.values(EMPTY)


_SIGNATURE = (
    b"v=1; a=rsa-sha256; c=relaxed/simple; d=rossi.example; s=s1; i=@rossi.example;\r\n"
    b" h=from:to:subject:content-type; t=1763800000; x=1863800000; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\r\n"
    b" b=AAAA"
)
_read = read_signature(_SIGNATURE)
assert isinstance(_read, Signature)
SIGNATURE = _read

_OUR_ID = f"{REFERENCE}.{message_token(THEIRS, REFERENCE, 7, '01ABC')}@{HOST}".encode()
_OUR_DETAIL = f"{REFERENCE}.{ticket_token(THEIRS, REFERENCE, 7)}".encode()
_PLAIN = (
    b"From: Anna <anna@rossi.example>\r\nTo: support@example.it\r\nSubject: =?utf-8?q?perch=C3=A9?= [#20000-0000Q]\r\n"
    b"Date: Sun, 22 Nov 2026 12:00:00 +0000\r\nMessage-ID: <m1@rossi.example>\r\nMIME-Version: 1.0\r\n"
)
_MULTIPART = (
    b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\n'
    b"Content-Type: text/plain; charset=windows-1252\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"perch=E9 no\r\n> citato\r\n-- \r\nAnna\r\n--b\r\n"
    b"Content-Type: text/html\r\n\r\n<p>ciao <b>Anna</b> &amp; &#x41;<!-- x --></p>\r\n--b\r\n"
    b"Content-Type: image/png; name*0=a; name*1*=utf-8''%20b\r\n"
    b"Content-Disposition: attachment; filename=../../x\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n"
)
_REPORT = (
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nno\r\n--b\r\n"
    b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
    b"Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
)


def _material(words: bytes, octets: int, *sound: bytes) -> Material:
    return Material(tuple(b"|".join((_ENDS, _MARKS, words)).split(b"|")), sound, octets)


TARGETS = {
    "author": Target(
        _author,
        _material(
            _AUTHOR,
            6_000,
            b"Anna Rossi <anna@rossi.example>",
            b'"Rossi, Anna" <anna@rossi.example>',
            b"anna@rossi.example <anna@rossi.example>",
            b"=?utf-8?b?Um9zc2k=?= =?iso-8859-1?q?=E8?= <anna@rossi.example>",
            b"\xc3\xa9l\xc3\xa8ve <\xc3\xa9@m\xc3\xbcnchen.example>",
            b"anna@rossi.example (Anna)",
            b'"anna"@rossi.example',
            b"Studio:\r\n a@b.example, c@d.example;",
        ),
    ),
    "authentication-results": Target(
        _results,
        _material(
            _RESULTS,
            20_000,
            b"mx.example.it; spf=pass smtp.mailfrom=rossi.example; dkim=pass header.d=rossi.example header.s=s1;"
            b" dmarc=pass (p=none dis=none) header.from=rossi.example",
            b"spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=rossi.example; rossi.example; dkim=pass (signature was"
            b" verified) header.d=rossi.example;rossi.example; dmarc=pass action=none header.from=rossi.example",
            b"mx.example.it;\r\n       dkim=pass header.i=@rossi.example header.s=s header.b=abc/+=;\r\n       spf=pass"
            b" (google.com: domain of a@rossi.example designates 192.0.2.1) smtp.mailfrom=a@rossi.example",
            b'"mx.example.it" 1; dkim=fail reason="bad; (signature)" header.d="rossi.example"',
        ),
    ),
    "tags": Target(
        _tags,
        _material(
            _TAGS,
            9_000,
            _SIGNATURE,
            b"v=DKIM1; k=rsa; t=s; s=email; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA",
            b"v=DMARC1; p=reject; sp=quarantine; np=none; adkim=s; aspf=r; psd=n; t=y; rua=mailto:a@b.example!10m",
        ),
    ),
    "references": Target(
        _references,
        _material(
            _REFERENCES % (_OUR_ID, _OUR_DETAIL),
            70_000,
            b"Subject: R: [#20000-0000Q] rossi.example\r\nReferences: <a@b.example>\r\n <%s>" % _OUR_ID,
            b"Subject: =?utf-8?q?=5B=2320000-0000Q=5D?=\r\nIn-Reply-To: <%s>\r\nMessage-ID: <m@b.example>" % _OUR_ID,
            b"Subject: www.m\xc3\xbcnchen.example non va\r\nTo: support+%s+x" % _OUR_DETAIL,
        ),
    ),
    "condition": Target(
        _condition,
        _material(
            _CONDITION,
            1_500,
            b"author.domain == 'rossi.example' && !author.shared",
            b"attachments.filter(one, one.size > 1048576).exists(one, one.extension in ['exe', \"com\"])",
            b"'transfer' in intent ? size + 1 >= 2 - -3 : subject.lowerAscii().contains('perch\xc3\xa9')",
            b"subject.matches(r'^(?i)re[0-9]+:') || size(recipients) > 1",
        ),
        100_000,
    ),
    "message": Target(
        _message,
        _material(_MESSAGE, 16_000, _PLAIN + b"\r\nBuongiorno.\r\n", _PLAIN + _MULTIPART, _PLAIN + _REPORT),
        100_000,
    ),
}
