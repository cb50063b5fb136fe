"""daticert.xml: what a PEC provider certifies of a message (RFC 6109 §4.4). Total, bounded, no DTD and no entities.

Expat reads it: it does not recurse, and what could make it expand or fetch anything is refused at its declaration.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn
from xml.parsers.expat import ExpatError, ParserCreate

from gateway.core.address import Address

OCTETS = 256 * 1024
DEPTH = 10
RECIPIENTS = 1_000

_SENDER = ("postacert", "intestazione", "mittente")
_RECIPIENT = ("postacert", "intestazione", "destinatari")


@dataclass(frozen=True, slots=True)
class Certified:
    """Of which kind the certificate is, what went wrong, who wrote, and to whom."""

    kind: str
    error: str
    sender: Address
    recipients: tuple[Address, ...]


def certified(octets: bytes) -> Certified:
    """What daticert.xml says. Raises ValueError, in words, where it is no such document."""
    if len(octets) > OCTETS:
        raise ValueError(f"daticert.xml is over {OCTETS} octets")
    reader = _Reader()
    try:
        reader.read(octets)
    except (ExpatError, LookupError) as fault:  # LookupError: an encoding that nobody knows
        raise ValueError(f"daticert.xml is no XML: {fault}") from fault
    if len(reader.senders) != 1:
        raise ValueError(f"daticert.xml names {len(reader.senders)} senders")
    recipients: list[Address] = []
    for text in reader.recipients[:RECIPIENTS]:
        with suppress(ValueError):  # one that is not to be read is not ours
            recipients.append(Address.parse(text))
    return Certified(reader.kind, reader.error, Address.parse(reader.senders[0]), tuple(recipients))


class _Reader:
    """Where we are in the document, and what was found."""

    def __init__(self) -> None:
        self.kind = ""
        self.error = ""
        self.senders: list[str] = []
        self.recipients: list[str] = []
        self._path: tuple[str, ...] = ()
        self._text: list[str] = []

    def read(self, octets: bytes) -> None:
        parser = ParserCreate()
        parser.StartDoctypeDeclHandler = _refuse  # without it no entity can be declared
        parser.EntityDeclHandler = _refuse
        parser.ExternalEntityRefHandler = _refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.Parse(octets, True)  # noqa: FBT003 - expat's word for the end; it takes no keywords

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._path) >= DEPTH:
            raise ValueError(f"daticert.xml is over {DEPTH} elements deep")
        if not self._path:
            self.kind, self.error = attributes.get("tipo", ""), attributes.get("errore", "nessuno")
        self._path = (*self._path, name)
        self._text.clear()

    def _end(self, _name: str) -> None:
        text = "".join(self._text).strip()
        if self._path == _SENDER:
            self.senders.append(text)
        elif self._path == _RECIPIENT:
            self.recipients.append(text)
        self._path = self._path[:-1]
        self._text.clear()


def _refuse(*_: object) -> NoReturn:
    raise ValueError("daticert.xml declares a document type or an entity")
