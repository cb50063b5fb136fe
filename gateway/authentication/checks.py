"""Our own checks: DKIM everywhere, SPF at the edge, DMARC over both; within what one message may cost."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from ipaddress import ip_address

from gateway.authentication.asking import Allowance, resolve
from gateway.authentication.dkim import check_signatures
from gateway.authentication.suffixes import public_suffixes
from gateway.core.address import voucher_key
from gateway.core.alignment import is_related
from gateway.core.arrival import Arrival, Position
from gateway.core.dmarc import discover
from gateway.core.evidence import Evidence
from gateway.core.judge import Undecided, judge
from gateway.core.message import Message
from gateway.core.spf import SpfResult, check_host
from gateway.ports import Names

QUESTIONS = 40
"""At most this many DNS look-ups for one message: 10 and 2 of SPF with its addresses, 5 keys, 16 of DMARC's walks."""
SECONDS = 15.0
"""In which the last of them is begun."""


class Checks:
    """ports.Authenticator over the DNS. `clock` counts seconds."""

    def __init__(self, names: Names, clock: Callable[[], float]) -> None:
        self._names = names
        self._clock = clock

    async def check(self, arrival: Arrival, message: Message) -> Evidence | Undecided | None:
        """What we find out ourselves; None where the message brings nothing that could vouch for its author."""
        allowance = Allowance(QUESTIONS, SECONDS, self._clock)
        author = message.author
        spf = await self._spf(arrival, author.domain, allowance)
        inquiry = check_signatures(arrival.raw, message.fields, author.domain, arrival.at)
        dkim = await resolve(inquiry, self._names, allowance)
        if spf is None and all(one.result == "neutral" for one in dkim):
            return None
        passed = [one.domain for one in dkim if one.result == "pass"]
        passed += [spf.domain] if spf is not None and spf.result == "pass" else []
        policy = await resolve(discover(author.domain, passed), self._names, allowance)
        found = judge(author, spf, dkim, policy, self._is_public_suffix)
        if isinstance(found, Undecided) and not allowance.unanswered:
            return found.evidence  # it wanted more than a message may cost: the sender's doing, no reason to wait
        return found

    async def _spf(self, arrival: Arrival, author_domain: str, allowance: Allowance) -> SpfResult | None:
        """SPF of MAIL FROM, where its client is the sender's own server and its domain could vouch for the author's."""
        envelope = arrival.envelope
        if arrival.origin.position is not Position.EDGE or envelope is None or envelope.reverse_path is None:
            return None  # a null reverse-path checks the HELO name, which is nobody's address
        try:
            client = ip_address(arrival.origin.peer)
            domain = voucher_key(envelope.reverse_path.rpartition("@")[2])
        except ValueError:
            return None
        if not is_related(domain, author_domain):
            return None
        inquiry = check_host(client, domain, envelope.reverse_path, envelope.helo or "unknown")
        return await resolve(inquiry, self._names, allowance)

    @cached_property
    def _is_public_suffix(self) -> Callable[[str], bool]:
        return public_suffixes()
