"""All of an alteration or nothing, and the settings it needs meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Connection

__all__ = ["atomic", "in_transaction", "renaming_references"]

_SAVEPOINT = "migrate_alteration"


@contextmanager
def atomic(connection: Connection) -> Iterator[None]:
    """Do all inside or nothing.

    A savepoint inside the transaction that is open; it is the caller's
    then.  Otherwise a transaction of its own, in which foreign keys are
    off, as lang_altertable, section 7, has it.
    """

    def run(sql: str) -> None:
        connection.exec_driver_sql(sql)

    if in_transaction(connection):
        begin, commit = f"SAVEPOINT {_SAVEPOINT}", f"RELEASE {_SAVEPOINT}"
        undo = [f"ROLLBACK TO {_SAVEPOINT}", commit]
        keys = False
    else:
        begin, commit, undo = "BEGIN IMMEDIATE", "COMMIT", ["ROLLBACK"]
        pragma = connection.exec_driver_sql("PRAGMA foreign_keys")
        keys = bool(pragma.scalar())
    if keys:
        run("PRAGMA foreign_keys = OFF")
    try:
        run(begin)
        try:
            yield
            run(commit)
        except BaseException:
            # After some errors (disk full) SQLite has rolled back by itself.
            if in_transaction(connection):
                for sql in undo:
                    run(sql)
            raise
    finally:
        if keys:
            run("PRAGMA foreign_keys = ON")


def in_transaction(connection: Connection) -> bool:
    """Tell whether a transaction is open in SQLite.

    SQLAlchemy's idea of it is another one: the sqlite3 module begins a
    transaction only before the first statement that changes rows.
    """
    dbapi = connection.connection.dbapi_connection
    return bool(getattr(dbapi, "in_transaction", True))


@contextmanager
def renaming_references(connection: Connection) -> Iterator[None]:
    """Let RENAME reach views, triggers and foreign keys (SQLite 3.26)."""
    pragma = "PRAGMA legacy_alter_table"
    legacy = connection.exec_driver_sql(pragma).scalar()
    if legacy:
        connection.exec_driver_sql(f"{pragma} = OFF")
    try:
        yield
    finally:
        if legacy:
            connection.exec_driver_sql(f"{pragma} = ON")
