"""MySQL and MariaDB: an altered column is stated whole, from the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from typing import ClassVar
from typing import TypeGuard

from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import Column
from sqlalchemy.schema import CreateColumn
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.schema import MetaData
from sqlalchemy.schema import PrimaryKeyConstraint
from sqlalchemy.schema import Table
from sqlalchemy.schema import UniqueConstraint
from sqlalchemy.sql import Executable
from sqlalchemy.sql.compiler import DDLCompiler

from migrate.changeset import ddl
from migrate.changeset import operations as ops
from migrate.changeset.databases.mysqlkeys import AddKey
from migrate.changeset.databases.mysqlkeys import DropKey
from migrate.changeset.databases.mysqlkeys import is_foreign_key_again
from migrate.changeset.databases.mysqlkeys import stored_text
from migrate.changeset.databases.mysqlkeys import without_column
from migrate.changeset.databases.mysqlkeys import without_dropped
from migrate.changeset.databases.showcreate import Definition
from migrate.changeset.databases.showcreate import columns_of
from migrate.changeset.databases.showcreate import keys_of
from migrate.changeset.editor import SchemaEditor
from migrate.changeset.editor import Statements
from migrate.changeset.editor import index_named

__all__ = ["MySQLEditor"]


@dataclass(frozen=True, eq=False)
class ChangeColumn(ExecutableDDLElement):
    """State the column ``name`` anew.

    :ivar stored: its definition now; None where there is none to read (a
        preview), and the Column has to do.
    """

    table: Table
    name: str
    after: Column[object]
    changes: frozenset[str]
    stored: Definition | None


class MySQLEditor(SchemaEditor):
    """MySQL from 8.0.19, MariaDB from 10.5.2."""

    name: ClassVar[str] = "MySQL"
    joins_operations: ClassVar[bool] = True
    renames_alone: ClassVar[bool] = False
    restates_columns: ClassVar[bool] = True
    shrinks_indexes: ClassVar[bool] = True

    def alter_column(
        self, operation: ops.AlterColumn, connection: Connection
    ) -> Statements:
        """State the whole column: what the server has, and the changes."""
        identity = operation.after.identity
        if "identity" in operation.changes and identity is not None:
            raise self.refuse(
                "make an identity column", "pass autoincrement=True"
            )
        name = operation.before.name
        if operation.changes == {"name"}:
            rename = ddl.RenameColumn(operation.before, operation.after)
            yield ddl.AlterTable(operation.table, rename)
            return
        stored = columns_of(_show(operation.table, connection)).get(name)
        yield ddl.AlterTable(
            operation.table,
            ChangeColumn(
                operation.table,
                name,
                operation.after,
                operation.changes,
                stored,
            ),
        )

    def drop_column(
        self, operation: ops.DropColumn, connection: Connection
    ) -> Statements:
        """Drop first what the server would not let go of by itself.

        Those are foreign keys, checks and unique keys over several columns
        that contain it.  Indexes shrink, and so does the primary key, which
        MariaDB has to be told (MySQL would do it by itself).
        """
        name = operation.column.name
        containing = [
            key
            for key in keys_of(_show(operation.table, connection))
            if name in key.columns
        ]
        # A foreign key's index may be the unique key: it goes first.
        containing.sort(key=lambda key: key.kind != "FOREIGN")
        yield ddl.AlterTable(
            operation.table,
            *chain.from_iterable(
                without_column(key, name) for key in containing
            ),
            operation,
        )

    def add_column(
        self, operation: ops.AddColumn, connection: Connection
    ) -> Statements:
        """Add the column, and its named checks.

        MariaDB takes no named check in a column's definition.
        """
        yield from super().add_column(operation, connection)
        for each in operation.column.constraints:
            if each.name is not None:
                yield ddl.AlterTable(operation.table, ops.AddConstraint(each))

    def add_constraint(
        self, operation: ops.AddConstraint, connection: Connection
    ) -> Statements:
        """Add it; a column that counted before its key went counts again."""
        constraint = operation.constraint
        table = constraint.table
        counts = []
        if isinstance(constraint, PrimaryKeyConstraint):
            first = next(iter(constraint.columns))
            stored = columns_of(_show(table, connection)).get(first.name)
            if first.autoincrement is True and stored is not None:
                changes = frozenset({"autoincrement"})
                counts.append(
                    ChangeColumn(table, first.name, first, changes, stored)
                )
        yield ddl.AlterTable(table, operation, *counts)

    def drop_constraint(
        self, operation: ops.DropConstraint, connection: Connection
    ) -> Statements:
        """Drop it; a counting column stops counting when its key goes."""
        table: Table = operation.constraint.table
        stops = []
        if isinstance(operation.constraint, PrimaryKeyConstraint):
            stops = [
                ChangeColumn(
                    table,
                    column.name,
                    column,
                    frozenset(),
                    stored.without("AUTO_INCREMENT"),
                )
                for column, stored in _counting(
                    operation.constraint, connection
                )
            ]
        yield ddl.AlterTable(table, *stops, operation)

    def batch(
        self, operation: ops.Batch, connection: Connection
    ) -> Statements:
        """Join the statements; nothing is dropped twice.

        A column counts on while the key that it leads is exchanged.
        """
        keys = [each for each in operation.operations if _is_of_key(each)]
        exchanged = keys if len(keys) > 1 else []
        statements = chain.from_iterable(
            [ddl.AlterTable(operation.table, each)]
            if each in exchanged
            else self.statements(each, connection)
            for each in operation.operations
        )
        dropped: set[str] = set()
        once = (without_dropped(each, dropped) for each in statements)
        left = (each for each in once if each is not None)
        yield from self.joined(operation.table, left)

    def combines(
        self, statement: Executable, pending: Sequence[ExecutableDDLElement]
    ) -> TypeGuard[ddl.AlterTable]:
        """Tell whether it may share its ALTER TABLE.

        Names in new keys are those of after it, others those of before.
        """
        if not super().combines(statement, pending):
            return False
        adds = any(isinstance(each, ops.AddConstraint) for each in pending)
        return not any(
            isinstance(action, ops.RenameTable)
            or (adds and _renames(action))
            or is_foreign_key_again(action, pending)
            for action in statement.actions
        )

    def rename_index(
        self, operation: ops.RenameIndex, connection: Connection
    ) -> Statements:
        """Rename it as a part of its table, which must be known."""
        table = self.table_of_index(operation)
        yield ddl.AlterTable(table, operation)

    def rename_constraint(
        self, operation: ops.RenameConstraint, connection: Connection
    ) -> Statements:
        """Rename a unique key; others are dropped and added again."""
        constraint = operation.constraint
        if isinstance(constraint, PrimaryKeyConstraint):
            raise self.refuse(
                "rename a primary key", "it is always called PRIMARY"
            )
        table = constraint.table
        if isinstance(constraint, UniqueConstraint):
            index = index_named(str(constraint.name), table)
            yield ddl.AlterTable(table, ops.RenameIndex(index, operation.name))
            return
        stored = [
            key
            for key in keys_of(_show(table, connection))
            if key.name == constraint.name and key.kind in {"FOREIGN", "CHECK"}
        ]
        for key in stored:
            drop = DropKey(key.kind, str(key.name))
            yield ddl.AlterTable(table, drop, AddKey(key, operation.name))


def _renames(action: object) -> bool:
    if isinstance(action, ChangeColumn):
        return action.name != action.after.name
    return isinstance(action, ddl.RenameColumn)


def _is_of_key(operation: ops.Operation) -> bool:
    """Tell whether it adds or drops a primary key."""
    return isinstance(
        operation, (ops.AddConstraint, ops.DropConstraint)
    ) and isinstance(operation.constraint, PrimaryKeyConstraint)


def _counting(
    key: Any, connection: Connection
) -> Iterator[tuple[Column[object], Definition]]:
    """Yield the column of ``key`` that counts, with its definition."""
    there = columns_of(_show(key.table, connection))
    for column in key.columns:
        stored = there.get(column.name)
        if stored is not None and stored.says("AUTO_INCREMENT"):
            yield column, stored


def _show(table: Table, connection: Connection) -> str:
    """Return SHOW CREATE TABLE; nothing where there is no database."""
    if not isinstance(connection, Connection):
        return ""
    name = connection.dialect.identifier_preparer.format_table(table)
    shown = connection.exec_driver_sql(f"SHOW CREATE TABLE {name}")
    return str(shown.one()[1])


@compiles(ops.AddColumn, "mysql", "mariadb")
def _add_column(
    element: ops.AddColumn, compiler: DDLCompiler, **options: object
) -> str:
    column = element.column
    specified: Any = compiler  # SQLAlchemy has no types for the method
    inline = [each for each in column.constraints if each.name is None]
    return " ".join(
        [
            "ADD",
            specified.get_column_specification(column),
            *map(compiler.process, inline),
        ]
    )


@compiles(ops.RenameIndex, "mysql", "mariadb")
def _rename_index(
    element: ops.RenameIndex, compiler: DDLCompiler, **options: object
) -> str:
    before = compiler.preparer.format_index(element.index)
    return f"RENAME INDEX {before} TO {compiler.preparer.quote(element.name)}"


@compiles(ChangeColumn, "mysql", "mariadb")
def _change_column(
    element: ChangeColumn, compiler: DDLCompiler, **options: object
) -> str:
    before, after = element.name, str(element.after.name)
    definition = _wanted(element, compiler)
    if element.stored is not None:
        definition = element.stored.altered(
            definition, {*element.changes}
        ).renamed(before, after)
    quote = compiler.preparer.quote
    return (
        f"CHANGE COLUMN {quote(before)} {quote(after)} "
        f"{stored_text(compiler, str(definition))}"
    )


def _wanted(element: ChangeColumn, compiler: DDLCompiler) -> Definition:
    """Spell the column as in CREATE TABLE; counting needs a table."""
    column = element.after._copy()
    if column.autoincrement is True:
        column.primary_key = True
    Table(element.table.name, MetaData(), column)
    spelled = compiler.process(CreateColumn(column))
    name = compiler.preparer.format_column(column)
    return Definition.parse(spelled.removeprefix(name).replace("%%", "%"))


@compiles(ops.RenameTable, "mysql", "mariadb")
def _rename_table(
    element: ops.RenameTable, compiler: DDLCompiler, **options: object
) -> str:
    """Name the schema again, or the table moves to the current one."""
    after = Table(element.name, MetaData(), schema=element.table.schema)
    return f"RENAME TO {compiler.preparer.format_table(after)}"
