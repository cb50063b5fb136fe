"""Logos of signatures: what an account's latest entries showed already is folded in the next."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, bindparam, select

from gateway.core.attachments import folded, may_fold
from gateway.core.message import Body
from gateway.store import tables as t
from gateway.store.prepared import Prepared

LATEST_ENTRIES = 100
"""Of an account, in which a logo is looked for."""

_latest = Prepared(
    select(t.entry.c.attachments)
    .join(t.ticket, t.ticket.c.id == t.entry.c.ticket_id)
    .where(t.ticket.c.account_id == bindparam("account"))
    .order_by(t.entry.c.id.desc())
    .limit(LATEST_ENTRIES)
)


def fold(connection: Connection, body: Body, account_id: int) -> Body:
    """The same body, its known logos marked. Asks only where there is a picture that may be one."""
    if not any(map(may_fold, body.attachments)):
        return body
    entries = _latest.scalars(connection, {"account": account_id})
    seen = {one["sha256"] for attachments in entries for one in attachments}
    return replace(body, attachments=folded(body.attachments, seen))
