"""What a decision stands on, looked at again in the transaction that writes it: whether it is no repetition, and whose.

A decision names its account by id. SQLite gives the highest id again once its row is deleted, as an import does with an
account without history: then the id is another customer's. So it must be of the same code. Nothing else must hold: an
address or a standing that was taken away since was there when it was decided, and mail may come a moment before. An
import is `alone()`, so what is found here holds until the commit.
"""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Connection, and_, bindparam, literal, select

from gateway.core.account import Account
from gateway.core.committed import Record
from gateway.core.flood import otherwise
from gateway.core.reason import Disposition
from gateway.core.verdict import Accept, Verdict
from gateway.store import tables as t
from gateway.store.database import Outdated
from gateway.store.dialect import serialise
from gateway.store.prepared import Prepared

_one = select(literal(1).label("row")).subquery("one")
_same_account = and_(t.account.c.id == bindparam("account"), t.account.c.code == bindparam("code"))
_found = Prepared(  # both at once, and the same for whoever wrote: a server is waited for, and times it (I10)
    select(t.account.c.id.label("account"), t.message.c.id, t.message.c.ticket_id, t.ticket.c.ref).select_from(
        _one.outerjoin(t.account, _same_account)
        .outerjoin(t.message, t.message.c.dedup == bindparam("key"))
        .outerjoin(t.ticket, t.ticket.c.id == t.message.c.ticket_id)
    )
)


def look(connection: Connection, record: Record, dedup: str | None) -> Any | None:
    """The message that this one repeats: its id, ticket and reference. Raises Outdated."""
    if dedup:
        serialise(connection, "dedup", dedup)  # the same at once waits for the first, and is its duplicate (I4)
    account = whose(record, record.verdict)
    id_and_code = {"account": account.id, "code": account.code} if account else {"account": None, "code": None}
    [found] = _found.rows(connection, {"key": dedup, **id_and_code})
    if account is not None and found.account is None:
        raise Outdated(f"account {account.code} is no more what it was when the message was decided")  # I2
    return found if found.id is not None and found.id != record.case.arrival.id else None


def whose(record: Record, verdict: Verdict) -> Account | None:
    """Whom the message is put down to: the one account of its author, or the one that it was let in for."""
    accounts = record.case.sender.accounts if record.case.sender else ()
    if len(accounts) == 1:
        return accounts[0]
    return verdict.account if isinstance(verdict, Accept) else None


def dedup_key(record: Record) -> str | None:
    """What a repetition would repeat: the same content with the same outcome (I4).

    A stranger's copy never has the outcome of the genuine one, so it suppresses nothing. What is rejected is
    rejected each time, and what failed is kept each time. A flood between them makes no other outcome: what was let
    in is not held when it is handed over again.
    """
    verdict = otherwise(record.verdict)
    if verdict.disposition in {Disposition.REJECT, Disposition.FAILED}:
        return None
    account = str(verdict.account.id) if isinstance(verdict, Accept) else ""
    parts = (verdict.disposition, verdict.reason, account, record.case.parsed.header.fingerprint)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
