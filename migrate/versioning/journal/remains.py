"""What statements leave in a database although they failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from migrate.sqltext.kind import changes_rows_only
from migrate.sqltext.kind import is_whole

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["has_unsafe_tables", "invalid_indexes", "is_undone"]

# Engines of MySQL and MariaDB of which a failed statement leaves rows.
_UNSAFE_ENGINES = "'MyISAM', 'Aria', 'MEMORY', 'CSV', 'ARCHIVE', 'MRG_MyISAM'"


def invalid_indexes(connection: Connection) -> str:
    """Say which indexes PostgreSQL left INVALID, and how to drop them.

    ``CREATE INDEX CONCURRENTLY`` leaves one behind when it fails (manual,
    CREATE INDEX).  Empty when there is none.
    """
    if connection.dialect.name != "postgresql":
        return ""
    names = connection.scalars(
        text(
            "SELECT indexrelid::regclass::text FROM pg_index"
            " WHERE NOT indisvalid ORDER BY 1"
        )
    ).all()
    return "".join(
        f"; index {name} is INVALID, if it is this step's drop it with: "
        f"DROP INDEX CONCURRENTLY {name}"
        for name in names
    )


def has_unsafe_tables(connection: Connection) -> bool:
    """Tell whether rows of a failed statement may remain (MySQL)."""
    if connection.dialect.name not in ("mysql", "mariadb"):
        return False
    found = connection.exec_driver_sql(
        "SELECT count(*) FROM information_schema.tables"
        f" WHERE table_schema = DATABASE() AND engine IN ({_UNSAFE_ENGINES})"
    )
    return bool(found.scalar())


def is_undone(connection: Connection, sql: str) -> bool:
    """Tell whether it is certain that a failed statement left nothing."""
    return is_whole(sql) and not (
        changes_rows_only(sql) and has_unsafe_tables(connection)
    )
