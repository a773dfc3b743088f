"""SQLite's lock: the write lock of the file, and one of its folder."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import OperationalError

from migrate.versioning.lock.base import Lock

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]  # it is tested before its use

__all__ = ["SQLiteLock"]


class SQLiteLock(Lock):
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
            if not self.connection.invalidated:
                for name, value in before.items():
                    setattr(driver, name, value)

    @contextmanager
    def autocommit(self) -> Iterator[None]:
        """Inside :meth:`session` the driver commits, if nobody begins.

        An event of the application may, as SQLAlchemy recommends (SQLite,
        transactions); here there is nothing to begin.
        """
        events: Any = self.connection.dispatch
        before, events.begin = events.begin, lambda connection: None
        try:
            yield
            self.connection.rollback()
        finally:
            events.begin = before

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
