"""Trying the way out with a canary, which is for ourselves. No letter leaves here."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from base64 import b64decode, b64encode
from functools import partial

from gateway.core.letter import shown
from gateway.core.sasl import DISMISSAL, bearer, mechanism_of
from gateway.core.withheld import repeatable, withheld, without
from gateway.egress.submission import SmarthostSettings
from gateway.ports import Unavailable, Ungranted

SECONDS = 5
WORDS = 200


def hand_over(way: SmarthostSettings, reverse_path: str, forward_path: str, data: bytes) -> str:
    """Hand one message over. Empty when taken, else why not."""
    try:
        context = None if way.tls == "none" else ssl.create_default_context(cafile=way.ca_file)
        kind = partial(smtplib.SMTP_SSL, context=context) if way.tls == "implicit" else smtplib.SMTP
        with kind(way.host, way.port, local_hostname=way.hostname, timeout=SECONDS) as client:
            if way.tls == "starttls":
                client.starttls(context=context)
            if way.tokens is not None:
                _bear(client, way, asyncio.run(way.tokens.token()))
            elif way.username:
                _login(client, way)
            client.sendmail(reverse_path, [forward_path], data)
    except smtplib.SMTPRecipientsRefused as fault:
        code, words = next(iter(fault.recipients.values()))
        return shown(f"{code} {words.decode('utf-8', 'replace')}")
    except (OSError, smtplib.SMTPException, Unavailable, Ungranted) as fault:
        return shown(str(fault), WORDS)
    return ""


def _bear(client: smtplib.SMTP, way: SmarthostSettings, token: str) -> None:
    client.ehlo_or_helo_if_needed()
    mechanism = mechanism_of(client.esmtp_features.get("auth", "").upper().split())
    if mechanism is None:
        raise smtplib.SMTPException("it offers neither XOAUTH2 nor OAUTHBEARER")
    response, dismissal = bearer(mechanism, way.username, token, way.host, way.port), b64decode(DISMISSAL[mechanism])
    try:
        client.auth(mechanism, lambda challenge=None: (response if challenge is None else dismissal).decode())
    except smtplib.SMTPAuthenticationError as no:
        words = withheld(_told(no), (token, b64encode(response).decode()))
        raise smtplib.SMTPException(words) from None


def _login(client: smtplib.SMTP, way: SmarthostSettings) -> None:
    secrets = repeatable(way.username, way.password)
    try:
        if (way.username + way.password).isascii():
            client.login(way.username, way.password)
        else:
            _login_in_utf8(client, way)
    except smtplib.SMTPException as fault:
        words = _told(fault) if isinstance(fault, smtplib.SMTPAuthenticationError) else str(fault)
        raise smtplib.SMTPException(without(words, secrets)) from None


def _login_in_utf8(client: smtplib.SMTP, way: SmarthostSettings) -> None:
    """AUTH PLAIN (RFC 4616 §2), which smtplib says in ASCII only."""
    client.ehlo_or_helo_if_needed()
    if "PLAIN" not in client.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPException("it does not offer AUTH PLAIN, the canary's only way with a password beyond ASCII")
    words = b64encode(f"\0{way.username}\0{way.password}".encode())
    code, told = client.docmd("AUTH", f"PLAIN {words.decode()}")
    if code != 235:  # noqa: PLR2004 - RFC 4954 §6: the one yes
        raise smtplib.SMTPAuthenticationError(code, told)


def _told(no: smtplib.SMTPAuthenticationError) -> str:
    """What the server said."""
    words = no.smtp_error if isinstance(no.smtp_error, str) else no.smtp_error.decode("utf-8", "replace")
    return f"{no.smtp_code} {words}"
