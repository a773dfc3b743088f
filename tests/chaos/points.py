"""Dying at a point: before or after any call that a driver gets.

Nothing of this is in the code under trial: SQLAlchemy is asked to connect
with drivers' connections of classes made here, so that every statement,
commit and rollback is seen, whoever sends it.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2.extensions
import pymysql
from sqlalchemy import event
from sqlalchemy.engine import Engine

__all__ = ["Points", "die"]


def die(name: str) -> None:
    """Die as by ``kill -9``, with a last word for the report."""
    sys.stderr.write(f"killed {name}\n")
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGKILL)


class Points:
    """Counts the points that this process passes.

    :param at: the number, from 0, of the point at which ``act`` is called
        with its name; None: at none.
    :param act: what happens there.
    """

    def __init__(
        self, at: int | None = None, act: Callable[[str], None] = die
    ) -> None:
        self.passed = 0
        self._at = at
        self._act = act
        self._depth = 0

    def watch(self) -> None:
        """See every connection that SQLAlchemy opens from now on."""
        event.listen(Engine, "do_connect", self._connect)

    def _pass(self, when: str, what: str) -> None:
        number = self.passed
        self.passed += 1
        if number == self._at:
            self._act(f"{when} {' '.join(what.split())[:100]}")

    @contextmanager
    def _around(self, what: object) -> Iterator[None]:
        # A driver's commit may be a call of its own execute.
        is_outermost = not self._depth
        if is_outermost:
            self._pass("before", str(what))
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        if is_outermost:
            self._pass("after", str(what))

    def _connect(
        self, dialect: Any, record: Any, args: Any, options: dict[str, Any]
    ) -> Any:
        if dialect.driver == "pysqlite":
            options["factory"] = self._sqlite()
        elif dialect.driver == "psycopg2":
            options["connection_factory"] = self._postgresql()
        elif dialect.driver == "pymysql":
            return self._mariadb()(*args, **options)
        return None  # of other drivers nothing is seen

    def _sqlite(self) -> type[sqlite3.Connection]:
        points = self

        class Cursor(sqlite3.Cursor):
            def execute(self, sql: str, *rest: Any) -> Any:
                with points._around(sql):
                    return super().execute(sql, *rest)

        class Connection(sqlite3.Connection):
            def cursor(self, factory: Any = Cursor) -> Any:
                return super().cursor(factory)

            def commit(self) -> None:
                with points._around("commit"):
                    super().commit()

            def rollback(self) -> None:
                with points._around("rollback"):
                    super().rollback()

        return Connection

    def _postgresql(self) -> type[psycopg2.extensions.connection]:
        points = self

        class Cursor(psycopg2.extensions.cursor):
            def execute(self, sql: Any, *rest: Any) -> None:
                with points._around(sql):
                    super().execute(sql, *rest)

        class Connection(psycopg2.extensions.connection):
            def cursor(self, *args: Any, **options: Any) -> Any:
                options.setdefault("cursor_factory", Cursor)
                return super().cursor(*args, **options)

            def commit(self) -> None:
                with points._around("commit"):
                    super().commit()

            def rollback(self) -> None:
                with points._around("rollback"):
                    super().rollback()

        return Connection

    def _mariadb(self) -> type[pymysql.connections.Connection]:
        points = self

        class Connection(pymysql.connections.Connection):
            def query(self, sql: Any, unbuffered: bool = False) -> Any:
                with points._around(sql):
                    return super().query(sql, unbuffered)

            def commit(self) -> None:
                with points._around("commit"):
                    super().commit()

            def rollback(self) -> None:
                with points._around("rollback"):
                    super().rollback()

            def _execute_command(self, command: Any, sql: Any) -> None:
                super()._execute_command(command, sql)
                if points._depth:
                    points._pass("while the server does", str(sql))

        return Connection
