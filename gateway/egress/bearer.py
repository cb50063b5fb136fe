"""Signing in to a smarthost with an access token: AUTH XOAUTH2 or OAUTHBEARER (RFC 4954, RFC 7628)."""

from __future__ import annotations

from base64 import b64encode

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPResponse

from gateway.core.letter import one_line
from gateway.core.sasl import DISMISSAL, bearer, mechanism_of
from gateway.core.withheld import withheld

STATUS_CHARACTERS = 100
_CHALLENGE, _TEMPORARY = 334, range(400, 500)


class RefusedToken(Exception):  # noqa: N818 - an answer of the smarthost's
    """It does not accept the token: a new one may do. The words are its own, without the token."""


async def bear(smtp: SMTP, username: str, token: str, timeout: float) -> None:  # noqa: ASYNC109 - for each answer, by the library
    """Sign in after EHLO. Raises RefusedToken, and what the library raises; no token is in its words."""
    mechanism = mechanism_of([one.upper() for one in smtp.server_auth_methods])
    if mechanism is None:
        raise SMTPException("it offers neither XOAUTH2 nor OAUTHBEARER")
    try:
        words = b64encode(bearer(mechanism, username, token, smtp.hostname or "", smtp.port or 0))
    except ValueError as odd:
        raise RefusedToken(str(odd)) from None
    reply = await smtp.execute_command(b"AUTH", mechanism.encode(), words, timeout=timeout)
    if reply.code == _CHALLENGE:  # why it is refused, in JSON: both sides would wait (RFC 7628 §3.2.3)
        reply = await smtp.execute_command(DISMISSAL[mechanism], timeout=timeout)
    told = SMTPResponse(reply.code, withheld(reply.message, (token, words.decode())))
    if told.code in _TEMPORARY or told.code == _CHALLENGE:
        raise SMTPAuthenticationError(told.code, told.message)
    if told.code != 235:  # noqa: PLR2004 - RFC 4954 §6: the one yes
        raise RefusedToken(one_line(f"{told.code} {told.message}", STATUS_CHARACTERS))
