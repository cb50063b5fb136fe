"""SMTP smuggling and STARTTLS injection: what one side takes for data the other never takes for commands."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress

import pytest
from dialog import DATA

INJECTED = b"MAIL FROM:<evil@evil.example>\r\nRCPT TO:<support@example.it>\r\nDATA\r\nsmuggled\r\n.\r\n"


@pytest.mark.parametrize("end", [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n", b"\r\n.\r", b"\r\n\0.\r\n"])
async def test_only_crlf_dot_crlf_ends_the_data(site, end):
    """CVE-2023-51764 and its kin: refused as one, with 550 5.6.0; never two messages, never a command of it obeyed."""
    place = await site.listener()
    client = await site.connect(place)
    await client.plays(DATA)
    await client.send(b"Subject: one\r\n\r\nbody" + end + INJECTED)
    await client.hears("550 5.6.0 message holds a bare CR, a bare LF or a NUL")
    await client.send(b"QUIT\r\n")
    await client.hears("221 2.0.0 bye")
    await client.hears_end()
    assert place.receiver.arrivals == []


async def test_starttls_begins_anew(site, pair):
    """After STARTTLS nothing said before counts, it is not offered again, and mail flows (RFC 3207 §4.2)."""
    place = await site.listener(tls=pair)
    client = await site.connect(place)
    await client.send(b"EHLO c\r\n")
    await client.reply()
    assert "250 STARTTLS" in await client.reply()
    await client.plays("C: STARTTLS\nS: 220 2.0.0 ...")
    context = ssl.create_default_context(cafile=pair[0])
    await client.writer.start_tls(context, server_hostname="gw.example.it")
    await client.plays("C: MAIL FROM:<>\nS: 503 5.5.1 say hello first\nC: EHLO c")
    assert "STARTTLS" not in await client.reply()
    await client.send(b"MAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n")
    await client.hears("250 2.1.0 ...", "250 2.1.5 ...", "354 ...", "250 2.0.0 accepted as m1", "221 2.0.0 bye")


async def test_what_is_pipelined_behind_starttls_ends_the_session(site, pair):
    """Commands in plain behind STARTTLS are an injection: no TLS, none of them obeyed."""
    place = await site.listener(tls=pair)
    client = await site.connect(place)
    await client.send(b"EHLO c\r\n")
    await client.reply()
    await client.reply()
    await client.send(b"STARTTLS\r\nEHLO evil\r\n" + INJECTED)
    await client.hears("503 5.5.1 nothing may follow STARTTLS before the answer")
    rest = b""
    with suppress(ConnectionResetError):  # it went with unread data in its hands
        rest = await client.reader.read()
    assert rest == b""
    assert place.receiver.arrivals == []


async def test_a_handshake_that_fails_ends_the_session_only(site, pair):
    """Garbage for a handshake closes that connection; the next client is served."""
    place = await site.listener(tls=pair)
    client = await site.connect(place)
    await client.send(b"EHLO c\r\n")
    await client.reply()
    await client.reply()
    await client.plays("C: STARTTLS\nS: 220 2.0.0 ...")
    await client.send(b"this is no client hello\r\n")
    async with asyncio.timeout(10):
        assert b"250" not in await client.reader.read()
    await (await site.connect(place)).hears("220 gw.example.it ESMTP")
