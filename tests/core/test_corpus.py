"""Every mail in tests/corpus is read as its expected.yaml says: each bug becomes one."""

import time
from pathlib import Path

import pytest
import yaml

from gateway.core.message import DeliveryReport, Malformed, Message
from gateway.core.parse import parse

CORPUS = Path(__file__).parent.parent / "corpus"
SHARED = Path(__file__).parents[3] / "shared" / "corpus"


def told(raw: bytes):
    parsed = parse(raw)
    match parsed:
        case Message(body=body):
            return {
                "kind": "message",
                "author": str(parsed.author),
                "subject": parsed.header.subject,
                "text": body.text,
                "quoted": body.quoted,
                "signature": body.signature,
                "attachments": [one.filename for one in body.attachments],
                "automatic": parsed.automatic.reason if parsed.automatic else None,
            }
        case DeliveryReport(report=report):
            return {"kind": "report", "recipient": report.recipient, "status": report.status, "action": report.action}
        case Malformed():
            return {"kind": "malformed", "reason": parsed.reason, "detail": parsed.detail}


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.eml")), ids=lambda path: path.stem)
def test_a_mail_is_read_as_expected(path):
    """`given` tells what the case is about; all else is compared."""
    expected = yaml.safe_load(path.with_suffix(".expected.yaml").read_text(encoding="utf-8"))
    del expected["given"]
    found = told(path.read_bytes())
    if not found.get("automatic"):
        found.pop("automatic", None)
    assert found == expected


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.eml")), ids=lambda path: path.stem)
def test_a_mail_reads_alike_in_unix_form(path):
    """A pipe gives LF line ends: the same words."""
    raw = path.read_bytes()
    assert told(raw.replace(b"\r\n", b"\n")) == told(raw)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared collection of real mail is not here")
def test_real_mail_is_read_without_a_fall():
    """Robust and quick on mail of all kinds, where a collection of it is at hand."""
    slow_or_fallen = []
    for path in sorted(SHARED.rglob("*.eml")):
        start = time.process_time()
        parsed = parse(path.read_bytes())
        fallen = isinstance(parsed, Malformed) and parsed.detail.startswith("parsing failed")
        if fallen or time.process_time() - start > 0.25:
            slow_or_fallen.append(path.name)
    assert slow_or_fallen == []
