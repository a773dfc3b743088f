"""Names that applications import from here; nothing of ours uses them.

OpenStack's oslo.db and others subclass these classes, or put methods of
their own into them, to mend what sqlalchemy-migrate lost on SQLite.  Nothing
is lost any more, so what they put here is never called; but their imports
and patches go on to work.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "ANSIColumnDropper",
    "ANSIColumnGenerator",
    "ANSIConstraintCommon",
    "ANSIConstraintDropper",
    "ANSIConstraintGenerator",
    "ANSIDialect",
    "ANSISchemaChanger",
    "AlterTableVisitor",
    "SQLiteColumnDropper",
    "SQLiteColumnGenerator",
    "SQLiteCommon",
    "SQLiteConstraintDropper",
    "SQLiteConstraintGenerator",
    "SQLiteDialect",
    "SQLiteHelper",
    "SQLiteSchemaChanger",
]


class AlterTableVisitor:
    """Does one kind of change to an element: a column or constraint."""

    #: The element's method which does it.
    method = "alter"

    @classmethod
    def run(cls, element: Any, bind: Any, **options: Any) -> Any:
        """Do the change on ``bind``."""
        return getattr(element, cls.method)(connection=bind, **options)


class ANSIColumnGenerator(AlterTableVisitor):
    """Adds a column."""

    method = "create"


class ANSIColumnDropper(AlterTableVisitor):
    """Drops a column."""

    method = "drop"


class ANSISchemaChanger(AlterTableVisitor):
    """Alters a column."""


class ANSIConstraintCommon(AlterTableVisitor):
    """Base of those for constraints."""


class ANSIConstraintGenerator(ANSIConstraintCommon):
    """Adds a constraint."""

    method = "create"


class ANSIConstraintDropper(ANSIConstraintCommon):
    """Drops a constraint."""

    method = "drop"


class ANSIDialect:
    """The visitors of a database, by what they do."""

    columngenerator: type[AlterTableVisitor] = ANSIColumnGenerator
    columndropper: type[AlterTableVisitor] = ANSIColumnDropper
    schemachanger: type[AlterTableVisitor] = ANSISchemaChanger
    constraintgenerator: type[AlterTableVisitor] = ANSIConstraintGenerator
    constraintdropper: type[AlterTableVisitor] = ANSIConstraintDropper


class SQLiteCommon:
    """Base of SQLite's."""


class SQLiteHelper(SQLiteCommon):
    """What was patched most: it made SQLite's tables anew."""

    def recreate_table(self, table: Any, *p: Any, **k: Any) -> None:
        """Do nothing."""

    def _get_constraints(self, table: Any) -> list[Any]:
        return []


class SQLiteColumnGenerator(SQLiteCommon, ANSIColumnGenerator):
    """Adds a column."""


class SQLiteColumnDropper(SQLiteHelper, ANSIColumnDropper):
    """Drops a column."""


class SQLiteSchemaChanger(SQLiteHelper, ANSISchemaChanger):
    """Alters a column."""


class SQLiteConstraintGenerator(SQLiteHelper, ANSIConstraintGenerator):
    """Adds a constraint."""


class SQLiteConstraintDropper(SQLiteHelper, ANSIConstraintDropper):
    """Drops a constraint."""


class SQLiteDialect(ANSIDialect):
    """SQLite's visitors."""

    columngenerator = SQLiteColumnGenerator
    columndropper = SQLiteColumnDropper
    schemachanger = SQLiteSchemaChanger
    constraintgenerator = SQLiteConstraintGenerator
    constraintdropper = SQLiteConstraintDropper
