"""Ticket references and their tokens: unguessable, speakable, worth nothing without an account (threats rule 9)."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b32encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum, unique
from itertools import chain, islice

from gateway.core.account import Account

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U, so it survives a telephone
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET, 1)}
_GROUP = "[0-9A-HJKMNP-TV-Z]{5}"
_REFERENCE = f"{_GROUP}-{_GROUP}"
_TAG = re.compile(rf"\[#({_REFERENCE})\]", re.IGNORECASE)
_CLAIM = re.compile(rf"({_REFERENCE})\.([a-z2-7]{{26}})([0-9a-z]{{0,32}})", re.IGNORECASE)
# A reference in running text is one only behind a word that says so: other numbers have the same form. It is looked for
# from its hyphen, so that a text without any is passed over at the speed of a search for one character.
_IN_TEXT = re.compile(rf"-(?<=(?<![^\W_]){_GROUP}-)({_GROUP})(?![^\W_]|-\w)", re.IGNORECASE)
_LEAD = re.compile(
    r"(?:#|(?<!\w)(?:ticket|richiesta|rif|riferimento|request|case|caso|ref|reference|segnalazione|pratica|numero|number"
    r"|num|nr|no|n|id)[\s.:;,=#°º(\[\"'«*_-]{1,8})\Z",
    re.IGNORECASE,
)
_LEAD_CHARACTERS = 24

REFERENCE_BITS = 45
MENTIONS = 500
"""At most this many references are looked up for one message."""


@unique
class Found(StrEnum):
    """Where a message names a ticket."""

    PLUS_ADDRESS = "plus-address"
    MESSAGE_ID = "message-id"
    TAG = "tag"
    TEXT = "text"


THREAD = frozenset({Found.PLUS_ADDRESS, Found.MESSAGE_ID})
"""What proves that a message continues one of ours: a subject and a text are anybody's."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A ticket that a message says it belongs to. `token` is empty for a tag and in text, which carry none."""

    reference: str
    found: Found
    token: str = ""
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys that tokens are sealed with: the first seals, all of them open (rotation)."""

    keys: tuple[bytes, ...]

    def seal(self, *parts: str) -> str:
        """A token over `parts`: 128 bits of HMAC-SHA256 (RFC 2104) in 26 lower-case base32 letters."""
        return _mac(self.keys[0], parts)

    def opens(self, token: str, *parts: str) -> bool:
        """Whether one of the keys sealed `token` over these `parts`. Constant time."""
        wanted = token.lower().encode()
        return any(hmac.compare_digest(wanted, _mac(key, parts).encode()) for key in self.keys)


def make_reference(number: int) -> str:
    """A reference from `REFERENCE_BITS` random bits, with a check letter so that a misheard one names no ticket."""
    letters = [_ALPHABET[(number >> shift) & 31] for shift in range(0, REFERENCE_BITS, 5)]
    letters.append(_check_letter(letters))
    return "".join(letters[:5]) + "-" + "".join(letters[5:])


def normal_reference(text: str) -> str | None:
    """The reference as we write it, or None where `text` is not one (its check letter included)."""
    folded = text.upper()
    if not re.fullmatch(_REFERENCE, folded):
        return None
    letters = folded.replace("-", "")
    return folded if _check_letter(letters[:-1]) == letters[-1] else None


def tag(reference: str) -> str:
    """The subject tag of a ticket."""
    return f"[#{reference}]"


def untagged(subject: str) -> str:
    """The subject without any ticket tag."""
    return " ".join(_TAG.sub(" ", subject).split())


def ticket_token(keys: Keyring, reference: str, account_id: int) -> str:
    """The token of a ticket's reply address, bound to ticket and account."""
    return keys.seal("ticket", reference, str(account_id))


def message_token(keys: Keyring, reference: str, account_id: int, row: str) -> str:
    """The token of an outbound Message-ID, bound to ticket, account and outbox row, which it also names."""
    return keys.seal("message", reference, str(account_id), row.lower()) + row.lower()


def question_token(keys: Keyring, reference: str, message_id: str, account: Account, row: str = "") -> str:
    """The token of a question to a primary: bound to the question, the held message, account and address as they are.

    It ends in the outbox row where it is that of a Message-ID. A new primary, and the old one's are good for nothing.
    """
    return keys.seal(*_question(reference, message_id, account, row.lower())) + row.lower()


