"""Small print at the end of a mail: who may read it, and what whoever got it by error is to do. Pure and linear.

Known by saying two such things in one paragraph, one of them for whose eyes it is, with nothing but its like below. A
paragraph with an "I" in it is never one: it is a customer who writes about the privacy of mail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from gateway.core.quote_header import rule

DISCLAIMER_LINES = 60
"""Of the end: what starts earlier is no small print."""

THINGS = 2
"""That a paragraph must say."""

_GAP = r"\b.{0,120}?\b"
_MAIL = (
    r"(?:message|messaggio|mail|e-?mail|nachricht|courriel|mensaje|correo|communication|transmission|informazioni"
    r"|information(?:s|en)?|contenut[oi]|contents?|información|allegat[oi]|attachments?)"
)
_PRIVATE = (
    r"(?:riservat[oiea]|confidenzial[ei]|confidential|privileged|vertraulich\w{0,2}|confidentiel\w{0,3}"
    r"|confidencial(?:es)?)"
)
_ONLY = (
    r"(?:uso esclusivo|esclusivamente|unicamente|sole use|only (?:by|for|to)|intended|ausschließlich"
    r"|bestimmungsgemäß\w{0,2}|exclusif|exclusivement|uniquement|exclusiv[ao](?:mente)?)"
)
_READER = r"(?:destinatar\w{1,4}|recipients?|addressees?|individual|person|empfängers?|adressat\w{0,2}|destinataires?)"
_GOT = r"(?:ricevut[oi]|riceve(?:te|sse|ste)|received|erhalten|reçu|recibido)"
_BY_ERROR = r"(?:per errore|in error|by mistake|irrtümlich|par erreur|por error)"
_LAW = r"(?:ai sensi d\w{1,4}|in accordance with|gemäß|conformément|de conformidad|in ottemperanza)"


@dataclass(frozen=True, slots=True)
class _Thing:
    """One thing that small print says. Without any of `needs` a paragraph does not: that is told in microseconds."""

    pattern: re.Pattern[str]
    needs: tuple[str, ...]

    def search(self, lower: str) -> re.Match[str] | None:
        return self.pattern.search(lower) if any(map(lower.__contains__, self.needs)) else None


def _lower_case(pattern: str, needs: str) -> _Thing:  # IGNORECASE takes four times as long
    return _Thing(re.compile(rf"\b(?:{pattern})\b", re.DOTALL), tuple(needs.split("|")))


_FOR_WHOM = (
    _lower_case(
        rf"{_MAIL}{_GAP}{_PRIVATE}|vertrauliche\w?{_GAP}(?:nachricht|informationen)",
        "riservat|confiden|privileged|vertraulich",
    ),
    _lower_case(rf"{_ONLY}{_GAP}{_READER}", "destinata|recipient|addressee|individual|person|empfänger|adressat"),
)
_AND_ELSE = (
    _lower_case(
        rf"{_GOT}{_GAP}{_BY_ERROR}|{_BY_ERROR}{_GAP}{_GOT}",
        "per errore|in error|by mistake|irrtümlich|par erreur|por error",
    ),
    _lower_case(
        r"n'êtes pas .{0,20}?destinataire|not (?:the |an )?(?:intended|named) (?:recipient|addressee)"
        r"|nicht der (?:richtige|beabsichtigte|vorgesehene)|non (?:è|siete|sia) .{0,20}?destinatario",
        "destinata|recipient|addressee|nicht der ",
    ),
    _lower_case(
        r"(?:cancellar|distrugg|elimin)\w{1,6}|distruzione|delete|destroy|löschen|vernichten|détruire|supprimer",
        "cancellar|distru|elimin|delete|destroy|löschen|vernichten|détruire|supprimer",
    ),
    _lower_case(
        r"vietat[oaie]|proibit[oaie]|non possono (?:copiare|diffondere|utilizzare)|prohibited|unauthori[sz]ed"
        r"|untersagt|nicht gestattet|interdite?s?|prohibid[oa]s?",
        "vietat|proibit|non possono |prohibi|unauthori|untersagt|nicht gestattet|interdit",
    ),
    _lower_case(rf"{_LAW}{_GAP}(?:gdpr|dsgvo|rgpd|2016/679|196/2003|616)", "gdpr|dsgvo|rgpd|2016/679|196/2003|616"),
)
_I = re.compile(r"\b(?:I|[Ii]o|[Hh]o|[Vv]orrei|[Cc]hiedo|[Mm]i|[Ii]ch|[Mm]ir|[Jj]e|[Jj]'ai|[Yy]o|[Qq]uiero)\b")
_FOOTER = re.compile(
    r"(?:mail |e-?mail )?(?:priva di virus|virus-free|virenfrei|sans virus|libre de virus)\b"
    r"|(?:this|questa|diese|cet|este) (?:e-?mail|message|messaggio|nachricht) .{0,40}?\b(?:checked|controllata|geprüft)"
    r"|.{0,60}?\b(?:consider the environment|all'ambiente|an die umwelt|à l'environnement|el medio ambiente)\b",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\W{0,3}(?:disclaimer|(?:avviso|nota) di riservatezza|riservatezza|(?:informativa )?privacy|confidentiality"
    r"|avis de confidentialité|aviso legal|vertraulichkeitshinweis)\b.{0,40}$",
    re.IGNORECASE,
)


def disclaimer(heads: Sequence[str], start: int, end: int, *, between: Callable[[Sequence[str]], bool]) -> int:
    """Where the small print at the end of these lines starts; `end` where there is none.

    `between` says of a paragraph without any that it may stand below some, such as the sender's address.
    """
    found = after = end
    begin = max(start, end - DISCLAIMER_LINES)
    for first in range(end - 1, begin - 1, -1):
        if not _opens(heads, first, start):
            continue
        paragraph, after = heads[first:after], first
        line = _small_print(paragraph)
        if line is not None or _FOOTER.match(paragraph[0]):
            found = first + (line or 0)
            if line:  # the writer's own words stand right above
                break
        elif first == begin or not (all(map(_heading, paragraph)) or between(paragraph) or _says_some(paragraph)):
            break
    for above in range(found - 1, start - 1, -1):
        if not heads[above]:
            continue
        if found == end or not _heading(heads[above]):
            break
        found = above
    return found


def _opens(heads: Sequence[str], first: int, start: int) -> bool:
    """The first line of a paragraph, which a blank line or one drawn across sets apart."""
    head, above = heads[first], heads[first - 1]
    return bool(head) and (first == start or not above or rule(above) or rule(head))


def _heading(head: str) -> bool:
    return not head or rule(head) or _TITLE.match(head) is not None


def _small_print(paragraph: Sequence[str]) -> int | None:
    """On which of its lines small print begins; None where a paragraph is none."""
    words = "\n".join(paragraph)
    lower = words.lower()
    whom = _said(_FOR_WHOM, lower)
    things = whom + _said(_AND_ELSE, lower) if whom else []  # nearly all are for nobody's eyes alone
    if len(things) < THINGS or _I.search(words):
        return None
    return lower.count("\n", 0, min(one.start() for one in things))


def _says_some(paragraph: Sequence[str]) -> bool:
    """Whether it says anything that small print does."""
    return bool(_said((*_FOR_WHOM, *_AND_ELSE), "\n".join(paragraph).lower()))


def _said(things: Iterable[_Thing], lower: str) -> list[re.Match[str]]:
    return [one for each in things if (one := each.search(lower))]
