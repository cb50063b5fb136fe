"""The log of a process as the configuration says, and the key that its hashes are made with."""

import pytest

from gateway import logbook
from gateway.config import load
from gateway.core.privacy import Privacy
from gateway.core.problem import ConfigError

ADDRESS = "tecnico@rossi.example"


def configured(folder, log="privacy: hash"):
    path = folder / "gateway.yaml"
    database = "database: sqlite:///gateway.db"
    path.write_text(f"hostname: gateway.example.it\naddresses: [support@example.it]\n{database}\nlog: {{{log}}}\n")
    return load(path)


def test_one_address_has_one_hash_through_restarts(tmp_path):
    """The daemon makes a key at its first start, which nobody else may read; every process after it finds the same."""
    first = logbook.redaction(configured(tmp_path), make=True)
    [key] = tmp_path.glob("*.logkey*")
    assert key.stat().st_mode & 0o777 == 0o600
    assert {logbook.redaction(configured(tmp_path), make=again)(ADDRESS) for again in (True, False)} == {first(ADDRESS)}


def test_two_that_start_at_once_have_one_key(tmp_path):
    """Whoever comes second takes what the first has made."""
    path = logbook.key_file(configured(tmp_path))
    logbook._make(path)
    before = path.read_bytes()
    logbook._make(path)
    assert path.read_bytes() == before


def test_a_command_makes_no_key(tmp_path):
    """Whoever runs one is perhaps root, whose file the daemon could not read; it has hashes of its own meanwhile."""
    assert logbook.redaction(configured(tmp_path))(ADDRESS).startswith("hash:")
    assert list(tmp_path.glob("*.logkey*")) == []


@pytest.mark.parametrize(("octets", "wrong"), [(b"short \n", "less than 16 octets"), (None, "No such file")])
def test_a_key_file_that_cannot_serve_is_refused(tmp_path, octets, wrong):
    """With a key that can be guessed a hash hides nothing. One line says which file."""
    if octets is not None:
        (tmp_path / "key").write_bytes(octets)
    with pytest.raises(ConfigError, match=rf"log\.key_file: .*/key: (it holds )?{wrong}"):
        logbook.redaction(configured(tmp_path, "privacy: hash, key_file: key"))


def test_only_domains_are_shown_where_nothing_is_said(tmp_path):
    """Addresses of strangers are theirs: whoever wants them in the log asks for it."""
    assert configured(tmp_path, "").log.privacy is Privacy.DOMAIN
