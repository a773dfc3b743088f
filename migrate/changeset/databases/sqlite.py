"""SQLite: the native ALTER where it does what was asked."""

from __future__ import annotations

from typing import ClassVar

# Applications import these from here.
from migrate.changeset.ansisql import (
    SQLiteColumnDropper as SQLiteColumnDropper,
)
from migrate.changeset.ansisql import (
    SQLiteColumnGenerator as SQLiteColumnGenerator,
)
from migrate.changeset.ansisql import SQLiteCommon as SQLiteCommon
from migrate.changeset.ansisql import (
    SQLiteConstraintDropper as SQLiteConstraintDropper,
)
from migrate.changeset.ansisql import (
    SQLiteConstraintGenerator as SQLiteConstraintGenerator,
)
from migrate.changeset.ansisql import SQLiteDialect as SQLiteDialect
from migrate.changeset.ansisql import SQLiteHelper as SQLiteHelper
from migrate.changeset.ansisql import (
    SQLiteSchemaChanger as SQLiteSchemaChanger,
)
from migrate.changeset.editor import SchemaEditor

__all__ = ["SQLiteEditor"]


class SQLiteEditor(SchemaEditor):
    """SQLite, with the ALTER TABLE that the running library has."""

    name: ClassVar[str] = "SQLite"
    can_alter: ClassVar[bool] = False
    shrinks_indexes: ClassVar[bool] = True
    names_constraints: ClassVar[bool] = False
    foreign_keys_apart: ClassVar[bool] = False
