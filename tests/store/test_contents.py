"""Contents: kept once for equal octets, as long as an entry refers to them."""

from __future__ import annotations

from types import SimpleNamespace

from sqlalchemy import insert, select, update

from gateway.store import contents
from gateway.store import tables as t

SHARED, OWN, LEFT = "a" * 64, "b" * 64, "c" * 64


def keep(connection):
    """Three contents; two entries share the first, the second entry alone has the second, and nobody the third."""
    ticket = {"id": 1, "ref": "R", "account_id": 1, "queue": "q", "status": "open", "subject": ""}
    connection.execute(insert(t.ticket).values(**ticket, opened_at="", updated_at=""))
    connection.execute(insert(t.content), [{"sha256": one, "size": 1, "octets": b"x"} for one in (SHARED, OWN, LEFT)])
    entry = {"ticket_id": 1, "at": "", "kind": "in", "by": "", "text": "", "quoted": "", "signature": ""}
    for number, digests in enumerate(([], [SHARED], [SHARED, OWN])):
        attachments = [{"filename": "x", "sha256": one} for one in digests]
        connection.execute(insert(t.entry).values(id=number, attachments=attachments, **entry))


def left(connection):
    return sorted(connection.execute(select(t.content.c.sha256)).scalars())


def test_what_no_entry_refers_to_is_dropped(gateway):
    """And nothing else."""
    gateway.database.write(keep)
    assert gateway.database.write(contents.drop_unused) == 1
    assert gateway.database.read(left) == [SHARED, OWN]
    assert gateway.database.write(contents.drop_unused) == 0


def test_what_another_entry_has_too_stays(gateway):
    """The last reference counts, not the first that goes."""
    gateway.database.write(keep)
    gateway.database.write(lambda c: c.execute(update(t.entry).where(t.entry.c.id == 2).values(attachments=[])))
    assert gateway.database.write(contents.drop_unused) == 2
    assert gateway.database.read(left) == [SHARED]


def test_without_entries_all_of_it_goes(gateway):
    """An empty history refers to nothing."""
    gateway.database.write(keep)
    gateway.database.write(lambda c: c.execute(t.entry.delete()))
    assert gateway.database.write(contents.drop_unused) == 3


def test_new_ones_are_written_in_one_order_whoever_attached_them(gateway, monkeypatch):
    """Two gateways that keep the same two wait for each other in that order, and never both."""
    kept = []
    monkeypatch.setattr(contents, "_insert", SimpleNamespace(run=lambda _, row: kept.append(row["sha256"])))
    attached = [SimpleNamespace(sha256=one, size=1, leaf=SimpleNamespace(octets=bytes)) for one in (SHARED, OWN, LEFT)]
    for order in (attached, attached[::-1]):
        gateway.database.write(lambda c, order=order: contents.keep(c, SimpleNamespace(attachments=order)))
    assert kept == [SHARED, OWN, LEFT] * 2
