"""`check`: a line for each thing, all that is wrong at once, and 78 where `run` would fail."""

from __future__ import annotations

import errno
import shutil

import pytest

from cli.desk import CONFIG
from e2e.waiting import free_port
from gateway.config import shipped
from gateway.doors import unbound
from nameserver import Server
from pec_signing import ca_file

WHAT = {"config", "policies", "templates", "database", "smtp", "dns", "smarthost", "mailboxes"}


def test_each_thing_has_its_line(desk):
    done = desk("check")
    assert done.code == 0, done.err
    assert {line.split()[1] for line in done.out.decode().splitlines()} == WHAT


def test_nameservers_that_are_silent_are_told_of(desk):
    """`run` works without them, but puts off what only our own check could let in."""
    [line] = [one for one in desk("check").out.decode().splitlines() if " dns " in one]
    assert line.startswith("warn")
    assert "127.0.0.1:9: no answer" in line


def test_nameservers_that_answer_are_well(desk):
    """That there is no such record is an answer too."""
    with Server({}) as server:
        host, port = server.address
        desk.config.write_text(CONFIG.replace('127.0.0.1:9"]', f'{host}:{port}"]'))
        [line] = [one for one in desk("check").out.decode().splitlines() if " dns " in one]
    assert line.startswith("ok")


@pytest.mark.parametrize("command", ["check", "run"])
def test_all_that_is_wrong_with_the_configuration_is_told_at_once(desk, command):
    """A night has no time for one mistake a run."""
    desk.config.write_text("hostname: 5\naddresses: []\nfoo: 1\n")
    done = desk(command)
    assert done.code == 78
    told = (done.out.decode() + done.err).splitlines()
    assert [line.partition("gateway.yaml:")[2][:2] for line in told] == ["1:", "2:", "3:"]


@pytest.mark.parametrize(("what", "key"), [("database", "database: sqlite:///file/x.db"), ("spool", "spool: file/x")])
def test_a_folder_that_cannot_be_is_a_line_that_fails(desk, what, key):
    """Neither an exception nor `ok`: `run` could not write there."""
    lines = [line for line in desk.config.read_text().splitlines() if not line.startswith("database") or key == what]
    desk.config.write_text("\n".join([*lines, key, "" if what == "database" else "database: sqlite:///gateway.db"]))
    (desk.folder / "file").touch()
    done = desk("check")
    assert done.code == 78
    assert any(line.split()[:2] == ["FAIL", what] and "file" in line for line in done.out.decode().splitlines())


def test_a_lock_that_run_could_not_have_is_a_line_that_fails(desk):
    """As that of another user's, from a start as root."""
    desk.accounts()
    (desk.folder / "gateway.db.lock").symlink_to("gateway.db.lock")
    checked, ran = desk("check"), desk("run")
    assert checked.code == ran.code == 78
    [line] = [line for line in checked.out.decode().splitlines() if line.startswith("FAIL")]
    for told in (line, ran.err.splitlines()[0]):
        assert f"{desk.database}.lock: Too many levels of symbolic links" in told


def test_a_certificate_is_not_taken_for_a_port(desk):
    """What would be right is about what is wrong."""
    tls = "trusted_authserv_ids: [mx.example.it], tls: {certificate_file: no.pem, key_file: no.pem}"
    desk.config.write_text(desk.config.read_text().replace("trusted_authserv_ids: [mx.example.it]", tls))
    (line,) = [line for line in desk("check").out.decode().splitlines() if line.startswith("FAIL  smtp")]
    assert "from-mta tls: " in line
    assert "no.pem: No such file" in line
    assert "stop what listens" not in line


def test_listeners_that_only_the_kernel_knows_to_be_one(desk):
    """By names nobody sees it; `run` ends before it serves, and the metrics count among them."""
    port = free_port()
    listen = 'listen: "unix:mta.sock"'
    desk.config.write_text(
        CONFIG.replace(listen, f"listen: 127.0.0.1:{port}") + f"metrics: {{listen: localhost:{port}}}\n"
    )
    checked, ran = desk("check"), desk("run")
    assert checked.code == ran.code == 78
    [line] = [line for line in checked.out.decode().splitlines() if line.startswith("FAIL")]
    for told in (line, ran.err.splitlines()[0]):
        assert "Address already in use; stop what listens there, or change `listen`" in told
    assert "Traceback" not in ran.err


def test_all_addresses_of_both_families_are_well(desk):
    port = free_port()
    other = f'\n  - {{name: six, listen: "[::]:{port}", trusted_authserv_ids: [mx.example.it]}}\noutbound'
    desk.config.write_text(CONFIG.replace('"unix:mta.sock"', f"0.0.0.0:{port}").replace("\noutbound", other))
    assert desk("check").code == 0


