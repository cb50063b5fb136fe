"""Words elsewhere: what a message says that has none of its own, by an invitation, a card or a winmail.dat. Bounded."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.core import calendar, vcard
from gateway.core.mime import Part, content
from gateway.core.tnef import MAGIC, words_of

OCTETS = 1024 * 1024
"""Of all cards that are read, together."""

_READERS = {"ics": calendar.to_text, "vcf": vcard.to_text}
_FORMS = {  # by what they call themselves; RFC 2425 was the card's frame before it was one
    "application/ics": "ics",
    "text/calendar": "ics",
    "text/x-vcalendar": "ics",
    "text/directory": "vcf",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
}


def words_elsewhere(raw: bytes, parts: tuple[Part, ...], indices: Iterable[int]) -> str:
    """What the leaves at these places say, each thing once. They stay attachments: these are not their own words."""
    said: dict[str, None] = {}
    left = OCTETS
    packed = False  # the first pack speaks for the message: it has one body
    for index in indices:
        head = parts[index].head
        octets = content(raw, parts[index])
        reader = _READERS.get(_FORMS.get(head.kind) or head.filename.rpartition(".")[2].lower())
        if octets.startswith(MAGIC) and not packed:
            packed = True
            said[words_of(octets)] = None
        elif reader is not None and len(octets) <= left:
            left -= len(octets)
            said[reader(octets, head.parameters.get("charset", ""))] = None
    return "\n\n".join(filter(None, said))
