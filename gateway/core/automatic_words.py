"""Automatic answers told by their words, in five languages, where the header says nothing. Never by one sign alone.

People write about vacations, automatic answers and confirmations as well, to a mail provider above all. So a subject
must begin as a program's does, the text must open as one does, a second sign must join the first, and whoever asks a
question is a person.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import islice

from gateway.core.charset import words
from gateway.core.fields import Split, unfolded
from gateway.core.message import Body

OPENING_CHARACTERS = 1_000
LONGEST = 4_000
"""Characters. No notice has more of its own."""
CLAUSES = 8
"""So many are the opening; a greeting and thanks come before what a notice has to say."""
VALUE_OCTETS = 1_000

_CLAUSE_END = re.compile(r"[\n!;,]|(?<![0-9])\.")  # not behind a day of the month
_QUESTION = re.compile(r"\?(?=\s|$)")
_BEYOND = re.compile(r"[^\x00-\x7f]++")


def _begins(*phrases: str) -> re.Pattern[str]:
    return re.compile("(?:" + "|".join(phrases) + r")(?!\w)")


_TITLE = re.compile(  # what programs put before the subject that they answer, or write alone
    r"(?:auto(?:matic|mated)?[ -]?(?:reply|response|responder)|autoreply|autoresponse"
    r"|out of (?:the )?office(?: (?:auto ?reply|reply|response|message|notice|notification))?"
    r"|(?:vacation|away|absence) (?:reply|message|notice|notification)|on vacation"
    r"|rispost[ae] automatic[ae]|risponditore automatico|fuori (?:ufficio|sede|studio)"
    r"|(?:notifica|avviso|messaggio) di assenza|assenza dall'ufficio"
    r"|automatische (?:antwort|ruckmeldung)|abwesenheits(?:notiz|nachricht|benachrichtigung|meldung|hinweis)"
    r"|abwesend|ausser haus|nicht im buro"
    r"|reponse automatique|(?:message|avis|notification) d'absence|absente? du bureau|absence du bureau|hors du bureau"
    r"|respuesta automatica|fuera de (?:la )?oficina|(?:aviso|mensaje) de ausencia)\s?(?P<rest>[:(\[-].*|\Z)",
)
_CONTINUES = re.compile(r"[\s:(-]*(?:\[#|(?:re|r|aw|sv|rif|rv) ?:)")

_ABSENT = _begins(
    r"(?:i'm|i am|i will be|i'll be|we are|we will be|(?:our|the) offices? (?:is|are|will be)) (?:currently |now )?"
    r"(?:out of (?:the )?(?:office|country)|away|on (?:vacation|holidays?|pto|(?:\w{1,12} )?leave)|closed|travell?ing)",
    r"(?:attualmente |al momento |in questo momento )?(?:non )?(?:sono|saro|siamo|saremo|resteremo|rimarremo) "
    r"(?:attualmente |al momento )?(?:fuori (?:ufficio|sede|studio)|assent[ei]|in (?:ferie|vacanza|congedo|ufficio)"
    r"|chiusi)",
    r"(?:l'ufficio|(?:gli|i nostri) uffici) (?:e|sara|sono|saranno|restera|resteranno|rimarranno) chius[oi]",
    r"(?:ich (?:bin|werde)|wir sind|unser buro ist) (?:.{0,60} )?"
    r"(?:nicht im (?:buro|haus|hause)|ausser haus|abwesend|im urlaub|nicht erreichbar|in elternzeit|geschlossen)",
    r"je (?:suis|serai) (?:actuellement )?(?:absente?|en (?:conges?|vacances|deplacement)|hors du bureau)",
    r"nos bureaux (?:sont|seront) fermes",
    r"(?:estoy|estare|me encuentro|me encontrare) (?:actualmente )?"
    r"(?:fuera de (?:la |mi )?oficina|de (?:vacaciones|baja|viaje)|ausente)",
    r"nuestras oficinas (?:estan|estaran) cerradas",
)
_DECLARES = _begins(
    r"this is an? (?:auto|automated|automatic|auto-generated|automatically generated)[ -]?"
    r"(?:reply|response|message|e-?mail|notification)",
    r"this (?:e-?mail|message|reply) (?:was|is|has been) (?:sent |generated )?automatically",
    r"(?:questa e una|questo e un) (?:risposta|e-?mail|messaggio|notifica)"
    r" (?:generat[oa] )?(?:in )?(?:automatic[oa]|automaticamente)",
    r"(?:dies|dieses|das) ist eine automatisch(?: erstellte| generierte|e) (?:antwort|nachricht|e-?mail)",
    r"diese (?:nachricht|e-?mail) wurde automatisch",
    r"(?:ceci est|cet? \w{1,10} est) une? (?:reponse|message) automatique",
    r"ce message (?:est|a ete) (?:envoye|genere) automatiquement",
    r"(?:est[ae] es una?) (?:respuesta|mensaje) automatic[ao]",
    r"este mensaje (?:es|ha sido|fue) (?:enviado|generado) automaticamente",
)
_SUPPRESSES = re.compile(r"\s*all\b")  # vacation programs of Exchange say All; its ordinary mail names this or that
_PROGRAM = re.compile(r"vacation|auto-?(?:reply|respon)")
_NOBODY = re.compile(r"(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|auto-?(?:reply|respon\w{0,4}))@")

_READ = re.compile(r"(?:not read|read|non letto|letto|gelesen|ungelesen|lu|non lu|leido|no leido) ?:")
_WAS_READ = re.compile(
    r"your message .{0,400}(?:was|has been) (?:read|displayed|deleted)"
    r"|il (?:(?:suo|tuo) )?messaggio .{0,400}e stato (?:letto|visualizzato|eliminato)"
    r"|ihre nachricht .{0,400}wurde .{0,60}(?:gelesen|geloscht)"
    r"|votre message .{0,400}a ete (?:lu|supprime)"
    r"|(?:su|el) mensaje .{0,400}(?:fue|ha sido|se) (?:leido|leyo|eliminado)",
)

_CHALLENGE = re.compile(
    r"(?:(?:re|r) ?: ?)?(?:\[[^\]]{1,40}\] ?)?(?:"
    r"(?:please )?(?:confirm|verify|validate) (?:your|that you|delivery of) "
    r"|your e-?mail requires (?:verif|confirm|auth)"
    r"|(?:sender|e-?mail|message) (?:verification|confirmation|authentication)"
    r"|(?:verification|confirmation) (?:requ|need)|\(?(?:action|response) required"
    r"|messages? from you (?:has|have) been put on hold"
    r"|(?:per favore )?conferm[ai] (?:il (?:tuo|suo) |l'invio|di aver)|(?:verifica|conferma) (?:del )?mittente"
    r"|bitte bestatigen sie (?:ihre|den)|veuillez confirmer (?:votre|l'envoi)|(?:por favor,? )?confirme su )",
)
_HELD = re.compile(
    r"white ?-?list|(?:approved|allowed|accepted|guest) (?:senders?|list)|prove (?:that )?you|real person|human being"
    r"|(?:is|are|been|being) (?:held|put on hold|quarantined)|(?:is|are) (?:pending|waiting)"
    r"|(?:messaggio|e-?mail) (?:e|sara|verra) (?:stat[oa] )?(?:trattenut|bloccat|consegnat|in attesa)"
    r"|mittent[ei] (?:autorizzat|approvat)|zuruckgehalten|zugestellt werden|en attente|sera delivre|retenido|en espera",
)
_ACT = re.compile(
    r"click|repl(?:y|ying) to this|follow(?:ing)? (?:the|this) link|clicc|risponder?e? a quest|link"
    r"|klick|antworten sie auf|cliqu|repond(?:re|ez) a ce|clic|responda",
)
_KEEPERS = re.compile(r"@(?:[\w-]{1,60}\.){0,4}(?:spamarrest|boxbe|mailblocks|spamlion|knowspam|sendio)\.[a-z]{2,6}")
_KEEPERS_FIELDS = ("x-boxtrapper", "x-tmda-confirm", "x-spamarrest-id")


def worded(header: Split, subject: str, body: Body) -> str:
    """What kind of automatic answer the words are, or "" where a person may have written them."""
    if len(body.text) > LONGEST:
        return ""
    title, opening = _plain(subject), body.text[:OPENING_CHARACTERS]
    if _READ.match(title) and _WAS_READ.search(_plain(opening)):
        return "a read receipt"
    if _challenge(header, title, opening) and not _QUESTION.search(body.text):
        return "a challenge"
    return _notice(header, title, body.text)


def _challenge(header: Split, title: str, opening: str) -> bool:
    keeper = any(header.first(name) for name in _KEEPERS_FIELDS) or bool(_KEEPERS.search(_value(header, "from")))
    if not (titled := bool(_CHALLENGE.match(title))) and not keeper:
        return False
    text = _plain(opening)
    return (titled and keeper) or (bool(_HELD.search(text)) and bool(_ACT.search(text)))


def _notice(header: Split, title: str, text: str) -> str:
    """A vacation notice, or an answer that calls itself automatic. Absence alone is told by people as well."""
    titled = _TITLE.match(title)
    continues = bool(titled and _CONTINUES.match(titled["rest"]))
    asks = bool(_QUESTION.search(text)) or (not continues and "?" in title)
    if asks and not _marked(header):
        return ""
    if not titled and "auto" not in _plain(text[:OPENING_CHARACTERS]):  # nearly all mail: whoever declares says auto...
        return ""
    said = (one for one in _CLAUSE_END.split(text[:OPENING_CHARACTERS], 2 * CLAUSES)[: 2 * CLAUSES] if one.strip())
    clauses = [_plain(one) for one in islice(said, CLAUSES)]
    declares = any(map(_DECLARES.match, clauses))
    if not (titled or declares):
        return ""
    absent = any(map(_ABSENT.match, clauses))
    if bool(titled) + continues + declares + absent + _marked(header) < 2:  # noqa: PLR2004 - a second sign joins the first
        return ""
    return "a vacation notice" if titled or absent else "an automatic message"


def _marked(header: Split) -> bool:
    """What ordinary mail seldom has, and is no proof alone."""
    return (
        bool(_SUPPRESSES.match(_value(header, "x-auto-response-suppress")))
        or bool(header.first("x-loop"))
        or bool(_PROGRAM.search(_value(header, "x-mailer") + _value(header, "user-agent")))
        or bool(_NOBODY.search(_value(header, "from")))
    )


def _value(header: Split, name: str) -> str:
    value = header.first(name)
    return _plain(words(unfolded(value[:VALUE_OCTETS]))) if value else ""


def _plain(text: str) -> str:
    """The form that words are searched in: small letters without accents, white space folded, one apostrophe."""
    folded = " ".join(text.replace("\u2019", "'").casefold().split())
    if folded.isascii():
        return folded
    return _BEYOND.sub(_uncombined, unicodedata.normalize("NFKD", folded))


def _uncombined(run: re.Match[str]) -> str:
    return "".join(one for one in run[0] if not unicodedata.combining(one))
