"""Whether a primary address works (R6): counted from the letters that went to it; whoever turns it is told.

Only a letter that went to the primary of now counts, and only by what became of that letter.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, Row, bindparam, or_, select, update

from gateway.core.account import Turn
from gateway.core.times import moment, stamp
from gateway.store import tables as t
from gateway.store.prepared import Prepared

HARD_FAILURES = 3
"""After this many permanent failures with no success between, a primary counts as not working."""

PERIOD = timedelta(days=30)
"""Letters further apart do not add up."""

LOOK_BACK = 50
"""So many letters to an address are looked at."""

HARD, SOFT = "hard", "soft"

_letter = Prepared(
    select(t.outbox.c.account_id, t.outbox.c.recipient, t.outbox.c.created_at)
    .add_columns(t.account.c.code, t.account.c.hard_failures, t.account.c.soft_failures)
    .join(t.account, t.account.c.id == t.outbox.c.account_id)
    .join(t.address, (t.address.c.account_id == t.account.c.id) & t.address.c.is_primary)
    .where(t.outbox.c.id == bindparam("row"), t.outbox.c.recipient == t.address.c.text)
    .with_for_update(of=t.account, key_share=True)  # of two letters the second counts the first one's fate too
)
_fates = Prepared(
    select(t.outbox.c.state, t.outbox.c.failure)
    .where(t.outbox.c.account_id == bindparam("account"), t.outbox.c.recipient == bindparam("recipient"))
    .where(t.outbox.c.created_at > bindparam("since"))
    .where(or_(t.outbox.c.state == "delivered", t.outbox.c.state == "failed"))
    .order_by(t.outbox.c.created_at.desc(), t.outbox.c.id.desc())
    .limit(LOOK_BACK)
)


def succeeded(connection: Connection, row: str) -> Turn | None:
    """The smarthost took this letter: a success, until a report says otherwise."""
    letter = _letter.first(connection, {"row": row})
    return _write(connection, letter, 0, 0) if letter else None


def failed(connection: Connection, row: str) -> Turn | None:
    """This letter failed, at once or by a report: counted anew, for the smarthost's 250 was no success.

    A primary that does not work stays so until a success, however old its failures are.
    """
    letter = _letter.first(connection, {"row": row})
    if letter is None:
        return None
    since = stamp(moment(letter.created_at) - PERIOD)
    facts = {"account": letter.account_id, "recipient": letter.recipient, "since": since}
    fates = takewhile(lambda fate: fate.state == "failed", _fates.rows(connection, facts))
    failures = [fate.failure for fate in fates]
    least = HARD_FAILURES if letter.hard_failures >= HARD_FAILURES else 0
    return _write(connection, letter, max(failures.count(HARD), least), failures.count(SOFT))


def _write(connection: Connection, letter: Row[Any], hard: int, soft: int) -> Turn | None:
    if (letter.hard_failures, letter.soft_failures) != (hard, soft):
        of_account = update(t.account).where(t.account.c.id == letter.account_id)
        connection.execute(of_account.values(hard_failures=hard, soft_failures=soft))
    turned = (hard < HARD_FAILURES) != (letter.hard_failures < HARD_FAILURES)
    return Turn(letter.code, working=hard < HARD_FAILURES, failures=hard) if turned else None
