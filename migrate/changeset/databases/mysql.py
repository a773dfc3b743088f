"""MySQL and MariaDB: an altered column is stated whole, from the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CheckConstraint
from sqlalchemy.schema import Column
from sqlalchemy.schema import Constraint
from sqlalchemy.schema import CreateColumn
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.schema import ForeignKeyConstraint
from sqlalchemy.schema import Index
from sqlalchemy.schema import MetaData
from sqlalchemy.schema import PrimaryKeyConstraint
from sqlalchemy.schema import Table
from sqlalchemy.schema import UniqueConstraint
from sqlalchemy.sql.compiler import DDLCompiler

from migrate.changeset import ddl
from migrate.changeset import operations as ops
from migrate.changeset.databases.showcreate import Definition
from migrate.changeset.databases.showcreate import Key
from migrate.changeset.databases.showcreate import columns_of
from migrate.changeset.databases.showcreate import keys_of
from migrate.changeset.editor import SchemaEditor
from migrate.changeset.editor import Statements

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


@dataclass(frozen=True, eq=False)
class DropKey(ExecutableDDLElement):
    """Drop a key or constraint known by its name alone."""

    kind: str
    name: str


@dataclass(frozen=True, eq=False)
class AddKey(ExecutableDDLElement):
    """Add the stored constraint ``key`` again, with another name."""

    key: Key
    name: str


class MySQLEditor(SchemaEditor):
    """MySQL from 8.0.19, MariaDB from 10.5.2."""

    name: ClassVar[str] = "MySQL"
    combines_actions: ClassVar[bool] = True
    restates_columns: ClassVar[bool] = True
    shrinks_indexes: ClassVar[bool] = True

    def alter_column(
        self, operation: ops.AlterColumn, connection: Connection
    ) -> Statements:
        """State the whole column: what the server has, and the changes."""
        if operation.after.identity is not None:
            raise self.refuse(
                "make an identity column", "pass autoincrement=True"
            )
        name = operation.before.name
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
        that contain it.  Indexes shrink.
        """
        name = operation.column.name
        in_the_way = [
            DropKey(key.kind, key.name)
            for key in keys_of(_show(operation.table, connection))
            if name in key.columns and key.name is not None
            if key.kind in {"FOREIGN", "CHECK"}
            or (key.kind == "UNIQUE" and len(key.columns) > 1)
        ]
        # A foreign key's index may be the unique key: it goes first.
        in_the_way.sort(key=lambda each: each.kind != "FOREIGN")
        yield ddl.AlterTable(operation.table, *in_the_way, operation)

    def drop_constraint(
        self, operation: ops.DropConstraint, connection: Connection
    ) -> Statements:
        """Drop it; a counting column stops counting when its key goes."""
        constraint = operation.constraint
        table = constraint.table
        stops = []
        if isinstance(constraint, PrimaryKeyConstraint):
            there = columns_of(_show(table, connection))
            stops = [
                ChangeColumn(
                    table,
                    column.name,
                    column,
                    frozenset(),
                    stored.without("AUTO_INCREMENT"),
                )
                for column in constraint.columns
                if (stored := there.get(column.name)) is not None
                and stored.says("AUTO_INCREMENT")
            ]
        yield ddl.AlterTable(table, *stops, operation)

    def rename_index(
        self, operation: ops.RenameIndex, connection: Connection
    ) -> Statements:
        """Rename it as a part of its table, which must be known."""
        table = operation.index.table
        if table is None:
            raise self.refuse(
                f"rename index {operation.index.name!r} without its table",
                "pass table=",
            )
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
            index = Index(str(constraint.name), _table=table)
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


def _show(table: Table, connection: Connection) -> str:
    """Return SHOW CREATE TABLE; nothing where there is no database."""
    if not isinstance(connection, Connection):
        return ""
    name = connection.dialect.identifier_preparer.format_table(table)
    shown = connection.exec_driver_sql(f"SHOW CREATE TABLE {name}")
    return str(shown.one()[1])


#: How each kind of key is dropped.
_DROPS = {
    "CHECK": "DROP CONSTRAINT {name}",
    "FOREIGN": "DROP FOREIGN KEY {name}",
    "PRIMARY": "DROP PRIMARY KEY",
    "UNIQUE": "DROP INDEX {name}",
}
_KINDS: dict[type[Constraint], str] = {
    CheckConstraint: "CHECK",
    ForeignKeyConstraint: "FOREIGN",
    PrimaryKeyConstraint: "PRIMARY",
    UniqueConstraint: "UNIQUE",
}


@compiles(ops.DropConstraint, "mysql", "mariadb")
def _drop_constraint(
    element: ops.DropConstraint, compiler: DDLCompiler, **options: object
) -> str:
    constraint = element.constraint
    (kind,) = (_KINDS[each] for each in _KINDS if isinstance(constraint, each))
    if kind == "PRIMARY":
        return _DROPS[kind]
    return _DROPS[kind].format(name=ddl.constraint_name(compiler, constraint))


@compiles(DropKey, "mysql", "mariadb")
def _drop_key(
    element: DropKey, compiler: DDLCompiler, **options: object
) -> str:
    name = compiler.preparer.quote(element.name)
    return _DROPS[element.kind].format(name=name)


@compiles(AddKey, "mysql", "mariadb")
def _add_key(element: AddKey, compiler: DDLCompiler, **options: object) -> str:
    stated = element.key.named(compiler.preparer.quote(element.name))
    return f"ADD {_literal(compiler, stated)}"


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
        f"{_literal(compiler, str(definition))}"
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


def _literal(compiler: DDLCompiler, text: str) -> str:
    """Double the percent signs of the server's text for the driver."""
    return (
        text.replace("%", "%%") if compiler.preparer._double_percents else text
    )
