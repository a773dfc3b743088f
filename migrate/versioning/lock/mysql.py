"""The lock of MySQL and MariaDB: a named one, of the session."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from sqlalchemy import text

from migrate.driver import send
from migrate.versioning.lock.base import Lock

__all__ = ["MySQLLock"]


class MySQLLock(Lock):
    """``GET_LOCK``: its names are one space per server, 64 characters."""

    keeps_others_out = True

    @contextmanager
    def session(self) -> Iterator[None]:
        """Put the driver into autocommit; :meth:`begin` says BEGIN.

        Change scripts run in it, and to toggle it costs two statements a
        step.
        """
        driver: Any = self.connection.connection.dbapi_connection
        if not callable(getattr(driver, "autocommit", None)):
            yield
            return
        before = bool(driver.get_autocommit())
        driver.autocommit(True)
        try:
            yield
        finally:
            if not self.connection.invalidated:
                driver.autocommit(before)

    def begin(self) -> None:
        """Begin; in autocommit the driver would not."""
        self.connection.begin()
        send(self.connection, "BEGIN")

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
