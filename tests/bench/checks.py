"""What each check of an author costs, by itself, beside the standard library's parse of the same message.

The DNS answers by hand and at once, so what is measured is our own work, in processor time.
"""

from __future__ import annotations

import email
from collections.abc import Callable, Coroutine
from ipaddress import ip_address
from itertools import count

import mix
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from stations import LIBRARY, microseconds, print_beside

from dkim_signing import record, rsa_key, signature, signed
from gateway.authentication.checks import Checks
from gateway.authentication.dkim import check_signatures
from gateway.authentication.suffixes import public_suffixes
from gateway.core.arrival import Arrival, Envelope, Origin, Position
from gateway.core.arrival import Path as ForwardPath
from gateway.core.author import author
from gateway.core.dmarc import discover
from gateway.core.fields import split
from gateway.core.judge import judge
from gateway.core.mentions import named, read
from gateway.core.message import Message
from gateway.core.parse import parse
from gateway.core.policy import COUNTED
from gateway.core.reference import Keyring, claims, holds, message_token, tag
from gateway.core.spf import check_host
from gateway.core.vouch import evidence_from
from house import NOW, TRUSTED
from spf_zone import Zone

DOMAIN = mix.author(1).rpartition("@")[2]
CLIENT = "192.0.2.3"
HOST = "gateway.example.it"
SIGNED = "from:to:subject:date:message-id:mime-version:content-type:content-transfer-encoding"
TREE = {f"_dmarc.{DOMAIN} TXT": ["v=DMARC1; p=reject; rua=mailto:dmarc@rossi.example"]}
SPF = {
    f"{DOMAIN} TXT": ["v=spf1 include:_spf.provider.example mx ~all"],
    "_spf.provider.example TXT": ["v=spf1 include:_a.provider.example include:_b.provider.example -all"],
    "_a.provider.example TXT": ["v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/24 ip6:2001:db8::/32 -all"],
    "_b.provider.example TXT": ["v=spf1 ip4:192.0.2.0/24 -all"],
}
ZONE = Zone({f"s1._domainkey.{DOMAIN} TXT": [record().decode()], **TREE, **SPF})


class Names:
    """ports.Names over the zone."""

    async def answer(self, question):
        return ZONE.answer(question)


def main() -> None:
    """The table, as Markdown."""
    print_beside([measured(signed(mix.message_of(size, 1), domain=DOMAIN, h=SIGNED)) for size in mix.SIZES])


def measured(raw: bytes) -> dict[str, float]:
    """Each check on one message."""
    return {name: microseconds(work) for name, work in works(raw).items()}


def works(raw: bytes) -> dict[str, Callable[[], object]]:
    """Each check, ready to be made again and again."""
    message, header = parse(raw), split(raw)
    assert isinstance(message, Message)
    arrival = Arrival(
        "A1",
        raw,
        Envelope(ForwardPath(mix.author(1)), (ForwardPath("support@example.it"),)),
        Origin("edge", Position.EDGE, CLIENT, frozenset()),
        NOW,
    )
    keys, checks = Keyring((b"k" * 32, b"o" * 32)), Checks(Names(), count().__next__)
    reference = "20000-0000Q"
    own = f"{reference}.{message_token(keys, reference, 7, '01ABC')}@{HOST}"
    claim, *_ = claims("", (own,), (), HOST)

    def dkim():
        return ZONE.drive(check_signatures(raw, message.fields, DOMAIN, NOW))

    def spf():
        return ZONE.drive(check_host(ip_address(CLIENT), DOMAIN, mix.author(1), f"mail.{DOMAIN}"))

    passed, sent, suffixes = dkim(), spf(), public_suffixes()
    assert {one.result for one in (*passed, sent)} == {"pass"}
    once = signature(rsa_key(), raw)
    return {
        LIBRARY: lambda: email.message_from_bytes(raw),
        "parse()": lambda: parse(raw),
        "of it author()": lambda: author(header, raw),
        "evidence_from()": lambda: evidence_from(message.fields[1:], message.author, frozenset({TRUSTED})),
        "check_signatures(), RSA of 2048 bits": dkim,
        "beside it the RSA alone, by OpenSSL": lambda: (
            rsa_key().public_key().verify(once, raw, padding.PKCS1v15(), hashes.SHA256())
        ),
        "check_host(), 4 look-ups": spf,
        "discover() and judge()": lambda: judge(
            message.author, sent, passed, ZONE.drive(discover(DOMAIN, [DOMAIN])), suffixes
        ),
        "Checks.check(), all of our own": lambda: finished(checks.check(arrival, message)),
        "read() and named(): what it is about": lambda: named(read(message, COUNTED), message.author),
        "claims() and holds(): tickets": lambda: (
            claims(tag(reference), (own, "a@b.example"), (), HOST),
            holds(claim, keys, 7),
        ),
    }


def finished(coroutine: Coroutine[None, None, object]) -> object:
    """What it returns; nothing here ever waits, so no loop is needed."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waited")
