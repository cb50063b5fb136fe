"""What is printed for people: nothing in it is a command to a terminal."""

from __future__ import annotations

import json
import unicodedata
from base64 import b64encode
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from gateway.cli import show

SAFE = "\n\t"


@given(st.text())
def test_no_control_character_reaches_a_terminal(text):
    """Threats rule 16: no escape, no bidirectional override, no line separator."""
    shown = show.plain(text)
    assert not any(unicodedata.category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for one in shown if one not in SAFE)
    assert len(shown) == len(text)


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "S", "Zs"))))
def test_what_is_printable_stays(text):
    assert show.plain(text) == text


def test_a_cell_is_one_short_line():
    assert show.cell("a\nb" + "x" * 100) == "a b" + "x" * (show.WIDTH - 4) + "…"


@given(st.text())
def test_a_record_is_one_line_whatever_is_in_it(text):
    """JSON Lines: however a reader splits lines, and whatever the customer put into a subject."""
    line = show.json_line({"subject": text})
    assert line.splitlines() == [line]
    assert json.loads(line.encode()) == {"subject": text}


def test_logs_are_no_records(desk):
    """A nameserver that is silent is told of on stderr; stdout holds JSON Lines and nothing else."""
    desk.accounts()
    mail = desk.folder / "signed.eml"
    digest = b64encode(sha256(b"x\r\n").digest()).decode()
    signature = f"DKIM-Signature: v=1; a=rsa-sha256; d=rossi.example; s=s; h=from:subject; bh={digest}; b={digest}\r\n"
    mail.write_bytes(signature.encode() + b"From: tecnico@rossi.example\r\nSubject: x\r\n\r\nx\r\n")
    done = desk("explain", str(mail), "--json")
    assert (done.code, done.out) == (75, b"")
    assert "dns.unanswered" in done.err
    assert done.err.splitlines()[-1].startswith("gateway: the author's domain cannot be checked now")
