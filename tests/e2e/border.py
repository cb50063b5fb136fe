"""What the border MTA hands on: a message with its Authentication-Results above its own Received."""

from __future__ import annotations

from itertools import count
from typing import Literal

AUTHSERV_ID = "mx.example.it"

Evidence = Literal["pass", "fail", "none"]

_numbers = count(1)


def message(author: str = "tecnico@rossi.example", evidence: Evidence = "pass", **given: str) -> bytes:
    """A plain message with what the border found out about it; `given` as in `letter()`."""
    return (_stamp(author, evidence) + letter(author, **given)).encode()


def letter(  # noqa: PLR0913 - each is one line of the letter
    author: str,
    *,
    subject: str = "Domanda",
    text: str = "Buongiorno, come rinnovo il dominio?\r\n",
    reply_to: str = "",
    in_reply_to: str = "",
    message_id: str = "",
    fields: str = "",
) -> str:
    """A plain message as its author sent it. `fields` are further lines of its header, each ended by CRLF.

    The Message-ID is a new one unless given; message ids are given with their angle brackets.
    """
    given = {
        "From": author,
        "To": "support@example.it",
        "Date": "Sun, 22 Nov 2026 10:00:00 +0000",
        "Message-ID": message_id or f"<{new_id()}>",
        "Subject": subject,
        "Reply-To": reply_to,
        "In-Reply-To": in_reply_to,
    }
    header = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
    return f"{header}{fields}\r\n{text}"


def new_id() -> str:
    """A Message-ID, without its brackets, that no other message of this test run has."""
    return f"{next(_numbers)}.test@rossi.example"


def _stamp(author: str, evidence: Evidence) -> str:
    domain = author.rpartition("@")[2].rstrip(">")
    results = {
        "pass": f"Authentication-Results: {AUTHSERV_ID}; spf=pass smtp.mailfrom={domain};"
        f" dkim=pass header.d={domain} header.s=mail; dmarc=pass header.from={domain}\r\n",
        "fail": f"Authentication-Results: {AUTHSERV_ID}; spf=pass smtp.mailfrom=attack.example;"
        f" dmarc=fail header.from={domain}\r\n",
        "none": "",
    }
    return (
        f"{results[evidence]}Received: from mail.{domain} (unknown [192.0.2.1])\r\n"
        f"\tby {AUTHSERV_ID} (Postfix) with ESMTP id 4AB12; Sun, 22 Nov 2026 10:00:01 +0000 (UTC)\r\n"
    )
