"""Parsing: bytes to Message, DeliveryReport or Malformed. Total, and bounded in time, memory and depth (I7)."""

from __future__ import annotations

from functools import partial
from hashlib import sha256

from gateway.core.address import Address
from gateway.core.author import author, in_name
from gateway.core.automatic import automatic
from gateway.core.fields import Split, line_ends, split, unfolded
from gateway.core.header import header_of, references_of
from gateway.core.message import DeliveryReport, Header, Malformed, Message, Parsed
from gateway.core.mime import walk
from gateway.core.pec import envelope_of
from gateway.core.quote_header import passed_on
from gateway.core.reason import Reason
from gateway.core.report import report_of
from gateway.core.text import body_of


def parse(raw: bytes, *, returned: bool = False) -> Parsed:
    """What the bytes say. `returned`: they came by a null reverse-path, or to a letter's own. Never raises."""
    try:
        return _parse(raw, returned=returned)
    except Exception as fault:  # noqa: BLE001 - the one in the project: the standard library raises IndexError,
        # AttributeError, RecursionError and more on hostile mail, and one bad message must not stop the next (I7)
        return unreadable(raw, f"parsing failed: {type(fault).__name__}")


def unreadable(raw: bytes, why: str) -> Malformed:
    """What is kept as it is, and has failed: `why` is for the operator."""
    return Malformed(Header(fingerprint=sha256(raw).hexdigest()), Reason.MALFORMED_MESSAGE, why, failed=True)


def _parse(raw: bytes, *, returned: bool = False, enclosed: bool = False) -> Parsed:
    fields = split(raw)
    header = header_of(fields, raw)
    if fields.defect:
        return Malformed(header, Reason.MALFORMED_MESSAGE, fields.defect, failed=not line_ends(raw))
    parts = walk(raw, fields.fields, fields.body)
    reported = report_of(fields, raw, parts, returned=returned)
    if reported is not None and reported.certain:
        return DeliveryReport(header, reported.report)  # before its author is judged, and whatever its author is
    found = author(fields, raw)
    if reported is not None and not isinstance(found, Address):
        return DeliveryReport(header, reported.report)
    if not isinstance(found, Address):
        return Malformed(header, Reason.MALFORMED_AUTHOR, found)
    body = body_of(raw, parts, forwarded=passed_on(header.subject))
    # What an envelope carries is read as no envelope again: nobody recurses on what a stranger sent.
    envelope = None if enclosed else envelope_of(raw, fields, parts, found, partial(_parse, enclosed=True))
    return Message(
        header=header,
        author=found,
        references=references_of(fields),
        body=body,
        automatic=automatic(fields, raw, parts, header.subject, body),
        hops=_hops(fields),
        fields=tuple((name, unfolded(value)) for name, value in fields.fields),
        in_name=in_name(fields.first("from"), found),
        envelope=envelope,
        report=reported.report if reported is not None and envelope is None else None,
    )


def _hops(fields: Split) -> int:
    return len(fields.all("received"))  # RFC 5321 §6.3
