"""Bombs: messages that are small to send and dear to read. What each costs, and that its words are still there."""

from __future__ import annotations

import resource
import time
from base64 import encodebytes
from multiprocessing import get_context
from pathlib import Path

from gateway.core.message import Message
from gateway.core.parse import parse
from tnef_writer import RTF, about, file, packed_rtf, prop, tnef

SECONDS = 1.0
MEGABYTES = 200
WORD = "Eccomi."

_FROM = b"From: anna@rossi.example\r\n"
_HTML = _FROM + b"Content-Type: text/html\r\n\r\n"
_MIXED = _FROM + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
_CALENDAR = _FROM + b"Content-Type: text/calendar\r\n\r\n"
_PACK = _FROM.replace(b"\r", b"") + b"Content-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n"
_WORD = WORD.encode()
_LEVELS = b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth) for depth in range(1_500)
)
_CHOICES = b"".join(
    b"Content-Type: multipart/alternative; boundary=b%d\r\n\r\n--b%d\r\n\r\nx\r\n--b%d\r\n" % ((depth,) * 3)
    for depth in range(600)
)
_BLANKS = b"--x\r\n\r\n" + b" " * 2_500 + b".\r\n"

BOMBS = {
    "100 KB of >": _FROM + b"\r\n" + _WORD + b"\r\n" + b">" * 100_000,
    "100 KB of > in lines": _FROM + b"\r\n" + _WORD + b"\r\n" + b"> \r\n" * 25_000,
    "one tag, 100,000 attributes": _HTML + b"<p " + b" ".join(b"a%d=x" % n for n in range(100_000)) + b">" + _WORD,
    "100,000 nested divs": _HTML + b"<div>" * 100_000 + _WORD + b"</div>" * 100_000,
    "100,000 nested quotes": _HTML + b"<blockquote>" * 100_000 + _WORD,
    "100,000 nested lists": _HTML + _WORD + b"<ul><li>" * 100_000,
    "50,000 nested tables": _HTML + b"<table><tr><td>" * 50_000 + _WORD,
    "1 MB of <": _HTML + _WORD + b"<" * 1_000_000,
    "1 MB of open comments": _HTML + b"<!--" * 250_000 + _WORD,
    "1,500 nested parts": _FROM + _LEVELS + b"\r\n" + _WORD,
    "600 nested alternatives": _FROM
    + _CHOICES
    + _MIXED.partition(b"\n")[2].replace(b"=b", b"=x")
    + _BLANKS * 780
    + _WORD,
    "150,000 parts": _MIXED + (b"--b\r\n\r\n" + _WORD + b"\r\n") * 150_000 + b"--b--\r\n",
    "150,000 empty parts": _MIXED + b"--b\r\n" * 150_000 + _WORD,
    "a 40 KB Content-Type": _FROM + b"Content-Type: text/plain" + b"; a=b" * 8_000 + b"\r\n\r\n" + _WORD,
    "a 40 KB boundary": _FROM + b'Content-Type: multipart/mixed; boundary="' + b"b" * 40_000 + b'"\r\n\r\n' + _WORD,
    "a 40 KB quoted parameter": _FROM + b'Content-Type: text/plain; a="' + b'\\"' * 20_000 + b"\r\n\r\n" + _WORD,
    "15,000 events": _CALENDAR + b"BEGIN:VEVENT\r\nSUMMARY:%s\r\nEND:VEVENT\r\n" % _WORD * 15_000,
    "100,000 open quotes in a calendar": _CALENDAR + _WORD + b'X;a="' * 100_000,
    "500,000 words of packed RTF": _PACK + encodebytes(tnef(about(prop(RTF, packed_rtf(_WORD + b"\\b\\i" * 250_000))))),
    "5,000 packed files": _PACK + encodebytes(tnef(*[file(_WORD, _WORD)] * 5_000)),
}


def report(corpus: Path) -> list[str]:
    """Processor seconds and megabytes of each, in a process of its own."""
    lines = [f"## Bombs: under {SECONDS:.0f} s of CPU and {MEGABYTES} MB"]
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for name, raw in BOMBS.items():
            seconds, megabytes, there = pool.apply(_cost, (name,))
            right = seconds < SECONDS and megabytes < MEGABYTES and there
            told = f"{seconds:5.2f} s {megabytes:4.0f} MB{'' if there else ', its words are gone'}"
            lines.append(f"{name:30} {len(raw) // 1000:5} KB {told}{'' if right else '  miss'}")
    return lines


def survives(raw: bytes) -> bool:
    """Whether the words are still there for staff: in the text, in what was quoted, or in an attachment."""
    parsed = parse(raw)
    if not isinstance(parsed, Message):
        return False
    body = parsed.body
    return WORD in body.text + body.quoted or any(one.size >= len(WORD) for one in body.attachments)


def _cost(name: str) -> tuple[float, float, bool]:
    start = time.process_time()
    there = survives(BOMBS[name])
    took = time.process_time() - start
    return took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, there
