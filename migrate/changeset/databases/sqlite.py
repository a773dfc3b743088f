"""SQLite: the native ALTER, an edit of the stored text, or a rebuild.

The package :mod:`migrate.changeset.sqlite` decides which, and does it.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy.engine import Connection

from migrate.changeset import operations as ops

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
from migrate.changeset.editor import table_of
from migrate.changeset.sqlite.alteration import Alteration
from migrate.changeset.sqlite.alteration import Features
from migrate.changeset.sqlite.transaction import atomic
from migrate.changeset.sqlite.transaction import setting
from migrate.changeset.sqlite.work import Work

__all__ = ["SQLiteEditor"]


class SQLiteEditor(SchemaEditor):
    """SQLite.  A whole batch is one step, with one rebuild at most."""

    name: ClassVar[str] = "SQLite"
    joins_operations: ClassVar[bool] = True
    renames_alone: ClassVar[bool] = False
    restates_columns: ClassVar[bool] = True
    shrinks_indexes: ClassVar[bool] = True
    keys_are_not_null: ClassVar[bool] = False
    names_constraints: ClassVar[bool] = False

    #: None: by the version of the connection's library.
    features: ClassVar[Features | None] = None

    def run(self, connection: Connection, operation: ops.Operation) -> None:
        """Carry out all of ``operation``, or nothing.

        Inside an open transaction this is a savepoint; without one it is a
        transaction of its own, as any DDL of the sqlite3 module is.

        :raises ExistingRowsError: rows are in the way; the message says
            which.
        :raises NotSupportedError: something uses what is to go.
        """
        self._refuse_identity(operation)
        version = connection.dialect.dbapi.sqlite_version_info  # type: ignore[union-attr]  # SQLite's have it
        features = self.features or Features.of(version)
        with (
            # A rename reaches views, triggers and foreign keys (3.26).
            setting(connection, "legacy_alter_table", on=False),
            atomic(connection) as enforced,
        ):
            alteration = Alteration(
                connection,
                features,
                enforced=enforced,
                altered=_altered(operation),
            )
            work = Work(self, alteration)
            work.do(operation)
            work.finish()

    def _refuse_identity(self, operation: ops.Operation) -> None:
        """Refuse what other databases do and no script may take for done."""
        if isinstance(operation, ops.Batch):
            for each in operation.operations:
                self._refuse_identity(each)
        if (
            isinstance(operation, ops.AlterColumn)
            and "identity" in operation.changes
            and operation.after.identity is not None
        ):
            raise self.refuse(
                "make an identity column",
                "an integer primary key counts by itself",
            )


def _altered(operation: ops.Operation) -> str:
    """Name the only table whose definition changes; "" if others may.

    A rename reaches those which refer to the table, and an index is dropped
    by its name, whichever table it belongs to.
    """
    if isinstance(operation, ops.Batch):
        each = {_altered(part) for part in operation.operations}
        return each.pop() if len(each) == 1 else ""
    if isinstance(operation, ops.AlterColumn):
        renames = "name" in operation.changes
        return "" if renames else operation.table.name
    if isinstance(operation, (ops.AddColumn, ops.DropColumn)):
        return operation.table.name
    if isinstance(operation, (ops.AddConstraint, ops.DropConstraint)):
        return table_of(operation).name
    return ""
