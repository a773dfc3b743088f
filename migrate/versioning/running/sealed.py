"""A transaction that will be rolled back, whatever runs in it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeAlias

from sqlalchemy import event

from migrate.exceptions import NotSupportedError
from migrate.sqltext.control import ends_transaction

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from migrate.versioning.lock import Lock

    Seal: TypeAlias = Callable[[Connection, Lock], Iterator[None]]

__all__ = ["sealed"]


@contextmanager
def sealed(connection: Connection, lock: Lock) -> Iterator[None]:
    """Run in a transaction that cannot be committed, and roll it back.

    Only where DDL can be rolled back.  A statement that would end the
    transaction is refused with an error, and the database itself is told to
    refuse what gets past that, such as a bare cursor's.  Afterwards the
    database is as it was: on PostgreSQL that includes where sequences stand,
    which a rollback alone does not restore.

    :param connection: outside of any transaction, inside
        ``lock.session()``.
    :raises NotSupportedError: when the database would not roll back.
    """
    seal = contextmanager(_SEALS.get(connection.dialect.name, _unsealed))
    with seal(connection, lock), _refusing(connection):
        yield


@contextmanager
def _refusing(connection: Connection) -> Iterator[None]:
    """Refuse what would end the transaction before it is sent.

    The connections that 1.x style makes of this one follow its events.
    """

    def before(
        conn: Connection, cursor: Any, statement: str, *rest: Any
    ) -> None:
        if ends_transaction(statement):
            raise NotSupportedError(
                f"{' '.join(statement.split())[:40]!r} would end the "
                "transaction of the step; leave it out, or opt out of the "
                "transaction (transactional = False)"
            )

    event.listen(connection, "before_cursor_execute", before)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", before)


# -- a generator for each database: begin, yield, roll back


def _unsealed(connection: Connection, lock: Lock) -> Iterator[None]:
    lock.begin()
    try:
        yield
    finally:
        connection.rollback()


def _seal_sqlite(connection: Connection, lock: Lock) -> Iterator[None]:
    """Deny BEGIN, COMMIT and ROLLBACK; savepoints are another action."""
    import sqlite3  # only for this database

    def authorize(action: int, *arguments: Any) -> int:
        if action == sqlite3.SQLITE_TRANSACTION:
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    lock.begin()
    driver: Any = connection.connection.dbapi_connection
    try:
        _check_journal_mode(connection)
        driver.set_authorizer(authorize)
        yield
    finally:
        # Before Python 3.11 None does not take the authorizer away.
        is_new = sys.version_info >= (3, 11)
        driver.set_authorizer(None if is_new else lambda *arguments: 0)
        connection.rollback()


def _check_journal_mode(connection: Connection) -> None:
    mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    if str(mode).lower() == "off":
        raise NotSupportedError(
            "with journal_mode=OFF SQLite cannot roll back; nothing was run"
        )


# A sequence that is altered gets a new file, which the rollback discards
# together with the numbers drawn from it (manual, ALTER SEQUENCE: RESTART is
# transactional from PostgreSQL 10 on).
_RENEW_SEQUENCES = r"""
DO $$
DECLARE s record; last bigint; called boolean;
BEGIN
  FOR s IN SELECT c.oid::regclass AS name FROM pg_class c
           JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.relkind = 'S' AND n.nspname !~ '^pg_'
             AND pg_has_role(c.relowner, 'USAGE')
  LOOP
    EXECUTE format('SELECT last_value, is_called FROM %s', s.name)
      INTO last, called;
    EXECUTE format('ALTER SEQUENCE %s RESTART', s.name);
    PERFORM setval(s.name, last, called);
  END LOOP;
END $$
"""
# With a deferred constraint violated any commit fails and rolls back.
_REFUSE_COMMIT = (
    "CREATE TEMPORARY TABLE no_commit_while_testing"
    " (never INTEGER UNIQUE DEFERRABLE INITIALLY DEFERRED)",
    "INSERT INTO pg_temp.no_commit_while_testing VALUES (1), (1)",
)


def _seal_postgres(connection: Connection, lock: Lock) -> Iterator[None]:
    with _only_reading_outside(connection):
        lock.begin()
        try:
            for statement in (
                "SET TRANSACTION READ WRITE",
                _RENEW_SEQUENCES,
                *_REFUSE_COMMIT,
            ):
                connection.exec_driver_sql(
                    statement, execution_options={"no_parameters": True}
                )
            yield
        finally:
            connection.rollback()


@contextmanager
def _only_reading_outside(connection: Connection) -> Iterator[None]:
    """Make transactions read only, for a script that is out of ours.

    It would be after a refused commit whose error it has caught.
    """
    name = "default_transaction_read_only"
    with connection.begin():
        before = connection.exec_driver_sql(f"SHOW {name}").scalar()
        connection.exec_driver_sql(f"SET {name} TO on")
    try:
        yield
    finally:
        if not connection.invalidated:
            with connection.begin():
                connection.exec_driver_sql(f"SET {name} TO {before}")


_SEALS: dict[str, Seal] = {
    "postgresql": _seal_postgres,
    "sqlite": _seal_sqlite,
}
