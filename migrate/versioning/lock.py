"""One deployer at a time: the lock that a run of steps holds, per database.

Every lock dies with the session that holds it, so nothing has to be cleaned
up after a killed process.  Waiting is polling: a statement that waits inside
the server could deadlock with ``CREATE INDEX CONCURRENTLY`` of the holder.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import OperationalError

from migrate.binding import can_roll_back_ddl
from migrate.exceptions import LockTimeoutError
from migrate.exceptions import NotSupportedError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]  # it is tested before its use

__all__ = ["DEFAULT_TIMEOUT", "Lock", "lock_for"]

DEFAULT_TIMEOUT = 60.0
"""Seconds that a deployer waits for another one."""

_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.5)
"""Seconds between two attempts; the last one repeats."""


_POOLER = (
    "the pooler between us and PostgreSQL gives each transaction another "
    "session (PgBouncer: pool_mode=transaction), so that no lock can be held; "
    "give the URL of the server itself"
)


class Lock:
    """The lock of one run on one connection, for databases without a better.

    Nothing is held for the run as a whole: each transactional step locks its
    row of the control table (``SELECT .. FOR UPDATE``), and a step that cannot
    be one transaction is known by its marker alone.

    :param connection: the connection on which the steps will run.
    :param timeout: seconds to wait for another deployer; 0 does not wait.
    :param on_wait: called once with a description of the holder when
        another deployer is found at work.
    """

    def __init__(
        self,
        connection: Connection,
        timeout: float = DEFAULT_TIMEOUT,
        on_wait: Callable[[str], None] | None = None,
    ) -> None:
        self.connection = connection
        self.timeout = timeout
        self._on_wait = on_wait or (lambda holder: None)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock inside, outside of any transaction.

        :raises LockTimeoutError: when another deployer does not finish.
        """
        self._poll(self._try_acquire)
        try:
            yield
        except BaseException:
            # A lost session has released the lock with its own end.
            with suppress(DBAPIError):
                self._give_back()
            raise
        self._give_back()

    def _give_back(self) -> None:
        if not self.connection.invalidated:
            self.connection.rollback()
            self._release()

    @contextmanager
    def session(self) -> Iterator[None]:
        """Prepare the driver's connection for steps, and restore it."""
        yield

    @contextmanager
    def autocommit(self) -> Iterator[None]:
        """Let every statement inside commit by itself.

        For steps that cannot be one transaction.  Where the database
        commits DDL anyway, the rows that it does not commit are committed
        at the end.
        """
        connection = self.connection
        if not can_roll_back_ddl(connection):
            yield
            connection.commit()
            return
        before = connection.get_execution_options().get(
            "isolation_level", connection.default_isolation_level
        )
        connection.execution_options(isolation_level="AUTOCOMMIT")
        try:
            yield
        finally:
            # To set an option would connect again, without the lock.
            if not connection.invalidated:
                connection.rollback()
                connection.execution_options(isolation_level=before)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other deployers out of a step of several transactions.

        Inside :meth:`held`, which does so already where it holds anything.

        :raises LockTimeoutError: when another deployer does not finish.
        """
        yield

    def begin(self) -> None:
        """Begin the transaction of a step; the caller commits it.

        :raises LockTimeoutError: when another writer does not finish.
        """
        self.connection.begin()

    def _try_acquire(self) -> bool:
        return True

    def _release(self) -> None:
        pass

    def _holder(self) -> str:
        return "another deployer"

    def _poll(
        self, attempt: Callable[[], bool], holder: str | None = None
    ) -> None:
        deadline = time.monotonic() + self.timeout
        pauses = iter(_PAUSES)
        pause = 0.0
        while not attempt():
            if not pause:
                holder = holder or self._holder()
                self._on_wait(holder)
            pause = next(pauses, _PAUSES[-1])
            if time.monotonic() + pause > deadline:
                raise LockTimeoutError(
                    f"the database is locked by {holder}, which did not "
                    f"finish within {self.timeout:g} seconds; nothing was "
                    "changed, try again or give --lock_timeout=SECONDS"
                )
            time.sleep(pause)


class _SQLiteLock(Lock):
    """``BEGIN IMMEDIATE``: a database file has one writer.

    A step of several transactions locks the folder of the file besides:
    SQLite has no lock that outlives a transaction, a lock file would stay
    behind, and to open the database itself once more would take away
    SQLite's own locks (sqlite.org, howtocorrupt, section 2.2).
    """

    @contextmanager
    def session(self) -> Iterator[None]:
        """Keep the sqlite3 module from opening transactions by itself.

        In its legacy mode it opens none before DDL, which would make a step
        half transactional; with ``isolation_level`` None we say when.  Its
        other modes (``autocommit``, Python 3.12) commit by themselves, or
        begin before we do.
        """
        driver: Any = self.connection.connection.dbapi_connection
        settings = {"isolation_level": None}
        if hasattr(driver, "autocommit"):
            settings["autocommit"] = sqlite3.LEGACY_TRANSACTION_CONTROL  # type: ignore[attr-defined,unused-ignore]  # 3.12
        before = {name: getattr(driver, name) for name in settings}
        for name in reversed(settings):
            setattr(driver, name, settings[name])
        try:
            yield
        finally:
            for name, value in before.items():
                setattr(driver, name, value)

    @contextmanager
    def autocommit(self) -> Iterator[None]:
        """Nothing to do: inside :meth:`session` the driver commits."""
        yield
        self.connection.rollback()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Lock the folder, where the system can."""
        folder = self._open_folder()
        if folder is None:
            yield
            return
        try:
            self._poll(lambda: _try_flock(folder), "another deployer")
            yield
        finally:
            os.close(folder)

    def _open_folder(self) -> int | None:
        rows = self.connection.exec_driver_sql("PRAGMA database_list").all()
        self.connection.rollback()
        path = next(row[2] for row in rows if row[1] == "main")
        if not path or fcntl is None:  # in memory; on Windows
            return None
        with suppress(OSError):  # one that we may not read
            return os.open(os.path.dirname(path), os.O_RDONLY)
        return None

    def begin(self) -> None:
        """Begin at once as the writer; a deferred begin could deadlock."""
        driver: Any = self.connection.connection.dbapi_connection
        self.connection.begin()
        if driver.in_transaction:
            # An event of the application has begun a deferred transaction.
            driver.rollback()
        (busy_timeout,) = driver.execute("PRAGMA busy_timeout").fetchone()
        driver.execute("PRAGMA busy_timeout = 0")
        try:
            self._poll(self._try_begin)
        except BaseException:
            self.connection.rollback()
            raise
        finally:
            driver.execute(f"PRAGMA busy_timeout = {busy_timeout}")

    def _try_begin(self) -> bool:
        try:
            self.connection.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as error:
            if "locked" in str(error.orig):
                return False
            raise
        return True

    def _holder(self) -> str:
        return "another writer"


