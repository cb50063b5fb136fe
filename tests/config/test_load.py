"""What a good file becomes: frozen, typed values, with defaults where it is silent."""

from datetime import date, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.config import ConfigError, load, locate, shipped
from gateway.config.nouns import Endpoint, Rate, UnixSocket
from gateway.core.account import Language
from gateway.core.address import Address
from gateway.core.arrival import Position
from gateway.core.retry import Schedule

LEAST = "hostname: gateway.example.it\naddresses: [support@example.it]\n"
EXAMPLE = Path(__file__).parent / "example.yaml"


def written(directory, text):
    path = directory / "gateway.yaml"
    path.write_text(text)
    return path


def test_the_example_of_the_interface_loads():
    """All that the interface shows is understood, the mailboxes included."""
    config = load(EXAMPLE)
    assert config.smtp[0].listen == Endpoint("127.0.0.1", 8025)
    assert config.smtp[0].trusted_authserv_ids == {"mx.example.it"}
    assert config.imap[0].password_file == EXAMPLE.parent / "imap-password"
    assert config.outbound.retry.schedule == Schedule()
    assert config.limits.acknowledgements.per_account == Rate(20, timedelta(days=1))


def test_a_silent_file_means_what_the_interface_shows(tmp_path):
    """The defaults are those of the example, so that leaving a key out and copying it come to the same."""
    silent, spoken = load(written(tmp_path, LEAST)), load(EXAMPLE)
    assert silent.limits == spoken.limits
    assert silent.outbound.retry == spoken.outbound.retry
    assert silent.outbound.smarthost == spoken.outbound.smarthost
    assert silent.languages == spoken.languages == (Language.IT, Language.EN)
    assert silent.letterhead.sender == spoken.letterhead.sender
    assert silent.letterhead.bounces == spoken.letterhead.bounces
    assert silent.policies == shipped("policies")
    assert silent.templates == shipped("config/templates")


def test_the_sample_file_loads():
    """`make run` starts with it."""
    config = load(shipped("config/gateway.yaml"))
    assert config.outbound.smarthost == Endpoint("127.0.0.1", 2525)
    assert config.policies == shipped("policies")


@pytest.mark.parametrize(
    ("position", "peers"),
    [("behind-mta", (ip_network("127.0.0.1"), ip_network("::1"))), ("edge", ())],
)
def test_peers_left_out_are_loopback_behind_an_mta_and_nobody_at_the_edge(tmp_path, position, peers):
    """At the edge everybody connects, and nobody's Authentication-Results count (threats rule 5)."""
    config = load(written(tmp_path, f"{LEAST}smtp:\n  - {{name: a, listen: '[::1]:25', position: {position}}}\n"))
    assert config.smtp[0].position is Position(position)
    assert config.smtp[0].peers == peers
    assert config.edge is (position == "edge")


def test_where_nothing_is_moved_the_targets_do_not_matter(tmp_path):
    """filing: flag, with `folders` as the operator left them; and only INBOX is known in every case of letters."""
    box = "imap:\n  - {name: a, host: h.example, username: u, password_file: p, "
    assert load(written(tmp_path, f"{LEAST}{box}filing: flag, folders: {{accept: INBOX}}}}\n")).imap
    assert load(written(tmp_path, f"{LEAST}{box}folder: done}}\n")).imap


def test_relative_paths_are_relative_to_the_file(tmp_path, monkeypatch):
    """Where the gateway is started from changes nothing."""
    monkeypatch.chdir("/")
    (tmp_path / "etc").mkdir()
    text = f"{LEAST}database: sqlite:///../var/gateway.db\npolicies: ../rules\ntemplates: words\n"
    text += "smtp:\n  - {name: a, listen: 'unix:lmtp.sock', protocol: lmtp}\n"
    config = load(written(tmp_path / "etc", text))
    assert config.database.path == tmp_path / "var" / "gateway.db"
    assert config.database.url == f"sqlite:///{tmp_path}/var/gateway.db"
    assert config.spool == tmp_path / "var" / "spool"
    assert config.policies == tmp_path / "rules"
    assert config.templates == tmp_path / "etc" / "words"
    assert config.smtp[0].listen == UnixSocket(tmp_path / "etc" / "lmtp.sock")
    assert config.path == tmp_path / "etc" / "gateway.yaml"


