"""Whether the smarthost answers: a greeting, an EHLO, a QUIT, and no letter."""

from __future__ import annotations

import smtplib

SECONDS = 5


def probe(host: str, port: int, hostname: str, *, implicit_tls: bool) -> str:
    """Empty when it answers, else what went wrong, in words."""
    kind = smtplib.SMTP_SSL if implicit_tls else smtplib.SMTP
    try:
        with kind(host, port, local_hostname=hostname, timeout=SECONDS) as client:
            client.ehlo_or_helo_if_needed()
    except (OSError, smtplib.SMTPException) as fault:
        return str(fault)
    return ""
