"""`gateway auth`: consent is asked for and kept, and what ends is told before it does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cli.desk import CONFIG
from oauth2_server import Answer, Asked, AuthServer

BOX = """\
imap:
  - name: assistenza
    host: 127.0.0.1
    port: 9
    tls: none
    username: support@example.it
    oauth2: {{provider: generic, client_id: gw, token_url: "{url}", {more}}}
"""


@pytest.fixture
def auth():
    with AuthServer() as server:
        yield server


def configured(desk, auth, more):
    (desk.folder / "secret").write_text("geheim-4711")
    (desk.folder / "secret").chmod(0o600)
    desk.config.write_text(CONFIG + BOX.format(url=auth.url, more=more))


def by_login(auth):
    return f"device_url: '{auth.device_url}'"


def test_a_login_tells_where_to_go_and_keeps_what_it_is_given(desk, auth):
    """The address, the code and whom to sign in as; nothing of a token is printed."""
    configured(desk, auth, by_login(auth))
    assert [one["state"] for one in desk("auth", "status", "--json").records] == ["unused"]
    done = desk("auth", "login", "assistenza")
    told = done.out.decode()
    assert done.code == 0
    assert "https://login.example.it/device" in told
    assert "WDJB-MJHT" in told
    assert "support@example.it" in told
    assert "which-nobody-may-see" not in told + done.err
    (record,) = desk("auth", "status", "--json").records
    assert (record["state"], record["kind"], record["last_error"]) == ("ok", "login", "")


def test_no_consent_is_an_answer(desk, auth):
    """69, with the server's reason."""
    configured(desk, auth, by_login(auth))
    auth.script.extend([auth.honest(Asked("/device", {}, {})), Answer({"error": "access_denied"}, 400)])
    done = desk("auth", "login", "assistenza")
    assert done.code == 69
    assert "assistenza: no consent: access_denied" in done.err


@pytest.mark.parametrize(
    ("name", "words"),
    [("nobody", "those that have: assistenza"), ("assistenza", "gets its tokens by client-credentials")],
)
def test_who_needs_no_consent_is_told(desk, auth, name, words):
    """64: there is nothing to log in to."""
    configured(desk, auth, "client_secret_file: secret")
    done = desk("auth", "login", name)
    assert done.code == 64
    assert words in done.err


@pytest.mark.parametrize(("days", "state", "code"), [(13, "ending", 0), (-1, "ended", 69), (30, "unused", 0)])
def test_what_ends_is_told_before(desk, auth, days, state, code):
    """By status, and by check as a warning."""
    day = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
    configured(desk, auth, f"client_secret_file: secret, secret_ends: {day}")
    done = desk("auth", "status", "--json")
    assert ([one["state"] for one in done.records], done.code) == ([state], code)
    [line] = [one for one in desk("check").out.decode().splitlines() if " oauth2 " in one]
    assert line.startswith("ok" if state == "unused" else "warn")
    assert f"ends at {day}" in line
