"""Makes Table and MetaData follow what was done to the database.

``follow(operation)`` is called once the database has carried it out.  What
was added is part of the Table before; here things vanish or change name.
"""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch
from typing import Any

from sqlalchemy.schema import Column
from sqlalchemy.schema import ForeignKey
from sqlalchemy.schema import PrimaryKeyConstraint
from sqlalchemy.schema import Table
from sqlalchemy.schema import UniqueConstraint
from sqlalchemy.sql import quoted_name
from sqlalchemy.sql.base import SchemaEventTarget

from migrate.changeset import listing
from migrate.changeset import operations as ops
from migrate.changeset import wording
from migrate.changeset.membership import PLAIN
from migrate.changeset.membership import Habits
from migrate.changeset.membership import attach_constraint
from migrate.changeset.membership import detach_column
from migrate.changeset.membership import detach_constraint
from migrate.changeset.membership import forget_autoincrement
from migrate.changeset.membership import twins

__all__ = ["both", "follow", "retract"]

#: SQLAlchemy keeps some of a column's features in several attributes.
COMES_WITH = {
    "name": ("name", "key"),
    "type": ("type", "autoincrement"),
    "identity": ("identity", "server_default", "autoincrement"),
    "computed": ("computed", "server_default", "server_onupdate"),
}


@singledispatch
def follow(operation: ops.Operation, habits: Habits = PLAIN) -> None:
    """Change the Table of ``operation`` as the database was changed."""


@follow.register
def _(operation: ops.Batch, habits: Habits = PLAIN) -> None:
    for each in operation.operations:
        follow(each, habits)


@follow.register
def _(operation: ops.DropColumn, habits: Habits = PLAIN) -> None:
    detach_column(operation.table, operation.column, habits)


@follow.register
def _(operation: ops.AddColumn, habits: Habits = PLAIN) -> None:
    table, column = operation.table, operation.column
    listing.reorder(
        table, [*(each for each in table.c if each is not column), column]
    )


@follow.register
def _(operation: ops.AlterColumn, habits: Habits = PLAIN) -> None:
    table, column, after = operation.table, operation.before, operation.after
    _transfer(operation.changes - {"name"}, after, column)
    column._reset_memoizations()
    if "type" in operation.changes:
        _announce_type(table, column)
    if "name" in operation.changes:
        _rename_column(table, column, after.name, habits)
    forget_autoincrement(table)


@follow.register
def _(operation: ops.RenameTable, habits: Habits = PLAIN) -> None:
    table = operation.table
    metadata = table.metadata
    metadata._remove_table(table.name, table.schema)
    metadata.info.setdefault("migrate_renamed", {})[table.key] = table
    table.name = table.fullname = operation.name
    if table.schema is not None:
        table.fullname = f"{table.schema}.{operation.name}"
    metadata._add_table(table.name, table.schema, table)
    _refer_anew(table)


@follow.register
def _(operation: ops.RenameIndex, habits: Habits = PLAIN) -> None:
    operation.index.name = quoted_name(operation.name, None)


@follow.register
def _(operation: ops.RenameConstraint, habits: Habits = PLAIN) -> None:
    operation.constraint.name = operation.name


@follow.register
def _(operation: ops.AddConstraint, habits: Habits = PLAIN) -> None:
    constraint = operation.constraint
    for twin in twins(constraint):
        detach_constraint(twin)
    attach_constraint(constraint.table, constraint, habits)


@follow.register
def _(operation: ops.DropConstraint, habits: Habits = PLAIN) -> None:
    constraint = operation.constraint
    for twin in twins(constraint):
        detach_constraint(twin)
    detach_constraint(constraint)
    if isinstance(constraint, UniqueConstraint):
        # Reflection gives MySQL's unique constraints as indexes.
        indexes = constraint.table.indexes
        indexes -= {e for e in indexes if e.name == constraint.name}


@follow.register
def _(operation: ops.DropIndex, habits: Habits = PLAIN) -> None:
    index = operation.index
    if index.table is not None:
        index.table.indexes.discard(index)


@singledispatch
def retract(operation: ops.Operation) -> None:
    """Take out of the Table what was to be added, after an error."""


@retract.register
def _(operation: ops.AddConstraint) -> None:
    constraint = operation.constraint
    # Which key the Table had before this one, nobody knows any more.
    if not isinstance(constraint, PrimaryKeyConstraint):
        detach_constraint(constraint)


@retract.register
def _(operation: ops.AddIndex) -> None:
    if operation.index.table is not None:
        operation.index.table.indexes.discard(operation.index)


def _announce_type(table: Table, column: Column[Any]) -> None:
    """Let a type know its Table, which creates it on PostgreSQL.

    Not the check which a Boolean or Enum would bring: the database has none.
    """
    if isinstance(column.type, SchemaEventTarget):
        constraints = {*table.constraints}
        column.type._set_parent_with_dispatch(column)
        for constraint in table.constraints - constraints:
            table.constraints.discard(constraint)


def both(one: ops.AlterColumn, other: ops.AlterColumn) -> ops.AlterColumn:
    """Return one alteration that does two of the same column."""
    after = other.after._copy()
    _transfer(one.changes - other.changes, one.after, after)
    return replace(
        other,
        after=after,
        changes=one.changes | other.changes,
        using=other.using or one.using,
    )


def _transfer(
    changes: frozenset[str], source: Column[Any], target: Column[Any]
) -> None:
    for change in changes:
        for attribute in COMES_WITH.get(change, (change,)):
            setattr(target, attribute, getattr(source, attribute))


def _rename_column(
    table: Table, column: Column[Any], name: str, habits: Habits
) -> None:
    """Give ``column`` its new name and key, in every collection."""
    before = column.name
    if column.key == column.name:
        column.key = name
    column.name = quoted_name(name, None)
    if not table.c.contains_column(column):
        listing.take_back(table, column, before)
    for holder in (table, *table.constraints, *table.indexes):
        columns = getattr(holder, "_columns", None)
        if columns is not None and columns.contains_column(column):
            listing.rekey(columns, columns)
    wording.rename_in_texts(table, before, name, habits.quote(name))
    _refer_anew(table)
    table._reset_memoizations()


def _refer_anew(table: Table) -> None:
    """Let foreign keys stated as text say the new names of ``table``.

    SQLAlchemy has found the column long since; the text is what a copy of
    the Table would go by.
    """
    for other in table.metadata.tables.values():
        for element in other.foreign_keys:
            referred = vars(element).get("column")
            if referred is not None and referred.table is table:
                _restate(
                    element, ForeignKey(f"{table.fullname}.{referred.key}")
                )


def _restate(element: ForeignKey, stated: ForeignKey) -> None:
    """Give ``element`` the target that ``stated`` was made with.

    SQLAlchemy 2.0 keeps it as text in ``_colspec``, 2.1 as
    ``_given_tokens``; a target given as a Column needs nothing.
    """
    for attribute in ("_colspec", "_given_tokens"):
        if isinstance(vars(element).get(attribute), (str, tuple)):
            vars(element)[attribute] = vars(stated)[attribute]
    vars(element).pop("_column_tokens", None)
