"""Which recipients are ours: addresses served, with a plus or without, bounces, postmaster (RFC 5321 §4.5.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.core.address import Address, domain_key, fold_ascii


@dataclass(frozen=True, slots=True)
class Served:
    """The recipients of an installation. `addresses` are served with any detail behind a plus; so is `bounces`.

    `certified` are our PEC mailboxes, whose mail comes to one of them.
    """

    addresses: tuple[Address, ...]
    bounces: Address
    certified: tuple[Address, ...] = ()
    _support_keys: frozenset[str] = field(init=False, repr=False, compare=False)
    _keys: frozenset[str] = field(init=False, repr=False, compare=False)
    _come_back: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        domains = {one.domain for one in (*self.addresses, self.bounces)}
        support = frozenset(one.key for one in self.addresses)
        object.__setattr__(self, "_support_keys", support)
        certified = {one.key for one in self.certified}
        object.__setattr__(self, "_come_back", support | {self.bounces.key} | certified)
        object.__setattr__(self, "_keys", support | {self.bounces.key} | {f"postmaster@{domain}" for domain in domains})

    def serves(self, path: str) -> bool:
        """Whether mail for this mailbox is ours."""
        local, _, domain = path.rpartition("@")
        if fold_ascii(path) == "postmaster":  # RFC 5321 §4.1.1.3: without any domain
            return True
        key = _base_key(local, domain)
        return key is not None and key in self._keys

    def certified_to_us(self, recipients: Iterable[Address]) -> bool:
        """Whether one of these recipients of certified mail is us."""
        ours = {one.key for one in self.certified}
        return any(one.key in ours or self.serves(str(one)) for one in recipients)

    def details(self, paths: Iterable[str]) -> tuple[str, ...]:
        """What stands behind the plus in those recipients that are addresses served."""
        return tuple(_detail(path) for path in paths if "+" in path and self._base(path) in self._support_keys)

    def bounce_details(self, paths: Iterable[str]) -> tuple[str, ...]:
        """What stands behind the plus in those recipients that are the bounce address."""
        return tuple(_detail(path) for path in paths if "+" in path and self._base(path) == self.bounces.key)

    def is_own(self, author: Address) -> bool:
        """Whether an author is one of our own addresses: then it is our own mail, or somebody playing us."""
        return _base_key(author.local, author.domain) in self._support_keys | {self.bounces.key}

    def comes_back(self, address: Address) -> bool:
        """Whether what is sent there comes to us again, a PEC mailbox of ours included."""
        return f"{fold_ascii(address.local.partition('+')[0])}@{address.domain}" in self._come_back

    def _base(self, path: str) -> str | None:
        local, _, domain = path.rpartition("@")
        return _base_key(local, domain)


def _detail(path: str) -> str:
    return path.rpartition("@")[0].partition("+")[2]


def _base_key(local: str, domain: str) -> str | None:
    try:
        host = domain_key(domain)
    except ValueError:
        return None
    return f"{fold_ascii(local.partition('+')[0])}@{host}"
