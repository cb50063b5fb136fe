"""`gateway backup` and `restore`, and what `check` and `status` say of octets outside the database."""

from __future__ import annotations

import json
import os
import stat

import pytest

from gateway import opening
from gateway.config import load
from s3_server import make_bucket, s3_server

LONG = b"Buongiorno. " * 1000
HEAD = (
    b"Authentication-Results: mx.example.it; dmarc=%s header.from=rossi.example\r\n"
    b"Received: from x by mx.example.it\r\n"
    b"From: tecnico@rossi.example\r\nTo: support@example.it\r\nSubject: Rinnovo\r\nMessage-ID: <1@rossi.example>\r\n"
    b"Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n"
)
MAIL = HEAD % b"pass" + b"\r\n" + LONG + b"\r\n"
WITH_FILE = (
    HEAD % b"fail"
    + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nEcco.\r\n--b\r\n"
    + b"Content-Type: text/x-log\r\nContent-Disposition: attachment; filename=a.log\r\n\r\n"
    + LONG
    + b"\r\n--b--\r\n"
)


@pytest.fixture
def desk(desk):
    """With one account; what is over 4 KiB stands outside."""
    desk.config.write_text(desk.config.read_text() + "blobs: {inline: 4KiB}\n")
    desk.accounts()
    return desk


def blobs(desk):
    return sorted(path for path in (desk.folder / "gateway.db.blobs").rglob("*") if path.is_file())


def checked(desk):
    return next(line for line in desk("check").out.decode().splitlines() if line.split()[1] == "blobs")


def message(desk):
    [one] = desk("messages", "list", "--json").records
    return one["id"]


def test_a_whole_backup_leaves_its_time_for_the_metrics(desk):
    """One that misses octets does not: its age is what an alert looks at."""
    desk("ingest", stdin=MAIL)
    mark = desk.folder / "gateway.db.backup"
    assert desk("backup", str(desk.folder / "backup")).code == 0
    assert (mark.stat().st_size, stat.S_IMODE(mark.stat().st_mode)) == (0, 0o600)
    os.utime(mark, (0, 0))
    blobs(desk)[0].unlink()
    assert desk("backup", str(desk.folder / "another")).code == 65
    assert mark.stat().st_mtime == 0


def test_a_backup_is_restored_where_there_was_nothing(desk):
    """With the two commands, and the balance, the bytes and the audit are as before."""
    desk("ingest", stdin=MAIL)
    folder = desk.folder / "backup"
    done = desk("backup", str(folder))
    assert (done.code, done.out) == (
        0,
        b"%b: 1 messages, 1 tickets, 1 letters, 1 blobs of 0 MiB, as of %b\n"
        % (str(folder).encode(), json.loads((folder / "manifest.json").read_text())["made_at"].encode()),
    )
    desk.config.write_text(desk.config.read_text().replace("gateway.db", "new/gateway.db"))
    assert desk("restore", str(folder)).code == 0
    assert desk("messages", "raw", message(desk)).out == MAIL
    assert [desk(*words).code for words in (("balance",), ("audit", "verify"))] == [0, 0]
    assert all(not path.stat().st_mode & 0o077 for path in (desk.folder / "new").rglob("*"))


def test_what_is_there_is_neither_overwritten_nor_mixed(desk):
    """Each refusal is one line that says what would be right."""
    desk("ingest", stdin=MAIL)
    assert desk("backup", str(desk.folder / "backup")).code == 0
    for words, said in (("backup", "is not empty: name a new folder"), ("restore", "is there already")):
        done = desk(words, str(desk.folder / "backup"))
        assert (done.code, done.out, done.err.count("\n")) == (65, b"", 1)
        assert said in done.err


def test_while_a_restore_is_at_work_a_pipe_makes_no_database(desk):
    """Its mail waits at the border: what restores would not take it in, and nobody has an account there."""
    desk("ingest", stdin=MAIL)
    assert desk("backup", str(desk.folder / "backup")).code == 0
    desk.config.write_text(desk.config.read_text().replace("gateway.db", "new/gateway.db"))
    half = desk.folder / "new/gateway.db.restoring"
    half.parent.mkdir()
    half.touch()
    done = desk("ingest", stdin=MAIL.replace(b"<1@", b"<2@"))
    assert done.code == 75
    assert "gateway.db.restoring is there: it is being restored, or that was cut off; let the restore end" in done.err
    assert not half.with_name("gateway.db").exists()
    assert desk("restore", str(desk.folder / "backup")).code == 0
    assert desk("ingest", stdin=MAIL.replace(b"<1@", b"<2@")).code == 0
    assert len(desk("messages", "list", "--json").records) == 2


def test_postgresql_is_told_its_own_way(desk):
    """Its server has tools of its own; ours would be a second-rate one."""
    desk.config.write_text(desk.config.read_text().replace("sqlite:///gateway.db", "postgresql://gateway@127.0.0.1/x"))
    for words in ("backup", "restore"):
        done = desk(words, str(desk.folder / "backup"))
        assert done.code == 64
        assert "pg_dump -Fc" in done.err
    assert not (desk.folder / "backup").exists()


