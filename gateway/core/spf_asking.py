"""What one SPF evaluation asks of the DNS: counted, bounded by RFC 7208 §4.6.4, and ended for good when over it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal

from gateway.core.address import fold_ascii
from gateway.core.inquiry import Answer, Found, Inquiry, Kind, Question
from gateway.core.letter import shown
from gateway.core.spf_macro import askable

TERMS = 10  # those that ask the DNS, in all records together
VOIDS = 2
NAMES = 10  # of an MX or PTR answer

Ip = IPv4Address | IPv6Address


class FinalError(Exception):
    """What ends an evaluation at whatever depth of includes it is met (§5.2). Raised and caught in check_host alone."""

    def __init__(self, word: Literal["temperror", "permerror"], detail: str) -> None:
        super().__init__(detail)
        self.word = word
        self.detail = detail


@dataclass(slots=True)
class Asking:
    """What was spent on one client, and what is known of its names."""

    ip: Ip
    terms: int = 0
    voids: int = 0
    names: tuple[str, ...] | None = None
    confirmed: dict[str, bool] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """Which addresses can be the client's."""
        return "A" if isinstance(self.ip, IPv4Address) else "AAAA"

    def spend(self, domain: str) -> None:
        """One more term that asks the DNS."""
        self.terms += 1
        if self.terms > TERMS:
            raise FinalError("permerror", f"over {TERMS} look-ups are wanted, the last by {shown(domain)}")

    def ask(self, name: str, kind: Kind, *, counted: bool = True) -> Inquiry[tuple[str | bytes, ...]]:
        """Ask what has to be known: that it could not be asked is the result then (I9)."""
        answer = yield Question(name, kind)
        if answer.found is Found.COULD_NOT_ASK:
            raise FinalError("temperror", f"the DNS gave no answer about {shown(name)} ({kind})")
        if counted:
            self._count_void(answer, name)
        return answer.values

    def own_name(self, domain: str) -> Inquiry[str]:
        """A confirmed name of the client, best the domain or one below it (§7.3). The first time it spends a term."""
        if self.names is None:
            self.spend(domain)
        names = yield from self._client_names()
        for name in sorted(names, key=lambda name: (name != domain, not name.endswith(f".{domain}"))):
            if (yield from self._confirms(name)):
                return name
        return "unknown"

    def has_name_under(self, target: str) -> Inquiry[bool]:
        """Whether a name of the client lies in the target, and leads back to the client (§5.5)."""
        for name in (yield from self._client_names()):
            if f".{name}".endswith(f".{target}") and (yield from self._confirms(name)):
                return True
        return False

    def _client_names(self) -> Inquiry[tuple[str, ...]]:
        """What the client's network calls it; nothing where that could not be asked, which is no error (§5.5)."""
        if self.names is None:
            answer = yield Question(self.ip.reverse_pointer, "PTR")
            self.names = tuple(filter(askable, map(host_name, answer.values[:NAMES])))
            if answer.found is not Found.COULD_NOT_ASK:
                self._count_void(answer, self.ip.reverse_pointer)
        return self.names

    def _confirms(self, name: str) -> Inquiry[bool]:
        """Whether a name leads back to the client; one that could not be asked about does not (§5.5)."""
        if name not in self.confirmed:
            answer = yield Question(name, self.kind)
            self.confirmed[name] = self.ip in addresses(answer.values)
        return self.confirmed[name]

    def _count_void(self, answer: Answer, name: str) -> None:
        self.voids += not answer.values
        if self.voids > VOIDS:
            raise FinalError("permerror", f"over {VOIDS} look-ups found nothing, the last of {shown(name)}")


def addresses(values: Iterable[str | bytes]) -> list[Ip]:
    """The addresses of an answer; what is none is left out."""
    found: list[Ip] = []
    for value in values:
        try:
            found.append(ip_address(value if isinstance(value, str) else ""))
        except ValueError:
            continue
    return found


def host_name(text: str | bytes) -> str:
    """A name as it is asked for and compared: lower case, without the last dot."""
    return fold_ascii(text if isinstance(text, str) else "").removesuffix(".")
