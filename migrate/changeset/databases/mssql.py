"""SQL Server: renames are procedures, and defaults are constraints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import Column
from sqlalchemy.schema import DropColumnComment
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.schema import MetaData
from sqlalchemy.schema import SetColumnComment
from sqlalchemy.schema import Table
from sqlalchemy.sql.compiler import DDLCompiler

from migrate.changeset import ddl
from migrate.changeset import operations as ops
from migrate.changeset.editor import SchemaEditor
from migrate.changeset.editor import Statements
from migrate.changeset.editor import table_of

__all__ = ["SQLServerEditor"]


@dataclass(frozen=True, eq=False)
class Rename(ExecutableDDLElement):
    """``sp_rename`` of something of ``table``, or of the table itself.

    :ivar part: a column or index; None for the table.
    :ivar kind: what ``sp_rename`` calls it.
    """

    table: Table
    part: str | None
    name: str
    kind: str


@dataclass(frozen=True, eq=False)
class AlterType(ExecutableDDLElement):
    """State type and nullability; unstated, a column becomes nullable."""

    column: Column[object]


@dataclass(frozen=True, eq=False)
class AddDefault(ExecutableDDLElement):
    """Add the default of ``column``, a constraint."""

    column: Column[object]


@dataclass(frozen=True, eq=False)
class DropDefault(ExecutableDDLElement):
    """Drop the default of ``column``, whatever the server called it."""

    table: Table
    column: Column[object]


class SQLServerEditor(SchemaEditor):
    """SQL Server from 2012."""

    name: ClassVar[str] = "SQL Server"

    def drop_column(
        self, operation: ops.DropColumn, connection: Connection
    ) -> Statements:
        """Drop what contains the column first: the server refuses else."""
        yield from self.drop_containing(operation, connection)
        yield DropDefault(operation.table, operation.column)
        yield ddl.AlterTable(operation.table, operation)

    def alter_column(
        self, operation: ops.AlterColumn, connection: Connection
    ) -> Statements:
        """Alter type and nullability together, the default apart."""
        table, before = operation.table, operation.before
        here = operation.after._copy()
        here.name = here.key = before.name
        if "server_default" in operation.changes:
            yield DropDefault(table, here)
        if operation.changes & {"type", "nullable"}:
            yield ddl.AlterTable(table, AlterType(here))
        if (
            "server_default" in operation.changes
            and here.server_default is not None
        ):
            yield ddl.AlterTable(table, AddDefault(here))
        yield from self.alter_generation(operation, here, connection)
        if "comment" in operation.changes:
            yield ddl.SetColumnComment(table, here)
        if "name" in operation.changes:
            yield Rename(table, before.name, operation.after.name, "COLUMN")

    def rename_table(
        self, operation: ops.RenameTable, connection: Connection
    ) -> Statements:
        """Rename it by procedure."""
        yield Rename(operation.table, None, operation.name, "OBJECT")

    def rename_index(
        self, operation: ops.RenameIndex, connection: Connection
    ) -> Statements:
        """Rename it by procedure, which must know the table."""
        table = self.table_of_index(operation)
        yield Rename(table, str(operation.index.name), operation.name, "INDEX")

    def rename_constraint(
        self, operation: ops.RenameConstraint, connection: Connection
    ) -> Statements:
        """Rename it by procedure; a constraint lives beside its table."""
        table = table_of(operation)
        beside = Table(
            str(operation.constraint.name), MetaData(), schema=table.schema
        )
        yield Rename(beside, None, operation.name, "OBJECT")


@compiles(Rename)
def _rename(element: Rename, compiler: DDLCompiler, **options: object) -> str:
    path = compiler.preparer.format_table(element.table)
    if element.part is not None:
        path += "." + compiler.preparer.quote(element.part)
    old, new = ddl.literal(compiler, path), ddl.literal(compiler, element.name)
    return f"EXEC sp_rename {old}, {new}, '{element.kind}'"


@compiles(AlterType)
def _alter_type(
    element: AlterType, compiler: DDLCompiler, **options: object
) -> str:
    column = element.column
    null = "NULL" if column.nullable else "NOT NULL"
    name = ddl.column_name(compiler, column)
    return f"ALTER COLUMN {name} {ddl.type_of(compiler, column)} {null}"


@compiles(AddDefault)
def _add_default(
    element: AddDefault, compiler: DDLCompiler, **options: object
) -> str:
    default = compiler.get_column_default_string(element.column)
    return f"ADD DEFAULT {default} FOR " + ddl.column_name(
        compiler, element.column
    )


@compiles(DropDefault)
def _drop_default(
    element: DropDefault, compiler: DDLCompiler, **options: object
) -> str:
    table = compiler.preparer.format_table(element.table)
    literal_table = ddl.literal(compiler, table)
    column = ddl.literal(compiler, element.column.name)
    alter = ddl.literal(compiler, f"ALTER TABLE {table} DROP CONSTRAINT ")
    return (
        "DECLARE @name sysname\n"
        "SELECT @name = QUOTENAME(name) FROM sys.default_constraints\n"
        f"WHERE parent_object_id = OBJECT_ID({literal_table})\n"
        f"AND COL_NAME(parent_object_id, parent_column_id) = {column}\n"
        f"IF @name IS NOT NULL EXEC({alter} + @name)"
    )


@compiles(ddl.SetColumnComment, "mssql")
def _set_column_comment(
    element: ddl.SetColumnComment, compiler: DDLCompiler, **options: object
) -> str:
    """SQLAlchemy spells it, for a column that is part of a table."""
    column = element.column._copy()
    Table(element.table.name, MetaData(), column, schema=element.table.schema)
    kind = DropColumnComment if column.comment is None else SetColumnComment
    return compiler.process(kind(column))
