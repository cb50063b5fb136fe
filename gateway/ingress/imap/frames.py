"""Octets of a server to its responses, each a line with its literals. Iterative, linear, and bounded before it keeps.

Refuses, as `Lied`: what is longer than our bounds, before it is read; NUL in a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.ingress.imap.driver import Lied

LINE = 64 * 1024
"""Octets of one response without its literals."""
SEARCH_LINE = 4 * 2**20
"""The same for the one response that grows with the mailbox: 380,000 UIDs of ten digits."""
LITERALS = 16
"""In one response."""
RESPONSES = 20_000
"""Between two commands of ours, or while one is under way."""
SMALL = 64 * 1024
"""Octets of literals that any command may be answered with."""
_SIZED = re.compile(rb"\{([0-9]{1,20})\}\Z")
_SIZED_OCTETS = 22
_SEARCH = b"* SEARCH"


@dataclass(frozen=True, slots=True)
class Frame:
    """One response: the pieces of its line, without `{n}` and CRLF, and the literals between them."""

    pieces: tuple[bytes, ...]
    literals: tuple[bytes, ...]

    @property
    def line(self) -> bytes:
        """The line up to its first literal."""
        return self.pieces[0]


class Framer:
    """Holds what has come of the next response."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._scanned = 0  # up to here there is no CRLF: octets that come one by one are looked at once
        self._awaited: int | None = None
        self._pieces: list[bytes] = []
        self._literals: list[bytes] = []
        self._allowed = SMALL
        self._responses = 0

    def begin(self, literals: int = SMALL) -> None:
        """A command is about to be sent: so many octets of literals may come in answer."""
        self._allowed = literals
        self._responses = 0

    @property
    def empty(self) -> bool:
        """Whether nothing has come of a next response."""
        return not self._octets and not self._pieces

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The responses that are whole now."""
        self._octets += data
        while (frame := self._next()) is not None:
            self._responses += 1
            if self._responses > RESPONSES:
                raise Lied(f"over {RESPONSES} responses to one command")
            yield frame

    def _next(self) -> Frame | None:
        while True:
            if self._awaited is not None:
                if len(self._octets) < self._awaited:
                    return None
                self._literals.append(self._cut(self._awaited))
                self._awaited = None
            end = self._octets.find(b"\r\n", max(0, self._scanned - 1))
            self._check(len(self._octets) if end < 0 else end)
            if end < 0:
                self._scanned = len(self._octets)
                return None
            line = self._cut(end + 2)[:-2]
            if b"\x00" in line:
                raise Lied("a NUL in a line")  # RFC 9051 §9: CHAR and TEXT-CHAR have none
            sized = _SIZED.search(line, max(0, len(line) - _SIZED_OCTETS))
            if sized is None:
                self._pieces.append(line)
                frame = Frame(tuple(self._pieces), tuple(self._literals))
                self._pieces, self._literals = [], []
                return frame
            self._pieces.append(line[: sized.start()])
            self._await(int(sized[1]))

    def _cut(self, octets: int) -> bytes:
        cut = bytes(self._octets[:octets])
        del self._octets[:octets]
        self._scanned = 0
        return cut

    def _check(self, octets: int) -> None:
        start = self._pieces[0] if self._pieces else bytes(self._octets[: len(_SEARCH)])
        bound = SEARCH_LINE if start.upper().startswith(_SEARCH) else LINE
        if sum(map(len, self._pieces)) + octets > bound:
            raise Lied(f"a line over {bound} octets")

    def _await(self, octets: int) -> None:
        if octets > self._allowed:
            raise Lied(f"a literal of {octets} octets where at most {self._allowed} can come")
        if len(self._literals) == LITERALS:
            raise Lied(f"over {LITERALS} literals in one response")
        self._allowed -= octets
        self._awaited = octets
