"""An OAuth2 server is asked within bounds, and what it answers is a grant, a refusal, or told to be neither."""

from __future__ import annotations

import json
import socket
import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ports import Unavailable
from gateway.tokens.answers import Denied, Granted, Nonsense, read
from gateway.tokens.form import Form, Said
from gateway.tokens.server import Server
from oauth2_server import Answer, AuthServer
from peers.dovecot import certify

FORM = Form({"client_id": "c", "refresh_token": "RT"})


def said(status=200, **fields):
    return Said(status, json.dumps(fields).encode())


async def asked(answer, seconds=20.0):
    with AuthServer() as auth:
        auth.script.append(answer)
        return await Server(seconds=seconds).ask(auth.url, FORM)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(hang=True), "did not answer within 0.3 s"),
        (Answer(drip=True), "65536 octets"),
        (Answer(b"x" * 70_000), "65536 octets"),
    ],
)
async def test_what_is_slow_or_huge_is_cut_off(answer, words):
    """Time and size have bounds, also of an answer that never ends."""
    with pytest.raises(Unavailable, match=words):
        await asked(answer, seconds=20.0 if answer.body or answer.drip else 0.3)


async def test_a_packed_answer_is_not_unpacked():
    """A small answer that becomes a large one is no JSON."""
    answer = await asked(Answer(b"\x1f\x8b" + b"\0" * 100, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(Nonsense, match="no JSON"):
        read(answer, ())


async def test_a_redirect_is_not_followed():
    """No secret goes where the configuration does not say."""
    with AuthServer() as other:
        answer = await asked(Answer(b"", 307, {"Location": other.url}))
        with pytest.raises(Nonsense, match="redirects"):
            read(answer, ())
        assert not other.asked


async def test_who_is_not_there_is_told_by_name():
    """Nobody listens."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1: "):
            await Server().ask(f"http://127.0.0.1:{nobody.getsockname()[1]}/token", FORM)


async def test_proxies_of_the_environment_get_no_secrets(monkeypatch):
    """Where secrets go stands in the configuration alone."""
    with AuthServer() as proxy, AuthServer() as auth:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        await Server().ask(auth.url, FORM)
        assert (len(proxy.asked), len(auth.asked)) == (0, 1)


@pytest.mark.parametrize("trusted", [True, False])
async def test_the_certificate_is_held_against_ca_file(tmp_path, trusted):
    """Another one's is refused before a word is said."""
    certify(tmp_path / "cert.pem", tmp_path / "key.pem")
    certify(tmp_path / "other.pem", tmp_path / "other.key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with AuthServer() as auth:
        auth._http.socket = context.wrap_socket(auth._http.socket, server_side=True)
        server = Server(Path(tmp_path / ("cert.pem" if trusted else "other.pem")))
        url = auth.url.replace("http:", "https:")
        if trusted:
            assert isinstance(read(await server.ask(url, FORM), ()), Granted)
        else:
            with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
                await server.ask(url, FORM)
            assert not auth.asked


GOOD = {"access_token": "AT", "token_type": "Bearer", "expires_in": 3600}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"access_token": None}, "no access_token"),
        ({"access_token": ["AT"]}, "no access_token"),
        ({"access_token": "A T"}, "no access_token"),
        ({"access_token": "A\x01T"}, "no access_token"),
        ({"access_token": "A" * 20_001}, "no access_token"),
        ({"refresh_token": 7}, "no refresh_token"),
        ({"token_type": "mac"}, "no bearer token"),
        ({"token_type": None}, "no bearer token"),
        ({"expires_in": -1}, "strange expires_in"),
        ({"expires_in": 0}, "strange expires_in"),
        ({"expires_in": True}, "strange expires_in"),
        ({"expires_in": "soon"}, "strange expires_in"),
        ({"expires_in": 10**30}, "strange expires_in"),
        ({"expires_in": float("nan")}, "strange expires_in"),
        ({"refresh_token_expires_in": []}, "strange refresh_token_expires_in"),
        ({"error": 7}, "no error code"),
        ({"error": "a b\n"}, "no error code"),
    ],
)
def test_what_is_no_grant_is_told_to_be_none(changed, words):
    """Each field of a grant has its type and its bounds."""
    with pytest.raises(Nonsense, match=words):
        read(said(**{**GOOD, **changed}), ())


@pytest.mark.parametrize(
    "octets", [b"", b"<html>Sign in</html>", b"[]", b"null", b"[" * 60_000, b"1" * 10_000, b"\xff\xfe"]
)
@pytest.mark.parametrize("status", [200, 400])
def test_what_is_no_json_object_is_told_to_be_none(octets, status):
    """A login page, a bomb, nothing."""
    with pytest.raises(Nonsense):
        read(Said(status, octets), ())


@pytest.mark.parametrize(("expires", "seconds"), [("3599", 3599), (3599.5, 3599.5), (None, 600), (10**9, 86400)])
def test_a_life_is_read_as_servers_write_it(expires, seconds):
    """As text too; untold it is short, and never over a day."""
    assert read(said(**{**GOOD, "expires_in": expires}), ()).lifetime.total_seconds() == seconds


@pytest.mark.parametrize("status", [429, 500, 503])
def test_for_now_is_no_refusal(status):
    """A server in trouble withdraws no consent, whatever it says with it."""
    with pytest.raises(Nonsense, match="cannot answer now"):
        read(said(status, error="invalid_grant"), ())


def test_a_refusal_is_cleaned():
    """Control characters, lengths and secrets do not reach a terminal or a log."""
    answer = read(said(400, error="invalid_client", error_description="no\x1b[31m hunter2 " + "x" * 900), ("hunter2",))
    assert answer == Denied("invalid_client", "no?[31m [withheld] [withheld]")


@given(
    st.integers(100, 599),
    st.binary(max_size=300)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from([*GOOD, "error", "error_description", "x"]), inner)
        ),
    ).map(lambda value: json.dumps(value).encode()),
)
def test_every_answer_is_read(status, octets):
    """I7: a grant, a refusal, or Nonsense; nothing else is raised."""
    with suppress(Nonsense):
        assert isinstance(read(Said(status, octets), ("geheim",)), Granted | Denied)
