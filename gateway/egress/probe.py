"""Trying the way out: whether it answers, and a canary handed over, which is for ourselves. No letter leaves here."""

from __future__ import annotations

import smtplib
import ssl
from functools import partial

from gateway.core.letter import shown
from gateway.egress.submission import SmarthostSettings

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


def hand_over(way: SmarthostSettings, reverse_path: str, forward_path: str, data: bytes) -> str:
    """Hand one message over. Empty when taken, else why not."""
    try:
        context = None if way.tls == "none" else ssl.create_default_context(cafile=way.ca_file)
        kind = partial(smtplib.SMTP_SSL, context=context) if way.tls == "implicit" else smtplib.SMTP
        with kind(way.host, way.port, local_hostname=way.hostname, timeout=SECONDS) as client:
            if way.tls == "starttls":
                client.starttls(context=context)
            if way.username:
                client.login(way.username, way.password)
            client.sendmail(reverse_path, [forward_path], data)
    except smtplib.SMTPRecipientsRefused as fault:
        code, words = next(iter(fault.recipients.values()))
        return shown(f"{code} {words.decode('utf-8', 'replace')}")
    except (OSError, smtplib.SMTPException) as fault:
        return shown(str(fault))
    return ""
