"""Schema changes as SQLAlchemy objects: ``column.create(table)`` and so on.

The names are loaded when they are first asked for: an application that
imports migrate pays next to nothing until it changes a schema.
"""

from __future__ import annotations

from migrate import exceptions
from migrate.deferred import loader

#: Public name -> its module, or the module that it is.  The list is what
#: ``from migrate.changeset import *`` has always given.
HOMES = {
    **dict.fromkeys(exceptions.__all__, "migrate.exceptions"),
    **dict.fromkeys(
        (
            "ChangesetColumn",
            "ChangesetDefaultClause",
            "ChangesetIndex",
            "ChangesetTable",
            "ColumnDelta",
            "alter_column",
            "create_column",
            "drop_column",
            "rename_index",
            "rename_table",
            "schema",
        ),
        "migrate.changeset.schema",
    ),
    **dict.fromkeys(
        (
            "CheckConstraint",
            "ConstraintChangeset",
            "ForeignKeyConstraint",
            "PrimaryKeyConstraint",
            "UniqueConstraint",
            "constraint",
        ),
        "migrate.changeset.constraint",
    ),
    **dict.fromkeys(
        ("SQLA_07", "SQLA_08", "SQLA_09", "SQLA_10", "util"),
        "migrate.changeset.util",
    ),
    "ansisql": "migrate.changeset.ansisql",
    "databases": "migrate.changeset.databases",
    "exceptions": "migrate.exceptions",
    "sqlalchemy": "sqlalchemy",
}

__all__ = [*HOMES]

__getattr__ = loader(__name__, HOMES)
