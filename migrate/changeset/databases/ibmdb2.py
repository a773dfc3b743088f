"""Db2: a table that was altered is reorganized before it is used again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from typing import TypeGuard

from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateColumn
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.schema import PrimaryKeyConstraint
from sqlalchemy.schema import Table
from sqlalchemy.schema import UniqueConstraint
from sqlalchemy.sql.compiler import DDLCompiler

from migrate.changeset import ddl
from migrate.changeset import operations as ops
from migrate.changeset.editor import SchemaEditor
from migrate.changeset.editor import Statements
from migrate.changeset.editor import index_named

__all__ = ["Db2Editor"]


@dataclass(frozen=True, eq=False)
class Reorganize(ExecutableDDLElement):
    """Bring the rows of ``table`` to its new definition."""

    table: Table


@dataclass(frozen=True, eq=False)
class CreateNullableUnique(ExecutableDDLElement):
    """A unique index which takes any number of NULLs."""

    constraint: UniqueConstraint


class Db2Editor(SchemaEditor):
    """Db2 for Linux, UNIX and Windows, from 10.5."""

    name: ClassVar[str] = "Db2"

    def add_column(
        self, operation: ops.AddColumn, connection: Connection
    ) -> Statements:
        """Add the column, and reorganize."""
        yield from super().add_column(operation, connection)
        yield Reorganize(operation.table)

    def drop_column(
        self, operation: ops.DropColumn, connection: Connection
    ) -> Statements:
        """Drop the column, and reorganize."""
        yield from super().drop_column(operation, connection)
        yield Reorganize(operation.table)

    def alter_column(
        self, operation: ops.AlterColumn, connection: Connection
    ) -> Statements:
        """Alter as ANSI does, and reorganize."""
        yield from super().alter_column(operation, connection)
        yield Reorganize(operation.table)

    def rename_table(
        self, operation: ops.RenameTable, connection: Connection
    ) -> Statements:
        """Rename by a statement of its own."""
        yield operation

    def add_constraint(
        self, operation: ops.AddConstraint, connection: Connection
    ) -> Statements:
        """Add the constraint; one on nullable columns must be an index."""
        constraint = operation.constraint
        if _is_nullable_unique(constraint):
            yield CreateNullableUnique(constraint)
        else:
            yield from super().add_constraint(operation, connection)

    def drop_constraint(
        self, operation: ops.DropConstraint, connection: Connection
    ) -> Statements:
        """Drop the constraint, or the index which stands for it."""
        constraint = operation.constraint
        if _is_nullable_unique(constraint):
            index = index_named(str(constraint.name), constraint.table)
            yield from self.drop_index(ops.DropIndex(index), connection)
        else:
            yield from super().drop_constraint(operation, connection)

    def rename_constraint(
        self, operation: ops.RenameConstraint, connection: Connection
    ) -> Statements:
        """Refuse."""
        raise self.refuse_rename("constraint", operation.constraint.name)


def _is_nullable_unique(
    constraint: object,
) -> TypeGuard[UniqueConstraint]:
    return isinstance(constraint, UniqueConstraint) and any(
        column.nullable for column in constraint.columns
    )


@compiles(Reorganize)
def _reorganize(
    element: Reorganize, compiler: DDLCompiler, **options: object
) -> str:
    table = compiler.preparer.format_table(element.table)
    command = ddl.literal(compiler, f"REORG TABLE {table}")
    return f"CALL SYSPROC.ADMIN_CMD({command})"


@compiles(CreateNullableUnique)
def _create_nullable_unique(
    element: CreateNullableUnique, compiler: DDLCompiler, **options: object
) -> str:
    constraint = element.constraint
    columns = ", ".join(
        ddl.column_name(compiler, column) for column in constraint.columns
    )
    return (
        f"CREATE UNIQUE INDEX {ddl.constraint_name(compiler, constraint)} "
        f"ON {compiler.preparer.format_table(constraint.table)} ({columns}) "
        "EXCLUDE NULL KEYS"
    )


@compiles(ops.AddColumn, "ibm_db_sa")
def _add_column(
    element: ops.AddColumn, compiler: DDLCompiler, **options: object
) -> str:
    return f"ADD COLUMN {compiler.process(CreateColumn(element.column))}"


@compiles(ops.DropConstraint, "ibm_db_sa")
def _drop_constraint(
    element: ops.DropConstraint, compiler: DDLCompiler, **options: object
) -> str:
    if isinstance(element.constraint, PrimaryKeyConstraint):
        return "DROP PRIMARY KEY"
    return "DROP CONSTRAINT " + ddl.constraint_name(
        compiler, element.constraint
    )


@compiles(ops.RenameTable, "ibm_db_sa")
def _rename_table(
    element: ops.RenameTable, compiler: DDLCompiler, **options: object
) -> str:
    preparer = compiler.preparer
    before = preparer.format_table(element.table)
    return f"RENAME TABLE {before} TO {preparer.quote(element.name)}"


@compiles(ops.RenameIndex, "ibm_db_sa")
def _rename_index(
    element: ops.RenameIndex, compiler: DDLCompiler, **options: object
) -> str:
    preparer = compiler.preparer
    before = preparer.format_index(element.index)
    return f"RENAME INDEX {before} TO {preparer.quote(element.name)}"


@compiles(ddl.SetType, "ibm_db_sa")
def _set_type(
    element: ddl.SetType, compiler: DDLCompiler, **options: object
) -> str:
    name = ddl.column_name(compiler, element.column)
    type_ = ddl.type_of(compiler, element.column)
    return f"ALTER COLUMN {name} SET DATA TYPE {type_}"
