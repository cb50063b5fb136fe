"""Limits on attachments: by number, size, declared and shown type, and any extension in a name."""

from __future__ import annotations

import pytest

from gateway.core.limits import AttachmentLimits
from gateway.core.message import Attachment
from gateway.core.policy import Choice, Policy
from gateway.core.reason import Disposition, Reason
from gateway.core.sniff import WINDOWS
from house import letter

LIMITS = AttachmentLimits(2, 1000, frozenset({"text/html", "application/x-msdownload"}), frozenset({"exe", "js"}))


def file(name="a.pdf", kind="application/pdf", size=10, sniffed=""):
    return Attachment(name, kind, size, "", inline=False, sniffed=sniffed)


@pytest.mark.parametrize(
    ("attachments", "words"),
    [
        ([], ""),
        ([file(), file(size=1000)], ""),
        ([file("exe"), file("relazione.exeter")], ""),
        ([file()] * 3, "3 attachments; attachments.count is 2"),
        ([file(), file(size=1001)], "attachment 2, a.pdf: 1001 octets; attachments.size is 1000"),
        ([file("a.htm", "text/html")], "attachment 1, a.htm: says it is text/html; attachments.refuse"),
        ([file(sniffed="text/html")], "attachment 1, a.pdf: is text/html; attachments.refuse"),
        ([file(sniffed=WINDOWS)], f"attachment 1, a.pdf: is {WINDOWS}; attachments.refuse"),
        (
            [file(kind="application/x-dosexec")],
            "attachment 1, a.pdf: says it is application/x-dosexec; attachments.refuse",
        ),
        ([file("a.EXE")], "attachment 1, a.EXE: has the extension exe; attachments.refuse_extensions"),
        ([file("a.pdf.js")], "attachment 1, a.pdf.js: has the extension js; attachments.refuse_extensions"),
        ([file("a.exe.pdf")], "attachment 1, a.exe.pdf: has the extension exe; attachments.refuse_extensions"),
        ([file("a.exe   .pdf")], "attachment 1, a.exe   .pdf: has the extension exe; attachments.refuse_extensions"),
    ],
)
def test_what_is_not_wanted_is_told(attachments, words):
    assert LIMITS.objection(attachments) == words


def test_no_limit_refuses_nothing():
    assert AttachmentLimits().objection([file("a.exe", sniffed=WINDOWS, size=10**9)] * 1000) == ""


@pytest.mark.parametrize("author", ["tecnico@rossi.example", "eve@attack.example"])
async def test_it_is_the_policys_reason_whoever_sends_it(gateway, author):
    """`policy`, with words for staff, and the disposition that is given to it; the same for a stranger (I10)."""
    raw = letter(author).replace(b"Content-Type: text/plain", b"Content-Type: application/pdf; name=a.exe")
    ruled = gateway.ruled(Policy({Reason.POLICY: Choice(Disposition.REJECT, "own.yaml:9")}, attachments=LIMITS))
    verdict = (await ruled.receive(raw)).verdict
    assert (verdict.disposition, verdict.reason) == (Disposition.REJECT, Reason.POLICY)
    assert verdict.detail == "attachment 1, a.exe: has the extension exe; attachments.refuse_extensions"
