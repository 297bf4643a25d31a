"""Inserting in bulk, past the statement compiler."""

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, create_engine, select

from host.db.sql import insert_many

things = Table(
    "things",
    MetaData(),
    Column("name", String(8), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("content", LargeBinary(8)),
)
ROWS = [("b", -(2**62), b"\x00\xff"), ("a", 0, None)]


@pytest.mark.parametrize("paramstyle", ["qmark", "named"])
def test_rows_come_back_as_they_went_in(paramstyle):
    engine = create_engine("sqlite://", paramstyle=paramstyle)
    with engine.begin() as conn:
        things.create(conn)
        insert_many(conn, things, ROWS)
        insert_many(conn, things, [])
        found = conn.execute(select(things).order_by(things.c.number)).all()
    assert found == ROWS


@pytest.mark.parametrize("paramstyle", ["qmark", "named"])
def test_a_row_of_another_width_is_refused(paramstyle):
    engine = create_engine("sqlite://", paramstyle=paramstyle)
    with engine.begin() as conn:
        things.create(conn)
        with pytest.raises(Exception, match=r"argument|bindings"):
            insert_many(conn, things, [("a", 0)])
