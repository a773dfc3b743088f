"""Schema changes as SQLAlchemy objects: ``column.create(table)`` and so on."""

from __future__ import annotations

from migrate.changeset.schema import ChangesetColumn
from migrate.changeset.schema import ChangesetIndex
from migrate.changeset.schema import ChangesetTable
from migrate.changeset.schema import alter_column
from migrate.changeset.schema import create_column
from migrate.changeset.schema import drop_column
from migrate.changeset.schema import install
from migrate.changeset.schema import rename_index
from migrate.changeset.schema import rename_table

__all__ = [
    "ChangesetColumn",
    "ChangesetIndex",
    "ChangesetTable",
    "alter_column",
    "create_column",
    "drop_column",
    "rename_index",
    "rename_table",
]

install()
