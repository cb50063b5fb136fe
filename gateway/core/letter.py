"""Writing a letter: our words to bytes. Of what came in, headers carry a cleaned subject and strict ids only."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from gateway.core.account import Language
from gateway.core.address import LOCAL_PART_OCTETS, Address

SUBJECT_CHARACTERS = 200
REFERENCES = 20
LOOP_FIELD = "X-Loop"
"""What tells our own letter from others, should somebody send it back under a name and an id of their own (I6)."""
_WORD_OCTETS = 45  # base64 of 45 octets, and the frame, stay under the 75 of RFC 2047 §2
_MESSAGE_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,128}@[A-Za-z0-9.-]{1,128}")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes: the host name in Message-IDs, the From mailbox, and where bounces and answers come back to."""

    hostname: str
    name: str
    sender: Address
    bounces: Address

    def bounces_with(self, token: str) -> Address:
        """The reverse-path that names one outbox row."""
        return Address(f"{self.bounces.local}+{token}", self.bounces.domain)

    def answers_with(self, detail: str) -> Address | None:
        """The reply address that names one ticket, or None where it would be over the octets a local part may have."""
        local = f"{self.sender.local}+{detail}"
        return Address(local, self.sender.domain) if len(local.encode()) <= LOCAL_PART_OCTETS else None


def write_letter(  # noqa: PLR0913 - each is one line of the letter
    head: Letterhead,
    *,
    to: Address,
    message_id: str,
    subject: str,
    text: str,
    references: tuple[str, ...],
    detail: str,
    automatic: bool,
    language: Language,
    at: datetime,
) -> bytes:
    """The letter as bytes, lines ended by CRLF, no line over 998 octets. To is the bare address (threats rule 10)."""
    thread = [f"<{one}>" for one in references if _MESSAGE_ID.fullmatch(one)][-REFERENCES:]
    answers = head.answers_with(detail)
    fields = [
        ("Date", format_datetime(at)),
        ("From", _mailbox(head.name, head.sender)),
        ("To", str(to)),
        ("Reply-To", str(answers) if answers else ""),
        ("Subject", encoded(one_line(subject, SUBJECT_CHARACTERS))),
        ("Message-ID", f"<{message_id}>"),
        ("In-Reply-To", thread[-1] if thread else ""),  # RFC 3834 §3.1.5
        ("References", "\r\n ".join(thread)),
        ("Auto-Submitted", "auto-replied" if automatic else ""),  # RFC 3834 §3.1.7
        ("X-Auto-Response-Suppress", "All" if automatic else ""),  # what Exchange heeds
        (LOOP_FIELD, head.hostname),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Language", language.value),
        ("Content-Transfer-Encoding", "quoted-printable"),
    ]
    header = "".join(f"{name}: {value}\r\n" for name, value in fields if value)
    return header.encode() + b"\r\n" + _quoted_printable(text)


def bears_our_mark(fields: Iterable[tuple[str, bytes]], hostname: str) -> bool:
    """Whether a message with these fields (names in lower case) was a letter of ours. No answer keeps the field."""
    own = hostname.lower().encode()
    return any(name == LOOP_FIELD.lower() and value.strip().lower() == own for name, value in fields)


def reflectable(message_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Those inbound Message-IDs that may be put into a header of ours."""
    return tuple(one for one in message_ids if _MESSAGE_ID.fullmatch(one))


def one_line(text: str, characters: int) -> str:
    """Text without control, format and line-breaking characters, white space folded, cut to `characters`.

    Format characters are not seen, so they part no words: a name with a soft hyphen in it stays one name.
    """
    kept = text[: characters * 4]
    if not kept.isprintable():  # then it has a character of category C or Z other than the space
        kinds = ((one, unicodedata.category(one)) for one in kept)
        kept = "".join(" " if kind[0] in "CZ" else one for one, kind in kinds if kind != "Cf")
    folded = " ".join(kept.split())
    return folded if len(folded) <= characters else folded[: characters - 1].rstrip() + "…"


def shown(text: str, longest: int = 80) -> str:
    """What others wrote, for people's eyes: printable, and cut to so many characters (threats rule 16)."""
    kept = text[: longest + 1]
    if not kept.isprintable():
        kept = "".join(one if one.isprintable() else "?" for one in kept)
    return kept if len(kept) <= longest else f"{kept[: longest - 1]}…"


def encoded(text: str) -> str:
    """A header text: as it is when ASCII and unmistakable, else as encoded words (RFC 2047), folded."""
    if text.isascii() and "=?" not in text:
        return text
    words: list[bytes] = [b""]
    for character in text:  # a character is never split between two words, RFC 2047 §5
        octets = character.encode("utf-8", "replace")
        if len(words[-1]) + len(octets) > _WORD_OCTETS:
            words.append(b"")
        words[-1] += octets
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode()}?=" for word in words)


def _mailbox(name: str, mailbox: Address) -> str:
    if not name:
        return str(mailbox)
    if name.isascii():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{mailbox}>'
    return f"{encoded(name)} <{mailbox}>"


def _quoted_printable(text: str) -> bytes:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    octets = "\n".join(lines).encode("utf-8", "replace") + b"\n"
    return b2a_qp(octets, istext=True).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
