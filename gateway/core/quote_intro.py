"""What stands above a quote: "On … wrote:", an original message's header, a forwarded message's line. Pure, linear.

Two degrees of doubt. Above lines marked with `>` nearly anything that says who wrote may introduce them. Where nothing
is marked, all that follows would be cut, so only what programs write is believed: a date with an address, or a header.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

INTRO_LINES = 4
"""Over which programs break one introduction."""

BLANK_LINES = 2
"""Between an introduction and what it introduces."""

HEADER_LINES = 12
"""Within which the header of an original message is complete, recipients over several lines included."""

HEADER_FIELDS = 3

# "schrieb" and its kin stand before the name or the date; "mi ha scritto:" is said by people.
_WROTE = (
    r"(?:(?<!\bmi )(?<!\bci )(?<!\bvi )ha scritto|scrive|wrote|writes|a [ée]crit|escribió|escreveu|schreef|schrieb"
    r"|skrev|kirjoitti|napisał(?:\(?a\)?)?|napsal(?:\(?a\)?)?|написала?|пишет|yazd\u0131|írta|a scris|写道|寫道)"
)
_END = r"\s?(?:[:\uff1a](?:$|\s{2,})|-{2,}$)"  # one program goes on in the same line, after a gap
_VERB = re.compile(
    rf"{_WROTE}{_END}|\b(?:schrieb|schreef|skrev)\b.{{1,200}}:$|>\)? {_WROTE} .{{1,80}}{_END}|님이 작성:$"
    r"|\b(?:wrote on|ha scritto (?:il|in data)|a écrit le|escribió el) .{0,30}\d.{0,50}:$",
    re.IGNORECASE,
)
_QUOTING = re.compile(r"(?:citando|quoting|zitat von|citation de|cita de)\b[^:]{1,200}:$", re.IGNORECASE)
_BEGIN = re.compile(  # a date in the first words, whatever the language calls the day; or a name, an address, the verb
    r"(?:-{2,20}\s?)?(?:(?:il giorno|in data|w dniu|il|on|le|am|el|em|den|op|dnia|dne)\b[\s,]*+)?"
    r"(?:[^\W\d]\w*+[-.,]?[\s,]*+){0,3}\(?\d"
    rf"|[^@<:.!?]{{1,80}}<\s?[^\s<>@]{{1,64}}@[^\s<>@]{{1,255}}>\)? (?:{_WROTE}|於)",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?<!\d)(?:(?:19|20)\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d\d)")
_TIME = re.compile(r"(?<!\d)\d{1,2}[:.h]\d\d(?!\d)")
_ANGLE = re.compile(r"[<\[(]\s?(?:mailto:)?[^\s<>@]{1,64}@[^\s<>@]{1,255}")
_ENDED = re.compile(rf"{_END}|>$")
_STAMP = re.compile(r"\d[^!?]{8,120}[^.!?;,]$")

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


def quoted(head: str) -> bool:
    """A line marked as quoted."""
    return head.startswith(">")


def forwards(head: str) -> bool:
    """The line above a message that is passed on: content, not a quote."""
    return _FORWARDED.match(head) is not None


def passed_on(subject: str) -> bool:
    """A subject that says so, in the words of the five languages: not of an answer to what was passed on."""
    return _PASSED_ON.match(subject) is not None


def rule(head: str) -> bool:
    """A line drawn across."""
    return _RULE.match(head) is not None


def history(heads: Sequence[str], at: int) -> bool:
    """Whether all from this line on is an earlier message, none of its lines marked."""
    head = heads[at]
    if _ORIGINAL.match(head) or (_TITLED.match(head) and at + 1 < len(heads) and _LABEL.match(heads[at + 1])):
        return not _marked(heads, at + 1)
    if rule(head):
        below = _next(heads, at + 1)
        return below < len(heads) and _header(heads, below)
    return _header(heads, at) or _introduced(heads, at)


def intro(heads: Sequence[str], above: int, start: int) -> int:
    """The first line of what introduces the marked lines that begin at `start`, none over `above`; else `start`."""
    end = start
    while end > max(above, start - BLANK_LINES) and not heads[end - 1]:
        end -= 1
    if end == above or not heads[end - 1]:
        return start
    if _ORIGINAL.match(heads[end - 1]):
        return end - 1
    for first in range(end - 1, max(above, end - INTRO_LINES) - 1, -1):
        if not heads[first]:
            break
        said = " ".join(heads[first:end])
        if _BEGIN.match(said) and _ENDED.search(said) and (_VERB.search(said) or (_DATE.search(said) and "@" in said)):
            return first
    return end - 1 if _says_who(heads[end - 1], alone=end - 1 == above or not heads[end - 2]) else start


def _says_who(head: str, *, alone: bool) -> bool:
    """Such as "Mario Rossi wrote:" or "2026-03-03 10:15 Mario Rossi", a line by itself; or with an address."""
    stamped = alone and _STAMP.match(head) and _DATE.match(head) and _TIME.search(head)
    return bool(_QUOTING.match(head) or stamped or (_VERB.search(head) and (alone or _ANGLE.search(head))))


def _introduced(heads: Sequence[str], at: int) -> bool:
    """An introduction that only a program writes, above lines that are not marked."""
    if not _BEGIN.match(heads[at]):
        return False
    apart = not at or not heads[at - 1]
    for end in range(at + 1, min(at + INTRO_LINES, len(heads)) + 1):
        if not heads[end - 1]:
            break
        said = " ".join(heads[at:end])
        if said[-1] != ">" and _ENDED.search(said) and _DATE.search(said):
            verb, time = _VERB.search(said), _TIME.search(said)
            angle = _ANGLE.search(said)
            if (angle and verb and time) or (apart and ((angle and (verb or time)) or (verb and time and "@" in said))):
                return not _marked(heads, end)
    return False


def _header(heads: Sequence[str], at: int) -> bool:
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


def _in_source(heads: Sequence[str], at: int) -> bool:
    """Within the source of a mail, which somebody shows us: fields that no program puts above an answer stand there."""
    for above in range(at - 1, max(0, at - HEADER_LINES) - 1, -1):
        if not heads[above]:
            return False
        if _SOURCE.match(heads[above]):
            return True
    return False


def _marked(heads: Sequence[str], at: int) -> bool:
    below = _next(heads, at)
    return below < len(heads) and quoted(heads[below])


def _next(heads: Sequence[str], at: int) -> int:
    """The next line that is not empty, within a few."""
    end = min(at + BLANK_LINES, len(heads))
    while at < end and not heads[at]:
        at += 1
    return at
