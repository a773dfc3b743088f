"""``unique``, ``index`` and ``primary_key`` of a column that exists.

To SQLAlchemy they are attributes of a Column, to a database constraints and
indexes of the table: altering one means adding or dropping such an object,
which has a name.  sqlalchemy-migrate took the attribute and asked nothing of
the database, and old scripts go on from there (Trove drops the constraint
itself, eight versions after ``alter(unique=False)``); so only a call that
gives the name means the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.schema import Column
from sqlalchemy.schema import Index
from sqlalchemy.schema import PrimaryKeyConstraint
from sqlalchemy.schema import Table
from sqlalchemy.schema import UniqueConstraint

from migrate.changeset import catalogue
from migrate.changeset import operations as ops
from migrate.exceptions import InvalidConstraintError

__all__ = ["Names", "key_operations"]


@dataclass(frozen=True)
class Names:
    """What a call calls the index and the constraints of a column."""

    index: Any = None
    unique: Any = None
    primary_key: Any = None

    def refuse_others(self) -> None:
        """Refuse names that are no strings."""
        for argument, name in vars(self).items():
            if name is not None and not isinstance(name, str):
                raise InvalidConstraintError(
                    f"{argument}_name argument for column must be constraint "
                    "name"
                )

    def check(self, column: Column[Any]) -> None:
        """Refuse names which a new column needs and that are missing."""
        for name, needed in (
            (self.index, column.index),
            (self.unique, column.unique and not self.index),
            (self.primary_key, column.primary_key),
        ):
            if name is None and needed:
                raise InvalidConstraintError(
                    "Column.create() accepts index_name, primary_key_name "
                    "and unique_name to generate constraints"
                )
        self.refuse_others()


def key_operations(
    column: Column[Any],
    wanted: dict[str, Any],
    names: Names,
    connection: Connection,
) -> Iterator[ops.Operation]:
    """Yield what ``index=``, ``unique=`` and ``primary_key=`` ask for.

    As in a Column, both ``index`` and ``unique`` mean one unique index.
    """
    if "index" in wanted and names.index is not None:
        unique = bool(wanted.get("unique"))
        yield _index(column, names.index, unique, wanted["index"])
    elif "unique" in wanted and names.unique is not None:
        yield _unique(column, names.unique, wanted["unique"])
    if "primary_key" in wanted and names.primary_key is not None:
        yield from _primary_key(
            column, names.primary_key, wanted["primary_key"], connection
        )


def _index(
    column: Column[Any], name: str, unique: bool, wanted: bool
) -> ops.Operation:
    if wanted:
        return ops.AddIndex(Index(name, column, unique=unique))
    known = [each for each in column.table.indexes if each.name == name]
    return ops.DropIndex(known[0] if known else Index(name, column))


def _unique(column: Column[Any], name: str, wanted: bool) -> ops.Operation:
    constraint = UniqueConstraint(column, name=name)
    if wanted:
        return ops.AddConstraint(constraint)
    return ops.DropConstraint(constraint)


def _primary_key(
    column: Column[Any], name: str, wanted: bool, connection: Connection
) -> Iterator[ops.Operation]:
    """Yield what takes ``column`` into the primary key, or out of it.

    A key cannot be altered: the old one is dropped, a new one added.
    """
    table = column.table
    before = table.primary_key
    columns = [*before.columns]
    if wanted == before.columns.contains_column(column):
        return
    after = (
        [*columns, column]
        if wanted
        else [each for each in columns if each is not column]
    )
    if before.name is None:
        found = catalogue.constraint_name(connection, before)
        before.name = found or f"{table.name}_pkey"
    if columns and after:
        added = ops.AddConstraint(_unattached(table, name, after))
        yield ops.Batch(table, (ops.DropConstraint(before), added))
    elif columns:
        yield ops.DropConstraint(before)
    else:
        yield ops.AddConstraint(_unattached(table, name, after))


def _unattached(
    table: Table, name: str, columns: list[Column[Any]]
) -> PrimaryKeyConstraint:
    """Make a key which the Table gets when the database has it."""
    key = PrimaryKeyConstraint(name=name)
    key.parent = table
    for each in columns:
        key._columns.add(each)
    return key
