"""The driver's own cursors in a change script: what they send is seen.

A script that takes ``migrate_engine.raw_connection().cursor()`` goes around
SQLAlchemy and its events.  What it sends must not end the transaction of the
step all the same, and whoever keeps a journal wants to know of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any
from typing import Protocol

from migrate.exceptions import ScriptError
from migrate.sqltext.control import control_in

__all__ = ["Owner", "cursor_of"]


class Owner(Protocol):
    """The stand-in connection whose cursors these are."""

    @property
    def is_atomic(self) -> bool:
        """Whether its work is part of a transaction that it cannot end."""

    def leaves_out(self, statement: str) -> bool:
        """Do what remains of one that is not to be sent; else give False."""

    def tell(self, statement: str) -> AbstractContextManager[None]:
        """Tell whoever watches the script; it is carried out inside."""

    def enter(self) -> None:
        """Be in a transaction for statements that nobody will see."""

    def before(self, statement: str) -> None:
        """Be in a transaction, if the statement needs one."""

    def after(self, statement: str) -> None:
        """Note that the statement has been carried out."""

    def check(self) -> None:
        """Raise TransactionEndedError if that transaction is gone."""

    def commit(self) -> None:
        """Keep the work done so far."""

    def rollback(self) -> None:
        """Undo the work since the last commit."""


def cursor_of(real: Any, owner: Owner, *args: Any, **kwargs: Any) -> Any:
    """Make a cursor of a driver's connection that tells what it sends.

    It is of a subclass of what the driver would make, since functions of the
    drivers look at that.  A cursor of a driver that we do not know is as it
    is: what it does to the transaction is found at the end of the step.
    """
    name = _driver(type(real))
    if name == "psycopg":
        return _of_psycopg(real, owner, *args, **kwargs)
    plain = real.cursor(*args, **kwargs)
    if name not in _MAKERS:
        owner.enter()
        return plain
    return _MAKERS[name](real, _told(type(plain), owner), args, kwargs)


def _driver(kind: type) -> str:
    """Return the name of the package in which a driver's class began."""
    names = (base.__module__.partition(".")[0] for base in kind.mro())
    return next((name for name in names if name in _DRIVERS), "")


def _of_psycopg(real: Any, owner: Owner, *args: Any, **kwargs: Any) -> Any:
    """Make one as psycopg 3 does, which looks at its connection."""
    before = real.cursor_factory, real.server_cursor_factory
    real.cursor_factory, real.server_cursor_factory = (
        _told(each, owner) for each in before
    )
    try:
        return real.cursor(*args, **kwargs)
    finally:
        real.cursor_factory, real.server_cursor_factory = before


def _by_argument(real: Any, kind: Any, args: Any, kwargs: Any) -> Any:
    return real.cursor(kind)


_MAKERS: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "sqlite3": _by_argument,
    "pymysql": _by_argument,
    "MySQLdb": _by_argument,
    "mariadb": lambda real, kind, args, kwargs: real.cursor(
        *args[1:], **{**kwargs, "cursorclass": kind}
    ),
    "mysql": lambda real, kind, args, kwargs: real.cursor(cursor_class=kind),
    "pg8000": lambda real, kind, args, kwargs: kind(real),
    "psycopg2": lambda real, kind, args, kwargs: real.cursor(
        *args, **{**kwargs, "cursor_factory": kind}
    ),
}
"""How a driver, by the name of its package, makes a cursor of a class."""

_DRIVERS = {"psycopg", *_MAKERS}

_CHAINING = {"sqlite3", "pg8000", "psycopg"}
"""Drivers whose ``execute`` returns the cursor."""


def _told(base: Any, owner: Owner) -> Any:
    """Return a class of cursors like ``base``."""
    send = _Sender(owner).send

    class ScriptCursor(base):  # type: ignore[misc]  # known at run time only
        def execute(self, sql: Any, *args: Any, **kwargs: Any) -> Any:
            return send(
                self,
                sql,
                lambda: super(ScriptCursor, self).execute(
                    sql, *args, **kwargs
                ),
            )

        def executemany(self, sql: Any, *args: Any, **kwargs: Any) -> Any:
            return send(
                self,
                sql,
                lambda: super(ScriptCursor, self).executemany(
                    sql, *args, **kwargs
                ),
            )

        def callproc(self, name: str, *args: Any, **kwargs: Any) -> Any:
            return send(
                self,
                f"CALL {name}",
                lambda: super(ScriptCursor, self).callproc(
                    name, *args, **kwargs
                ),
            )

        def executescript(self, script: str) -> Any:
            # sqlite3 would commit what the step has done so far.
            for statement in _statements(script):
                self.execute(statement)
            return self

    if not hasattr(base, "executescript"):
        del ScriptCursor.executescript
    return ScriptCursor


class _Sender:
    """Decides what happens to the statements of bare cursors."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._is_sending = False

    def send(self, cursor: Any, sql: Any, run: Callable[[], Any]) -> Any:
        """Send one statement, or end the transaction of the script.

        Drivers call their own methods (PyMySQL: ``executemany``); only the
        outermost call counts.
        """
        if self._is_sending:
            return run()
        text = _text(sql, cursor)
        control = self._control_in(text)
        if control is not None:
            if control != "begin":
                getattr(self._owner, control)()
        elif not self._owner.leaves_out(text):
            return self._tell(text, run)
        return cursor if _driver(type(cursor)) in _CHAINING else None

    def _tell(self, text: str, run: Callable[[], Any]) -> Any:
        self._owner.check()
        self._is_sending = True
        try:
            with self._owner.tell(text):
                self._owner.before(text)
                result = run()
                self._owner.after(text)
                return result
        finally:
            self._is_sending = False

    def _control_in(self, text: str) -> str | None:
        try:
            return control_in(text)
        except ScriptError:
            if self._owner.is_atomic:
                raise
            return None


def _text(sql: Any, cursor: Any) -> str:
    """Return a statement as text; psycopg takes other things as well."""
    if hasattr(sql, "as_string"):
        sql = sql.as_string(cursor)
    return sql.decode(errors="replace") if isinstance(sql, bytes) else str(sql)


def _statements(script: str) -> Iterator[str]:
    """Split the text that sqlite3 takes for a whole script.

    >>> [*_statements("SELECT ';'; SELECT 2")]
    ["SELECT ';';", ' SELECT 2;']
    """
    text = ""
    for piece in script.split(";"):
        text += piece + ";"
        if sqlite3.complete_statement(text):
            if text.strip("; \t\r\n"):
                yield text
            text = ""
    if text.strip("; \t\r\n"):
        yield text
