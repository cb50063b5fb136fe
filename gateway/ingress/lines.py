"""Command lines, out of the stream: no I/O. Only CRLF ends one, however it is cut (RFC 5321 §2.3.8)."""

from __future__ import annotations


class Lines:
    """Fed octets as they come, gives back lines, or all that is left where data or TLS follow.

    Of a line that is too long it keeps no more than shows that.
    """

    __slots__ = ("_bound", "_octets")

    def __init__(self, bound: int) -> None:
        self._bound = bound  # with the CRLF
        self._octets = bytearray()

    def feed(self, octets: bytes) -> None:
        """Put what came in behind what is there."""
        self._octets += octets

    def next(self) -> bytes | None:
        """The next line without its CRLF; of one over the bound as many octets as the bound, or more. None: not yet."""
        end = self._octets.find(b"\r\n")
        if end < 0:
            if len(self._octets) > self._bound:
                self._octets[:-1] = bytes(self._bound)  # the last may be a CR whose LF is to come
            return None
        line = bytes(self._octets[:end])
        del self._octets[: end + 2]
        return line

    def rest(self) -> bytes:
        """All that is there, out of here."""
        octets = bytes(self._octets)
        self._octets.clear()
        return octets
