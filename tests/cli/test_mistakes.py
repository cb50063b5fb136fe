"""Mistakes of a tired operator: one clear line that says what is wrong, the right exit code, and nothing half done."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing

import pytest
import structlog

from gateway.cli.owner import own_name
from gateway.cli.refused import told
from gateway.core.problem import ConfigError, Problem
from gateway.core.remedies import with_remedy
from gateway.core.roster import KEYS
from gateway.opening import secret
from gateway.ports import Unavailable
from gateway.store.database import Database
from pec_signing import ca_file

MAIL = b"From: who@stranger.example\r\nSubject: x\r\n\r\nx\r\n"


def test_text_that_is_not_utf8_is_said_to_be(desk):
    done = desk("tickets", "note", "7Q4TM-9XK2F", stdin=b"caff\xe8")
    assert (done.code, done.out) == (65, b"")
    assert "is not UTF-8 at octet 4" in done.err


@pytest.mark.parametrize("octets", [b"a\0b", b"a" * 65_537], ids=["a NUL", "too much"])
@pytest.mark.parametrize("command", ["note", "reply"])
def test_what_is_no_text_is_neither_noted_nor_sent(desk, command, octets):
    """PostgreSQL keeps no NUL, and nothing takes a note of 50 MB away again."""
    done = desk("tickets", command, "7Q4TM-9XK2F", stdin=octets)
    assert (done.code, done.out) == (65, b"")
    assert "is no text, or over 65536 octets of it" in done.err


@pytest.mark.parametrize("command", ["tickets list --limit 99999999999999999999", "keys retire 2147483648"])
def test_a_number_that_no_database_takes_is_refused(desk, command):
    desk.accounts()
    done = desk(*command.split())
    assert done.code == 64
    assert "is not in the range 1<=x<=2147483647" in done.err


@pytest.mark.parametrize("command", ["messages show", "accounts show", "outbox retry"])
def test_an_argument_that_is_not_utf8_is_said_to_be(desk, command):
    """It names nothing that is kept."""
    desk.accounts()
    done = desk(*command.split(), "\udcff")
    assert (done.code, "what was asked for is not UTF-8" in done.err) == (65, True)


def test_an_address_that_is_not_utf8_is_refused(desk):
    desk.accounts()
    done = desk("accounts", "add-address", "ROSSI-001", "\udcff@rossi.example")
    assert (done.code, "codec" in done.err) == (65, False)
    assert "the local part is not a plain dot-atom" in done.err


def test_a_file_may_be_called_what_is_not_utf8(desk):
    """Whatever octets its file system takes."""
    folder = desk.folder / "caff\udce8"
    folder.mkdir()
    mail = folder / "mail.eml"
    mail.write_bytes(MAIL)
    assert desk("explain", str(mail)).code == 0


@pytest.mark.parametrize(("command", "code"), [("tickets note 7Q4TM-9XK2F", 65), ("ingest", 65)])
def test_a_closed_standard_input_is_said_to_be(desk, command, code):
    done = desk(*command.split(), stdin=None)
    assert done.code == code
    assert "standard input is closed" in done.err.splitlines()[0]


def test_a_message_in_a_file_is_not_looked_for_on_standard_input(desk):
    empty = desk.folder / "empty.eml"
    empty.touch()
    done = desk("explain", str(empty))
    assert done.code == 65
    assert str(empty) in done.err.splitlines()[-1]


def _wrong_key(desk):
    desk.config.write_text("hostnam: x")


def _from_the_future(desk):
    desk.accounts()
    database = Database(f"sqlite:///{desk.database}").open()
    database.write(lambda connection: connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'f'"))
    database.close()


def _another_program(desk):
    with closing(sqlite3.connect(desk.database)) as other:
        other.execute("CREATE TABLE theirs(x)")


def _not_a_database(desk):
    desk.database.write_text("not a database " * 1000)


def test_a_fault_of_ours_shows_nobody_and_nothing_of_a_stranger(desk):
    """Its words may be a message's: the log's own rules hold for them (threats rules 16, 17)."""
    desk.accounts()

    def broken(_):
        raise RuntimeError("tecnico@rossi.example\nroot: all is well\x1b[2J")

    desk.monkeypatch.setattr("gateway.store.waiting.letters", broken)
    done = desk("queue")
    assert (done.code, done.out) == (70, b"")
    assert done.err.splitlines()[0] == "gateway: internal error: RuntimeError; please report it with what follows"
    assert "test_mistakes.py" in done.err
    assert "***@rossi.example" in done.err
    assert "tecnico" not in done.err
    assert "\x1b" not in done.err
    assert not any(line.startswith("root:") for line in done.err.splitlines())


def test_a_fault_before_there_is_a_log_goes_where_errors_go(desk):
    """A command that cannot even be imported."""
    structlog.reset_defaults()
    desk.monkeypatch.setitem(sys.modules, "gateway.cli.queue", None)
    done = desk("queue")
    assert (done.code, done.out) == (70, b"")
    assert "ModuleNotFoundError" in done.err


@pytest.mark.parametrize("wrong", [_wrong_key, _from_the_future, _another_program, _not_a_database])
def test_mail_from_a_pipe_is_kept_by_the_caller_whatever_is_wrong_here(desk, wrong):
    """I3: an MTA that pipes bounces 78, to a forged sender as well; 75 leaves the mail where it was."""
    wrong(desk)
    done = desk("ingest", stdin=MAIL)
    assert done.code == 75, done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(("wrong", "code"), [(_from_the_future, 78), (_another_program, 78), (_not_a_database, 75)])
def test_a_wrong_database_is_named(desk, wrong, code):
    wrong(desk)
    done = desk("messages", "list")
    assert (done.code, done.out) == (code, b"")
    assert str(desk.database) in done.err.splitlines()[0]


def test_a_spool_that_cannot_be_is_named(desk):
    (desk.folder / "file").touch()
    before = desk.config.read_text()
    for spool, wrong in (("file", "File exists"), ("file/spool", "Not a directory")):
        desk.config.write_text(f"{before}spool: {spool}\n")
        done = desk("run")
        assert done.code == 78
        right = "name a folder where this user writes"
        assert done.err == f"gateway: {desk.config}: spool: {desk.folder}/{spool}: {wrong}; {right}\n"


@pytest.mark.parametrize(
    "command",
    [
        "accounts import {}.csv",
        "explain {}.eml",
        "restore {}",
        "migrate --from sqlite:///{}.db",
    ],
)
def test_a_file_that_cannot_be_read_is_named(desk, command):
    """69, as the table of exit codes says, and not a slip of the keyboard: the next time it may be there."""
    nowhere = desk.folder / "round"
    for name in ("round", "round.csv", "round.eml", "round.db"):
        (desk.folder / name).symlink_to(desk.folder / name)
    done = desk(*command.format(nowhere).split())
    assert (done.code, done.out) == (69, b"")
    assert str(nowhere) in done.err.splitlines()[0]


@pytest.mark.parametrize("command", ["accounts import no.csv", "explain no.eml", "migrate --from sqlite:////no.db"])
def test_a_file_that_is_not_there_is_named(desk, command):
    done = desk(*command.split())
    assert (done.code, done.out) == (69, b"")
    assert "no such file" in done.err.splitlines()[0].lower()


def test_whose_rights_do_not_suffice_is_told():
    """Root becomes whoever owns the files."""
    fault = ConfigError(Problem("gateway.yaml", 0, "spool", "Permission denied", "name another"))
    assert told(fault) == ("gateway: gateway.yaml: spool: Permission denied; name another", 78)
    fault.__cause__ = PermissionError()
    assert told(fault)[0].startswith(f"gateway: gateway.yaml: spool: Permission denied for {own_name()}; ")


@pytest.mark.parametrize("name", ["a" * 251, "Anna\nBruno"])
def test_a_name_that_no_list_shows_is_refused(desk, name):
    done = desk("tickets", "assign", "7Q4TM-9XK2F", name)
    assert (done.code, done.out) == (65, b"")
    assert "one line of at most 250 characters" in done.err


def test_no_command_is_said_before_the_help(desk):
    assert desk("tickets").err.splitlines()[0] == "gateway: a command is missing"


def test_an_address_that_is_none_is_named(desk):
    desk.accounts()
    done = desk("accounts", "set-primary", "ROSSI-001", "a b@rossi.example")
    assert done.code == 65
    assert "a b@rossi.example" in done.err


OURS = ["support@example.it", "Support+R.T@EXAMPLE.it", "bounces@example.it", "pec@example.it", "pec+x@example.it"]


@pytest.fixture
def certified(desk):
    """A desk with an account and a PEC mailbox."""
    pec = f"pec: {{ca_file: {ca_file(desk.folder).name}, addresses: [pec@example.it]}}\n"
    desk.config.write_text(desk.config.read_text() + pec)
    desk.accounts()
    return desk


@pytest.mark.parametrize("address", OURS)
@pytest.mark.parametrize("command", ["set-primary", "add-address"])
def test_an_account_has_no_address_of_our_own(certified, command, address):
    """Every letter there would come back to us (R4)."""
    before = certified.files()
    done = certified("accounts", command, "ROSSI-001", address)
    assert (done.code, done.out) == (65, b"")
    assert "is the gateway's own address" in done.err
    assert "name an address of the customer's own" in done.err
    assert certified.files() == before


@pytest.mark.parametrize("address", OURS)
def test_a_file_of_accounts_has_none_either(certified, address):
    """The line is told, of a source as of a file; all or nothing."""
    file = certified.folder / "crm.csv"
    file.write_text(f"{','.join(KEYS)}\nA,A,it,active,a@a.example,,\nB,B,it,active,b@b.example,{address},\n")
    imported = certified("accounts", "import", str(file))
    certified.config.write_text(
        certified.config.read_text() + "accounts: {sources: [{name: crm, file: {path: crm.csv}}]}\n"
    )
    for done in (imported, certified("accounts", "sync")):
        assert done.code == 65
        assert "crm.csv:3: account B: " in done.err
        assert "is the gateway's own address" in done.err
    assert len(certified("accounts", "list", "--json").records) == 1


def test_an_address_of_another_account_is_told_of(desk):
    """As an import tells it: whose mail it is, nobody knows any more."""
    desk.accounts()
    file = desk.folder / "more.csv"
    file.write_text(f"{','.join(KEYS)}\nBIANCHI-002,Bianchi,it,active,info@bianchi.example,,\n")
    assert desk("accounts", "import", str(file)).code == 0
    for command in ("add-address", "set-primary"):
        done = desk("accounts", command, "ROSSI-001", "info@bianchi.example")
        assert done.code == 0
        last = done.out.decode().splitlines()[-1]
        held = "on several accounts, so that mail from it is held"
        assert last == f"{held}: info@bianchi.example (ROSSI-001, BIANCHI-002)"
    assert b"on several" not in desk("accounts", "add-address", "ROSSI-001", "new@rossi.example").out


@pytest.mark.parametrize("moment", ["banana", "-5d", "2026-13-01", "0001-01-01T00:00:00+14:00"])
def test_a_moment_that_is_none_is_usage(desk, moment):
    """Not on a calendar, or not on ours: 64, with what may be written."""
    done = desk("messages", "list", "--json", "--since", moment)
    assert (done.code, done.out) == (64, b"")
    assert "write 30d, 24h, 2026-11-01" in done.err


def test_ids_may_be_written_small(desk):
    """An id is read over the telephone, a reference pasted out of a subject."""
    desk.accounts()
    assert desk("ingest", stdin=MAIL).code == 0
    (held,) = desk("quarantine", "list", "--json").records
    assert desk("messages", "show", held["id"].lower(), "--json").records[0]["id"] == held["id"]
    assert desk("messages", "raw", f" {held['id'].lower()}").out == MAIL
    assert desk("quarantine", "reject", held["id"].lower()).code == 0


@pytest.mark.parametrize("section", ["[]", "0", "''", "false"])
def test_dispositions_of_another_type_are_refused(desk, section):
    """What is not a mapping is a mistake, not silence."""
    (desk.folder / "policies").mkdir()
    (desk.folder / "policies" / "own.yaml").write_text(f"version: 1\ndispositions: {section}\n")
    desk.config.write_text(f"{desk.config.read_text()}policies: policies\n")
    done = desk("check")
    assert done.code == 78
    assert b"own.yaml:2: dispositions: is not a mapping" in done.out


def _tab(desk):
    desk.config.write_text(f"{desk.config.read_text()}log:\n\tformat: text\n")


def _folder_as_configuration(desk):
    desk.config.unlink()
    desk.config.mkdir()


def _folder_as_database(desk):
    desk.database.mkdir()


def _elsewhere(desk):
    desk.config.write_text(desk.config.read_text().replace("unix:mta.sock", "192.0.2.7:8025"))


def _secret(desk):
    desk.config.write_text(
        desk.config.read_text().replace("{smarthost:", "{username: u, password_file: pw, smarthost:")
    )


def _empty_secret(desk):
    _secret(desk)
    (desk.folder / "pw").write_text("\n")


def _folder_as_secret(desk):
    _secret(desk)
    (desk.folder / "pw").mkdir()


def _no_server(desk):
    url = "postgresql://gateway@127.0.0.1:9/gateway"
    desk.config.write_text(desk.config.read_text().replace("sqlite:///gateway.db", f"{url}\nspool: spool"))


@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        (_tab, 78, "gateway.yaml:9: is not YAML: while scanning for the next token found character that cannot"),
        (_tab, 78, "indent with blanks"),
        (_folder_as_configuration, 78, "cannot be read (Is a directory); name the file itself"),
        (_folder_as_database, 75, "gateway.db: Is a directory; name a file"),
        (_not_a_database, 75, "file is not a database; name another file in `database`"),
        (_from_the_future, 78, "install the newer gateway"),
        (_elsewhere, 78, "Cannot assign requested address; name an address of this machine in `listen`"),
        (_secret, 78, "pw: No such file or directory; put the secret there, alone"),
        (_empty_secret, 78, "pw: is empty; put the secret there, alone"),
        (_folder_as_secret, 78, "pw: Is a directory; put the secret there, alone"),
        (_no_server, 75, "start what should listen there, or correct host and port"),
    ],
)
def test_check_and_run_say_what_is_wrong_and_what_to_do(desk, wrong, code, words):
    """The first line of `run`, and a line that fails of `check`; in the night nobody reads a second one."""
    wrong(desk)
    checked, ran = desk("check"), desk("run")
    assert checked.code == 78
    assert any(line.startswith("FAIL") and words in line for line in checked.out.decode().splitlines()), checked.out
    assert ran.code == code
    assert words in ran.err.splitlines()[0]


def test_a_secret_may_end_with_a_new_line(tmp_path):
    """As every editor leaves it."""
    (tmp_path / "pw").write_text("open sesame\r\n")
    assert secret(tmp_path / "pw") == "open sesame"


def test_a_clock_behind_what_came_in_is_told_of(desk):
    """Nobody tells the time; but a message of tomorrow has not come in yet."""
    desk.accounts()
    assert desk("ingest", stdin=MAIL).code == 0
    assert b"the newest message" not in desk("check").out
    with closing(sqlite3.connect(desk.database)) as database:
        database.execute("UPDATE message SET received_at = '2999-01-01T00:00:00.000000Z'")
        database.commit()
    (line,) = [line for line in desk("check").out.decode().splitlines() if line.split()[1] == "clock"]
    assert line.startswith("warn")
    assert "the newest message came at 2999-01-01T00:00:00" in line


def test_what_a_task_of_the_daemon_cannot_have_is_no_fault_of_ours():
    """As a server that goes between its start and its first beat; any other end of a task is, and is looked at."""
    gone = ExceptionGroup("unhandled errors in a TaskGroup", [Unavailable("box: no connection to it: refused")])
    assert told(gone) == (
        "gateway: box: no connection to it: refused; start what should listen there, or correct host and port",
        75,
    )
    assert told(ExceptionGroup("the same", [OSError(5, "Input/output error")]))[1] == 70


@pytest.mark.parametrize(
    ("words", "do"),
    [
        ('FATAL: database "gateway" does not exist', "make it"),
        ('FATAL: password authentication failed for user "gateway"', "database_password_file"),
        ("box: Lied: '220 mx ESMTP' is no greeting", "correct the port"),
        ("no TLS: WRONG_VERSION_NUMBER", "`tls: starttls`"),
        ("no connection to 127.0.0.1:25: refused", "start what should listen there"),
        ("something nobody has heard of", "mend that, or try again"),
    ],
)
def test_words_of_others_are_given_what_to_do(words, do):
    assert with_remedy(words).startswith(f"{words}; ")
    assert do in with_remedy(words)
