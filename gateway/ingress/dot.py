"""The data of a message, out of the stream: no I/O. Only CRLF.CRLF ends it, however it is cut (RFC 5321 §4.1.1.4)."""

from __future__ import annotations

from io import IncrementalNewlineDecoder

_DOTTED = b"\r\n."
_END = b"\r\n.\r\n"


class Dot:
    """Fed chunks, gives back clean octets: dots unstuffed (RFC 5321 §4.5.2), CRLF kept, nothing added.

    It reads on to the true end whatever it meets, so that what is behind a bare CR or LF is never taken for commands or
    for a second message (CVE-2023-51764). It holds at most four octets back.
    """

    __slots__ = ("_ends", "_held", "_line", "_line_bound", "finished", "has_bare", "has_long_line", "octets", "rest")

    def __init__(self, line_bound: int) -> None:
        self._line_bound = line_bound
        self._line = 0
        self._ends = IncrementalNewlineDecoder(None, translate=False)  # only tells which it met, in one pass of C
        self._held = b"\r\n"  # the data begin at the start of a line, as if after a CRLF
        self.octets = -len(self._held)
        self.finished = False
        self.has_bare = False
        """A CR without LF, an LF without CR, or a NUL was met."""
        self.has_long_line = False
        self.rest = b""
        """What came behind the end: the next command."""

    def feed(self, chunk: bytes) -> bytes:
        """Take what came in; give back the clean octets that are certain by now. Not to be called when finished."""
        stream = self._held + chunk
        dotted = stream.find(_DOTTED)  # the end is one of these, and nearly always the only one
        end = stream.find(_END, dotted) if dotted >= 0 else -1
        if end < 0:
            cut = len(stream) - _undecided(stream)
            part, self._held = stream[:cut], stream[cut:]
        else:
            part, self.rest = stream[: end + 2], stream[end + len(_END) :]
            self.finished = True
        self._inspect(part)
        clean = part if dotted == end else part.replace(_DOTTED, b"\r\n")
        if self.octets < 0 and clean:
            clean = clean[-self.octets :]  # the CRLF that was not sent
            self.octets = 0
        self.octets += len(clean)
        return clean

    def _inspect(self, part: bytes) -> None:
        self._ends.decode(part.decode("latin-1"))
        if self._ends.newlines not in (None, "\r\n") or b"\0" in part:
            self.has_bare = True
        pair = part.find(b"\r\n")
        if pair < 0:
            self._line += len(part)
            self.has_long_line |= self._line > self._line_bound
            return
        first = self._line + pair
        self._line = len(part) - part.rfind(b"\r\n") - 2
        longest = max(first, self._line)
        if longest <= self._line_bound < len(part):  # only then can a line in the middle be too long
            longest = max(map(len, part.split(b"\r\n")))
        self.has_long_line |= longest > self._line_bound


def _undecided(stream: bytes) -> int:
    """How many octets at the end may be the beginning of the terminator."""
    return next((size for size in range(len(_END) - 1, 0, -1) if stream.endswith(_END[:size])), 0)
