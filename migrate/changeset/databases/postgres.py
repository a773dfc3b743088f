"""PostgreSQL: the statements are ANSI's, which were modelled on it."""

from __future__ import annotations

from typing import ClassVar

from migrate.changeset.editor import SchemaEditor

__all__ = ["PostgresEditor"]


class PostgresEditor(SchemaEditor):
    """PostgreSQL, and what speaks its language."""

    name: ClassVar[str] = "PostgreSQL"
    combines_actions: ClassVar[bool] = True
