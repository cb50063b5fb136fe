"""Addresses: text to `Address`, strictly. Two addresses are the same person's exactly when their keys are equal."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import idna

LOCAL_PART_OCTETS = 64  # RFC 5321 §4.5.3.1.1
DOMAIN_OCTETS = 255  # RFC 5321 §4.5.3.1.2

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\ud7ff\ue000-\U0010ffff-]"  # RFC 5322 §3.2.3, RFC 6532 §3.2
_DOT_ATOM = re.compile(rf"{_ATEXT}+(?:\.{_ATEXT}+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")  # RFC 1035 §2.3.1, lower case
_DNS_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?")  # not `_x`, which is often others' (RFC 8552)
_FOLD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def fold_ascii(text: str) -> str:
    """ASCII letters to lower case, and nothing else (`str.lower` would also fold K, the Kelvin sign)."""
    return text.lower() if text.isascii() else text.translate(_FOLD)  # the one takes a twentieth of the other's time


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox: local part as written, domain as lower-case A-labels (RFC 5890 §2.3.2.1)."""

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read `local@domain` with a dot-atom local part and nothing around it.

        Raises ValueError, with words for an operator, for all else: comments, quotes, literals, white space.
        """
        local, at, domain = text.rpartition("@")
        if not at:
            msg = "no @"
            raise ValueError(msg)
        if not _DOT_ATOM.fullmatch(local):
            msg = "the local part is not a plain dot-atom (RFC 5322 §3.2.3)"
            raise ValueError(msg)
        if len(local.encode()) > LOCAL_PART_OCTETS:
            msg = f"the local part is over {LOCAL_PART_OCTETS} octets"
            raise ValueError(msg)
        if not local.isascii() and (unicodedata.normalize("NFC", local) != local or not local.isprintable()):
            msg = "the local part is not printable NFC (RFC 6532 §3.1)"
            raise ValueError(msg)
        return cls(local, domain_key(domain))

    @property
    def key(self) -> str:
        """What addresses are compared by: ASCII case folded in the local part, nothing more."""
        return f"{fold_ascii(self.local)}@{self.domain}"

    @property
    def is_ascii(self) -> bool:
        """Whether the address travels without SMTPUTF8 (RFC 6531)."""
        return self.local.isascii()

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def domain_key(domain: str) -> str:
    """The domain as lower-case A-labels, without a trailing dot. Raises ValueError when it is not a host name."""
    return _key(domain, _LABEL)


def voucher_key(domain: str) -> str:
    """As `domain_key`, with underscores within labels: real senders have them in reverse-paths.

    Of a domain that is to vouch for an author's, never of an author's or account's own: those have none, so it can at
    most lie below one. Raises ValueError.
    """
    return _key(domain, _DNS_LABEL)


def _key(domain: str, label: re.Pattern[str]) -> str:
    if not domain or len(domain.encode(errors="replace")) > DOMAIN_OCTETS:
        msg = f"the domain is empty or over {DOMAIN_OCTETS} octets"
        raise ValueError(msg)
    if domain.isascii():
        ascii_domain = fold_ascii(domain)
    else:
        if unicodedata.normalize("NFC", domain) != domain:
            msg = "the domain is not NFC (RFC 6532 §3.1)"
            raise ValueError(msg)
        try:  # strict IDNA 2008: no mapping, so what we compare is what was written
            ascii_domain = idna.encode(domain.lower(), strict=True, std3_rules=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as fault:
            msg = f"the domain is not valid IDNA 2008: {fault}"
            raise ValueError(msg) from fault
    labels = ascii_domain.split(".")
    if len(ascii_domain) > DOMAIN_OCTETS or not all(map(label.fullmatch, labels)):
        msg = "the domain is not a host name (RFC 5321 §4.1.2)"
        raise ValueError(msg)
    return ascii_domain
