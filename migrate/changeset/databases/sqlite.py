"""SQLite: the native ALTER where it does what was asked."""

from __future__ import annotations

from typing import ClassVar

from migrate.changeset.editor import SchemaEditor

__all__ = ["SQLiteEditor"]


class SQLiteEditor(SchemaEditor):
    """SQLite, with the ALTER TABLE that the running library has."""

    name: ClassVar[str] = "SQLite"
    shrinks_indexes: ClassVar[bool] = True
    names_constraints: ClassVar[bool] = False
    foreign_keys_apart: ClassVar[bool] = False
