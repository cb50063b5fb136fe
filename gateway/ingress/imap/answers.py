"""Responses to facts: FETCH items, SEARCH, what SELECT says, the code in a status. Pure; what is none is `Lied`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, timezone

from gateway.core.letter import shown
from gateway.ingress.imap.driver import HIGHEST_UID, Item, Lied, Selected
from gateway.ingress.imap.frames import Frame
from gateway.ingress.imap.words import MONTHS

Value = str | bytes | tuple[str, ...] | None
"""An atom, a string, a list (a list within it flattened), NIL."""

_FETCH = re.compile(rb"\* [0-9]{1,10} FETCH ", re.IGNORECASE)
_SEARCH = re.compile(rb"\* SEARCH(?: |\Z)", re.IGNORECASE)
_EXISTS = re.compile(rb"\* ([0-9]{1,10}) EXISTS\Z", re.IGNORECASE)
_CAPABILITY = re.compile(rb"\* CAPABILITY ", re.IGNORECASE)
_TOKEN = re.compile(rb' *+(?:([()])|"((?>(?:[^"\\]++|\\.)*))"|([^ ()"]++))')
_ESCAPED = re.compile(rb"\\(.)")
_CODE = re.compile(rb"\s*+\[([A-Za-z0-9-]++)(?: ([^\]]*+))?\]")
_UNTAGGED_OK = re.compile(rb"\* OK ", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,19}")
_INTERNALDATE = re.compile(r" ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})", re.ASCII)


def capabilities(frames: list[Frame]) -> frozenset[str]:
    """What CAPABILITY was answered with, in capitals."""
    words = [frame.line.upper().split()[2:] for frame in frames if _CAPABILITY.match(frame.line)]
    return frozenset(word.decode("ascii", "replace") for line in words for word in line)


def searched(frames: list[Frame]) -> tuple[int, ...]:
    """The UIDs that SEARCH found, ascending, each once."""
    found = [frame.line.split()[2:] for frame in frames if _SEARCH.match(frame.line)]
    return tuple(sorted({_uid(word.decode("ascii", "replace")) for line in found for word in line}))


def existing(frame: Frame) -> int | None:
    """The count of an EXISTS response."""
    exists = _EXISTS.match(frame.line)
    return int(exists[1]) if exists else None


def code(text: bytes) -> tuple[str, str]:
    """The response code in a status text, in capitals, and its argument; empty where there is none."""
    found = _CODE.match(text)
    if found is None:
        return "", ""
    return found[1].decode("ascii").upper(), (found[2] or b"").decode("ascii", "replace")


def said_ok(frame: Frame) -> tuple[str, str]:
    """The code of an untagged OK."""
    status = _UNTAGGED_OK.match(frame.line)
    return code(frame.line[status.end() :]) if status else ("", "")


def selected(frames: list[Frame]) -> Selected:
    """What SELECT said."""
    codes = dict(said_ok(frame) for frame in frames)
    counts = [count for frame in frames if (count := existing(frame)) is not None]
    if not counts or "UIDVALIDITY" not in codes:
        raise Lied("SELECT did not tell EXISTS and UIDVALIDITY")  # RFC 9051 §6.3.2
    return Selected(
        _number(codes["UIDVALIDITY"], "UIDVALIDITY"),
        _number(codes["UIDNEXT"], "UIDNEXT") if "UIDNEXT" in codes else None,
        counts[-1],
        read_only="READ-ONLY" in codes,
        keeps_keywords=r"\*" in codes.get("PERMANENTFLAGS", ""),
    )


def same_validity(frames: list[Frame], uidvalidity: int) -> None:
    """Refuse UIDs that mean something else from now on: they may be said to (RFC 9051 §2.3.1.1), and we begin anew."""
    if any(word == "UIDVALIDITY" and told != str(uidvalidity) for word, told in map(said_ok, frames)):
        raise Lied("UIDVALIDITY changed while the folder was open")


def items(frames: list[Frame], asked: Collection[int]) -> dict[int, Item]:
    """The facts of those messages that were asked for and are there. News of another message's flags are no answer."""
    return {uid: _item(one) for uid, one in _fetched(frames) if uid in asked and "RFC822.SIZE" in one}


