"""SPF: whether a host may send for a domain (RFC 7208), as an inquiry: pure, total, of at most `QUESTIONS` questions.

The explanation that `exp=` leads to is never asked for: to strangers we say always the same (I10). What the RFC leaves
open: a target that is no name once its macros are expanded matches nothing (§4.8), and void look-ups are counted by
term, so that mail exchangers without an IPv6 address are one term that found something (§4.6.4).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Literal

from gateway.core.inquiry import Inquiry
from gateway.core.letter import shown
from gateway.core.spf_asking import NAMES, TERMS, Asking, FinalError, Ip, addresses, host_name
from gateway.core.spf_macro import Spec, askable, expand, uses
from gateway.core.spf_record import BadRecord, Mechanism, is_spf, parse_record

QUESTIONS = 1 + TERMS * (1 + NAMES)
DETAIL = 300

Word = Literal["none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"]

_BY_QUALIFIER: dict[str, Word] = {"": "pass", "+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}


@dataclass(frozen=True, slots=True)
class SpfResult:
    """The result (§2.6), the domain that was asked about, and why, in words for support staff."""

    result: Word
    domain: str
    detail: str


def check_host(ip: Ip, domain: str, sender: str, helo: str) -> Inquiry[SpfResult]:
    """Judge whether `ip` may send for `domain`, given as A-labels. `sender` is postmaster@helo for `<>` (§2.4)."""
    asked = host_name(domain)
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None  # §5: judged as the IPv4 address that it is
    client = mapped or type(ip)(int(ip))  # without the zone that a link-local peer has
    try:
        word, detail = yield from _Evaluation(client, sender, helo, Asking(client)).check(asked)
    except FinalError as final:
        word, detail = final.word, final.detail
    return SpfResult(word, asked, shown(detail, DETAIL))


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """One check_host: who is judged. Records lead to records, each step spends a term, and so the depth is bounded."""

    ip: Ip
    sender: str
    helo: str
    asking: Asking

    def check(self, domain: str) -> Inquiry[tuple[Word, str]]:
        """What the record of one domain says, or the one that it redirects to."""
        if "." not in domain or not askable(domain):
            return "none", f"{shown(domain)} is no name that can have an SPF record"  # §4.3
        values = yield from self.asking.ask(domain, "TXT")
        found = [one for one in values if isinstance(one, bytes) and is_spf(one)]
        if not found:
            return "none", f"{shown(domain)} has no SPF record"  # §4.5
        record = parse_record(found[0]) if len(found) == 1 else BadRecord(f"there are {len(found)} of them")  # §4.5
        if isinstance(record, BadRecord):
            raise FinalError("permerror", f"the SPF record of {shown(domain)} is in error: {shown(record.detail)}")
        for mechanism in record.mechanisms:
            if (yield from self.matches(mechanism, domain)):
                word = _BY_QUALIFIER[mechanism.qualifier]
                return word, f"the SPF record of {shown(domain)} says {word} for {self.ip}: {shown(mechanism.text)}"
        if record.redirect:
            self.asking.spend(domain)
            target = yield from self.target(record.redirect, domain)
            return (yield from self.led_to(target, domain))  # §6.1
        return "neutral", f"the SPF record of {shown(domain)} says nothing about {self.ip}"  # §4.7

    def led_to(self, target: str, domain: str) -> Inquiry[tuple[Word, str]]:
        """What another domain's record says: there has to be one (§5.2, §6.1)."""
        word, detail = yield from self.check(target)
        if word == "none":
            raise FinalError("permerror", f"the SPF record of {shown(domain)} leads nowhere: {detail}")
        return word, detail

    def matches(self, mechanism: Mechanism, domain: str) -> Inquiry[bool]:
        """Whether a mechanism holds for the client (§5)."""
        if mechanism.name == "all":
            return True
        if mechanism.address is not None:
            return self.is_near([mechanism.address], mechanism)
        self.asking.spend(domain)
        target = yield from self.target(mechanism.target, domain)
        if mechanism.name == "include" and target:
            word, _ = yield from self.led_to(target, domain)
            return word == "pass"
        if not askable(target):
            return False  # §4.8, RFC 8616 §4
        return (yield from self.matches_name(mechanism, target))

    def matches_name(self, mechanism: Mechanism, target: str) -> Inquiry[bool]:
        """Whether what the DNS has for a name makes the mechanism hold."""
        if mechanism.name == "exists":
            return bool((yield from self.asking.ask(target, "A")))  # §5.7: A, whatever the client's version
        if mechanism.name == "ptr":
            return (yield from self.asking.has_name_under(target))
        if mechanism.name == "a":
            return self.is_near(addresses((yield from self.asking.ask(target, self.asking.kind))), mechanism)
        hosts = yield from self.asking.ask(target, "MX")
        if len(hosts) > NAMES:
            raise FinalError("permerror", f"{shown(target)} has over {NAMES} mail exchangers")  # §4.6.4
        for host in filter(askable, map(host_name, hosts)):  # a null MX is not (RFC 7505)
            found = yield from self.asking.ask(host, self.asking.kind, counted=False)
            if self.is_near(addresses(found), mechanism):
                return True
        return False

    def is_near(self, found: Iterable[Ip], mechanism: Mechanism) -> bool:
        """Whether the client is in the network around one of the addresses of its own version (§5.3, §5.6)."""
        prefix = mechanism.v4_prefix if isinstance(self.ip, IPv4Address) else mechanism.v6_prefix
        rest = self.ip.max_prefixlen - prefix
        return any(one.version == self.ip.version and int(one) >> rest == int(self.ip) >> rest for one in found)

    def target(self, spec: Spec, domain: str) -> Inquiry[str]:
        """The name that a term is about: the domain itself where none is written (§4.8)."""
        if not spec:
            return domain
        local, _, sender_domain = self.sender.rpartition("@")
        local = local or "postmaster"  # §4.3
        is_v4 = isinstance(self.ip, IPv4Address)
        values = {
            "s": f"{local}@{sender_domain}",
            "l": local,
            "o": sender_domain,
            "d": domain,
            "i": str(self.ip) if is_v4 else ".".join(self.ip.exploded.replace(":", "")),
            "p": (yield from self.asking.own_name(domain)) if uses(spec, "p") else "",
            "h": self.helo,
            "v": "in-addr" if is_v4 else "ip6",
        }
        return host_name(expand(spec, values))
