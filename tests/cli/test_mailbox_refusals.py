"""Mailboxes that cannot be signed in to are refused in one line, before anything is served."""

from __future__ import annotations

import pytest

from cli.desk import CONFIG

BOX = "imap:\n  - name: assistenza\n    host: 127.0.0.1\n    port: 9\n    tls: none\n    username: support\n"


OAUTH2 = "    oauth2: {provider: microsoft, tenant: t, client_id: x, client_secret_file: nowhere}\n"


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_secret_file_that_is_not_there_is_refused(desk, command):
    """At start, and not when the first token is needed; the words name the mailbox and the file."""
    desk.config.write_text(CONFIG + BOX + OAUTH2)
    done = desk(command)
    assert done.code == 78
    told = done.out.decode() + done.err
    assert "oauth2 of assistenza: " in told
    assert "nowhere: No such file" in told


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_password_file_that_is_not_there_is_refused(desk, command):
    """At start, and not at the first connection."""
    desk.config.write_text(CONFIG + BOX + "    password_file: nowhere\n")
    done = desk(command)
    assert done.code == 78
    assert "nowhere" in done.out.decode() + done.err


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize(
    "section",
    [BOX + "    password_file: secret\n", "outbound: {username: support, password_file: secret}\n"],
    ids=["imap", "outbound"],
)
def test_a_secret_that_is_no_text_is_refused_and_not_shown(desk, command, section):
    """Threats rule 17: the words name the file and what would be right, and not an octet of what is in it."""
    (desk.config.parent / "secret").write_bytes(b"geheim\xff\n")
    (desk.config.parent / "secret").chmod(0o600)
    plain = "\n".join(line for line in CONFIG.splitlines() if not line.startswith("outbound:") or "imap" in section)
    desk.config.write_text(plain + "\n" + section)
    done = desk(command)
    told = done.out.decode() + done.err
    assert done.code == 78
    assert "UTF-8" in told
    assert "0xff" not in told
    assert "Traceback" not in told


def test_a_server_that_is_not_there_is_a_warning(desk):
    """`run` would start, and try again."""
    (desk.config.parent / "secret").write_text("x")
    (desk.config.parent / "secret").chmod(0o600)
    desk.config.write_text(CONFIG + BOX + "    password_file: secret\n")
    done = desk("check")
    [line] = [one for one in done.out.decode().splitlines() if " mailboxes " in one]
    assert line.startswith("warn")
    assert "assistenza: Gone: " in line
    assert done.code == 0