def test_what_this_user_may_not_take_systemd_may():
    """A port below 1024, a folder of Postfix's: under the unit's `PrivateUsers=` no capability helps."""
    wrong, right = unbound(PermissionError(errno.EACCES, "Permission denied"))
    assert wrong == "Permission denied"
    assert "a socket of systemd's" in right
    assert "CAP_" not in right


def test_a_policy_that_says_nothing_is_named(desk):
    (desk.folder / "policies").mkdir()
    desk.config.write_text(f"{desk.config.read_text()}policies: policies\n")
    assert b"warn  policies" in desk("check").out


@pytest.mark.parametrize(
    "options", [["--via", "127.0.0.1:25"], ["--canary", "--via", "x"], ["--canary", "--wait", "0"]]
)
def test_where_a_canary_enters_is_asked_for_rightly(desk, options):
    assert desk("check", *options).code == 64


@pytest.mark.parametrize(("content", "state"), [(None, "FAIL"), (b"no certificate", "FAIL"), ("good", "ok")])
def test_whether_certified_mail_could_be_verified_is_a_line(desk, content, state):
    """Only where `pec` is configured: `run` would put off every envelope."""
    path = ca_file(desk.folder)
    if content is None:
        path.unlink()
    elif content != "good":
        path.write_bytes(content)
    desk.config.write_text(desk.config.read_text() + "pec: {ca_file: pec.pem}\n")
    [line] = [one for one in desk("check").out.decode().splitlines() if one.split()[1] == "pec"]
    assert line.split()[0] == state


def test_what_is_doubtful_in_a_policy_is_a_warning_each(desk):
    """`run` works with it: a case that fails, a rule that no case reaches, one that is never tried."""
    folder = desk.folder / "policies"
    folder.mkdir()
    (folder / "own.yaml").write_text(
        "version: 1\nrules:\n  - {name: big, when: size > 9, then: discard}\n"
        "  - {name: all, when: 'true', then: discard}\n  - {name: late, when: 'true', then: discard}\n"
        "tests:\n  - {name: a big one, facts: {size: 10}, expect: {disposition: reject}}\n"
    )
    desk.config.write_text(f"{desk.config.read_text()}policies: policies\n")
    done = desk("check")
    assert done.code == 0
    told = done.out.decode()
    assert "a case fails: own.yaml:7: a big one - disposition: reject + disposition: discard" in told
    assert "own.yaml:4 all is reached by no case" in told
    assert "own.yaml:5 late is never tried: own.yaml:4 all always stops" in told


def test_a_template_that_some_mail_would_break_fails(desk):
    """`check` has seen mails without a subject."""
    directory = shutil.copytree(shipped("config/templates"), desk.folder / "templates")
    (directory / "it" / "opened.txt").write_text("Subject: {% if subject %}{{ tag }}{% endif %}\n\nx\n")
    desk.config.write_text(f"{CONFIG}templates: templates\n")
    done = desk("check")
    assert done.code == 78
    [line] = [line for line in done.out.decode().splitlines() if line.startswith("FAIL")]
    assert "opened.txt" in line
    assert "subject is empty" in line


def test_an_answer_without_a_template_fails(desk):
    """`run` would not start."""
    folder = desk.folder / "policies"
    folder.mkdir()
    (folder / "own.yaml").write_text("version: 1\nrules:\n  - {name: a, when: size > 1, then: {answer: nowhere}}\n")
    desk.config.write_text(f"{desk.config.read_text()}policies: policies\n")
    done = desk("check")
    assert done.code == 78
    assert any(line.startswith("FAIL  templates") and "nowhere.txt" in line for line in done.out.decode().splitlines())


def test_a_candidate_set_that_cannot_be_read_is_a_warning(desk):
    """It has no say, so `run` goes on without it; a good one is named with its hash."""
    folder = desk.folder / "candidate"
    folder.mkdir()
    desk.config.write_text(f"{desk.config.read_text()}policies_shadow: candidate\n")
    (folder / "own.yaml").write_text("version: 1\nrules: [{name: x, when: sise > 1, then: reject}]\n")
    done = desk("check")
    assert done.code == 0
    [line] = [line for line in done.out.decode().splitlines() if line.split()[1] == "shadow"]
    assert line.startswith("warn")
    assert "own.yaml:2" in line
    (folder / "own.yaml").write_text("version: 1\n")
    [line] = [line for line in desk("check").out.decode().splitlines() if line.split()[1] == "shadow"]
    assert line.startswith("ok")
