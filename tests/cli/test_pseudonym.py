"""`gateway pseudonym`: what an operator greps the log for."""

import os

from gateway.core.privacy import pseudonym


def test_it_says_what_the_log_writes(desk):
    """By the key of this installation, whichever way the address is written."""
    desk.config.write_text(desk.config.read_text() + "\nlog: {privacy: hash, key_file: key}\n")
    (desk.folder / "key").write_text("a key of sixteen")
    found = desk("pseudonym", "<Tecnico@Rossi.Example>")
    assert found.out.decode().split() == [pseudonym("tecnico", "rossi.example", b"a key of sixteen")]


def test_before_there_is_a_key_nothing_is_made_up(desk):
    """A hash that no line has would be looked for in vain."""
    desk.config.write_text(desk.config.read_text() + "\nlog: {privacy: hash}\n")
    found = desk("pseudonym", "tecnico@rossi.example")
    assert found.code == os.EX_DATAERR
    assert found.out == b""