def _try_flock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without such locks
        return True
    return True


_CHECK = "client_connection_check_interval"


class _PostgresLock(Lock):
    """A session advisory lock; its key is one per database."""

    _KEY = int.from_bytes(
        hashlib.sha256(b"migrate: deployer").digest()[:8], "big", signed=True
    )

    @contextmanager
    def session(self) -> Iterator[None]:
        """Take the driver out of autocommit, and let the server see deaths.

        In autocommit a step would not be one transaction.
        """
        driver: Any = self.connection.connection.dbapi_connection
        if getattr(driver, "autocommit", False) is not True:
            with self._watched_by_server():
                yield
            return
        self.connection.execution_options(isolation_level="READ COMMITTED")
        try:
            with self._watched_by_server():
                yield
        finally:
            if not self.connection.invalidated:
                self.connection.rollback()
                self.connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def _watched_by_server(self) -> Iterator[None]:
        """Let the server see in the middle of a statement that we died.

        It would else hold our locks until the statement ends (manual,
        client_connection_check_interval; from PostgreSQL 14, and not on
        every system).
        """
        before = self._set_check("1s")
        try:
            yield
        finally:
            if before is not None:
                self._set_check(before)

    def _set_check(self, value: str) -> str | None:
        """Set the interval; return what it was, None if that failed."""
        if self.connection.invalidated:
            return None
        with suppress(DBAPIError):
            self.connection.rollback()
            before: str | None = self.connection.scalar(
                text(f"SELECT current_setting('{_CHECK}', true)")
            )
            if before is not None:
                self.connection.exec_driver_sql(f"SET {_CHECK} = '{value}'")
            self.connection.commit()
            return before
        return None

    def _try_acquire(self) -> bool:
        row = self._ask("SELECT pg_try_advisory_lock(:key), pg_backend_pid()")
        if row[0] and self._ask("SELECT pg_backend_pid()")[0] != row[1]:
            raise NotSupportedError(_POOLER)
        return bool(row[0])

    def _release(self) -> None:
        if not self._ask("SELECT pg_advisory_unlock(:key)")[0]:
            raise NotSupportedError(_POOLER)

    def _ask(self, question: str) -> Any:
        parameters = {"key": self._KEY} if ":key" in question else {}
        with self.connection.begin():
            return self.connection.execute(text(question), parameters).one()

    def _holder(self) -> str:
        with self.connection.begin():
            row = self.connection.execute(
                text(
                    "SELECT a.pid, a.client_addr, a.application_name"
                    " FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
                    " WHERE l.locktype = 'advisory' AND l.granted"
                    " AND l.database = (SELECT oid FROM pg_database"
                    "  WHERE datname = current_database())"
                    " AND l.classid::bigint = :high"
                    " AND l.objid::bigint = :low AND l.objsubid = 1"
                ),
                {
                    "high": (self._KEY >> 32) & 0xFFFFFFFF,
                    "low": self._KEY & 0xFFFFFFFF,
                },
            ).first()
        if row is None:
            return "another deployer"
        pid, address, application = row
        return f"another deployer (pid {pid}, {address or 'local'}" + (
            f", {application})" if application else ")"
        )


class _MySQLLock(Lock):
    """``GET_LOCK``: its names are one space per server, 64 characters."""

    @cached_property
    def _name(self) -> str:
        with self.connection.begin():
            database = self.connection.scalar(text("SELECT DATABASE()")) or ""
        return "migrate:" + hashlib.sha256(database.encode()).hexdigest()[:40]

    def _call(self, function: str) -> Any:
        name = self._name
        with self.connection.begin():
            return self.connection.scalar(
                text(f"SELECT {function}"), {"name": name}
            )

    def _try_acquire(self) -> bool:
        return bool(self._call("GET_LOCK(:name, 0)"))

    def _release(self) -> None:
        self._call("RELEASE_LOCK(:name)")

    def _holder(self) -> str:
        pid = self._call("IS_USED_LOCK(:name)")
        with self.connection.begin():
            who = self.connection.scalar(
                text(
                    "SELECT concat(user, '@', host)"
                    " FROM information_schema.processlist WHERE id = :pid"
                ),
                {"pid": pid},
            )
        return f"another deployer (connection {pid}" + (
            f", {who})" if who else ")"
        )


_LOCKS: dict[str, type[Lock]] = {
    "sqlite": _SQLiteLock,
    "postgresql": _PostgresLock,
    "mysql": _MySQLLock,
    "mariadb": _MySQLLock,
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
