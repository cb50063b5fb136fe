"""Header facts: subject, Message-ID, references, fingerprint. Cleaned and bounded, never failing."""

from __future__ import annotations

import re
from hashlib import sha256

from gateway.core.charset import words
from gateway.core.fields import Split, unfolded
from gateway.core.letter import one_line
from gateway.core.message import Header

SUBJECT_CHARACTERS = 300
SUBJECT_OCTETS = 8 * 1024
MESSAGE_ID_CHARACTERS = 250
REFERENCES = 100
REFERENCES_OCTETS = 64 * 1024

_ID = re.compile(rb"<([!-;=?-~]{1,250})>")
_BARE_ID = re.compile(rb"[!-;=?-~]{1,250}")
_SAME_EVERYWHERE = (
    *("from", "to", "cc", "date", "subject", "message-id", "in-reply-to", "references"),
    *("content-type", "content-transfer-encoding", "content-disposition"),
)
"""What a message says of itself; the last ones say how its octets are read, and are seldom signed."""


def header_of(split: Split, raw: bytes) -> Header:
    """What is worth keeping even of a message that is malformed otherwise."""
    message_id = _message_id(split.first("message-id"))
    return Header(subject_of(split), message_id, _fingerprint(split, raw))


def subject_of(split: Split) -> str:
    """The subject on one line, decoded as far as it goes."""
    return subject_text(split.first("subject"))


def subject_text(value: bytes) -> str:
    """A subject's raw value on one line, decoded as far as it goes."""
    return one_line(words(unfolded(value[:SUBJECT_OCTETS])), SUBJECT_CHARACTERS)


def references_of(split: Split) -> tuple[str, ...]:
    """The Message-IDs that the message continues, nearest first: In-Reply-To, then References from its end."""
    nearest = [*_ids(split.first("in-reply-to")), *reversed(_ids(split.first("references")[-REFERENCES_OCTETS:]))]
    return tuple(dict.fromkeys(nearest))[:REFERENCES]


def _ids(value: bytes) -> list[str]:
    return [one.decode("ascii") for one in _ID.findall(value[:REFERENCES_OCTETS])]


def _message_id(value: bytes) -> str:
    """Without angle brackets; "" where it is none, not printable ASCII or too long: a cut one would be another's."""
    value = unfolded(value[: MESSAGE_ID_CHARACTERS * 4])
    found = _ID.match(value)
    bare = found[1] if found else value
    return bare.decode("ascii") if _BARE_ID.fullmatch(bare) else ""


def _fingerprint(split: Split, raw: bytes) -> str:
    """What stays the same when the same message comes again by another way, which adds trace fields (I4).

    The Message-ID alone would let a stranger who guesses it suppress a message, so what it says counts too, and how
    that is to be read: else who adds a field to a signed mail suppresses it by a copy that shows nothing. Without
    a Message-ID two messages may be alike and yet two: then only the very same octets are the same.
    """
    if not split.first("message-id").strip():
        return sha256(raw).hexdigest()
    digest = sha256()
    for name in _SAME_EVERYWHERE:
        for value in split.all(name):
            digest.update(b"%s:%s\n" % (name.encode(), b" ".join(value.split())))
    body = raw[split.body :]
    digest.update(b"\n")
    digest.update((body if b"\r" in body else body.replace(b"\n", b"\r\n")).rstrip(b"\r\n"))
    return digest.hexdigest()
