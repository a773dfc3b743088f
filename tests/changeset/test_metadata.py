"""The Table says what the database has; copies of it, too."""

from __future__ import annotations

import pytest
from sqlalchemy import CheckConstraint
from sqlalchemy import Column
from sqlalchemy import Computed
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import UniqueConstraint
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from migrate import ColumnDelta
from migrate.changeset import metadata as following
from migrate.changeset import operations as ops
from migrate.exceptions import NotSupportedError


@pytest.fixture
def table() -> Table:
    metadata = MetaData()
    Table(
        "child",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("t_id", Integer, ForeignKey("t.id")),
    )
    table = Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a", Integer),
        Column("b", Integer, Computed("a * 2")),
        CheckConstraint("a > 1 AND 'a' <> 'b a' AND alpha(a) > 2", name="c"),
        UniqueConstraint("a", "id", name="u"),
    )
    Index("i", table.c.a, table.c.id)
    return table


def rename(column: Column[int], name: str) -> None:
    operation = ColumnDelta(column, name=name).operation
    assert operation is not None
    following.follow(operation)


def created(table: Table) -> str:
    copies = MetaData()
    for each in table.metadata.tables.values():
        each.to_metadata(copies)
    return str(CreateTable(copies.tables[table.key]))


def test_rename_is_seen_in_keys_and_indexes(table: Table) -> None:
    column = table.c.a

    rename(column, "x")

    assert table.c.keys() == ["id", "x", "b"]
    (index,) = table.indexes
    assert index.columns.keys() == ["x", "id"]
    (unique,) = (
        each
        for each in table.constraints
        if isinstance(each, UniqueConstraint)
    )
    assert unique.columns.keys() == ["x", "id"]


def test_rename_is_seen_in_checks_and_expressions(table: Table) -> None:
    rename(table.c.a, "x")

    text = created(table)
    assert "x > 1 AND 'a' <> 'b a' AND alpha(x) > 2" in text
    assert "AS (x * 2)" in text


def test_rename_is_seen_by_foreign_keys_of_others(table: Table) -> None:
    assert table.metadata.tables["child"].c.t_id.references(table.c.id)

    rename(table.c.id, "key")
    following.follow(ops.RenameTable(table, "u"))

    assert "REFERENCES u (key)" in created(table.metadata.tables["child"])


def test_renamed_column_with_a_key_of_its_own_keeps_it() -> None:
    table = Table("t", MetaData(), Column("a", Integer, key="k"))

    rename(table.c.k, "b")

    assert table.c.keys() == ["k"]
    assert table.c.k.name == "b"


def test_altered_type_is_used_in_expressions() -> None:
    table = Table("t", MetaData(), Column("a", Integer))
    assert "||" not in str(table.c.a + "x")
    operation = ColumnDelta(table.c.a, type=String(9)).operation
    assert operation is not None

    following.follow(operation)

    assert "||" in str(table.c.a + "x")


def test_create_takes_the_place_of_a_column_of_that_name() -> None:
    engine = create_engine("sqlite://")
    table = Table("t", MetaData(), Column("id", Integer))
    table.create(engine)
    table.append_column(Column("a", Integer))
    column = Column("a", String(9))

    column.create(table, engine=engine)

    assert table.c.a is column

    column = Column("a", Integer)
    before = table.c.a
    with pytest.raises((DBAPIError, NotSupportedError)):
        column.create(table, engine=engine)

    assert table.c.a is before
    assert column.table is None


def test_both_alterations_of_a_column_become_one() -> None:
    table = Table("t", MetaData(), Column("a", Integer))
    one = ColumnDelta(table.c.a, name="b", nullable=False).operation
    other = ColumnDelta(table.c.a, type=String(9)).operation
    assert one is not None
    assert other is not None

    both = following.both(one, other)

    assert both.changes == {"name", "nullable", "type"}
    assert both.after.name == "b"
    assert not both.after.nullable
    assert isinstance(both.after.type, String)
