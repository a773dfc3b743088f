"""What change scripts call: columns, tables and indexes that can change."""

from __future__ import annotations

from typing import Any

from sqlalchemy import schema as sa
from sqlalchemy import types
from sqlalchemy.schema import Column
from sqlalchemy.schema import Index
from sqlalchemy.schema import Table

from migrate import binding
from migrate.binding import Bind
from migrate.changeset import metadata
from migrate.changeset import operations as ops
from migrate.changeset.databases import editor_for

__all__ = [
    "ChangesetColumn",
    "ChangesetIndex",
    "ChangesetTable",
    "alter_column",
    "create_column",
    "drop_column",
    "install",
    "rename_index",
    "rename_table",
]


def carry_out(operation: ops.Operation, bind: Bind) -> None:
    """Do ``operation`` on ``bind``; then the Table follows."""
    with binding.connect(bind) as connection:
        editor = editor_for(connection.dialect)
        editor.run(connection, operation)
        metadata.follow(operation, shrinks_indexes=editor.shrinks_indexes)


def create_column(
    column: Column[Any], table: Any = None, *p: Any, **kw: Any
) -> Any:
    """Add ``column`` to ``table``; see :meth:`ChangesetColumn.create`."""
    return ChangesetColumn.create(column, table, *p, **kw)


def drop_column(
    column: Column[Any], table: Any = None, *p: Any, **kw: Any
) -> Any:
    """Drop ``column``; see :meth:`ChangesetColumn.drop`."""
    return ChangesetColumn.drop(column, table, *p, **kw)


def alter_column(column: Column[Any], **kw: Any) -> Any:
    """Alter ``column``; see :meth:`ChangesetColumn.alter`."""
    return ChangesetColumn.alter(column, **kw)


def rename_table(
    table: Table, name: str, engine: Bind | None = None, **kw: Any
) -> None:
    """Rename ``table`` to ``name``."""
    bind = binding.resolve(
        kw.get("connection"), engine, metadata=table.metadata
    )
    carry_out(ops.RenameTable(table, name), bind)


def rename_index(
    index: Index,
    name: str,
    table: Table | None = None,
    engine: Bind | None = None,
    **kw: Any,
) -> None:
    """Rename ``index`` to ``name``."""
    owner = table if table is not None else index.table
    bind = binding.resolve(
        kw.get("connection"),
        engine,
        metadata=None if owner is None else owner.metadata,
    )
    carry_out(ops.RenameIndex(index, name), bind)


class ChangesetColumn:
    """What a Column can do."""

    def create(
        self: Any,
        table: Table | None = None,
        *,
        connection: Bind | None = None,
        engine: Bind | None = None,
    ) -> Any:
        """Add this column to ``table``."""
        owner = self.table if table is None else table
        bind = binding.resolve(connection, engine, metadata=owner.metadata)
        metadata.attach_column(owner, self)
        carry_out(ops.AddColumn(owner, self), bind)
        return self

    def drop(
        self: Any,
        table: Table | None = None,
        *,
        connection: Bind | None = None,
        engine: Bind | None = None,
    ) -> Any:
        """Drop this column from ``table``."""
        owner = self.table if table is None else table
        bind = binding.resolve(connection, engine, metadata=owner.metadata)
        carry_out(ops.DropColumn(owner, self), bind)
        return self

    def alter(
        self: Any,
        *,
        connection: Bind | None = None,
        engine: Bind | None = None,
        **changes: Any,
    ) -> None:
        """Change attributes of this column."""
        bind = binding.resolve(
            connection, engine, metadata=self.table.metadata
        )
        after = self._copy()
        for attribute, value in changes.items():
            setattr(after, attribute, value)
        if "type" in changes:
            after.type = types.to_instance(changes["type"])
        if "server_default" in changes:
            default = changes["server_default"]
            after.server_default = default and sa.DefaultClause(default)
        operation = ops.AlterColumn(
            self.table, self, after, frozenset(changes)
        )
        carry_out(operation, bind)


class ChangesetTable:
    """What a Table can do."""

    def create_column(self: Any, column: Column[Any], **kw: Any) -> None:
        """Add ``column`` to this table."""
        create_column(column, self, **kw)

    def drop_column(self: Any, column: Column[Any] | str, **kw: Any) -> None:
        """Drop ``column``, a Column or its name."""
        found = self.c[column] if isinstance(column, str) else column
        drop_column(found, self, **kw)

    def rename(
        self: Any,
        name: str,
        connection: Bind | None = None,
        engine: Bind | None = None,
    ) -> None:
        """Rename this table."""
        rename_table(self, name, connection=connection, engine=engine)


class ChangesetIndex:
    """What an Index can do."""

    def rename(
        self: Any,
        name: str,
        connection: Bind | None = None,
        engine: Bind | None = None,
    ) -> None:
        """Rename this index."""
        rename_index(self, name, connection=connection, engine=engine)


def install() -> None:
    """Give the methods to Table, Column and Index; again is no harm."""
    for owner, mixin in (
        (Table, ChangesetTable),
        (Column, ChangesetColumn),
        (Index, ChangesetIndex),
    ):
        if mixin not in owner.__bases__:
            owner.__bases__ += (mixin,)
