"""PostgreSQL's lock: an advisory one, of the session."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from functools import cached_property
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from migrate.versioning.lock.base import Lock
from migrate.versioning.session.pooler import own_session_id
from migrate.versioning.session.pooler import shared_session

__all__ = ["PostgresLock"]

_CHECK = "client_connection_check_interval"


class PostgresLock(Lock):
    """A session advisory lock; its key is one per database."""

    keeps_others_out = True

    _KEY = int.from_bytes(
        hashlib.sha256(b"migrate: deployer").digest()[:8], "big", signed=True
    )

    @contextmanager
    def session(self) -> Iterator[None]:
        """Take the driver out of autocommit, and let the server see deaths.

        In autocommit a step would not be one transaction.

        :raises NotSupportedError: when a pooler shares the session.
        """
        assert self._session_id
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
            with self.connection.begin():
                before: str | None = self.connection.scalar(
                    text(f"SELECT current_setting('{_CHECK}', true)")
                )
                if before is not None:
                    change = f"SET {_CHECK} = '{value}'"
                    self.connection.exec_driver_sql(change)
                return before
        return None

    @cached_property
    def _session_id(self) -> int:
        return own_session_id(self.connection)

    def _try_acquire(self) -> bool:
        # Asked in the same statement: it would stay with that session.
        session_id, is_ours = self._ask(
            "SELECT pg_backend_pid(), CASE WHEN pg_backend_pid() = :own"
            " THEN pg_try_advisory_lock(:key) END",
            own=self._session_id,
        )
        if session_id != self._session_id:
            raise shared_session()
        return bool(is_ours)

    def _release(self) -> None:
        if not self._ask("SELECT pg_advisory_unlock(:key)")[0]:
            raise shared_session(
                f" (ours is left behind: SELECT pg_terminate_backend("
                f"{self._session_id}) ends it)"
            )

    def _ask(self, question: str, **parameters: object) -> Any:
        parameters["key"] = self._KEY
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
