"""vCards (2.1, 3.0, RFC 6350): a contact as the lines a person would write. Linear, bounded, total."""

from __future__ import annotations

from gateway.core.card_lines import Line, lines_of, parts_of
from gateway.core.letter import one_line

CARDS = 20
ENTRIES = 40
LINE_CHARACTERS = 500

_LABELS = {
    "FN": "Contact",
    "ORG": "Organization",
    "TITLE": "Title",
    "TEL": "Phone",
    "EMAIL": "Mail",
    "ADR": "Address",
    "URL": "Web",
    "NOTE": "Note",
}
_TYPES = frozenset({"HOME", "WORK", "CELL", "FAX", "PAGER"})
"""Types that tell two entries of a kind apart for a reader."""


def to_text(octets: bytes, charset: str = "") -> str:
    """What the cards say, one after the other; "" where there is none."""
    cards: list[str] = []
    here: list[Line] = []
    inside = False
    for line in lines_of(octets, charset):
        if line.name in {"BEGIN", "END"}:
            if here and len(cards) < CARDS:
                cards.append(_card(here))
            here, inside = [], line.name == "BEGIN" and line.value.strip().upper() == "VCARD"
        elif inside and (line.name in _LABELS or line.name == "N") and len(here) < ENTRIES:
            here.append(line)
    if here and len(cards) < CARDS:  # cut off before its end
        cards.append(_card(here))
    return "\n\n".join(filter(None, cards))


def _card(lines: list[Line]) -> str:
    """The name first; a card without a formatted one has its pieces (RFC 6350 §6.2.2)."""
    said = {
        label: [text for line in lines if line.name == name and (text := _text(line))]
        for name, label in _LABELS.items()
    }
    if not said["Contact"]:
        said["Contact"] = [text for line in lines if line.name == "N" and (text := _full_name(line))][:1]
    return "\n".join(f"{label}: {text}" for label, texts in said.items() for text in texts)


def _text(line: Line) -> str:
    match line.name:
        case "ADR" | "ORG":
            text = ", ".join(filter(None, parts_of(line.value, ";")))
        case "TEL":
            text = line.text.removeprefix("tel:")  # RFC 6350 §6.4.1
        case "EMAIL":
            text = line.text.removeprefix("mailto:")
        case _:
            text = line.text
    kinds = [one for one in line.parameters.get("TYPE", "").strip('"').upper().split(",") if one in _TYPES]
    return one_line(text + (f" ({', '.join(kinds).lower()})" if text and kinds else ""), LINE_CHARACTERS)


def _full_name(line: Line) -> str:
    family, given, middle, prefix, suffix, *_ = [*parts_of(line.value, ";"), *[""] * 5]
    return one_line(" ".join(filter(None, (prefix, given, middle, family, suffix))), LINE_CHARACTERS)