def test_the_link_that_a_certificate_is_renewed_behind_stays(tmp_path):
    """A path is not pinned to what its last link points to at the start."""
    (tmp_path / "cert-1.pem").touch()
    (tmp_path / "cert.pem").symlink_to("cert-1.pem")
    tls = "{certificate_file: cert.pem, key_file: key.pem}"
    config = load(written(tmp_path, f"{LEAST}smtp:\n  - {{name: a, listen: '127.0.0.1:25', tls: {tls}}}\n"))
    assert config.smtp[0].tls.certificate_file == tmp_path / "cert.pem"


def test_a_postgresql_url_stays_as_it_is(tmp_path):
    """It names a server, not a file."""
    config = load(written(tmp_path, f"{LEAST}database: postgresql://gateway@db.example.it/gateway\n"))
    assert (config.database.url, config.database.path) == ("postgresql://gateway@db.example.it/gateway", None)


def test_a_mailbox_may_start_at_a_date(tmp_path):
    """YAML's own dates are not used: what is written is what is read."""
    box = "{name: a, host: '127.0.0.1', tls: none, username: u, password_file: p, start: 2026-11-22}"
    assert load(written(tmp_path, f"{LEAST}imap:\n  - {box}\n")).imap[0].start == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("support@example.it", ""),
        ("Assistenza clienti <support@example.it>", "Assistenza clienti"),
        ('"Rossi, assistenza" <support@example.it>', "Rossi, assistenza"),
        ("<support@example.it>", ""),
    ],
)
def test_from_is_one_mailbox_with_or_without_a_name(tmp_path, text, name):
    """Our own From is one mailbox (RFC 5322 §3.6.2)."""
    head = load(written(tmp_path, f"{LEAST}outbound: {{from: '{text}'}}\n")).letterhead
    assert (head.name, head.sender) == (name, Address("support", "example.it"))


def test_the_pipe_believes_whom_the_listeners_behind_an_mta_believe(tmp_path):
    """A border named once is named for the pipe too; one at the edge is not."""
    listeners = "smtp:\n  - {name: a, listen: '127.0.0.1:1', trusted_authserv_ids: [mx.a.example]}\n"
    listeners += "  - {name: b, listen: '127.0.0.1:2', position: edge, peers: [192.0.2.0/24],"
    listeners += " trusted_authserv_ids: [mx.b.example]}\n"
    assert load(written(tmp_path, LEAST + listeners)).pipe_trusted_ids == {"mx.a.example"}


def test_what_is_said_of_the_pipe_holds(tmp_path):
    """An empty list is a statement, not a silence."""
    text = f"{LEAST}smtp:\n  - {{name: a, listen: '127.0.0.1:1', trusted_authserv_ids: [mx.a.example]}}\n"
    assert load(written(tmp_path, f"{text}pipe: {{trusted_authserv_ids: []}}\n")).pipe_trusted_ids == frozenset()


def test_the_longest_sender_and_bounce_address_fit(tmp_path):
    """25 and 19 octets are the room that tokens leave in 64 (RFC 5321 §4.5.3.1.1)."""
    sender, bounces = "s" * 25, "b" * 19
    text = f"hostname: g.example\naddresses: [{sender}@a.example]\noutbound: {{bounces: {bounces}@a.example}}\n"
    head = load(written(tmp_path, text)).letterhead
    assert head.answers_with("7Q4TM-9XK2F." + "t" * 26) is not None
    assert len(head.bounces_with("t" * 26 + "r" * 18).local) == 64


def test_a_config_cannot_be_changed(tmp_path):
    """A new configuration is a new value (SIGHUP), so nobody sees half of one."""
    config = load(written(tmp_path, LEAST))
    with pytest.raises(ValidationError):
        config.hostname = "other.example.it"


def test_the_option_comes_before_the_environment(tmp_path):
    """--config, else $GATEWAY_CONFIG."""
    one, other = tmp_path / "one.yaml", tmp_path / "other.yaml"
    one.touch()
    other.touch()
    assert locate(str(one), {"GATEWAY_CONFIG": str(other)}) == one
    assert locate(None, {"GATEWAY_CONFIG": str(other)}) == other


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path):
    """The line says how to name another."""
    path = tmp_path / "none.yaml"
    with pytest.raises(ConfigError) as refusal:
        locate(str(path), {})
    assert str(refusal.value) == f"{path}: no such file; name one with --config or $GATEWAY_CONFIG"


def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path):
    """A directory, or a file of somebody else."""
    with pytest.raises(ConfigError) as refusal:
        load(tmp_path)
    assert str(refusal.value) == f"{tmp_path}: cannot be read (Is a directory); name the file itself"
