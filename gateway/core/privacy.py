"""Privacy: what a log shows of mail addresses, wherever in a text they stand. Text to text, pure, linear, total.

Rather too much is taken for an address than too little: whatever has an at sign in it, Message-IDs too. A name that
stands alone, as in `user rossi unknown`, cannot be told from a word, and stays.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import lru_cache

from gateway.core.address import domain_key, fold_ascii
from gateway.core.withheld import MARK

HIDDEN = "***"
HASHED = "hash:"
HASH_OCTETS = 8  # 64 bits: two of 10^6 addresses have one hash in one of 37 million installations

_CHARACTER = r'[^\s@\uff20\ufe6b<>()\[\],;:"]'  # RFC 5322 §3.2.3, and what else some server may take
_AT = r"\s{0,4}+(?>(?:\([^()]{0,128}+\))?)\s{0,4}+[@\uff20\ufe6b]\s{0,4}+"  # fullwidth, small; comments, blanks
_LOCAL = rf'(?:(?<!{_CHARACTER}){_CHARACTER}++|"(?>(?:[^"\\\r\n]|\\.){{0,128}})")'  # RFC 5321 §4.5.3.1.1 has 64 octets
_ADDRESS = re.compile(rf"((?>(?:{_LOCAL}{_AT})+))(\[[^\]\s]{{0,64}}+\]|{_CHARACTER}*+)", re.DOTALL)
_PERCENT = re.compile(r"%(?>(?:25)*)40")  # RFC 3986 §2.1; and what encodes it once more
_WORD = re.compile(r"\S++")
_CUT = re.compile(rf"(?<!{_CHARACTER})[^…{_CHARACTER[2:]}++…")  # by whoever kept the words, before an at sign
_TOKEN = re.compile(r"(?<=[.+])[a-z2-7]{26}[0-9a-z]{0,32}+(?=@)", re.IGNORECASE)
_AROUND = ".'`!?"  # stands about an address in running text


@unique
class Privacy(StrEnum):
    """How much of an address is shown: all of it, its domain, or a keyed hash."""

    FULL = "full"
    DOMAIN = "domain"
    HASH = "hash"


@dataclass(frozen=True, slots=True)
class Redaction:
    """Applied to every word of every line. `key` makes hashes that nobody can try addresses on who has it not."""

    privacy: Privacy = Privacy.DOMAIN
    key: bytes = b""

    def __call__(self, text: str) -> str:
        """The text as it may be shown; the tokens of our own reply addresses never are (threats rule 9)."""
        if "@" not in text and text.isascii() and not _PERCENT.search(text):
            return text
        if self.privacy is Privacy.FULL:
            return _TOKEN.sub(MARK, text)
        shown = _ADDRESS.sub(self._instead, _CUT.sub(f"{HIDDEN}…", _PERCENT.sub("@", text)))
        return _WORD.sub(_rest, shown) if _is_left(shown) else shown

    @property
    def hides_words(self) -> bool:
        """Whether subjects are kept out as well."""
        return self.privacy is not Privacy.FULL

    def _instead(self, found: re.Match[str]) -> str:
        domain = found[2].rstrip(_AROUND)
        rest = found[2][len(domain) :]
        if self.privacy is Privacy.DOMAIN:
            return f"{HIDDEN}@{domain}{rest}"
        return pseudonym(found[1].rstrip("@\uff20\ufe6b \t\r\n").lstrip(_AROUND), domain, self.key) + rest


def _is_left(shown: str) -> bool:
    """Whether there is an at sign before which nothing was hidden: such a text is made to mislead."""
    return any(sign in shown.replace(f"{HIDDEN}@", "") for sign in "@\uff20\ufe6b")


def _rest(word: re.Match[str]) -> str:
    return HIDDEN if _is_left(word[0]) else word[0]


@lru_cache(maxsize=1024)
def pseudonym(local: str, domain: str, key: bytes) -> str:
    """A keyed hash (RFC 2104) of an address: the same for all ways to write one that are the same person's."""
    try:
        domain = domain_key(domain)
    except ValueError:
        domain = fold_ascii(domain)
    octets = f"{fold_ascii(local)}@{domain}".encode("utf-8", "surrogatepass")
    return HASHED + b32encode(hmac.digest(key, octets, "sha256")[:HASH_OCTETS]).decode().rstrip("=").lower()
