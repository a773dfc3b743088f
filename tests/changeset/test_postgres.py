"""What only PostgreSQL has: enumerations, sequences, USING."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column
from sqlalchemy import Computed
from sqlalchemy import Enum
from sqlalchemy import Identity
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

import migrate  # noqa: F401  (gives the methods)


@pytest.fixture
def table(engine: Engine) -> Table:
    if engine.dialect.name != "postgresql":
        pytest.skip("of PostgreSQL")
    table = Table(
        "t",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("a", String(9)),
        Column("n", Integer),
        Column("twice", Integer, Computed("n * 2", persisted=True)),
    )
    table.metadata.bind = engine  # type: ignore[attr-defined]
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert().values(a="7", n=20))
    return table


def column(engine: Engine, name: str) -> Any:
    found = inspect(engine).get_columns("t")
    return next(each for each in found if each["name"] == name)


def value(engine: Engine, statement: str) -> object:
    with engine.begin() as connection:
        return connection.execute(text(statement)).scalar()


def test_type_with_using(table: Table, engine: Engine) -> None:
    with pytest.raises(DBAPIError, match="cannot be cast automatically"):
        table.c.a.alter(type=Integer)

    table.c.a.alter(type=Integer, postgresql_using="a::int + 1")

    assert value(engine, "SELECT a FROM t") == 8


def test_type_to_a_new_enumeration(table: Table, engine: Engine) -> None:
    kind = Enum("7", "8", name="kind")

    table.c.a.alter(type=kind, postgresql_using="a::kind")

    assert value(engine, "SELECT a FROM t WHERE a = '7'::kind") == "7"


def test_identity_goes_on_after_the_highest_value(
    table: Table, engine: Engine
) -> None:
    table.c.n.alter(nullable=False)
    table.c.n.alter(identity=Identity(always=False, increment=5))

    assert column(engine, "n")["identity"]["increment"] == 5
    assert value(engine, "INSERT INTO t (a) VALUES ('8') RETURNING n") == 21

    table.c.n.alter(identity=None)

    assert "identity" not in column(engine, "n")
    assert table.c.n.identity is None


def test_column_that_counts_is_left_counting(
    table: Table, engine: Engine
) -> None:
    before = column(engine, "id")["default"]

    table.c.id.alter(autoincrement=True)

    assert "nextval" in before
    assert column(engine, "id")["default"] == before


def test_serial_column_stops_counting(table: Table, engine: Engine) -> None:
    table.c.id.alter(autoincrement=False)

    assert column(engine, "id")["default"] is None


def test_computed_column_becomes_an_ordinary_one(
    table: Table, engine: Engine
) -> None:
    table.c.twice.alter(computed=None)

    assert "computed" not in column(engine, "twice")
    assert value(engine, "UPDATE t SET twice = 3 RETURNING twice") == 3
    assert table.c.twice.computed is None


def test_comment_comes_with_a_new_column(table: Table, engine: Engine) -> None:
    Column("b", Integer, comment="it's").create(table)

    assert column(engine, "b")["comment"] == "it's"
