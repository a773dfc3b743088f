"""One deployer at a time: the lock that a run of steps holds, per database.

Every lock dies with the session that holds it, so nothing has to be cleaned
up after a killed process.  Waiting is polling: a statement that waits inside
the server could deadlock with ``CREATE INDEX CONCURRENTLY`` of the holder.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from migrate.versioning.lock.base import DEFAULT_TIMEOUT
from migrate.versioning.lock.base import Lock
from migrate.versioning.lock.mysql import MySQLLock
from migrate.versioning.lock.postgres import PostgresLock
from migrate.versioning.lock.sqlite import SQLiteLock

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["DEFAULT_TIMEOUT", "Lock", "lock_for"]

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
