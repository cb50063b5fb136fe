"""What stands above earlier messages as a whole: the line, or the header, that programs put there. Pure and linear.

An original message's header is From and two fields more, in the words of many languages' menus. The source of a mail,
which somebody pastes to show it, has such fields too, and others that no program puts above an answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

HEADER_LINES = 12
"""Within which the header of an original message is complete, recipients over several lines included."""

HEADER_FIELDS = 3

_ORIGINAL = re.compile(
    r"[-_*]{2,20}\s?(?:messaggio originale|original message|original appointment|ursprüngliche nachricht"
    r"|original-nachricht|message d'origine|message original|mensaje original|mensagem original"
    r"|oorspronkelijk bericht|oprindelig (?:meddelelse|besked)|opprinnelig melding|ursprungligt meddelande"
    r"|(?:oryginalna )?wiadomość(?: oryginalna)?|исходное сообщение|původní zpráva|alkuperäinen viesti)\s?[-_*]{2,20}$"
    r"|[-_*#=\s]{0,20}(?:please )?(?:(?:type|write) your reply|reply|rispondi|rispondere|scrivi(?: la tua risposta)?)"
    r" (?:above this line|sopra questa (?:riga|linea))\b",
    re.IGNORECASE,
)
_TITLED = re.compile(r"-{3,20}\s?[^\W\d_][\w '\u2019-]{2,40}?\s?-{3,20}$")
_FORWARDED = re.compile(
    r"-{2,20}\s?(?:forwarded (?:message|by)|messaggio inoltrato|inoltrato da|weitergeleitet(?:e nachricht| von)"
    r"|message (?:transféré|transmis|réexpédié)|mensaje reenviado|reenviado por|mensagem encaminhada"
    r"|doorgestuurd bericht|videresendt|vidarebefordrat|пересылаемое сообщение)\b"
    r"|(?:begin forwarded message|inizio messaggio inoltrato|(?:anfang|beginn) der weitergeleiteten (?:nachricht|mail)"
    r"|début du message (?:transféré|réexpédié)|inicio del mensaje reenviado)\s?:$",
    re.IGNORECASE,
)
_PASSED_ON = re.compile(r"(?:\[[^\]]{1,80}\]\s?)?(?:fwd?|i|wg|tr|rv|enc)\s?:", re.IGNORECASE)
_RULE = re.compile(r"(?:[-_=*~]{2,}|[\u2013\u2014]++)$")
_DRAWN = tuple("-_=*~\u2013\u2014")

_SOURCE = re.compile(
    r"(?:received|return-path|message-id|mime-version|content-(?:type|transfer-encoding)|dkim-signature|x-[\w-]{2,40})\s?:",
    re.IGNORECASE,
)


class _Field(Enum):
    """The fields that mail programs put above an original message, by the names that they give them."""

    FROM = "da|mittente|from|von|absender|de|expéditeur|remitente|van|fra|från|od|от|lähettäjä|差出人|发件人|寄件者"
    DATE = (
        "data|inviato|inviata|date|sent|gesendet|datum|envoyé|envoyé le|fecha|enviado|enviado el|enviada em"
        "|verzonden|dato|sendt|skickat|wysłano|отправлено|дата|odesláno|lähetetty|päiväys|日付|送信日時|发送时间|日期"
    )
    TO = "a|per|destinatario|to|an|à|para|aan|til|till|do|komu|кому|vastaanottaja|宛先|收件人"
    SUBJECT = (
        "oggetto|ogg|subject|betreff|objet|asunto|assunto|onderwerp|emne|ämne|temat|тема|předmět|aihe|件名|主题|主旨"
    )


_LABEL = re.compile(
    r"\*?(?:" + "|".join(f"(?P<{one.name}>{one.value})" for one in _Field) + r")\s?\*?\s?[:\uff1a]", re.IGNORECASE
)


def original(heads: Sequence[str], at: int) -> bool:
    """The line above an original message, known by its words or by a header right below it."""
    head = heads[at]
    titled = _TITLED.match(head) and at + 1 < len(heads) and _LABEL.match(heads[at + 1])
    return bool(titled or _ORIGINAL.match(head))


def header(heads: Sequence[str], at: int) -> bool:
    """The header of an original message: who wrote it, and two more of when, to whom and about what."""
    if not _LABEL.match(heads[at]) or _in_source(heads, at):
        return False
    found: set[str] = set()
    addressed = gap = False
    for head in heads[at : at + HEADER_LINES]:
        label = _LABEL.match(head)
        if label:
            found.add(label.lastgroup or "")
        elif head and gap:  # the body
            break
        elif _SOURCE.match(head):
            return False
        addressed = addressed or "@" in head
        gap = not head
    return _Field.FROM.name in found and len(found) >= HEADER_FIELDS and (addressed or len(found) == len(_Field))


def forwards(head: str) -> bool:
    """The line above a message that is passed on: content, not a quote."""
    return _FORWARDED.match(head) is not None


def passed_on(subject: str) -> bool:
    """A subject that says so, in the words of the five languages: not of an answer to what was passed on."""
    return _PASSED_ON.match(subject) is not None


def rule(head: str) -> bool:
    """A line drawn across."""
    return head.startswith(_DRAWN) and _RULE.match(head) is not None


def _in_source(heads: Sequence[str], at: int) -> bool:
    """Within the source of a mail, which somebody shows us: fields that no program puts above an answer stand there."""
    for above in range(at - 1, max(0, at - HEADER_LINES) - 1, -1):
        if not heads[above]:
            return False
        if _SOURCE.match(heads[above]):
            return True
    return False
