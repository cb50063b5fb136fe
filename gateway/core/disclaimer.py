"""Small print at the end of a mail: who may read it, and what whoever got it by error is to do. Pure and linear.

Known by saying two such things in one paragraph, one of them for whose eyes it is, with nothing but its like below. A
paragraph with an "I" in it is never one: it is a customer who writes about the privacy of mail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
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
        return self.pattern.search(lower) if any(one in lower for one in self.needs) else None


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
    for first in range(end - 1, max(start, end - DISCLAIMER_LINES) - 1, -1):
        if not _opens(heads, first, start):
            continue
        paragraph, after = heads[first:after], first
        says = _says(paragraph)
        if says.small_print or _FOOTER.match(paragraph[0]):
            found = first + says.line
            if says.line:  # the writer's own words stand right above
                break
        elif not says.things and not all(map(_heading, paragraph)) and not between(paragraph):
            break
    for above in range(found - 1, start - 1, -1):
        if not heads[above]:
            continue
        if found == end or not _heading(heads[above]):
            break
        found = above
    return found


@dataclass(frozen=True, slots=True)
class _Says:
    """How much of what small print says a paragraph says, and on which of its lines it begins."""

    things: int
    line: int = 0
    small_print: bool = False


def _opens(heads: Sequence[str], first: int, start: int) -> bool:
    """The first line of a paragraph, which a blank line or one drawn across sets apart."""
    return bool(heads[first]) and (
        first == start or not heads[first - 1] or rule(heads[first - 1]) or rule(heads[first])
    )


def _heading(head: str) -> bool:
    return not head or rule(head) or _TITLE.match(head) is not None


def _says(paragraph: Sequence[str]) -> _Says:
    words = "\n".join(paragraph)
    lower = words.lower()
    whom, more = ([one for each in every if (one := each.search(lower))] for every in (_FOR_WHOM, _AND_ELSE))
    things = whom + more
    if not whom or len(things) < THINGS or _I.search(words):
        return _Says(len(things))
    return _Says(len(things), lower.count("\n", 0, min(one.start() for one in things)), small_print=True)
