"""Delivery reports: how many are recognised, how they are read, and that no other mail is taken for one.

Every third message of the two collections was held out while the words were chosen, and is counted apart as well.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from gateway.core.message import DeliveryReport, Message, Report
from gateway.core.parse import parse

REPORTS = ("sisimai", "flufl")
EXPECTED = frozenset({"bounce", "delivered"})
"""Classes that are delivery reports; complaints (RFC 5965) and answers of vacation programs are none."""

OF_MAIL_SYSTEMS = frozenset({"cpython/msg_16", "mime4j/mimetools-badbound"})
"""Delivery reports among the other collections."""

HELD_OUT = 3

Counts = defaultdict[str, list[int]]


def report(corpus: Path) -> list[str]:
    """Right of all, for all and for those held out, and every miss by name."""
    counts: Counts = defaultdict(lambda: [0, 0, 0, 0])
    misses: list[str] = []
    mails = [path for name in REPORTS for path in sorted((corpus / name).glob("*.eml"))]
    for number, path in enumerate(mails):
        held_out = number % HELD_OUT == HELD_OUT - 1
        told = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
        for what, right, found in _compared(_read(path), told):
            count = counts[what]
            count[0] += right
            count[1] += 1
            count[2] += right and held_out
            count[3] += held_out
            misses += [] if right else [f"  miss {what}: {path.parent.name}/{path.stem}: {found}"]
    for path in sorted(corpus.rglob("*.eml")):
        name = f"{path.parent.name}/{path.stem}"
        if path.parent.name not in REPORTS and name not in OF_MAIL_SYSTEMS:
            right = _read(path) is None
            counts["other mail is none"][0] += right
            counts["other mail is none"][1] += 1
            misses += [] if right else [f"  miss other mail: {name}"]
    return [
        f"## Delivery reports: {len(mails)} messages",
        *(f"{what:24} {_share(*count[:2])}{_held_out(*count[2:])}" for what, count in counts.items()),
        *misses,
    ]


def _compared(found: Report | None, told: dict[str, Any]) -> list[tuple[str, bool, str]]:
    """What was looked at, whether it is right, and what was found."""
    if told["class"] not in EXPECTED:
        return [("other kinds are none", found is None, str(found))]
    compared = [("recognised", found is not None, told["class"])]
    shown = f"{found.action} {found.status} {found.recipient}" if found else "not recognised"
    statuses = [one["status"] for one in told.get("recipients", ()) if one["status"]]
    if statuses:
        classes = {status[0] for status in statuses}
        compared.append(("class of the status", bool(found and found.status[:1] in classes), f"{shown}; {statuses[0]}"))
    if addresses := [one.lower() for one in told.get("addresses", ())]:
        named = {one.recipient.lower() for one in found.recipients} if found else set()
        right = bool(found and found.recipient.lower() in addresses)
        compared.append(("recipient", right, f"{shown}; {addresses[0]}"))
        compared.append(("all recipients", named >= set(addresses), f"{sorted(named)}; {addresses}"))
    return compared


def _read(path: Path) -> Report | None:
    parsed = parse(path.read_bytes())
    return parsed.report if isinstance(parsed, DeliveryReport | Message) else None  # of nobody whom we know


def _share(right: int, total: int) -> str:
    return f"{right} of {total} ({right / max(total, 1):.1%})"


def _held_out(right: int, total: int) -> str:
    return f"; held out {_share(right, total)}" if total else ""
