"""``alter_column(Column(...), table=...)``: a column of no table."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Engine

from migrate import changeset
from migrate.changeset.databases import editor_for
from migrate.exceptions import MigrateDeprecationWarning


@pytest.fixture
def table(engine: Engine) -> Table:
    table = Table(
        "t",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("a", String(10), server_default="x"),
    )
    table.create(engine)
    return table


def column(engine: Engine, name: str) -> dict[str, Any]:
    found: list[Any] = inspect(engine).get_columns("t")
    return {one["name"]: one for one in found}[name]


@pytest.mark.parametrize("by_name", [True, False])
def test_column_of_no_table_is_stated_where_columns_are_spelled_anew(
    engine: Engine, table: Table, by_name: bool
) -> None:
    restates = editor_for(engine.dialect).restates_columns
    changeset.alter_column(
        Column("a", String(40), nullable=False),
        table="t" if by_name else table,
        metadata=MetaData(),
        engine=engine,
    )

    after = column(engine, "a")
    assert after["type"].length == (40 if restates else 10)
    assert after["nullable"] is not restates


def test_column_that_the_table_does_not_know(
    engine: Engine, table: Table
) -> None:
    """A hand-written one tells of another time than the script's."""
    later = Table("t", MetaData(), Column("id", Integer), Column("b", Integer))

    changeset.alter_column(
        Column("a", String(10), server_default="x"),
        table=later,
        engine=engine,
        name="b",
    )

    assert [c["name"] for c in inspect(engine).get_columns("t")] == ["id", "b"]
    assert column(engine, "b")["type"].length == 10
    assert later.c.keys() == ["id", "b"]


def test_unknown_keywords_mean_nothing(engine: Engine, table: Table) -> None:
    added = Column("b", Integer)

    with pytest.warns(MigrateDeprecationWarning, match="has no nullable"):
        changeset.create_column(added, table, engine=engine, nullable=True)
    with pytest.warns(MigrateDeprecationWarning, match="has no nullable"):
        changeset.drop_column(added, table, engine=engine, nullable=True)

    assert [c["name"] for c in inspect(engine).get_columns("t")] == ["id", "a"]


def test_counting_column_that_becomes_text_stops_counting(
    engine: Engine, table: Table
) -> None:
    if engine.dialect.name != "mysql":
        pytest.skip("only there is counting part of the column")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO t (a) VALUES ('x')"))

    changeset.alter_column("id", type=String(36), table=table, engine=engine)

    assert isinstance(column(engine, "id")["type"], String)
