"""The ANSI spelling of statements; a dialect that differs registers its own.

``AlterTable(table, action, ...)`` is ``ALTER TABLE t action, action``.  An
action is an operation or one of the elements below, and its ``@compiles``
function gives the text of the action alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import Column
from sqlalchemy.schema import Constraint
from sqlalchemy.schema import CreateColumn
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.schema import Table
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.types import String

from migrate.changeset import operations as ops

__all__ = [
    "FIREBIRD",
    "AlterTable",
    "RenameColumn",
    "SetColumnComment",
    "SetDefault",
    "SetNullable",
    "SetType",
    "column_name",
    "constraint_name",
    "literal",
    "type_of",
]


#: The names of Firebird's dialect: today's have the driver in it.
FIREBIRD = ("firebird", "firebird.fdb", "firebird.firebird")


class AlterTable(ExecutableDDLElement):
    """``ALTER TABLE table action, action ...``."""

    def __init__(self, table: Table, *actions: ExecutableDDLElement) -> None:
        self.table = table
        self.actions = actions


@dataclass(frozen=True, eq=False)
class SetType(ExecutableDDLElement):
    """Give ``column`` the type it holds."""

    column: Column[object]
    using: str | None = None


@dataclass(frozen=True, eq=False)
class SetNullable(ExecutableDDLElement):
    """Set or drop NOT NULL, as ``column`` says."""

    column: Column[object]


@dataclass(frozen=True, eq=False)
class SetDefault(ExecutableDDLElement):
    """Set the server default of ``column``, or drop it if it has none."""

    column: Column[object]


@dataclass(frozen=True, eq=False)
class RenameColumn(ExecutableDDLElement):
    """Rename ``before`` to the name of ``after``."""

    before: Column[object]
    after: Column[object]


@dataclass(frozen=True, eq=False)
class SetColumnComment(ExecutableDDLElement):
    """Set the comment of ``column``, or drop it; a statement of its own."""

    table: Table
    column: Column[object]


def column_name(compiler: DDLCompiler, column: Column[object]) -> str:
    """Quote the name of ``column`` as the database needs it."""
    return compiler.preparer.format_column(column)


def constraint_name(compiler: DDLCompiler, constraint: Constraint) -> str:
    """Quote the name of ``constraint``, by naming convention if unnamed."""
    name = compiler.preparer.format_constraint(constraint)
    if name is None:
        raise ValueError(f"{constraint!r} has no name")
    return name


def type_of(compiler: DDLCompiler, column: Column[object]) -> str:
    """Spell the type of ``column``."""
    spelled: str = compiler.dialect.type_compiler_instance.process(
        column.type, type_expression=column
    )
    return spelled


def literal(compiler: DDLCompiler, value: str) -> str:
    """Spell ``value`` as a string."""
    return compiler.sql_compiler.render_literal_value(value, String())


@compiles(AlterTable)
def _alter_table(
    element: AlterTable, compiler: DDLCompiler, **options: object
) -> str:
    actions = ", ".join(
        compiler.process(action, **options) for action in element.actions
    )
    table = compiler.preparer.format_table(element.table)
    return f"ALTER TABLE {table} {actions}"


@compiles(ops.AddColumn)
def _add_column(
    element: ops.AddColumn, compiler: DDLCompiler, **options: object
) -> str:
    return f"ADD {compiler.process(CreateColumn(element.column))}"


@compiles(ops.DropColumn)
def _drop_column(
    element: ops.DropColumn, compiler: DDLCompiler, **options: object
) -> str:
    return f"DROP COLUMN {column_name(compiler, element.column)}"


@compiles(ops.RenameTable)
def _rename_table(
    element: ops.RenameTable, compiler: DDLCompiler, **options: object
) -> str:
    return f"RENAME TO {compiler.preparer.quote(element.name)}"


@compiles(ops.AddConstraint)
def _add_constraint(
    element: ops.AddConstraint, compiler: DDLCompiler, **options: object
) -> str:
    return f"ADD {compiler.process(element.constraint)}"


@compiles(ops.DropConstraint)
def _drop_constraint(
    element: ops.DropConstraint, compiler: DDLCompiler, **options: object
) -> str:
    cascade = " CASCADE" if element.cascade else ""
    name = constraint_name(compiler, element.constraint)
    return f"DROP CONSTRAINT {name}{cascade}"


@compiles(ops.DropConstraint, *FIREBIRD, "mssql")
def _drop_constraint_alone(
    element: ops.DropConstraint, compiler: DDLCompiler, **options: object
) -> str:
    """Without CASCADE, which they do not know."""
    return f"DROP CONSTRAINT {constraint_name(compiler, element.constraint)}"


@compiles(ops.RenameConstraint)
def _rename_constraint(
    element: ops.RenameConstraint, compiler: DDLCompiler, **options: object
) -> str:
    before = constraint_name(compiler, element.constraint)
    return f"RENAME CONSTRAINT {before} TO " + compiler.preparer.quote(
        element.name
    )


@compiles(ops.RenameIndex)
def _rename_index(
    element: ops.RenameIndex, compiler: DDLCompiler, **options: object
) -> str:
    preparer = compiler.preparer
    before = preparer.format_index(element.index)
    table = element.index.table
    if table is not None and table.schema is not None:
        before = f"{preparer.quote_schema(table.schema)}.{before}"
    return f"ALTER INDEX {before} RENAME TO {preparer.quote(element.name)}"


@compiles(SetType)
def _set_type(
    element: SetType, compiler: DDLCompiler, **options: object
) -> str:
    name = column_name(compiler, element.column)
    return f"ALTER COLUMN {name} TYPE {type_of(compiler, element.column)}"


@compiles(SetNullable)
def _set_nullable(
    element: SetNullable, compiler: DDLCompiler, **options: object
) -> str:
    action = "DROP" if element.column.nullable else "SET"
    name = column_name(compiler, element.column)
    return f"ALTER COLUMN {name} {action} NOT NULL"


@compiles(SetDefault)
def _set_default(
    element: SetDefault, compiler: DDLCompiler, **options: object
) -> str:
    name = column_name(compiler, element.column)
    default = compiler.get_column_default_string(element.column)
    action = "DROP DEFAULT" if default is None else f"SET DEFAULT {default}"
    return f"ALTER COLUMN {name} {action}"


@compiles(RenameColumn)
def _rename_column(
    element: RenameColumn, compiler: DDLCompiler, **options: object
) -> str:
    before = column_name(compiler, element.before)
    return f"RENAME COLUMN {before} TO {column_name(compiler, element.after)}"


@compiles(SetColumnComment)
def _set_column_comment(
    element: SetColumnComment, compiler: DDLCompiler, **options: object
) -> str:
    table = compiler.preparer.format_table(element.table)
    name = column_name(compiler, element.column)
    comment = element.column.comment
    if comment is None:
        return f"COMMENT ON COLUMN {table}.{name} IS NULL"
    return f"COMMENT ON COLUMN {table}.{name} IS {literal(compiler, comment)}"
