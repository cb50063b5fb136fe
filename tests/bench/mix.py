"""The mix: what support mail weighs. 70 % 4 KB of plain text, 25 % 30 KB of text and HTML, 5 % 200 KB with a picture.

Every message is distinct, its author one of many accounts' own, and its border has found that out. The same number
always gives the same message.
"""

from __future__ import annotations

import random
from email.message import EmailMessage
from functools import cache

AUTHSERV_ID = "mx.example.it"
ACCOUNTS = 500
SIZES = {"4 KB": 4_000, "30 KB": 30_000, "200 KB": 200_000}
CYCLE = 20  # messages in which the mix is exact: 14 + 5 + 1
_PHRASES = (
    "buongiorno il dominio non risponde da ieri sera potete verificare la posta arriva in ritardo grazie fattura "
    "rinnovo certificato scaduto server pannello errore quando provo ad accedere sito cordiali saluti perché è già "
    "the mailbox refuses my password since this morning please check thank you invoice renewal"
)
_WORDS = _PHRASES.split()
_SYLLABLES = [consonant + vowel for consonant in "bcdfglmnprstvz" for vowel in "aeio"]
_LENGTH = 5  # syllables of a name: of so many possible ones a million are seldom one letter apart
STRIDE = 7_919  # from one message's account to the next one's: a prime, so that all have their turn, far apart


def domain(account: int) -> str:
    """The domain of an account, a name that could be said; no two have the same."""
    spread, name = account * 123_456_791 % len(_SYLLABLES) ** _LENGTH, ""
    for _ in range(_LENGTH):
        spread, syllable = divmod(spread, len(_SYLLABLES))
        name += _SYLLABLES[syllable]
    return f"{name}.example"


def author(number: int, accounts: int = ACCOUNTS) -> str:
    """The author of a message, a secondary address of its account."""
    return f"tecnico@{domain(number * STRIDE % accounts)}"


def accounts_csv() -> str:
    """The accounts whose people write."""
    rows = [
        f"C-{n:04},Cliente {n},{'it' if n % 3 else 'en'},active,posta@{domain(n)},tecnico@{domain(n)},"
        f"domain:{domain(n)}"
        for n in range(ACCOUNTS)
    ]
    return "\n".join(["code,name,language,status,primary,secondary,services", *rows, ""])


def size_of(number: int) -> str:
    """Which of the three it is; the large ones are spread evenly."""
    place = number % CYCLE
    return "200 KB" if place == 10 else "30 KB" if place % 4 == 1 else "4 KB"


def message(number: int, run: str = "run", accounts: int = ACCOUNTS) -> bytes:
    """The message of this number, as the border hands it on, CRLF at the end of every line."""
    return message_of(size_of(number), number, run, accounts)


def message_of(size: str, number: int, run: str = "run", accounts: int = ACCOUNTS) -> bytes:
    """A message of one of the three sizes."""
    return head_of(number, run, accounts) + _rest(size, number % 7)


def head_of(number: int, run: str = "run", accounts: int = ACCOUNTS) -> bytes:
    """What is distinct of a message: the header, but for its MIME fields."""
    sender = author(number, accounts)
    own = sender.rpartition("@")[2]
    return (
        f"Authentication-Results: {AUTHSERV_ID}; spf=pass smtp.mailfrom={own};\r\n"
        f"\tdkim=pass header.d={own} header.s=mail; dmarc=pass header.from={own}\r\n"
        f"Received: from mail.{own} (mail.{own} [192.0.2.1])\r\n"
        f"\tby {AUTHSERV_ID} (Postfix) with ESMTPS id 4AB{number:X}; Sun, 22 Nov 2026 10:00:01 +0000\r\n"
        f"Received: by mail.{own}; Sun, 22 Nov 2026 10:00:00 +0000\r\n"
        f"From: Ufficio Tecnico <{sender}>\r\nTo: support@example.it\r\n"
        f"Subject: Richiesta {number} di aiuto\r\n"
        f"Date: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{run}.{number}@{own}>\r\n"
    ).encode()


@cache
def _rest(size: str, seed: int) -> bytes:
    """What is not distinct: MIME fields and body, made once by the standard library."""
    chance = random.Random(seed)  # noqa: S311 - the same messages every time
    mail = EmailMessage()
    octets = SIZES[size]
    mail.set_content(_prose(chance, 2_700 if size == "4 KB" else 3_000), cte="quoted-printable")
    if size != "4 KB":
        paragraphs = "".join(f'<p style="margin:0;font-family:Arial">{_prose(chance, 400)}</p>\n' for _ in range(39))
        mail.add_alternative(f"<html><body>{paragraphs}</body></html>", subtype="html", cte="quoted-printable")
    if size == "200 KB":
        picture = chance.randbytes((octets - len(bytes(mail))) * 57 // 78)
        mail.add_attachment(picture, maintype="image", subtype="png", filename="schermata.png")
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))


def _prose(chance: random.Random, characters: int) -> str:
    words = (chance.choice(_WORDS) for _ in range(characters // 6))
    return " ".join(word + (".\n" if chance.random() < 0.08 else "") for word in words) + "\n"


if __name__ == "__main__":
    for name in SIZES:
        print(name, len(message_of(name, 1)))  # noqa: T201 - a look at what is measured
    print("mean", sum(len(message(n)) for n in range(CYCLE)) // CYCLE)  # noqa: T201 - the same
