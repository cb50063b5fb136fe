"""Automatic: what no person wrote (RFC 3834 and what programs do in its stead). In doubt it is a person."""

from __future__ import annotations

import re

from gateway.core.fields import Split
from gateway.core.mime import Part
from gateway.core.reason import Reason

_COMMENT = re.compile(rb"\([^()]*+\)")
_VALUE_OCTETS = 1_000

_SAYS_SO = ("auto-submitted", "x-autoreply", "x-autorespond", "x-auto-reply-from")
_AUTOREPLY_PRECEDENCE = frozenset({b"auto_reply", b"auto-reply"})
_BULK_PRECEDENCE = frozenset({b"bulk", b"list", b"junk"})
_LIST_FIELDS = ("list-post", "list-help", "list-subscribe", "list-owner", "list-archive", "list-unsubscribe-post")
_RECEIPTS = frozenset({"message/disposition-notification", "message/feedback-report"})


def automatic(header: Split, parts: tuple[Part, ...]) -> Reason | None:
    """AUTO_RESPONSE for what programs answer, BULK for lists and mailings, None for what a person wrote."""
    if _auto_response(header) or _receipt(parts) or _calendar_reply(parts[0]):
        return Reason.AUTO_RESPONSE
    return Reason.BULK if _bulk(header) else None


def _auto_response(header: Split) -> bool:
    said = [value for name in _SAYS_SO for value in header.all(name)]  # a second field may say what the first denies
    return (
        any(_word(value) not in (b"", b"no") for value in said)  # RFC 3834 §5
        or _word(header.first("precedence")) in _AUTOREPLY_PRECEDENCE
        or bool(header.first("x-failed-recipients"))  # a bounce as Exim writes it
    )


def _receipt(parts: tuple[Part, ...]) -> bool:
    """Read receipts (RFC 8098) and complaints of feedback loops (RFC 5965)."""
    return parts[0].head.kind == "multipart/report" and any(
        part.head.kind in _RECEIPTS and part.parent == 0 for part in parts
    )


def _calendar_reply(root: Part) -> bool:
    """An invitation accepted or declined, with no words beside it (RFC 5546 §3.2.3)."""
    return root.head.kind == "text/calendar" and root.head.parameters.get("method", "").lower() == "reply"


def _bulk(header: Split) -> bool:
    """Lists (RFC 2919, RFC 2369). List-Unsubscribe alone is not enough: some providers set it on everything."""
    listed = header.first("list-id") or (
        header.first("list-unsubscribe") and any(header.first(name) for name in _LIST_FIELDS)
    )
    return bool(listed) or _word(header.first("precedence")) in _BULK_PRECEDENCE


def _word(value: bytes) -> bytes:
    """The first word of a value in lower case, without comments and parameters."""
    return next(iter(_COMMENT.sub(b" ", value[:_VALUE_OCTETS]).partition(b";")[0].lower().split()), b"")
