"""A mailbox of a real Dovecot, signed in to with tokens: taken, refused, expired, rotated, and consented to anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from e2e.process import Gateway
from e2e.sink import Sink
from e2e.waiting import LOOPBACK, free_port, until
from oauth2_server import AuthServer
from peers.dovecot import Dovecot
from peers.mailboxes import done, mail

pytestmark = [pytest.mark.peers, pytest.mark.slow]

SECRET = "geheim-4711"  # noqa: S105 - of nobody
_PASSDB = """\
auth_mechanisms = {mechanisms}
auth_cache_size = 0
auth_failure_delay = 0
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {path}
}}
"""
_INTROSPECTION = """\
introspection_mode = auth
introspection_url = http://127.0.0.1:{port}/introspect
username_attribute = username
active_attribute = active
active_value = true
"""


@pytest.fixture
def auth() -> Iterator[AuthServer]:
    """Hands tokens out, and tells Dovecot which of them are good."""
    with AuthServer(user="box-0", rotate=True) as server:
        yield server


@pytest.fixture
def dovecot(request: pytest.FixtureRequest, tmp_path: Path, auth: AuthServer) -> Iterator[Dovecot]:
    """Takes tokens alone, by one mechanism: the test's, or the standard's."""
    from peers.dovecot import required  # noqa: PLC0415 - skips where there is no Dovecot

    required()
    server = Dovecot({})
    path = server.home / "oauth2.conf"
    path.write_text(_INTROSPECTION.format(port=auth.port))
    server.settings = _PASSDB.format(mechanisms=getattr(request, "param", "oauthbearer"), path=path)
    with server:
        yield server


Reader = Callable[[str], Gateway]


@pytest.fixture
def reader(tmp_path: Path, prepared: Path, dovecot: Dovecot, auth: AuthServer) -> Iterator[Reader]:
    """Makes a gateway with one mailbox, and a client that has a secret; not started yet."""
    with Sink(free_port()) as sink:
        yield partial(_reader, Gateway(tmp_path, sink.port, prepared=prepared), dovecot, auth)


def _reader(gateway: Gateway, dovecot: Dovecot, auth: AuthServer, by: str) -> Gateway:
    home = gateway.folder
    for name, words in (("secret", SECRET), ("refresh", auth.refresh)):
        (home / name).write_text(words)
        (home / name).chmod(0o600)
    entry = {
        "name": "box-0",
        "host": LOOPBACK,
        "port": dovecot.tls_port,
        "ca_file": dovecot.ca_file,
        "username": "box-0",
        "start": "all",
        "sweep": "1s",
        "trusted_authserv_ids": "[mx.example.it]",
        "oauth2": f"{{provider: generic, client_id: gw, token_url: '{auth.url}', {by}}}",
    }
    section = "imap:\n  - " + "\n    ".join(f"{key}: {value}" for key, value in entry.items()) + "\n"
    gateway.config.write_text(gateway.config.read_text() + section)
    return gateway


def nothing_told(gateway: Gateway, auth: AuthServer) -> None:
    """Neither what was sent nor what was given stands in the log (threats rule 17)."""
    log = gateway.stderr()
    assert not [one for one in (SECRET, "which-nobody-may-see", "of-somebody-who-consented") if one in log]


@pytest.mark.parametrize("dovecot", ["oauthbearer", "xoauth2"], indirect=True)
def test_mail_is_read_with_a_token_that_is_renewed(reader: Reader, dovecot: Dovecot, auth: AuthServer) -> None:
    """Check signs in; the daemon uses the same token; killed after a rotation it goes on with the rotated one."""
    gateway = reader("client_secret_file: secret, refresh_token_file: refresh")
    gateway.copy()
    said = gateway.cli("check").stdout
    assert "box-0: INBOX holds 0" in said
    dovecot.deliver("box-0", [mail(0)[1]])
    with gateway:
        until(lambda: done(gateway) == 1, "the first")
        assert [one.basic for one in auth.asked] == [f"gw:{SECRET}"]
        gateway.kill9()
        auth.good.clear()  # every token so far is refused: its time is up, says Dovecot
        dovecot.deliver("box-0", [mail(4)[1]])
        gateway.start()
        until(lambda: done(gateway) == 2, "the second, with a new token")
        assert [one.fields["refresh_token"][:4] for one in auth.asked] == ["RT-0", "RT-1"]
        (told,) = gateway.records("auth", "status")
        assert (told["name"], told["kind"], told["state"], told["last_error"]) == ("box-0", "refresh-token", "ok", "")
        nothing_told(gateway, auth)


def test_a_connection_that_ends_with_its_token_comes_back(reader: Reader, dovecot: Dovecot, auth: AuthServer) -> None:
    """Servers hang up in IDLE when a token's time is up: mail that comes then is read all the same."""
    gateway = reader("client_secret_file: secret")
    with gateway:
        until(lambda: gateway.records("status")[-1]["last_success"], "the first look")
        auth.good.clear()
        dovecot.kill()
        dovecot.deliver("box-0", [mail(0)[1]])
        dovecot.start()
        until(lambda: done(gateway) == 1, "the mail", 60)
        assert len(auth.asked) == 2
        nothing_told(gateway, auth)


def test_consent_that_ended_is_an_alarm_and_a_login_mends_it(
    reader: Reader, dovecot: Dovecot, auth: AuthServer
) -> None:
    """Status names the command; the command asks a person; the running gateway then goes on by itself."""
    by = f"client_secret_file: secret, device_url: '{auth.device_url}'"
    gateway = reader(by)
    dovecot.deliver("box-0", [mail(0)[1]])
    with gateway:
        until(lambda: gateway.cli("status").returncode == 69, "the alarm")
        told = gateway.records_of(69, "status")[-1]
        assert told["last_error"].startswith("RefusedToken: ")
        assert "gateway auth login box-0" in told["last_error"]
        assert gateway.records_of(69, "auth", "status")[0]["state"] == "failing"
        auth.pending = 1
        login = gateway.cli("auth", "login", "box-0")
        assert login.returncode == 0, login.stderr
        assert "open https://login.example.it/device" in login.stdout
        assert "WDJB-MJHT" in login.stdout
        until(lambda: done(gateway) == 1, "the mail")
        assert gateway.records("auth", "status")[0]["state"] == "ok"
        nothing_told(gateway, auth)
    kept = gateway.folder / "tokens" / "box-0.json"
    assert json.loads(kept.read_text())["refresh_token"] == auth.refresh


def test_a_token_that_is_never_taken_is_not_insisted_on(reader: Reader, dovecot: Dovecot, auth: AuthServer) -> None:
    """Two tries, then an alarm and a long wait: a mailbox that the consent is not for."""
    auth.user = "somebody-else"
    gateway = reader("client_secret_file: secret")
    with gateway:
        until(lambda: gateway.cli("status").returncode == 69, "the alarm")
        told = gateway.records_of(69, "status")[-1]
        assert (told["state"], told["last_error"].split(":")[0]) == ("stuck", "RefusedToken")
        assert len(auth.asked) == 2
        nothing_told(gateway, auth)
