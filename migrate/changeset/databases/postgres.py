"""PostgreSQL: ANSI's statements, and types and sequences of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import ClassVar
from typing import TypeGuard
from typing import cast

from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.dialects.postgresql import CreateEnumType
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import Column
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.schema import Identity
from sqlalchemy.schema import Table
from sqlalchemy.sql import Executable
from sqlalchemy.sql.compiler import DDLCompiler

from migrate.changeset import catalogue
from migrate.changeset import ddl
from migrate.changeset import operations as ops
from migrate.changeset.editor import SchemaEditor
from migrate.changeset.editor import Statements

__all__ = ["PostgresEditor"]


@dataclass(frozen=True, eq=False)
class AddIdentity(ExecutableDDLElement):
    """Let ``column`` count, as its ``identity`` says."""

    column: Column[object]


@dataclass(frozen=True, eq=False)
class DropIdentity(ExecutableDDLElement):
    """Let ``column`` count no longer."""

    column: Column[object]


@dataclass(frozen=True, eq=False)
class DropExpression(ExecutableDDLElement):
    """Make a generated ``column`` an ordinary one; the values stay."""

    column: Column[object]


@dataclass(frozen=True, eq=False)
class ContinueIdentity(ExecutableDDLElement):
    """Let the identity of ``column`` go on after the highest value."""

    table: Table
    column: Column[object]


_ALONE = (ddl.RenameColumn, ops.RenameConstraint, ops.RenameTable)


class PostgresEditor(SchemaEditor):
    """PostgreSQL from 10, and what speaks its language."""

    name: ClassVar[str] = "PostgreSQL"
    joins_operations: ClassVar[bool] = True

    def combines(
        self, statement: Executable, pending: Sequence[ExecutableDDLElement]
    ) -> TypeGuard[ddl.AlterTable]:
        """Tell whether it may share its ALTER TABLE; a rename may not."""
        return super().combines(statement, pending) and not any(
            isinstance(action, _ALONE) for action in statement.actions
        )

    def add_column(
        self, operation: ops.AddColumn, connection: Connection
    ) -> Statements:
        """Add the column; before it an enumeration."""
        yield from _missing_type(operation.column, connection)
        yield from super().add_column(operation, connection)

    def alter_type(
        self,
        operation: ops.AlterColumn,
        here: Column[Any],
        connection: Connection,
    ) -> Statements:
        """Give the type; a default that changes too would not fit it."""
        yield from _missing_type(here, connection)
        if "server_default" in operation.changes:
            without = here._copy()
            without.server_default = None
            yield ddl.AlterTable(operation.table, ddl.SetDefault(without))
        yield from super().alter_type(operation, here, connection)

    def alter_generation(
        self,
        operation: ops.AlterColumn,
        here: Column[Any],
        connection: Connection,
    ) -> Statements:
        """Add or drop an identity; drop an expression."""
        table = operation.table
        if "computed" in operation.changes:
            if here.computed is not None:
                raise self.refuse(
                    f"make column {here.name!r} a computed one",
                    "drop the column and create it with Computed()",
                )
            yield ddl.AlterTable(table, DropExpression(here))
        if "identity" in operation.changes:
            if operation.before.identity is not None or here.identity is None:
                yield ddl.AlterTable(table, DropIdentity(here))
            if here.identity is not None:
                yield ddl.AlterTable(table, AddIdentity(here))
                yield ContinueIdentity(table, here)
        elif "autoincrement" in operation.changes:
            yield from self._count(table, here, connection)

    def _count(
        self, table: Table, here: Column[Any], connection: Connection
    ) -> Statements:
        """Let an integer count by itself, or stop; as it does, it stays."""
        stored = catalogue.column(connection, table, here.name) or {}
        has_sequence = "nextval(" in (stored.get("default") or "")
        counts = has_sequence or stored.get("identity") is not None
        if here.autoincrement is True and not counts:
            identified = here._copy()
            Identity()._set_parent_with_dispatch(identified)
            identified.nullable = False
            yield ddl.AlterTable(table, ddl.SetNullable(identified))
            yield ddl.AlterTable(table, AddIdentity(identified))
            yield ContinueIdentity(table, identified)
        elif here.autoincrement is False and has_sequence:
            without = here._copy()
            without.server_default = None
            yield ddl.AlterTable(table, ddl.SetDefault(without))
        elif here.autoincrement is False and counts:
            yield ddl.AlterTable(table, DropIdentity(here))


def _missing_type(column: Column[Any], connection: Connection) -> Statements:
    """Create the enumeration of ``column``, if the database lacks it."""
    if catalogue.inspector(connection) is None:
        return
    dialect: Any = connection.dialect
    type_ = column.type.dialect_impl(dialect)
    if (
        isinstance(type_, ENUM)
        and type_.create_type
        and not dialect.has_type(connection, type_.name, schema=type_.schema)
    ):
        yield CreateEnumType(type_)


@compiles(AddIdentity)
def _add_identity(
    element: AddIdentity, compiler: DDLCompiler, **options: object
) -> str:
    name = ddl.column_name(compiler, element.column)
    identity = compiler.process(cast(Identity, element.column.identity))
    return f"ALTER COLUMN {name} ADD {identity}"


@compiles(DropIdentity)
def _drop_identity(
    element: DropIdentity, compiler: DDLCompiler, **options: object
) -> str:
    name = ddl.column_name(compiler, element.column)
    return f"ALTER COLUMN {name} DROP IDENTITY IF EXISTS"


@compiles(DropExpression)
def _drop_expression(
    element: DropExpression, compiler: DDLCompiler, **options: object
) -> str:
    name = ddl.column_name(compiler, element.column)
    return f"ALTER COLUMN {name} DROP EXPRESSION"


@compiles(ContinueIdentity)
def _continue_identity(
    element: ContinueIdentity, compiler: DDLCompiler, **options: object
) -> str:
    table = compiler.preparer.format_table(element.table)
    name = ddl.column_name(compiler, element.column)
    quoted = [
        ddl.literal(compiler, part) for part in (table, element.column.name)
    ]
    return (
        f"SELECT setval(pg_get_serial_sequence({', '.join(quoted)}), "
        f"greatest(max({name}) + 1, 1), false) FROM {table}"
    )


@compiles(ddl.SetType, "postgresql")
def _set_type(
    element: ddl.SetType, compiler: DDLCompiler, **options: object
) -> str:
    column = element.column
    type_ = ddl.type_of(compiler, column)
    using = f" USING {element.using}" if element.using else ""
    name = ddl.column_name(compiler, column)
    return f"ALTER COLUMN {name} TYPE {type_}{using}"
