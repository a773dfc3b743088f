"""How long a run waits, and how often it tries again."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from contextlib import nullcontext
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from migrate.driver import code_of
from migrate.exceptions import NotSupportedError
from migrate.versioning.session.pooler import own_session_id
from migrate.watching import watched

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["Limits", "is_lock_timeout", "limited"]

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_INSTRUCTIONS = 10_000
"""Of SQLite's virtual machine, between two looks at the clock."""


@dataclass(frozen=True)
class Limits:
    """Limits of one run, in seconds.

    :ivar lock_timeout: for another deployer to finish.
    :ivar ddl_lock_timeout: for a statement to get its lock on a table;
        None leaves that to the database.  While a statement waits for such
        a lock, the application's queries queue behind it.
    :ivar statement_timeout: for a statement to end; None: no limit.
    :ivar retries: how often a step is tried again after it was undone
        because a statement did not get its lock.
    """

    lock_timeout: float = 60.0
    ddl_lock_timeout: float | None = None
    statement_timeout: float | None = None
    retries: int = 0

    def pauses(self) -> Iterator[float]:
        """Give the seconds to wait before each retry: growing, jittered."""
        pause = _FIRST_PAUSE
        for _ in range(self.retries):
            yield pause * random.uniform(0.5, 1.5)
            pause = min(pause * 2, _LONGEST_PAUSE)


@contextmanager
def limited(connection: Connection, limits: Limits) -> Iterator[None]:
    """Set the limits of the session, and set back what it had.

    Outside of any transaction; ends its own.

    :raises NotSupportedError: at once, when the database has no such limit,
        or a pooler gives the session to others.
    """
    _refuse_unknown(connection, limits)
    wanted = _settings(connection, limits)
    if wanted and connection.dialect.name == "postgresql":
        own_session_id(connection)
    before = {name: _get(connection, name) for name in wanted}
    _set_all(connection, wanted)
    seconds = limits.statement_timeout
    is_timed = connection.dialect.name == "sqlite" and seconds is not None
    try:
        with _timed(connection, seconds or 0) if is_timed else nullcontext():
            yield
    except BaseException:
        with suppress(DBAPIError):  # a lost session has no settings
            _set_all(connection, before)
        raise
    _set_all(connection, before)


def is_lock_timeout(error: BaseException) -> bool:
    """Tell whether a statement failed because it did not get a lock.

    PostgreSQL: SQLSTATE 55P03 (manual, Appendix A).  MySQL and MariaDB:
    error 1205.  SQLite: SQLITE_BUSY and SQLITE_LOCKED.
    """
    if not isinstance(error, DBAPIError) or error.orig is None:
        return False
    is_sqlite = type(error.orig).__module__.startswith("sqlite3")
    return code_of(error) in ("55P03", 1205) or (
        is_sqlite and "locked" in str(error.orig)
    )


def _refuse_unknown(connection: Connection, limits: Limits) -> None:
    name = connection.dialect.name
    is_mysql = name == "mysql" and not getattr(
        connection.dialect, "is_mariadb", False
    )
    if is_mysql and limits.statement_timeout is not None:
        raise NotSupportedError(
            "statement_timeout is not possible on MySQL, which limits "
            "nothing but SELECT (max_execution_time); leave it out"
        )
    for option in ("ddl_lock_timeout", "statement_timeout"):
        if getattr(limits, option) is not None and name not in _SET:
            raise NotSupportedError(
                f"{option} is not possible on {name}; leave it out"
            )


@contextmanager
def _timed(connection: Connection, seconds: float) -> Iterator[None]:
    """Interrupt each statement that takes longer, on SQLite.

    It has no such setting, but asks a function now and then whether to go on
    (manual, sqlite3_progress_handler).
    """
    end = inf
    is_late = False

    def begin(*statement: object) -> AbstractContextManager[None]:
        nonlocal end
        end = time.monotonic() + seconds
        return nullcontext()

    def must_stop() -> bool:
        nonlocal is_late
        is_late = time.monotonic() > end
        return is_late

    driver: Any = connection.connection.dbapi_connection
    driver.set_progress_handler(must_stop, _INSTRUCTIONS)
    event.listen(connection, "before_cursor_execute", begin)
    try:
        with watched(begin):
            yield
    except DBAPIError as error:
        if is_late:
            reason = f"it took longer than statement_timeout={seconds:g}"
            error.args = (f"{error.args[0]}: {reason}", *error.args[1:])
        raise
    finally:
        event.remove(connection, "before_cursor_execute", begin)
        driver.set_progress_handler(None, _INSTRUCTIONS)


def _settings(connection: Connection, limits: Limits) -> dict[str, str]:
    """Return {setting of the session: value}."""
    wait, statement = limits.ddl_lock_timeout, limits.statement_timeout
    settings: dict[str, str | None] = {}
    name = connection.dialect.name
    if name == "postgresql":
        settings["lock_timeout"] = _milliseconds(wait)
        settings["statement_timeout"] = _milliseconds(statement)
    elif name in ("mysql", "mariadb"):
        settings["lock_wait_timeout"] = _whole_seconds(wait)
        settings["innodb_lock_wait_timeout"] = _whole_seconds(wait)
        if getattr(connection.dialect, "is_mariadb", False):
            settings["max_statement_time"] = _seconds(statement)
    elif name == "sqlite":
        settings["busy_timeout"] = _milliseconds(wait)
    return {key: value for key, value in settings.items() if value}


def _milliseconds(seconds: float | None) -> str | None:
    return None if seconds is None else str(max(1, round(seconds * 1000)))


def _whole_seconds(seconds: float | None) -> str | None:
    return None if seconds is None else str(max(1, round(seconds)))


def _seconds(seconds: float | None) -> str | None:
    return None if seconds is None else str(seconds)


_GET = {
    "postgresql": "SHOW {0}",
    "sqlite": "PRAGMA {0}",
    "mysql": "SELECT @@SESSION.{0}",
    "mariadb": "SELECT @@SESSION.{0}",
}
_SET = {
    "postgresql": "SET {0} = '{1}'",
    "sqlite": "PRAGMA {0} = {1}",
    "mysql": "SET SESSION {0} = {1}",
    "mariadb": "SET SESSION {0} = {1}",
}


def _get(connection: Connection, name: str) -> str:
    statement = _GET[connection.dialect.name].format(name)
    return str(connection.exec_driver_sql(statement).scalar())


def _set_all(connection: Connection, settings: dict[str, str]) -> None:
    if not settings or connection.invalidated:
        return
    connection.rollback()
    for name, value in settings.items():
        statement = _SET[connection.dialect.name].format(name, value)
        connection.exec_driver_sql(statement)
    connection.commit()
