"""What stands on a command line: mailbox names, credentials, UID sets, days. Texts in, ASCII out."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from gateway.ingress.imap.driver import BATCH

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]++")
_QUOTABLE = re.compile(r"[^\x00\r\n\x80-\U0010ffff]*+")  # RFC 3501 §9, quoted: 7 bits, and no line's end
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def mailbox(name: str) -> str:
    """A mailbox name as a quoted string in modified UTF-7 (RFC 3501 §5.1.3)."""
    return quoted(_UNPRINTABLE.sub(_shifted, name.replace("&", "&-")))


def quoted(text: str) -> str:
    """A quoted string; of `text`, that it may be one."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def astrings(*texts: str) -> tuple[str, list[bytes]]:
    """Arguments, and what follows each continuation request: what cannot be quoted goes as a literal.

    Raises ValueError for a NUL, which IMAP cannot say.
    """
    chunks = [b""]
    for text in texts:
        if "\x00" in text:
            raise ValueError("has a NUL in it")
        if _QUOTABLE.fullmatch(text):
            chunks[-1] += b" " + quoted(text).encode()
        else:
            octets = text.encode("utf-8", "surrogateescape")
            chunks[-1] += b" {%d}" % len(octets)
            chunks.append(octets)
    return chunks[0][1:].decode(), chunks[1:]


def uid_sets(uids: Iterable[int]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The UIDs in batches, each as a set in which only neighbours are joined: nothing is named that was not given."""
    ordered = iter(sorted(set(uids)))
    while batch := tuple(islice(ordered, BATCH)):
        yield uid_set(batch), batch


def uid_set(uids: Iterable[int]) -> str:
    """`1:3,7` of 1, 2, 3 and 7, which come in ascending order."""
    runs: list[list[int]] = []
    for uid in uids:
        if runs and runs[-1][1] + 1 == uid:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in runs)


def day(when: date) -> str:
    """A date of SEARCH, which knows months by their English names whatever the locale."""
    return f"{when.day}-{MONTHS[when.month - 1]}-{when.year:04}"


def _shifted(run: re.Match[str]) -> str:
    units = run[0].encode("utf-16-be", "surrogatepass")
    return "&" + b64encode(units, b"+,").rstrip(b"=").decode() + "-"
