"""Several gateways over one database: who runs, and who reads what. Empty where there is only ever one."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class NodeRow(SQLModel, table=True):
    """A gateway that runs: as long as it does, it holds the lock of this id, which is never given again."""

    __tablename__ = "node"

    id: int | None = Field(default=None, primary_key=True)
    host: str
    pid: int
    began_at: str


class LeaseRow(SQLModel, table=True):
    """What one gateway does at a time: a mailbox by its name, or the sweep."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    node_id: int = Field(foreign_key="node.id", index=True)
