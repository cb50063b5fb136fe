"""`migrate --from`: what an operator sees of it, and what is refused before anything is touched."""

from __future__ import annotations

import fcntl
import os

import pytest

from cli.desk import CONFIG
from e2e.waiting import until
from postgresql import EMPTY, LOCKED, PASSWORD

MAIL = b"From: eve@attack.example\r\nSubject: uno\r\nMessage-ID: <1@attack.example>\r\n\r\nCiao.\r\n"


@pytest.fixture
def server(cluster):
    """An empty database that wants a password."""
    with cluster.database(EMPTY) as address:
        name = address.rpartition("/")[2]
        cluster.sql(f"ALTER DATABASE {name} OWNER TO {LOCKED}")
        yield cluster.url(name, user=LOCKED)


@pytest.fixture
def moving(desk, server):
    """A desk with accounts and mail, whose configuration now names the server."""
    desk.accounts()
    assert desk("ingest", stdin=MAIL).code == 0
    secret = desk.folder / "password"
    secret.write_text(f"{PASSWORD}\n")
    secret.chmod(0o600)
    text = CONFIG.replace("sqlite:///gateway.db", f"{server}\ndatabase_password_file: password\nspool: spool")
    desk.config.write_text(f"{text}blobs: {{path: blobs}}\n")
    return desk


def test_all_is_moved_and_the_gateway_goes_on_with_it(moving, server):
    """Accounts and mail are what they were, and nothing that is printed has the password."""
    done = moving("migrate", "--from", f"sqlite:///{moving.database}")
    assert (done.code, done.err) == (0, "")
    assert f"{moving.database}: all is in {server} now".encode() in done.out
    (account,) = moving("accounts", "list", "--json").records
    (message,) = moving("messages", "list", "--json").records
    assert (account["code"], message["author"]) == ("ROSSI-001", "eve@attack.example")
    assert moving("ingest", stdin=MAIL).code == 0
    checked = moving("check")
    assert f"database    {server}: at schema".encode() in checked.out
    assert PASSWORD.encode() not in done.out + checked.out


def test_check_warns_of_a_server_that_forgets(moving, cluster):
    """A setting of the server's that makes a 250 worth less than it says (I3)."""
    try:
        cluster.sql("ALTER SYSTEM SET full_page_writes = off")
        cluster.sql("SELECT pg_reload_conf()")
        until(lambda: b"full_page_writes is off" in moving("check").out, "the warning")
    finally:
        cluster.sql("ALTER SYSTEM RESET full_page_writes")
        cluster.sql("SELECT pg_reload_conf()")


def test_a_second_time_is_refused(moving):
    """What is there is never added to."""
    command = ("migrate", "--from", f"sqlite:///{moving.database}")
    assert moving(*command).code == 0
    done = moving(*command)
    assert done.code == 65
    assert "name an empty database" in done.err


def test_a_source_that_a_gateway_runs_on_is_refused(moving):
    """What it would take in meanwhile would be left behind."""
    descriptor = os.open(f"{moving.database}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    done = moving("migrate", "--from", f"sqlite:///{moving.database}")
    os.close(descriptor)
    assert done.code == 78
    assert "another gateway runs on this database" in done.err


@pytest.mark.parametrize("name", ["gateway.db", "link.db"])
def test_a_database_is_not_moved_into_itself(desk, name):
    """By whatever name it is known."""
    desk.accounts()
    (desk.folder / "link.db").symlink_to(desk.database)
    done = desk("migrate", "--from", f"sqlite:///{desk.folder / name}")
    assert done.code == 64
    assert "is the configured database itself" in done.err


@pytest.mark.parametrize(
    ("url", "code", "told"),
    [
        ("sqlite:///no/such.db", 69, "no such file"),
        ("mysql://x/y", 64, "it is sqlite:///FILE or postgresql://USER@HOST/NAME"),
        ("nonsense", 64, "it is sqlite:///FILE or postgresql://USER@HOST/NAME"),
        ("postgresql://x:secret@127.0.0.1/y", 64, "a secret is never a value"),
    ],
)
def test_what_is_no_source_is_told(moving, url, code, told):
    """In a line, before anything is made."""
    done = moving("migrate", "--from", url)
    assert done.code == code
    assert told in done.err
    assert "secret@" not in done.err


def test_a_password_that_is_wrong_is_unavailable_and_not_told(moving):
    """The server's own words, and no more of what was in the file."""
    (moving.folder / "password").write_text("wrong-secret")
    done = moving("messages", "list")
    assert done.code == 75
    assert "password authentication failed" in done.err
    assert "wrong-secret" not in done.err
