"""``unique``, ``index`` and ``primary_key`` of a column that exists.

To SQLAlchemy they are attributes of a Column, to a database constraints and
indexes of the table: altering one means adding or dropping such an object.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.schema import Column
from sqlalchemy.schema import Index
from sqlalchemy.schema import PrimaryKeyConstraint
from sqlalchemy.schema import UniqueConstraint

from migrate.changeset import catalogue
from migrate.changeset import metadata
from migrate.changeset import operations as ops

__all__ = ["index_operations", "primary_key_operations", "unique_operations"]


def unique_operations(
    column: Column[Any],
    wanted: bool,
    name: str | None,
    connection: Connection,
) -> Iterator[ops.Operation]:
    """Yield what makes ``column`` alone unique, or no longer so.

    :param name: of the constraint to add; by default ``table_column_key``.
    """
    table = column.table
    there = _unique_constraints(column, connection)
    if wanted and not there:
        name = name or f"{table.name}_{column.name}_key"
        yield ops.AddConstraint(UniqueConstraint(column, name=name))
    if not wanted:
        for constraint in there:
            yield ops.DropConstraint(constraint)


def index_operations(
    column: Column[Any],
    wanted: bool,
    name: str | None,
    connection: Connection,
    *,
    unique: bool = False,
) -> Iterator[ops.Operation]:
    """Yield what gives ``column`` an index of its own, or takes it away.

    :param name: of the index to add; by default ``ix_table_column``.
    """
    table = column.table
    there = _indexes(column, connection)
    if wanted and not there:
        name = name or f"ix_{table.name}_{column.name}"
        yield ops.AddIndex(Index(name, column, unique=unique))
    if not wanted:
        for index in there:
            yield ops.DropIndex(index)


def primary_key_operations(
    column: Column[Any], wanted: bool, connection: Connection
) -> Iterator[ops.Operation]:
    """Yield what takes ``column`` into the primary key, or out of it.

    A key cannot be altered: the old one is dropped, a new one added.  Where
    it was dropped already, the one who creates it again takes the column in.
    """
    table = column.table
    before = table.primary_key
    columns = [*before.columns]
    if wanted == before.columns.contains_column(column):
        return
    if wanted and metadata.join_next_key(column):
        return
    after = (
        [*columns, column]
        if wanted
        else [each for each in columns if each is not column]
    )
    if before.name is None:
        found = catalogue.constraint_name(connection, before)
        before.name = found or f"{table.name}_pkey"
    if columns:
        yield ops.DropConstraint(before)
    if after:
        key = PrimaryKeyConstraint()
        key.name = before.name
        # Not attached: the Table follows when the database has done it.
        key.parent = table
        for each in after:
            key._columns.add(each)
        yield ops.AddConstraint(key)


def _unique_constraints(
    column: Column[Any], connection: Connection
) -> list[UniqueConstraint]:
    """Return the constraints on ``column`` alone that the database has."""
    table = column.table
    known = [
        each
        for each in table.constraints
        if isinstance(each, UniqueConstraint) and [*each.columns] == [column]
    ]
    inspector = catalogue.inspector(connection)
    if inspector is None:
        return known
    found = [
        each["name"]
        for each in inspector.get_unique_constraints(
            table.name, schema=table.schema
        )
        if each["column_names"] == [column.name]
    ]
    for constraint in known:
        table.constraints.discard(constraint)
    return [UniqueConstraint(column, name=name) for name in found]


def _indexes(column: Column[Any], connection: Connection) -> list[Index]:
    """Return the indexes on ``column`` alone, but a constraint's own."""
    table = column.table
    known = {
        str(each.name): each
        for each in table.indexes
        if [*each.columns] == [column] and len(each.expressions) == 1
    }
    inspector = catalogue.inspector(connection)
    if inspector is None:
        return [*known.values()]
    found = [
        (each["name"], each["unique"])
        for each in inspector.get_indexes(table.name, schema=table.schema)
        if each["column_names"] == [column.name]
        and not each.get("duplicates_constraint")
    ]
    return [
        known.get(str(name)) or Index(name, column, unique=bool(unique))
        for name, unique in found
    ]
