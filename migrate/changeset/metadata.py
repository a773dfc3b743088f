"""Makes Table and MetaData follow what was done to the database.

``follow(operation)`` is called once the database has carried it out.  What
was added is part of the Table before; here things vanish or change name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace
from functools import singledispatch
from typing import Any

from sqlalchemy.schema import CheckConstraint
from sqlalchemy.schema import Column
from sqlalchemy.schema import Constraint
from sqlalchemy.schema import ForeignKey
from sqlalchemy.schema import ForeignKeyConstraint
from sqlalchemy.schema import Index
from sqlalchemy.schema import PrimaryKeyConstraint
from sqlalchemy.schema import Table
from sqlalchemy.schema import UniqueConstraint
from sqlalchemy.sql import quoted_name
from sqlalchemy.sql.base import SchemaEventTarget

from migrate.changeset import listing
from migrate.changeset import operations as ops
from migrate.changeset import wording

__all__ = [
    "Habits",
    "attach_column",
    "attach_constraint",
    "both",
    "contains",
    "detach_column",
    "follow",
    "next_key",
    "retract",
]

# In ``info`` of the empty key that a Table has when its own was dropped.
_DROPPED = "migrate_dropped"

#: SQLAlchemy keeps some of a column's features in several attributes.
COMES_WITH = {
    "name": ("name", "key"),
    "type": ("type", "autoincrement"),
    "identity": ("identity", "server_default", "autoincrement"),
    "computed": ("computed", "server_default", "server_onupdate"),
}


@dataclass(frozen=True)
class Habits:
    """What databases do each in its own way, and the Table has to follow.

    :ivar shrinks_indexes: dropping a column leaves its indexes, and its
        primary key, over several columns smaller; else they vanish.
    :ivar keys_are_not_null: the columns of a primary key become NOT NULL.
    :ivar quote: spells a name as the database needs it.
    """

    shrinks_indexes: bool = False
    keys_are_not_null: bool = True
    quote: Callable[[str], str] = str


_PLAIN = Habits()


@singledispatch
def follow(operation: ops.Operation, habits: Habits = _PLAIN) -> None:
    """Change the Table of ``operation`` as the database was changed."""


@follow.register
def _(operation: ops.Batch, habits: Habits = _PLAIN) -> None:
    for each in operation.operations:
        follow(each, habits)


@follow.register
def _(operation: ops.DropColumn, habits: Habits = _PLAIN) -> None:
    detach_column(operation.table, operation.column, habits)


@follow.register
def _(operation: ops.AddColumn, habits: Habits = _PLAIN) -> None:
    table, column = operation.table, operation.column
    listing.reorder(
        table, [*(each for each in table.c if each is not column), column]
    )


@follow.register
def _(operation: ops.AlterColumn, habits: Habits = _PLAIN) -> None:
    table, column, after = operation.table, operation.before, operation.after
    _transfer(operation.changes - {"name"}, after, column)
    column._reset_memoizations()
    if "type" in operation.changes:
        _announce_type(table, column)
    if "name" in operation.changes:
        _rename_column(table, column, after.name, habits)
    _forget_autoincrement(table)


@follow.register
def _(operation: ops.RenameTable, habits: Habits = _PLAIN) -> None:
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
def _(operation: ops.RenameIndex, habits: Habits = _PLAIN) -> None:
    operation.index.name = quoted_name(operation.name, None)


@follow.register
def _(operation: ops.RenameConstraint, habits: Habits = _PLAIN) -> None:
    operation.constraint.name = operation.name


@follow.register
def _(operation: ops.AddConstraint, habits: Habits = _PLAIN) -> None:
    constraint = operation.constraint
    for twin in _twins(constraint):
        _detach_constraint(twin)
    attach_constraint(constraint.table, constraint, habits)


@follow.register
def _(operation: ops.DropConstraint, habits: Habits = _PLAIN) -> None:
    constraint = operation.constraint
    for twin in _twins(constraint):
        _detach_constraint(twin)
    _detach_constraint(constraint)
    if isinstance(constraint, UniqueConstraint):
        # Reflection gives MySQL's unique constraints as indexes.
        indexes = constraint.table.indexes
        indexes -= {e for e in indexes if e.name == constraint.name}


@follow.register
def _(operation: ops.DropIndex, habits: Habits = _PLAIN) -> None:
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
        _detach_constraint(constraint)


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


def attach_column(table: Table, column: Column[Any]) -> None:
    """Make ``column`` part of ``table``, if it is not already.

    The old name of a renamed column yields to a new column of that name, and
    so does a column that the Table was thought to have: a script for
    sqlalchemy-migrate may define a Table with the column it adds.
    """
    listing.forget_alias(table, column.key or column.name)
    if column.table is not table:
        table.append_column(column, replace_existing=True)


def detach_column(
    table: Table, column: Column[Any], habits: Habits = _PLAIN
) -> None:
    """Take ``column`` out of ``table``, with all that contains it.

    Afterwards the column belongs to no table and may be added to one.
    """
    for constraint in [*table.constraints]:
        if isinstance(constraint, PrimaryKeyConstraint):
            if not constraint.columns.contains_column(column):
                continue
            if habits.shrinks_indexes:
                constraint._columns.remove(column)
            else:
                _detach_constraint(constraint)
        elif contains(constraint, column):
            _detach_constraint(constraint, keep=column)
    for index in [*table.indexes]:
        if wording.index_mentions(index, column):
            table.indexes.discard(index)
        elif index.columns.contains_column(column):
            _shrink(index, column, vanish=not habits.shrinks_indexes)
    listing.remove(table, column)
    for element in column.foreign_keys:
        element.constraint = None
    table._reset_memoizations()
    del column.table


def _shrink(index: Index, column: Column[Any], *, vanish: bool) -> None:
    index.expressions = [e for e in index.expressions if e is not column]
    columns: Any = index._columns  # typed as read-only since 2.1
    columns.remove(column)
    if index.table is not None and (vanish or not index.expressions):
        index.table.indexes.discard(index)


def attach_constraint(
    table: Table, constraint: Constraint, habits: Habits = _PLAIN
) -> None:
    """Make ``constraint`` part of ``table``, for the first time or again."""
    if isinstance(constraint, PrimaryKeyConstraint):
        nullable = [each for each in constraint.columns if each.nullable]
        for column in table.c:
            column.primary_key = constraint.columns.contains_column(column)
        table.append_constraint(constraint)
        for column in nullable:
            column.nullable = not habits.keys_are_not_null
        _forget_autoincrement(table)
    elif getattr(constraint, "parent", None) is None:
        table.append_constraint(constraint)
    else:
        table.constraints.add(constraint)
        for element in getattr(constraint, "elements", ()):
            table.foreign_keys.add(element)
            element.parent.foreign_keys.add(element)


def next_key(table: Table) -> list[Column[Any]]:
    """Return what a primary key of no stated columns is made of.

    The columns that are marked for it, and those of the key that was
    dropped: scripts drop a key, mark one more column and make the key again.
    """
    dropped = table.primary_key.info.get(_DROPPED, ())
    return [each for each in table.c if each.primary_key or each in {*dropped}]


def _twins(constraint: Constraint) -> list[Constraint]:
    """Return the Table's other objects for the same constraint.

    Scripts make an object to create or drop a constraint that the Table,
    reflected or stated, has already.
    """
    return [
        each
        for each in constraint.table.constraints
        if each is not constraint
        and not isinstance(each, PrimaryKeyConstraint)
        and each.__visit_name__ == constraint.__visit_name__
        and _is_twin(each, constraint)
    ]


def _is_twin(one: Constraint, other: Constraint) -> bool:
    if one.name is not None and other.name is not None:
        return str(one.name) == str(other.name)
    return bool(_features(one) == _features(other))


def _features(constraint: Any) -> Any:
    if isinstance(constraint, CheckConstraint):
        return str(constraint.sqltext)
    referred = [each.column for each in getattr(constraint, "elements", ())]
    return [*constraint.columns], referred


def _detach_constraint(
    constraint: Constraint, *, keep: Column[Any] | None = None
) -> None:
    """Take ``constraint`` off its table.

    :param keep: a column that goes as well and takes its own foreign key
        with it, so that it has it again when it is created again.
    """
    table = constraint.table
    if constraint is table.primary_key:
        _keep_counting(constraint)
        dropped = [*constraint.columns]
        for column in dropped:
            column.primary_key = False
        table.append_constraint(PrimaryKeyConstraint(info={_DROPPED: dropped}))
        _forget_autoincrement(table)
    table.constraints.discard(constraint)
    if not isinstance(constraint, ForeignKeyConstraint):
        return
    for element in constraint.elements:
        table.foreign_keys.discard(element)
        if element.parent is not keep or len(constraint.elements) > 1:
            element.parent.foreign_keys.discard(element)


def _keep_counting(key: PrimaryKeyConstraint) -> None:
    """Say that a column counts which did so because of its key alone."""
    counting = key._autoincrement_column
    if counting is not None:
        counting.autoincrement = True


def contains(constraint: Constraint, column: Column[Any]) -> bool:
    """Tell whether ``constraint`` is about ``column`` and goes with it."""
    if not isinstance(constraint, CheckConstraint):
        return column in {*getattr(constraint, "columns", ())}
    if column.name in getattr(constraint, "colnames", ()):
        return True
    return wording.mentions(constraint.sqltext, column)


def _forget_autoincrement(table: Table) -> None:
    """Let SQLAlchemy find out anew which column counts by itself."""
    vars(table.primary_key).pop("_autoincrement_column", None)
    table._reset_memoizations()


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
