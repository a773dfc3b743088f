"""Firebird: what its SQL alone does not say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import Table

from migrate.changeset import operations as ops
from migrate.changeset.databases.firebird import FirebirdEditor


def test_new_column_is_committed_before_rows_are_filled() -> None:
    column = Column("b", Integer, default=3)
    table = Table("t", MetaData(), Column("a", Integer), column)
    done: list[str] = []
    driver = SimpleNamespace(commit=lambda: done.append("commit"))
    connection: Any = SimpleNamespace(
        connection=SimpleNamespace(driver_connection=driver),
        dialect=SimpleNamespace(supports_comments=False),
        execute=lambda statement: done.append(type(statement).__name__),
    )

    FirebirdEditor().run(connection, ops.DropColumn(table, table.c.a))
    FirebirdEditor().run(connection, ops.FillColumn(table, column))

    assert done == ["AlterTable", "commit", "Update"]
