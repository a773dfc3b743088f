"""Oracle: a column is modified, by what is to change of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import Column
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from migrate.changeset import ddl
from migrate.changeset import operations as ops
from migrate.changeset.editor import SchemaEditor
from migrate.changeset.editor import Statements

__all__ = ["OracleEditor"]


@dataclass(frozen=True, eq=False)
class ModifyColumn(ExecutableDDLElement):
    """State ``changes`` of ``column`` anew; the rest stays.

    What does not change must not be stated: ORA-01442, "column to be
    modified to NOT NULL is already NOT NULL".
    """

    column: Column[object]
    changes: frozenset[str]


class OracleEditor(SchemaEditor):
    """Oracle Database."""

    name: ClassVar[str] = "Oracle"

    def alter_column(
        self, operation: ops.AlterColumn, connection: Connection
    ) -> Statements:
        """Rename first, then modify what the column is called now."""
        table, after = operation.table, operation.after
        changes = operation.changes & {"type", "nullable", "server_default"}
        if "name" in operation.changes:
            yield ddl.AlterTable(
                table, ddl.RenameColumn(operation.before, after)
            )
        if changes:
            yield ddl.AlterTable(table, ModifyColumn(after, changes))
        yield from self.alter_generation(operation, after, connection)
        if "comment" in operation.changes:
            yield ddl.SetColumnComment(table, after)


@compiles(ModifyColumn)
def _modify_column(
    element: ModifyColumn, compiler: DDLCompiler, **options: object
) -> str:
    column, parts = element.column, []
    if "type" in element.changes:
        parts.append(ddl.type_of(compiler, column))
    if "server_default" in element.changes:
        # A default cannot be dropped; DEFAULT NULL is the same as none.
        default = compiler.get_column_default_string(column) or "NULL"
        parts.append(f"DEFAULT {default}")
    if "nullable" in element.changes:
        parts.append("NULL" if column.nullable else "NOT NULL")
    return f"MODIFY ({ddl.column_name(compiler, column)} {' '.join(parts)})"
