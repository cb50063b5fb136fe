"""The tables. SQLModel defines them; queries are SQLAlchemy Core; migrations/ makes them."""

from __future__ import annotations

from gateway.store.tables.naming import metadata  # isort: split

from gateway.store.tables import accounts, mailboxes, messages, nodes, records, tickets
from gateway.store.tables.messages import WITHOUT_END
from gateway.store.tables.tickets import TO_BLANK

__all__ = ["TO_BLANK", "WITHOUT_END", "accounts", "mailboxes", "messages", "metadata", "nodes", "records", "tickets"]

# The tables as Core sees them: `from gateway.store import tables as t`, then `t.message.c.id`.
account = metadata.tables["account"]
address = metadata.tables["address"]
likeness = metadata.tables["likeness"]
service = metadata.tables["service"]
source = metadata.tables["source"]
ticket = metadata.tables["ticket"]
message = metadata.tables["message"]
raw = metadata.tables["raw"]
content = metadata.tables["content"]
blob = metadata.tables["blob"]
entry = metadata.tables["entry"]
attempt = metadata.tables["attempt"]
outbox = metadata.tables["outbox"]
delivery = metadata.tables["delivery"]
confirmation = metadata.tables["confirmation"]
keyring = metadata.tables["keyring"]
tally = metadata.tables["tally"]
rate = metadata.tables["rate"]
folder = metadata.tables["folder"]
mail = metadata.tables["mail"]
seen = metadata.tables["seen"]
node = metadata.tables["node"]
lease = metadata.tables["lease"]
audit = metadata.tables["audit"]
audit_text = metadata.tables["audit_text"]
