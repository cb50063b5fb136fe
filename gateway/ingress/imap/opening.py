"""From an address to a signed-in connection: TCP, TLS, greeting, credentials.

Refuses to say a word in clear text where TLS is asked for, and takes nothing from before it (RFC 9051 §11.1).
"""

from __future__ import annotations

import asyncio
import os
import ssl
from base64 import b64encode
from collections import deque

from aioimaplib import AUTH, NONAUTH

from gateway.core.sasl import DISMISSAL, Mechanism, bearer
from gateway.ingress.imap import answers
from gateway.ingress.imap.caller import Caller
from gateway.ingress.imap.driver import (
    BadCertificate,
    Gone,
    Lied,
    MailboxFault,
    Refused,
    RefusedLogin,
    RefusedToken,
    Server,
    Waits,
)
from gateway.ingress.imap.wire import Wire
from gateway.ingress.imap.words import astrings

_FOR_NOW = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "BAD"})  # RFC 5530 §3: not about the credentials


async def reach(server: Server, waits: Waits) -> Caller:
    """Connect, TLS, greeting, capabilities. Raises BadCertificate, Gone, Lied, Refused."""
    where = f"{server.host}:{server.port}"
    context = _context(server)
    wire = Wire(asyncio.get_running_loop())
    caller = Caller(wire, where, waits.command)
    whole = False
    try:
        async with asyncio.timeout(waits.connect):
            await _connect(wire, server, context)
            await wire.greeted
            if server.tls == "starttls" and context is not None:
                await _start_tls(caller, server.host, context)
            await learn(caller)
        whole = True
    except TimeoutError as late:
        raise Gone(f"{where} did not answer within {waits.connect:g} s") from late
    except ssl.SSLCertVerificationError as wrong:
        raise BadCertificate(f"{where}: the certificate is not good: {wrong.verify_message}") from wrong
    except ssl.SSLError as wrong:
        raise BadCertificate(f"{where}: no TLS: {wrong.reason or wrong}") from wrong
    except OSError as away:
        known = away.errno is not None and away.errno > 0  # those of look-ups are negative
        raise Gone(f"{where}: {os.strerror(away.errno or 0) if known else away}") from away
    finally:
        if not whole:
            caller.abort()
    return caller


async def learn(caller: Caller) -> None:
    """Ask what the server offers: it may be something else after TLS and after signing in (RFC 9051 §6.1.1)."""
    frames = await caller.do("CAPABILITY")
    caller.wire.capabilities = set(answers.capabilities(frames))


async def login(caller: Caller, username: str, password: str) -> None:
    """LOGIN, in quotes, or as literals where quotes cannot hold it. Raises RefusedLogin."""
    if "LOGINDISABLED" in caller.wire.capabilities:
        raise RefusedLogin(f"{caller.where} takes no passwords on this connection (LOGINDISABLED)")  # RFC 9051 §6.2.3
    try:
        arguments, literals = astrings(username, password)
    except ValueError as odd:
        raise RefusedLogin(f"the user name or password {odd}") from odd
    await _sign_in(caller, "LOGIN", arguments, literals, RefusedLogin)


async def authenticate(caller: Caller, server: Server, mechanism: Mechanism, username: str, token: str) -> None:
    """AUTHENTICATE with a bearer token (RFC 7628, and what Google and Microsoft had before). Raises RefusedToken."""
    if f"AUTH={mechanism}" not in caller.wire.capabilities:
        raise RefusedToken(f"{caller.where} does not offer {mechanism}")
    try:
        response = b64encode(bearer(mechanism, username, token, server.host, server.port))
    except ValueError as odd:
        raise RefusedToken(str(odd)) from odd
    replies = [DISMISSAL[mechanism]]
    if "SASL-IR" in caller.wire.capabilities:  # RFC 4959
        await _sign_in(caller, "AUTHENTICATE", f"{mechanism} {response.decode()}", replies, RefusedToken)
    else:
        await _sign_in(caller, "AUTHENTICATE", mechanism, [response, *replies], RefusedToken)


async def _sign_in(
    caller: Caller, name: str, arguments: str, replies: list[bytes], refusal: type[MailboxFault]
) -> None:
    if caller.wire.state != NONAUTH:
        raise caller.wire.fail(Lied(f"{caller.where} had us signed in before we said who we are (PREAUTH)"))
    caller.wire.answers = deque(replies)
    try:
        await caller.do(name, arguments)
    except Refused as no:
        raise (no if no.code in _FOR_NOW else refusal(str(no))) from None
    caller.wire.state = AUTH
    await learn(caller)


def _context(server: Server) -> ssl.SSLContext | None:
    if server.tls == "none":
        return None
    try:
        return ssl.create_default_context(cafile=server.ca_file)
    except OSError as unread:  # ssl.SSLError is one
        raise BadCertificate(f"{server.ca_file}: {unread.strerror or unread}") from unread


async def _connect(wire: Wire, server: Server, context: ssl.SSLContext | None) -> None:
    tls = context if server.tls == "implicit" else None
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: wire, server.host, server.port, ssl=tls)


async def _start_tls(caller: Caller, host: str, context: ssl.SSLContext) -> None:
    wire = caller.wire
    if wire.state != NONAUTH:
        raise Lied(f"{caller.where} has us signed in before TLS (PREAUTH)")
    await learn(caller)
    if "STARTTLS" not in wire.capabilities:
        raise BadCertificate(f"{caller.where} does not offer STARTTLS; nothing is said in clear text")
    await caller.do("STARTTLS")
    if not wire.framer.empty:
        raise Lied(f"{caller.where} went on in clear text after STARTTLS")
    loop = asyncio.get_running_loop()
    wire.transport = await loop.start_tls(wire.transport, wire, context, server_hostname=host)
    wire.deaf = False
