"""One deployer at a time: the lock that a run of steps holds, per database.

Every lock dies with the session that holds it, so nothing has to be cleaned
up after a killed process.  Waiting is polling: a statement that waits inside
the server could deadlock with ``CREATE INDEX CONCURRENTLY`` of the holder.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING

from migrate.versioning.lock.base import DEFAULT_TIMEOUT
from migrate.versioning.lock.base import Lock
from migrate.versioning.lock.mysql import MySQLLock
from migrate.versioning.lock.postgres import PostgresLock
from migrate.versioning.lock.sqlite import SQLiteLock

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine import Engine

__all__ = ["DEFAULT_TIMEOUT", "Lock", "lock_for", "own_session"]

_LOCKS: dict[str, type[Lock]] = {
    "sqlite": SQLiteLock,
    "postgresql": PostgresLock,
    "mysql": MySQLLock,
    "mariadb": MySQLLock,
}


def lock_for(
    connection: Connection,
    timeout: float = DEFAULT_TIMEOUT,
    on_wait: Callable[[str], None] | None = None,
) -> Lock:
    """Return the lock of the connection's database; acquires nothing."""
    return _LOCKS.get(connection.dialect.name, Lock)(
        connection, timeout, on_wait
    )


@contextmanager
def own_session(engine: Engine, *, runs_scripts: bool) -> Iterator[Connection]:
    """Give a connection that goes back to the pool only as it was.

    Not with what scripts have set in the session, nor, after an error, with
    a lock that a signal has left there before anybody knew that it was got.
    SQLite has neither, and in memory the connection is the database.
    """
    with _rolling_back(engine).connect() as connection:
        is_clean = False
        try:
            yield connection
            is_clean = not runs_scripts
        finally:
            if engine.name != "sqlite" and not is_clean:
                connection.invalidate()


def _rolling_back(engine: Engine) -> Engine:
    """Return the engine, or its like that always sends a ROLLBACK.

    With ``skip_autocommit_rollback`` (SQLAlchemy 2.0.43) it is not sent
    where the driver is in autocommit, as we put those of SQLite and MySQL.
    """
    if not getattr(engine.dialect, "skip_autocommit_rollback", False):
        return engine
    engine.connect().close()  # after its first, a dialect knows the server
    own = engine.execution_options()
    own.dialect = copy(engine.dialect)
    own.dialect.skip_autocommit_rollback = False
    return own
