"""What a message is about: the domain names and service ids in it, and whose services these are (R3).

Every reading that a person may make of a text is looked up, and what is too much to be looked up is said, not left out:
otherwise fifty names of nobody's would hide the one that is another account's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from itertools import chain, islice

from gateway.core.account import DOMAIN, Service
from gateway.core.address import Address
from gateway.core.message import Body, Message
from gateway.core.plain import key, plain

CHARACTERS = 200_000
"""So much of a message is read for names."""
KEYS = 5_000
"""So many distinct keys are looked up for one message."""
CANDIDATES = 100_000
"""So many readings of its words are tried."""
NAME_CHARACTERS = 255
"""No service has a longer name (RFC 1035 §2.3.4)."""
ID_SHORTEST = 3
SENTENCES = 8
"""So many beginnings of a sentence, without a space before them, are tried in one word."""
NUMBER_DIGITS = 4
"""Fewer digits without a letter are a number, not an id."""
ID_PIECES = 4
"""So many pieces of a longer token are tried together as an id: `panel/VPS#42.1/settings`."""
EXTENSIONS = 3
"""So many endings of a file name are taken off: `rossi.example.tar.gz`."""

# What is no separator may stand in a name: letters and marks of every script, for IDNA has names in all of them.
_TOKEN = re.compile(
    r"[^\s\x00-\x22$-*,:-?\[-^`{-\xa9\xab-\xb4\xb6\xb8\xb9\xbb-\xbf\xd7\xf7"
    r"\u2010-\u206f\u2190-\u2bff\u3001-\u303f\ud800-\uf8ff\ufffd]++"
)
_DIVIDED = re.compile(r"[@+_/#]+")  # no host name has an underscore: _dmarc.rossi.example, file_rossi.example
_NAME = re.compile(r"(?<![^.])[^.]{1,63}(?:\.[^.]{1,63})+(?![^.])")  # RFC 1035 §2.3.4
_PIECE = re.compile(r"[^@+_./#]++")
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"[0-9]")
_DOT_OR_DIGIT = re.compile(r"[.0-9]")
_SENTENCE = re.compile(r"\.(?=[A-Z][a-z])")
_EDGES = "-_./#+@"


@unique
class Part(StrEnum):
    """A part of a message in which names may count."""

    SUBJECT = "subject"
    TEXT = "text"
    ATTACHMENTS = "attachments"
    QUOTED = "quoted"
    SIGNATURE = "signature"


COUNTED = frozenset({Part.SUBJECT, Part.TEXT, Part.ATTACHMENTS})
"""What counts where no policy says otherwise: what was written here, and not what it quotes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The parts that count, in plain letters. `cut` says whether there was more."""

    text: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """The domain names and service ids that a message names. `beyond` says what was too much to look up, or nothing.

    `keys` is what is looked up, at most `KEYS`: each domain name followed by its parents, then the ids.
    """

    domains: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    beyond: str = ""


def read(message: Message, parts: Collection[Part]) -> Reading:
    """The parts of the message that count, in the order of `Part`, as one plain text."""
    chosen = "\n".join(part for part in _parts(message.header.subject, message.body, parts) if part)
    return Reading(plain(chosen[:CHARACTERS]), len(chosen) > CHARACTERS)


def named(reading: Reading, author: Address) -> Named:
    """What the reading names. An address names its domain, but the author's own is only where they write from."""
    own = key(str(author))
    domains: dict[str, None] = {}
    ids: dict[str, None] = {}
    keys: dict[str, None] = {}
    beyond = f"over {CHARACTERS} characters" if reading.cut else ""
    tokens = list(_tokens(reading.text, own))
    candidates = chain(
        ((domains, one) for token in tokens for one in _domains(token)),
        ((ids, one) for token in tokens for one in _ids(token)),
    )
    for count, (kind, one) in enumerate(candidates):
        if count == CANDIDATES or len(keys) > KEYS:
            beyond = f"over {KEYS} names"
            break
        if one and len(one) <= NAME_CHARACTERS and one not in kind:
            kind[one] = None
            keys.update(dict.fromkeys(lineage(one) if kind is domains else (one,)))
    return Named(tuple(domains), tuple(ids), tuple(keys)[:KEYS], beyond)


