"""What mail systems say: that a letter did not arrive, that it is late, and why (RFC 3463 without the class)."""

from __future__ import annotations

import re


def folded(text: str) -> str:
    """The form that words are searched in: lower case, white space folded, one kind of apostrophe."""
    return " ".join(text.replace("\u2019", "'").lower().split())


def why(text: str) -> str:
    """The subject and detail of RFC 3463 that folded words speak of, or ""."""
    return next((subject for subject, words in _WHY if words.search(text)), "")


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases))


FAILURE = _any(
    r"undeliver",
    r"non-delivery (?:report|notification)",
    r"unable to (?:be )?deliver",
    r"could ?n[o']t (?:be )?(?:deliver|sent|reach)",
    r"can ?not be deliver",
    r"n[o']t (?:yet )?(?:been )?(?:able to )?deliver",
    r"did not re(?:ach|ceive)",
    r"trouble delivering",
    r"deliver(?:y|ing)? (?:status|fail|problem|error|delay|has failed)",
    r"(?:deliver|delivery|delivering) (?:to|of|the|your) [^.]{1,80}(?:fail|delay)",
    r"fail(?:ure|ed) (?:notice|mail|deliver|address|reason|recipient)",
    r"mail (?:system )?(?:fail|error)",
    r"error (?:sending|delivering|while attempting to deliver|has occurred while)",
    r"permanent (?:fatal )?error",
    r"return(?:ed mail|ed message|ed to sender|ing (?:message )?to (?:the )?sender)",
    r"delayed mail",
    r"(?:user|recipient|host) unknown",
    r"unknown (?:user|recipient|host)",
    r"invalid (?:final delivery|user|recipient)",
    r"mailbox is full",
    r"not listed in",
    r"did not exactly match",
    r"non (?:(?:è|e') stat[oa] |può essere |è possibile )?(?:recapita|consegna)",
    r"mancat[ao] (?:recapito|consegna)",
    r"impossibile (?:recapitare|consegnare)",
    r"errore di (?:recapito|consegna)",
    r"unzustellbar|nicht zugestellt|zustellung fehlgeschlagen",
    r"échec de la remise|non remis|n'a pas pu être (?:remis|distribu)",
    r"no se (?:ha podido|pudo|puede) entregar|no entregado",
    r"не доставлен|не может быть доставлен",
    r"配信できません|送信できません|エラー通知",
    r"无法发送|传输失败|退信",
)

DELAY = _any(
    r"delayed",
    r"not yet been delivered|has not been delivered yet",
    r"warning (?:message )?only|just a warning",
    r"will be retried|will continue|will keep trying|being retried",
    r"in ritardo|continuer(?:à|emo) a tentare",
)

_WHY = (  # the first that fits
    (
        "2.2",
        _any(
            r"mail ?box (?:is )?(?:full|exceed)|quota|recipient's mailbox exceeded|too much mail",
            r"storage (?:allocation|limit)|insufficient (?:disk|storage)",
            r"casella (?:di posta )?(?:è )?piena",
        ),
    ),
    (
        "2.1",
        _any(
            r"(?:account|mailbox|user) (?:is |has been |was )?(?:disabled|suspended|inactive|locked)",
            r"account is disabled|disabled or discontinued|not accepting mail",
            r"casella (?:è )?(?:disattivata|sospesa)",
        ),
    ),
    (
        "1.2",
        _any(
            r"host unknown|unknown host|(?:host|domain)(?: name)?(?: is| was)? not found|domain does not exist",
            r"no such (?:host|domain)|unroute?able|name service error|nullmx|does not accept mail",
            r"dominio (?:inesistente|sconosciuto)",
        ),
    ),
    (
        "1.1",
        _any(
            r"(?:user|recipient) (?:is )?unknown|unknown (?:user|recipient|address|local)|addressee unknown",
            r"(?:no such|invalid|bad) (?:user|mailbox|recipient|address|account|final delivery)|no mailbox here",
            r"(?:user|recipient|mailbox|account|address)(?: name)? (?:is not recogni|not found|unavailable)",
            r"(?:user|recipient|mailbox|account|address|reach) does(?:n't| not) (?:exist|have)",
            r"not listed in|no valid recipients|did not exactly match|address is wrong|possibly incorrect",
            r"(?:utente|destinatario|indirizzo) (?:sconosciuto|inesistente)|casella (?:inesistente|non trovata)",
            r"リストにありません",
        ),
    ),
    ("1.6", _any(r"has moved|no longer (?:at|valid|in use)|address has changed")),
    (
        "3.4",
        _any(r"(?:message|mail) (?:is )?too (?:large|big)|size (?:limit )?exceed|exceeds .{0,40}size|troppo grande"),
    ),
    ("4.6", _any(r"too many hops|hop count|mail loop|routing loop")),
    ("4.7", _any(r"retry time|timed? ?out|too long|not been collected|expired|failing for a long time")),
    ("4.1", _any(r"connection refused|no route to host|(?:unable to|could not) connect|smtp connection")),
    ("7.1", _any(r"spam|block(?:ed|list)|black ?list|denied|policy|not (?:allowed|authori[sz]ed)|relay|rejected")),
)