def bodies(frames: list[Frame], item: str, longest: Mapping[int, int]) -> dict[int, bytes]:
    """The octets under `item` of those UIDs that `longest` has, none longer than it says. NIL is: gone meanwhile."""
    found: dict[int, bytes] = {}
    for uid, one in _fetched(frames):
        octets = one.get(item)
        if not isinstance(octets, bytes):
            continue
        if uid not in longest or uid in found:
            raise Lied(f"the octets of UID {uid}, {'twice' if uid in found else 'which nobody asked for'}")
        if len(octets) > longest[uid]:
            raise Lied(f"{len(octets)} octets of UID {uid}, where at most {longest[uid]} can come")
        found[uid] = octets
    return found


def said(text: bytes) -> str:
    """The server's words, for people's eyes."""
    return shown(text.decode("utf-8", "replace").strip(), 200)


def _number(value: Value, what: str) -> int:
    """A number of the server, within 63 bits."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value) or int(value) >= 2**63:
        raise Lied(f"{what} is no number")
    return int(value)


def _fetched(frames: list[Frame]) -> Iterator[tuple[int, dict[str, Value]]]:
    """Each FETCH response that names its UID, with its items. One without a UID is news of flags, not an answer."""
    for frame in frames:
        if _FETCH.match(frame.line):
            items = _pairs(frame)
            uid = items.get("UID")
            if isinstance(uid, str):
                yield _uid(uid), items


def _item(items: dict[str, Value]) -> Item:
    flags = items.get("FLAGS")
    when = items.get("INTERNALDATE")
    return Item(
        _number(items["RFC822.SIZE"], "RFC822.SIZE"),
        frozenset(flags) if isinstance(flags, tuple) else frozenset(),
        _when(when.decode("ascii", "replace")) if isinstance(when, bytes) else None,
    )


def _uid(text: str) -> int:
    if not _NUMBER.fullmatch(text) or not 0 < int(text) <= HIGHEST_UID:
        raise Lied(f"{shown(text, 20)!r} is no UID")
    return int(text)


def _pairs(frame: Frame) -> dict[str, Value]:
    items: dict[str, Value] = {}
    key, group, depth = "", list[str](), 0
    for word in _words(frame):
        if word in ("(", ")"):
            depth += 1 if word == "(" else -1
            if depth == 1 and word == ")" and key:
                items[key], key, group = tuple(group), "", []
            elif depth <= 0:
                return items
        elif depth > 1:
            group.append(word if isinstance(word, str) else word.decode("utf-8", "replace"))
        elif depth == 1 and key:
            items[key], key = (None if word == "NIL" else word), ""
        elif depth == 1 and isinstance(word, str):
            key = word.upper()
        else:
            break
    raise Lied("a FETCH response that cannot be read")


def _words(frame: Frame) -> Iterator[str | bytes]:
    """Atoms and parentheses as text, strings and literals as octets."""
    at = len(_FETCH.match(frame.line)[0])  # type: ignore[index] # fetched() has seen that it matches
    for index, piece in enumerate(frame.pieces):
        while found := _TOKEN.match(piece, at):
            at = found.end()
            mark, string, atom = found.groups()
            yield _ESCAPED.sub(rb"\1", string) if string is not None else (mark or atom).decode("ascii", "replace")
        if piece[at:].strip():
            return
        at = 0
        if index < len(frame.literals):
            yield frame.literals[index]


def _when(text: str) -> datetime | None:
    found = _INTERNALDATE.fullmatch(text)
    if found is None or found[2].title() not in MONTHS or not MINYEAR < int(found[3]) < MAXYEAR:
        return None  # at either end of time another zone, or the day before, is out of range
    day, hour, minute, second, hours, minutes = (int(found[at]) for at in (1, 4, 5, 6, 8, 9))
    offset = timedelta(hours=hours, minutes=minutes)
    zone = timezone(-offset if found[7] == "-" else offset) if offset < timedelta(days=1) else UTC
    try:
        return datetime(int(found[3]), MONTHS.index(found[2].title()) + 1, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
