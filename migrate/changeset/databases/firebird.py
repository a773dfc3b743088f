"""Firebird: its dialect is a package of its own, the SQL near to ANSI."""

from __future__ import annotations

from typing import Any
from typing import ClassVar

from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler

from migrate.changeset import ddl
from migrate.changeset import operations as ops
from migrate.changeset.editor import SchemaEditor
from migrate.changeset.editor import Statements

__all__ = ["FirebirdEditor"]


class FirebirdEditor(SchemaEditor):
    """Firebird from 3.0."""

    name: ClassVar[str] = "Firebird"

    def run(self, connection: Connection, operation: ops.Operation) -> None:
        """Carry it out; before rows are filled, what was done is committed.

        Statements see a new column from the next transaction on.
        """
        if isinstance(operation, ops.FillColumn):
            driver: Any = connection.connection.driver_connection
            driver.commit()
        super().run(connection, operation)

    def drop_column(
        self, operation: ops.DropColumn, connection: Connection
    ) -> Statements:
        """Drop what contains the column first: Firebird refuses else."""
        yield from self.drop_containing(operation, connection)
        yield ddl.AlterTable(operation.table, operation)

    def rename_table(
        self, operation: ops.RenameTable, connection: Connection
    ) -> Statements:
        """Refuse."""
        raise self.refuse(
            f"rename table {operation.table.name!r}",
            "create the new table, INSERT ... SELECT the rows, drop the old",
        )

    def rename_index(
        self, operation: ops.RenameIndex, connection: Connection
    ) -> Statements:
        """Refuse."""
        raise self.refuse_rename("index", operation.index.name)

    def rename_constraint(
        self, operation: ops.RenameConstraint, connection: Connection
    ) -> Statements:
        """Refuse."""
        raise self.refuse_rename("constraint", operation.constraint.name)


@compiles(ops.DropColumn, *ddl.FIREBIRD)
def _drop_column(
    element: ops.DropColumn, compiler: DDLCompiler, **options: object
) -> str:
    return f"DROP {ddl.column_name(compiler, element.column)}"


@compiles(ddl.RenameColumn, *ddl.FIREBIRD)
def _rename_column(
    element: ddl.RenameColumn, compiler: DDLCompiler, **options: object
) -> str:
    before = ddl.column_name(compiler, element.before)
    return f"ALTER COLUMN {before} TO " + ddl.column_name(
        compiler, element.after
    )
