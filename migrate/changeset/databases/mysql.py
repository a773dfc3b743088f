"""MySQL and MariaDB: an altered column is stated whole."""

from __future__ import annotations

from typing import ClassVar

from migrate.changeset.editor import SchemaEditor

__all__ = ["MySQLEditor"]


class MySQLEditor(SchemaEditor):
    """MySQL from 8.0, MariaDB from 10.5."""

    name: ClassVar[str] = "MySQL"
    combines_actions: ClassVar[bool] = True
    shrinks_indexes: ClassVar[bool] = True
