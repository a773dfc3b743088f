"""Every way to say what is to change of a column."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column
from sqlalchemy import DefaultClause
from sqlalchemy import FetchedValue
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import Text
from sqlalchemy.engine import Engine

from migrate import ColumnDelta
from migrate.changeset.schema import ColumnDelta as SameColumnDelta
from migrate.exceptions import MigrateDeprecationWarning
from migrate.exceptions import NoSuchColumnError


@pytest.fixture
def table() -> Table:
    return Table(
        "t",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("a", String(10)),
        Column("b", Integer, nullable=False, server_default="5"),
    )


@pytest.mark.parametrize(
    ("positional", "keywords", "names"),
    [
        ((), {"name": "x"}, {"name"}),
        (("x",), {}, {"name"}),
        (("x", String(20)), {}, {"name", "type"}),
        (("x", String(20)), {"nullable": False}, {"name", "type", "nullable"}),
        ((Integer,), {}, {"type"}),
        ((lambda: Integer,), {}, {"type"}),
        ((lambda: "x",), {}, {"name"}),
        ((String(10),), {}, {"type"}),
        ((), {"nullable": True}, {"nullable"}),
        ((DefaultClause("y"),), {}, {"server_default"}),
        ((DefaultClause("y", for_update=True),), {}, {"server_onupdate"}),
        ((FetchedValue(),), {}, {"server_default"}),
        ((), {"server_default": None}, {"server_default"}),
        ((), {"server_onupdate": "y"}, {"server_onupdate"}),
        ((), {"primary_key": True}, {"primary_key"}),
        ((ForeignKey("t.id"),), {}, set()),
        (("x", "y"), {}, {"name"}),
    ],
)
def test_what_is_stated_counts(
    table: Table, positional: Any, keywords: Any, names: set[str]
) -> None:
    delta = ColumnDelta(table.c.a, *positional, **keywords)

    assert {*delta.keys()} == names
    assert delta.current_name == "a"
    assert delta.table is table
    assert delta.result_column is not table.c.a
    assert table.c.a.name == "a"


@pytest.mark.parametrize(
    ("other", "names"),
    [
        (Column("a", String(10)), set()),
        (Column("a", String(20), nullable=False), {"type", "nullable"}),
        (Column("y", Integer), {"name", "type"}),
    ],
)
def test_of_two_columns_only_what_differs(
    table: Table, other: Column[Any], names: set[str]
) -> None:
    assert {*ColumnDelta(table.c.a, other).keys()} == names


def test_defaults_of_two_columns_are_compared(table: Table) -> None:
    same = Column("b", Integer, nullable=False, server_default="5")
    other = Column("b", Integer, nullable=False)

    assert {*ColumnDelta(table.c.b, same).keys()} == set()
    assert ColumnDelta(table.c.b, other).diffs == {"server_default": None}


def test_mapping(table: Table) -> None:
    delta = ColumnDelta(table.c.a, name="x")

    assert delta["name"] == "x"
    assert "name" in delta
    assert "type" not in delta
    assert delta.get("type") is None
    with pytest.raises(KeyError, match="No such diff key, available"):
        delta["type"]
    with pytest.raises(NotImplementedError):
        len(delta)
    with pytest.raises(NotImplementedError):
        iter(delta)


def test_result_column_is_a_changed_copy(table: Table) -> None:
    delta = ColumnDelta(table.c.a, "x", Text, server_default="d")

    result = delta.result_column
    assert (result.name, result.table) == ("x", None)
    assert isinstance(result.type, Text)
    assert result.server_default == DefaultClause("d")


def test_alter_metadata_changes_a_column_of_no_table() -> None:
    column = Column("id", Integer, nullable=False)

    delta = ColumnDelta(
        column, name="x", type=Text, nullable=True, alter_metadata=True
    )

    assert (column.name, column.key, column.nullable) == ("x", "x", True)
    assert isinstance(column.type, Text)
    assert delta.result_column is column
    assert delta.current_name == "id"


def test_alter_metadata_changes_the_column_at_once(table: Table) -> None:
    column = table.c.a

    delta = ColumnDelta(column, name="x", alter_metadata=True)

    assert delta.result_column is column
    assert column.name == "x"
    assert table.c.x is column


def test_column_by_name(table: Table, sqlite_engine: Engine) -> None:
    table.create(sqlite_engine)

    assert ColumnDelta("a", "x", table=table).diffs == {"name": "x"}
    by_metadata = ColumnDelta("a", table="t", metadata=table.metadata)
    assert by_metadata.table is table
    reflected = ColumnDelta("a", table="t", engine=sqlite_engine, name="x")
    assert reflected.table is not table
    assert reflected.table.c.keys() == ["id", "a", "b"]


@pytest.mark.parametrize(
    ("arguments", "keywords", "error", "message"),
    [
        ((), {}, ValueError, "First argument must be column name"),
        (("a",), {"table": "t"}, ValueError, "engine or metadata must be"),
        (("a",), {"name": "x"}, ValueError, "table must be specified"),
    ],
)
def test_refused(
    arguments: Any, keywords: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        ColumnDelta(*arguments, **keywords)


def test_loose_column_means_the_one_of_the_table(table: Table) -> None:
    delta = ColumnDelta(Column("a", Text), "x", table=table)

    assert delta.current_column is table.c.a
    assert delta.diffs == {"name": "x"}


def test_column_that_the_table_has_not(table: Table) -> None:
    with pytest.raises(NoSuchColumnError, match="'t' has no column 'z'"):
        ColumnDelta("z", table=table, name="x")


def test_type_that_cannot_count_stops_autoincrement(table: Table) -> None:
    delta = ColumnDelta(table.c.id, String(3))

    assert delta.result_column.autoincrement is False


def test_attribute_of_nothing_warns(table: Table) -> None:
    with pytest.warns(MigrateDeprecationWarning, match="'nulable'"):
        ColumnDelta(table.c.a, nulable=False)


def test_both_homes_have_the_same() -> None:
    assert ColumnDelta is SameColumnDelta
