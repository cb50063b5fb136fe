"""Where the signature starts below the writer's own lines: dashes, a card after the regards, small print.

Pure and linear. In doubt there is none, for a name below a greeting is the writer's own word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.core.disclaimer import disclaimer
from gateway.core.quote_header import rule

SIGNATURE_LINES = 30
"""Of the end: what starts earlier is no signature."""

CARD_LINES = 12
CARD_CHARACTERS = 80
PROSE_WORDS = 7
NAME_WORDS = 5

_GADGETS = (
    "iphone|ipad|android|blackberry|samsung|huawei|galaxy|xiaomi|smartphone|outlook|windows|yahoo|thunderbird|proton"
    "|mailbox|spark|bluemail"
)
_SENT = r"(?:sent|inviat[oa]|envoyé|gesendet|enviado|verzonden|verstuurd|skickat|sendt|wysłane|отправлено)"
_DEVICE = re.compile(  # said in the first person, or naming a device or a program
    rf"{_SENT} (?:from my|da(?:l| mio|l mio|lla mia)|de(?:puis)? mon|d(?:e|esde) mi|van mijn|från min|fra min)\b"
    rf"|{_SENT} (?:from|via|using|with|dal?|dalla|con|tramite|de|depuis|von|mit|über|desde|met|från|med)\b"
    rf".{{0,60}}\b(?:(?-i:Mail|Webmail|App)|{_GADGETS})\b"
    r"|(?:get|scarica|ottieni|télécharge[rz]|obtenez|holen sie sich|obtener|descargar|download) outlook\b"
    r"|von meinem .{1,40} gesendet$|diese nachricht wurde von meinem\b",
    re.IGNORECASE,
)
_DEVICE_CHARACTERS = 80
_GADGET = re.compile(rf"\b(?:{_GADGETS})\b", re.IGNORECASE)

_VALEDICTION = re.compile(
    r"(?:(?:with )?(?:(?:best|kind|warm|many)(?:est)? )?regards|(?:yours )?(?:sincerely|faithfully)"
    r"|(?:(?:i )?(?:miei |nostri )?(?:più )?(?:cordiali|distinti|migliori) saluti|cordialmente|cordialità)"
    r"|(?:mit )?(?:freundliche|beste|herzliche)n? grü(?:ß|ss)en?|mfg|(?:bien )?cordialement"
    r"|(?:meilleures|sincères) salutations|un (?:cordial )?saludo|(?:saludos )?(?:cordiales )?saludos|atentamente"
    r")\s?[,.!]?$",
    re.IGNORECASE,
)
VALEDICTION_CHARACTERS = 40
_CONTACT = re.compile(
    r"\b(?:tel|telefono|telefon|tél|téléphone|cell|cellulare|mob|mobile|mobil|móvil|handy|phone|ph|fax)\b\W{0,3}\+?[\d(]"
    r"|\b(?:p\. ?iva|partita iva|c\. ?f|vat|ust-id|siret|cif)\b|\+\d[\d ()/.-]{6,}"
    r"|https?://|\bwww\.|[\w.+-]@[\w-]{1,63}\.\w|\bmailing list\b",
    re.IGNORECASE,
)
_FIELD = re.compile(r"[^\W\d][^:@/]{1,40}:(?!//) ?\S")
_CARD_FIELD = re.compile(
    r"(?:tel|tél|tlf|cel|mob|móv|handy|ph|fax|dir|e-?mail|mail|pec|web|sito|site|skype|whatsapp|p\. ?iva|partita|c\. ?f"
    r"|vat|ust|siret|cif|sede|uff|off|ind|addr)",
    re.IGNORECASE,
)
_POSTSCRIPT = re.compile(r"p\.? ?s\b|n\.? ?b\b", re.IGNORECASE)


def signature(heads: Sequence[str], start: int, end: int) -> int:
    """Where the signature of these lines starts, the writer's last own ones; `end` where there is none."""
    end = _trimmed(heads, start, end)
    for find in (_device, _disclaimer, _dashes, _drawn, _device, _card):
        end = _trimmed(heads, start, find(heads, start, end))
    return end


def _trimmed(heads: Sequence[str], start: int, end: int) -> int:
    while end > start and not heads[end - 1]:
        end -= 1
    return end


def _device(heads: Sequence[str], start: int, end: int) -> int:
    """The last line, where a program says what the mail was sent from."""
    if end == start or not _DEVICE.match(heads[end - 1]):
        return end
    last = heads[end - 1]
    told = len(last) > _DEVICE_CHARACTERS or last.endswith((".", "!", "?"))
    return end if told and not _GADGET.search(last) else end - 1


def _disclaimer(heads: Sequence[str], start: int, end: int) -> int:
    return disclaimer(heads, start, end, between=_contacts)


def _dashes(heads: Sequence[str], start: int, end: int) -> int:
    """RFC 3676 §4.3: two dashes. The space behind them is often lost."""
    for index in range(end - 1, max(start, end - SIGNATURE_LINES) - 1, -1):
        if heads[index] == "--":
            return index
    return end


def _drawn(heads: Sequence[str], start: int, end: int) -> int:
    """A line drawn across with a card or a list's footer below it, or with nothing any more."""
    for index in range(end - 1, max(start, end - SIGNATURE_LINES) - 1, -1):
        if not rule(heads[index]):
            continue
        if any(heads[index + 1 : end]):
            above = _trimmed(heads, start, index)
            announced = above > start and heads[above - 1].endswith(":")
            return index if _contacts(heads[index + 1 : end]) and not announced else end
        end = index
    return end


def _card(heads: Sequence[str], start: int, end: int) -> int:
    """The regards with a name and more below: firm, telephone. With a name alone they are the writer's words."""
    for index in range(end - 1, max(start, end - SIGNATURE_LINES) - 1, -1):
        if len(heads[index]) <= VALEDICTION_CHARACTERS and _VALEDICTION.match(heads[index]):
            below = [head for head in heads[index + 1 : end] if head]
            named = len(below) > 1 and len(below[0].split()) <= NAME_WORDS
            return index if named and _cardlike(below) else end
    return end


def _cardlike(lines: Sequence[str]) -> bool:
    """Few and short lines, none a sentence, a postscript, or data with a label of its own."""
    said = [line for line in lines if line]
    return len(said) <= CARD_LINES and not any(map(_said, said))


def _contacts(lines: Sequence[str]) -> bool:
    return _cardlike(lines) and any(map(_CONTACT.search, lines))


def _said(line: str) -> bool:
    """A sentence, a question, an announcement, a postscript, or data that is no part of a card."""
    if len(line) > CARD_CHARACTERS and not _CONTACT.search(line):
        return True
    prose = len(line.split()) > PROSE_WORDS and line.endswith((".", "!", ";"))
    data = _FIELD.match(line) and not _CARD_FIELD.match(line)
    return bool(prose or line.endswith(("?", ":")) or data or _POSTSCRIPT.match(line))
