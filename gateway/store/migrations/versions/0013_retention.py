"""Retention: when what is held expires, for whom it is held, and how much of a message or ticket is still kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TO_BLANK = "status = 'closed' and (blanked_at is null or blanked_at < updated_at)"


def upgrade() -> None:
    op.add_column("message", sa.Column("expires_at", sa.String(), nullable=True))
    op.add_column("message", sa.Column("held_for", sa.String(), nullable=False, server_default=""))
    op.add_column("message", sa.Column("kept", sa.String(), nullable=False, server_default="whole"))
    op.execute("update message set kept = 'record' where id not in (select message_id from raw)")
    expires = sa.text("expires_at is not null")
    op.create_index("ix_message_expires_at", "message", ["expires_at"], sqlite_where=expires, postgresql_where=expires)
    held = sa.text("disposition = 'quarantine' and expires_at is null")
    op.create_index("ix_message_held_without_end", "message", ["received_at"], sqlite_where=held, postgresql_where=held)
    op.create_index("ix_message_kept_disposition_received_at", "message", ["kept", "disposition", "received_at"])
    op.add_column("ticket", sa.Column("blanked_at", sa.String(), nullable=True))
    closed = sa.text(TO_BLANK)
    op.create_index("ix_ticket_to_blank", "ticket", ["updated_at"], sqlite_where=closed, postgresql_where=closed)


def downgrade() -> None:
    op.drop_index("ix_ticket_to_blank", "ticket")
    op.drop_column("ticket", "blanked_at")
    op.drop_index("ix_message_kept_disposition_received_at", "message")
    op.drop_index("ix_message_held_without_end", "message")
    op.drop_index("ix_message_expires_at", "message")
    for column in ("kept", "held_for", "expires_at"):
        op.drop_column("message", column)