def test_a_blob_that_was_deleted_by_hand_is_seen_and_the_rest_goes_on(desk):
    """`check` names its message, whoever reads it is told in a line, and a backup lists it; nothing else is touched."""
    desk("ingest", stdin=MAIL)
    assert checked(desk).endswith("1 outside the database, all there")
    [blob] = blobs(desk)
    blob.unlink()
    assert f"1 of 1 are gone or cut off, of message {message(desk)}" in checked(desk)
    done = desk("messages", "raw", message(desk))
    assert (done.code, done.out) == (65, b"")
    assert done.err.startswith(f"gateway: message {message(desk)}: its octets are gone: there is no blob {blob.name}")
    done = desk("backup", str(desk.folder / "backup"))
    assert done.code == 65
    assert b"LOST before that" in done.out
    assert blob.name.encode() in done.out
    assert desk("ingest", stdin=MAIL.replace(b"<1@", b"<2@")).code == 0
    assert desk("balance").code == 0


def test_a_blob_that_was_altered_by_hand_is_never_shown(desk):
    """Of the same length, and even so not the message."""
    desk("ingest", stdin=MAIL)
    [blob] = blobs(desk)
    blob.write_bytes(MAIL.replace(b"Rinnovo", b"Recesso"))
    done = desk("messages", "raw", message(desk))
    assert (done.code, done.out) == (65, b"")
    assert "its octets are not as they were" in done.err


def test_a_folder_that_cannot_be_used_puts_long_mail_off(desk):
    """75 and no row, `check` says why; a short message goes in; mended, the long one does too."""
    (desk.folder / "gateway.db.blobs").write_text("no folder")
    assert desk("ingest", stdin=MAIL).code == 75
    assert desk("messages", "list", "--json").records == []
    assert checked(desk).startswith("FAIL")
    assert desk("ingest", stdin=HEAD % b"pass" + b"\r\nCiao.\r\n").code == 0
    (desk.folder / "gateway.db.blobs").unlink()
    assert desk("ingest", stdin=MAIL.replace(b"<1@", b"<2@")).code == 0
    assert desk("balance").code == 0


def test_a_folder_that_is_not_there_yet_is_no_full_disk(desk):
    """Nor one around it: `check` finds nothing wrong, the daemon takes mail, the first long one makes them."""
    desk.config.write_text(desk.config.read_text().replace("4KiB}", "4KiB, path: a/b}"))
    assert checked(desk).startswith("ok")
    assert opening.disk(load(desk.config)).trouble() == ""
    assert not (desk.folder / "a").exists()
    assert desk("ingest", stdin=MAIL).code == 0
    assert [path.read_bytes() for path in (desk.folder / "a/b").rglob("*") if path.is_file()] == [MAIL]


def test_what_is_purged_or_erased_leaves_no_file(desk):
    """At once, not with the next sweep."""
    desk("ingest", stdin=WITH_FILE)
    assert len(blobs(desk)) == 1
    assert desk("quarantine", "purge", "--before", "2999-01-01").code == 0
    assert blobs(desk) == []
    desk("ingest", stdin=MAIL.replace(b"<1@", b"<3@"))
    assert len(blobs(desk)) == 1
    assert desk("accounts", "erase", "ROSSI-001", "--yes").code == 0
    assert blobs(desk) == []


def test_what_is_released_has_its_file_outside(desk):
    """The attachment of a message that a person lets in is as long as any."""
    desk("ingest", stdin=WITH_FILE)
    assert desk("quarantine", "release", message(desk)).code == 0
    [ticket] = desk("tickets", "list", "--json").records
    [shown] = desk("tickets", "show", ticket["ref"], "--json").records
    [attached] = shown["history"][0]["attachments"]
    assert attached["sha256"] in {path.name for path in blobs(desk)}
    assert desk("tickets", "attachment", ticket["ref"], attached["sha256"]).out == LONG


def test_a_bucket_in_place_of_the_folder(desk):
    """In, out, into a backup, out of it under another prefix; away, long mail is put off and nothing is read wrong."""
    for name in ("access", "secret"):
        (desk.folder / name).write_text(name)
        (desk.folder / name).chmod(0o600)
    plain = desk.config.read_text()
    with s3_server(desk.folder) as url:
        make_bucket(url, "mail")
        bucket = f"store: s3, endpoint: '{url}', bucket: mail, access_key_file: access, secret_key_file: secret"
        desk.config.write_text(plain.replace("4KiB}", f"4KiB, {bucket}, prefix: one}}"))
        assert desk("ingest", stdin=MAIL).code == 0
        assert blobs(desk) == []
        assert desk("messages", "raw", message(desk)).out == MAIL
        assert checked(desk).endswith("1 outside the database, all there")
        assert desk("backup", str(desk.folder / "backup")).code == 0
        desk.config.write_text(
            desk.config.read_text().replace("prefix: one", "prefix: two").replace("gateway.db", "n.db")
        )
        assert desk("restore", str(desk.folder / "backup")).code == 0
        assert desk("messages", "raw", message(desk)).out == MAIL
    assert desk("ingest", stdin=MAIL.replace(b"<1@", b"<2@")).code == 75
    assert desk("messages", "raw", message(desk)).code == 75
    assert checked(desk).startswith("FAIL")
    assert desk("ingest", stdin=HEAD % b"pass" + b"\r\nCiao.\r\n").code == 0


@pytest.mark.parametrize("command", [("backup", "elsewhere"), ("audit", "verify")])
def test_of_a_database_that_is_not_there_nothing_is_copied_or_proved(desk, command):
    """Its disk is not mounted, or its name mistyped: a whole backup of nothing would silence the alarm."""
    desk.database.unlink()
    before = desk.files()
    done = desk(*command)
    assert done.code == 69
    assert done.err == f"gateway: {desk.database} is not there: correct `database`, or mount its disk\n"
    assert desk.files() == before
