"""What a schema change is: values that name it and hold no connection.

An operation says what, not how: the editor of a database turns it into
statements.  Those which are one action of an ``ALTER TABLE`` everywhere are
also the DDL element which a dialect spells (see :mod:`.ddl`).

None of them changes the Table it holds.  The Table is as it was before the
operation, except that a column or constraint to add is already part of it:
only then does SQLAlchemy know its type, its sequence and its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy.schema import Column
from sqlalchemy.schema import Constraint
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.schema import Index
from sqlalchemy.schema import Table

__all__ = [
    "AddColumn",
    "AddConstraint",
    "AddIndex",
    "AlterColumn",
    "Batch",
    "DropColumn",
    "DropConstraint",
    "DropIndex",
    "FillColumn",
    "Operation",
    "RenameConstraint",
    "RenameIndex",
    "RenameTable",
]


class Operation(ExecutableDDLElement):
    """Base of all operations.

    ``verb`` names the method of :class:`~.editor.SchemaEditor` which turns
    the operation into statements: ``AddColumn`` -> ``add_column``.
    Operations are compared by identity, as columns are.
    """

    verb: ClassVar[str] = "operation"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.verb = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


@dataclass(frozen=True, eq=False)
class AddColumn(Operation):
    """Add ``column``, with its inline checks and its foreign keys.

    ``column`` is part of ``table`` already.  Indexes and unique constraints
    are operations of their own.
    """

    table: Table
    column: Column[object]
    if_not_exists: bool = False


@dataclass(frozen=True, eq=False)
class DropColumn(Operation):
    """Drop ``column`` with the constraints and indexes that contain it.

    An index over several columns shrinks where the database does so by
    itself (MySQL, MariaDB) and on SQLite; elsewhere it vanishes.
    """

    table: Table
    column: Column[object]
    if_exists: bool = False


@dataclass(frozen=True, eq=False)
class AlterColumn(Operation):
    """Make the column ``before`` look like ``after``.

    :ivar before: the column of ``table`` as it is now.
    :ivar after: a column in no table; all its attributes are the wanted ones.
    :ivar changes: names of the attributes that are to change: ``name``,
        ``type``, ``nullable``, ``server_default``, ``autoincrement``,
        ``comment``, ``identity``, ``computed``.  An attribute in it may have
        equal values on both sides: the caller stated it without knowing what
        the database has.  Keys and indexes are operations of their own.
    :ivar using: PostgreSQL's ``USING`` expression for a new type.
    """

    table: Table
    before: Column[object]
    after: Column[object]
    changes: frozenset[str]
    using: str | None = None


@dataclass(frozen=True, eq=False)
class FillColumn(Operation):
    """Give ``column``'s client-side default to every row of ``table``."""

    table: Table
    column: Column[object]


@dataclass(frozen=True, eq=False)
class RenameTable(Operation):
    """Rename ``table`` to ``name``, within its schema."""

    table: Table
    name: str


@dataclass(frozen=True, eq=False)
class RenameIndex(Operation):
    """Rename ``index`` to ``name``.

    ``index.table`` may be None when the caller named the index by a string
    only; a database that needs the table refuses then.
    """

    index: Index
    name: str


@dataclass(frozen=True, eq=False)
class AddConstraint(Operation):
    """Add ``constraint``, a constraint of ``constraint.table``.

    ``autonamed``: nobody asked for the name that it has.
    """

    constraint: Constraint
    if_not_exists: bool = False
    autonamed: bool = False


@dataclass(frozen=True, eq=False)
class DropConstraint(Operation):
    """Drop ``constraint``; with ``cascade`` also what depends on it."""

    constraint: Constraint
    cascade: bool = False
    if_exists: bool = False


@dataclass(frozen=True, eq=False)
class RenameConstraint(Operation):
    """Rename ``constraint`` to ``name``."""

    constraint: Constraint
    name: str


@dataclass(frozen=True, eq=False)
class AddIndex(Operation):
    """Create ``index`` on a table that exists."""

    index: Index
    if_not_exists: bool = False


@dataclass(frozen=True, eq=False)
class DropIndex(Operation):
    """Drop ``index``."""

    index: Index
    if_exists: bool = False


@dataclass(frozen=True, eq=False)
class Batch(Operation):
    """Carry out ``operations`` on ``table``, in order, in few statements."""

    table: Table
    operations: tuple[Operation, ...]
