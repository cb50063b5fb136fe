"""Statements given to the driver directly: what comes back is what SQLAlchemy would give."""

from __future__ import annotations

import pytest
from sqlalchemy import (
    JSON,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError, InvalidRequestError

from gateway.store.prepared import Prepared

TABLE = Table(
    "thing",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String, unique=True),
    Column("facts", JSON),
    Column("octets", LargeBinary),
)
ROW = {"name": "a", "facts": {"x": [1, None]}, "octets": b"\0\xff"}


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    TABLE.metadata.create_all(engine)
    with engine.connect() as one:
        yield one


def test_values_are_converted_on_their_way_in_and_out(connection):
    """What was written by one is read by the other alike, JSON null included."""
    Prepared(insert(TABLE)).run(connection, ROW)
    connection.execute(insert(TABLE), {**ROW, "name": "b", "facts": None})
    ours = Prepared(select(TABLE).order_by(TABLE.c.id)).rows(connection)
    theirs = connection.execute(select(TABLE).order_by(TABLE.c.id)).all()
    assert [tuple(row) for row in ours] == [tuple(row) for row in theirs]
    assert ours[0].facts == ROW["facts"]


def test_the_values_of_one_run_are_not_those_of_the_next(connection):
    """Other columns, and other lengths of a list, are another SQL; constants stay."""
    add = Prepared(insert(TABLE).returning(TABLE.c.id))
    assert add.scalars(connection, ROW) == [1]
    assert add.scalars(connection, {"name": "b"}) == [2]
    some = Prepared(select(TABLE.c.id).where(TABLE.c.name.in_(bindparam("names")), TABLE.c.id < 9), "names")
    found = [some.scalars(connection, {"names": names}) for names in (["a"], ["b", "a"], ["b"], [])]
    assert found == [[1], [1, 2], [2], []]
    assert Prepared(select(TABLE.c.octets).where(TABLE.c.id == 2)).first(connection).octets is None


def test_a_value_that_is_missing_is_a_mistake(connection):
    """Never the value that was given the time before."""
    one = Prepared(select(TABLE.c.id).where(TABLE.c.name == bindparam("name"), TABLE.c.id == bindparam("id")))
    one.rows(connection, {"name": "a", "id": 1})
    with pytest.raises(InvalidRequestError):
        one.rows(connection, {"name": "a"})


def test_a_fault_has_the_name_that_sqlalchemy_gives_it(connection):
    """So that whoever catches it need not know how the statement was run; and no value is in its words."""
    add = Prepared(insert(TABLE))
    add.run(connection, ROW)
    with pytest.raises(IntegrityError) as told:
        add.run(connection, ROW)
    assert "xff" not in str(told.value)