def holds_question(claim: Claim, keys: Keyring, message_id: str, account: Account) -> bool:
    """Whether a claim's token is that of this question to this account's primary."""
    in_thread = claim.found in THREAD
    return in_thread and keys.opens(claim.token, *_question(claim.reference, message_id, account, claim.nonce))


def _question(reference: str, message_id: str, account: Account, nonce: str) -> tuple[str, ...]:
    return "question", reference, message_id, str(account.id), account.primary.key, nonce


def bounce_token(keys: Keyring, row: str) -> str:
    """The token of a reverse-path, bound to the outbox row that it also names."""
    return keys.seal("bounce", row.lower()) + row.lower()


def bounced_row(keys: Keyring, token: str) -> str | None:
    """The outbox row that a reverse-path's token names, or None where the token is not ours."""
    mac, row = token[:26].lower(), token[26:].lower()
    return row.upper() if row and keys.opens(mac, "bounce", row) else None


def claims(
    subject: str, message_ids: Iterable[str], details: Iterable[str], hostname: str, text: str = ""
) -> tuple[Claim, ...]:
    """Every ticket that a message names, the strongest kind first; of more than `MENTIONS`, one more than that.

    `details` are what stands behind the plus of the recipients served; `message_ids` come without angle brackets;
    `text` is the plain reading of the parts that count.
    """
    tags = dict.fromkeys(_in_subject(subject))
    in_text = (claim for claim in _in_text(text) if Claim(claim.reference, Found.TAG) not in tags)
    found = dict.fromkeys(chain(_in_details(details), _in_message_ids(message_ids, hostname), tags, in_text))
    return tuple(islice(found, MENTIONS + 1))


def holds(claim: Claim, keys: Keyring, account_id: int) -> bool:
    """Whether a claim's token is good for a ticket of `account_id`. A tag has no token to be bad, nor has text."""
    match claim.found:
        case Found.TAG | Found.TEXT:
            return True
        case Found.PLUS_ADDRESS:
            return not claim.nonce and keys.opens(claim.token, "ticket", claim.reference, str(account_id))
        case Found.MESSAGE_ID:
            return keys.opens(claim.token, "message", claim.reference, str(account_id), claim.nonce)


def is_own_message_id(message_id: str, hostname: str) -> bool:
    """Whether a Message-ID has the form of ours: our own mail coming back, when it is the message's own."""
    return any(_in_message_ids([message_id], hostname))


def _in_details(details: Iterable[str]) -> Iterator[Claim]:
    for detail in details:
        if match := _CLAIM.fullmatch(detail):
            yield from _claim(match, Found.PLUS_ADDRESS)


def _in_message_ids(message_ids: Iterable[str], hostname: str) -> Iterator[Claim]:
    for message_id in message_ids:
        local, _, host = message_id.rpartition("@")
        if host.lower() == hostname.lower() and (match := _CLAIM.fullmatch(local)):
            yield from _claim(match, Found.MESSAGE_ID)


def _in_subject(subject: str) -> Iterator[Claim]:
    for match in _TAG.finditer(subject):
        if reference := normal_reference(match[1]):
            yield Claim(reference, Found.TAG)


def _in_text(text: str) -> Iterator[Claim]:
    judged: set[str] = set()  # of thousands alike, each would cost as much as the first
    for match in _IN_TEXT.finditer(text.replace("\u2013", "-")):
        start = match.start() - 5
        written = text[start : match.start()] + match[0]
        if written in judged or not _LEAD.search(text, max(start - _LEAD_CHARACTERS, 0), start):
            continue
        judged.add(written)
        if reference := normal_reference(written):
            yield Claim(reference, Found.TEXT)


def _claim(match: re.Match[str], found: Found) -> Iterator[Claim]:
    if reference := normal_reference(match[1]):
        yield Claim(reference, found, match[2].lower(), match[3].lower())


def _check_letter(letters: Iterable[str]) -> str:
    total = 0
    for letter in letters:  # a weighted sum modulo the prime 31 sees one wrong letter and two swapped ones
        total = (total * 3 + _VALUES[letter]) % 31
    return _ALPHABET[total]


def _mac(key: bytes, parts: tuple[str, ...]) -> str:
    digest = hmac.digest(key, "\0".join(parts).encode(), hashlib.sha256)
    return b32encode(digest[:16]).decode().rstrip("=").lower()
