"""What belongs to a Table: its columns and constraints, coming and going.

All of the Table's collections agree afterwards; SQLAlchemy itself only adds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CheckConstraint
from sqlalchemy.schema import Column
from sqlalchemy.schema import Constraint
from sqlalchemy.schema import ForeignKeyConstraint
from sqlalchemy.schema import Index
from sqlalchemy.schema import PrimaryKeyConstraint
from sqlalchemy.schema import Table

from migrate import binding
from migrate.changeset import listing
from migrate.changeset import wording

__all__ = [
    "PLAIN",
    "Habits",
    "attach_column",
    "attach_constraint",
    "constraints_with",
    "contains",
    "detach_column",
    "detach_constraint",
    "forget_autoincrement",
    "next_key",
    "twins",
]

# In ``info`` of the empty key that a Table has when its own was dropped.
_DROPPED = "migrate_dropped"


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


PLAIN = Habits()


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
    table: Table, column: Column[Any], habits: Habits = PLAIN
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
                detach_constraint(constraint)
        elif contains(constraint, column):
            detach_constraint(constraint, keep=column)
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
    table: Table, constraint: Constraint, habits: Habits = PLAIN
) -> None:
    """Make ``constraint`` part of ``table``, for the first time or again."""
    if isinstance(constraint, PrimaryKeyConstraint):
        nullable = [each for each in constraint.columns if each.nullable]
        for column in table.c:
            column.primary_key = constraint.columns.contains_column(column)
        table.append_constraint(constraint)
        for column in nullable:
            column.nullable = not habits.keys_are_not_null
        forget_autoincrement(table)
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


def twins(constraint: Constraint) -> list[Constraint]:
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


def detach_constraint(
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
        forget_autoincrement(table)
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


def constraints_with(
    table: Table, column: Column[Any], dialect: Dialect
) -> list[Constraint]:
    """Return the constraints of the Table that come with a new column.

    Its foreign keys, and the checks of a Boolean or Enum: these SQLAlchemy
    makes constraints of the table, and asks for each dialect whether it
    needs them.  sqlalchemy-migrate added a column without those checks, and
    so the databases of its scripts have none.
    """
    nothing: Any = None  # as SQLAlchemy itself makes one to ask
    compiler = dialect.ddl_compiler(dialect, nothing)
    checks = [
        each
        for each in table.constraints
        if not binding.is_of_old_script(table.metadata)
        and isinstance(each, CheckConstraint)
        and getattr(each, "_type_bound", False)
        and wording.mentions(each.sqltext, column)
        and each._should_create_for_compiler(compiler)
    ]
    foreign_keys = [
        each
        for each in table.foreign_key_constraints
        if each.columns.contains_column(column)
    ]
    return [*checks, *foreign_keys]


def forget_autoincrement(table: Table) -> None:
    """Let SQLAlchemy find out anew which column counts by itself."""
    vars(table.primary_key).pop("_autoincrement_column", None)
    table._reset_memoizations()