def lineage(name: str) -> Iterator[str]:
    """A domain name and its parents, the nearest first: www.rossi.example is about rossi.example."""
    labels = name.split(".")
    return (".".join(labels[start:]) for start in range(len(labels) - 1))


def about(found: Named, services: Sequence[Service]) -> tuple[Service, ...]:
    """The services that are meant: of each domain name the nearest that somebody holds, and whatever has such an id."""
    holders: dict[str, list[Service]] = {}
    for service in services:
        holders.setdefault(service.key, []).append(service)
    meant: dict[Service, None] = {}
    for name in found.domains:
        nearest = next((one for one in lineage(name) if one in holders), "")
        meant.update(dict.fromkeys(holders.get(nearest, ())))
    for one in found.ids:  # a piece of a domain name is no domain name: of 3m.com.example not 3m.com
        meant.update(dict.fromkeys(service for service in holders.get(one, ()) if service.kind != DOMAIN))
    return tuple(meant)


def _parts(subject: str, body: Body, parts: Collection[Part]) -> Iterator[str]:
    if Part.SUBJECT in parts:
        yield subject
    if Part.TEXT in parts:
        yield body.text
    if Part.ATTACHMENTS in parts:
        for attachment in body.attachments:
            yield from _stems(attachment.filename)
    if Part.QUOTED in parts:
        yield body.quoted
    if Part.SIGNATURE in parts:
        yield body.signature


def _stems(filename: str) -> Iterator[str]:
    """A file name, and what is left of it without its endings."""
    for _ in range(EXTENSIONS + 1):
        yield filename
        filename, dot, _ending = filename.rpartition(".")
        if not dot:
            return


def _tokens(text: str, own: str) -> Iterator[str]:
    """The distinct words of a text that have a dot inside or a digit, without the author's own address."""
    marked = (word for word in dict.fromkeys(text.split()) if not word.isalpha())  # quicker than to look for a dot
    text = " ".join(filter(_DOT_OR_DIGIT.search, marked))
    words = dict.fromkeys(_TOKEN.findall(text))
    if "\u2013" in text:  # an en dash parts words, or is the hyphen that a word processor has made pretty
        words.update(dict.fromkeys(_TOKEN.findall(text.replace("\u2013", "-"))))
    for word in words:
        if ("." in word.strip(".") or _DIGIT.search(word)) and word.strip(_EDGES).lower() != own:
            yield word


def _domains(token: str) -> Iterator[str]:
    """The domain names in a token; also what stands before a sentence, as in `rossi.example.Grazie`."""
    ends = islice(_SENTENCE.finditer(token), SENTENCES)
    for words in (token, *(token[: end.start()] for end in ends)):
        for part in _DIVIDED.split(words.lower()):
            for name in _NAME.findall(part):
                yield name.strip("-") if len(name) <= NAME_CHARACTERS else name[-NAME_CHARACTERS:].partition(".")[2]


def _ids(token: str) -> Iterator[str]:
    """What of a token may be an id: all of it, a piece, a few that stand together. Of `panel/VPS#42.` the `vps#42`."""
    if not _DIGIT.search(token):
        return
    whole = token.strip(_EDGES).lower()
    yield whole if len(whole) >= ID_SHORTEST else ""
    if whole.isalnum():
        return
    together = ID_PIECES if _LETTER.search(whole) else 1  # a date or a network address is one number
    pieces = [(piece.start(), piece.end()) for piece in _PIECE.finditer(whole)]
    for first, (start, _) in enumerate(pieces):
        for _, end in pieces[first : first + together]:
            one = whole[start:end].strip("-")
            yield one if _is_id(one) else ""


def _is_id(one: str) -> bool:
    if one.isdecimal():
        return len(one) >= NUMBER_DIGITS
    return len(one) >= ID_SHORTEST and bool(_DIGIT.search(one) and _LETTER.search(one))
