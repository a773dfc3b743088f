"""All of an alteration or nothing, and the settings it needs meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Connection

__all__ = ["atomic", "in_transaction", "setting"]

_SAVEPOINT = "migrate_alteration"


@contextmanager
def atomic(connection: Connection) -> Iterator[bool]:
    """Do all inside or nothing.

    A savepoint inside the transaction that is open; it is the caller's
    then.  Otherwise a transaction of its own, in which foreign keys are
    off, as lang_altertable, section 7, has it.

    Gives whether foreign keys were on.
    """
    pragma = connection.exec_driver_sql("PRAGMA foreign_keys")
    enforced = bool(pragma.scalar())
    if in_transaction(connection):
        release = f"RELEASE {_SAVEPOINT}"
        undo = [f"ROLLBACK TO {_SAVEPOINT}", release]
        with _whole(connection, f"SAVEPOINT {_SAVEPOINT}", release, undo):
            yield enforced
    else:
        with (
            setting(connection, "foreign_keys", on=False),
            _whole(connection, "BEGIN IMMEDIATE", "COMMIT", ["ROLLBACK"]),
        ):
            yield enforced


@contextmanager
def _whole(
    connection: Connection, begin: str, commit: str, undo: list[str]
) -> Iterator[None]:
    connection.exec_driver_sql(begin)
    try:
        yield
        connection.exec_driver_sql(commit)
    except BaseException:
        # After some errors (disk full) SQLite has rolled back by itself.
        if in_transaction(connection):
            for sql in undo:
                connection.exec_driver_sql(sql)
        raise


def in_transaction(connection: Connection) -> bool:
    """Tell whether a transaction is open in SQLite.

    SQLAlchemy's idea of it is another one: the sqlite3 module begins a
    transaction only before the first statement that changes rows.
    """
    dbapi = connection.connection.dbapi_connection
    return bool(getattr(dbapi, "in_transaction", True))


@contextmanager
def setting(
    connection: Connection, pragma: str, *, on: bool
) -> Iterator[None]:
    """Have a setting of the connection on or off, then as it was.

    No rollback gives it back.
    """
    before = bool(connection.exec_driver_sql(f"PRAGMA {pragma}").scalar())
    if before != on:
        connection.exec_driver_sql(f"PRAGMA {pragma} = {int(on)}")
    try:
        yield
    finally:
        if before != on:
            connection.exec_driver_sql(f"PRAGMA {pragma} = {int(before)}")
