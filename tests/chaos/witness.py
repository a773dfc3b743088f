"""What a database really holds, as its plain driver sees it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pymysql
from sqlalchemy.engine import URL

__all__ = ["State", "Witness", "witness_of"]

CONTROL = "migrate_version"
HISTORY = "migrate_history"
_MARKS = "(step under way)", "(step elsewhere)"
_PARKED = -1

Row = tuple[Any, ...]


@dataclass(frozen=True)
class State:
    """Everything in a database that a change script could have changed.

    :ivar version: None if the database is not under control.
    :ivar marker: the text of the row that says a step is under way.
    :ivar schema: (name of a table or index, its definition) in order.
    :ivar rows: (name of a table, its rows in order); the control table and
        the history are no part of it.
    """

    version: int | None
    marker: str | None
    schema: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[Row, ...]], ...]

    @property
    def log(self) -> list[str]:
        """What the scripts wrote down, each when it ran."""
        return [row[0] for row in dict(self.rows).get("log", ())]


class Witness:
    """Reads and sets back one database by statements of its own."""

    def __init__(self, url: URL) -> None:
        self.url = url

    def read(self) -> State:
        """Read the state, once everybody else is gone."""
        with self._cursor() as cursor:
            self._wait_until_alone(cursor)
            names = self._tables(cursor)
            version = marker = None
            if CONTROL in names:
                for key, text, number in self._all(
                    cursor,
                    "SELECT repository_id, repository_path, version"
                    f" FROM {CONTROL}",
                ):
                    if key.endswith(_MARKS):
                        if number != _PARKED:
                            marker = text
                    else:
                        version = number
            names = [name for name in names if name not in (CONTROL, HISTORY)]
            return State(
                version,
                marker,
                tuple(self._schema(cursor, names)),
                tuple((name, self._rows(cursor, name)) for name in names),
            )

    def do(self, *statements: str) -> None:
        """Carry out statements, each for itself."""
        with self._cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def ask(self, question: str) -> list[Row]:
        with self._cursor() as cursor:
            return self._all(cursor, question)

    def restore(self, state: State) -> None:
        """Mend the schema and the rows by hand; the control table stays."""
        with self._cursor() as cursor:
            self._restore_schema(cursor, state)
            for name, rows in state.rows:
                cursor.execute(f"DELETE FROM {name}")
                for row in rows:
                    marks = ", ".join([self._mark] * len(row))
                    cursor.execute(f"INSERT INTO {name} VALUES ({marks})", row)

    def clear(self) -> None:
        """Make the database empty."""
        with self._cursor() as cursor:
            self._wait_until_alone(cursor)
            for statement in self._clear:
                cursor.execute(statement.format(self.url.database))

    _clear: tuple[str, ...] = ()

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """Give a cursor in a transaction that is rolled back."""
        with self._cursor() as cursor:
            cursor.execute("BEGIN")
            yield cursor
            cursor.execute("ROLLBACK")

    _mark = "%s"

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        with (
            closing(self.connect()) as connection,
            closing(connection.cursor()) as cursor,
        ):
            yield cursor

    def _all(self, cursor: Any, question: str) -> list[Row]:
        cursor.execute(question)
        return [tuple(row) for row in cursor.fetchall()]

    def _rows(self, cursor: Any, name: str) -> tuple[Row, ...]:
        rows = self._all(cursor, f"SELECT * FROM {name}")
        return tuple(rows if name == "log" else sorted(rows, key=repr))

    def _wait_until_alone(self, cursor: Any, patience: float = 20) -> None:
        deadline = time.monotonic() + patience
        while self._others(cursor):
            assert time.monotonic() < deadline, "a dead session lives on"
            time.sleep(0.005)

    # -- each database

    def connect(self) -> Any:
        """Connect; every statement commits by itself."""
        raise NotImplementedError

    def _tables(self, cursor: Any) -> list[str]:
        raise NotImplementedError

    def _schema(
        self, cursor: Any, names: list[str]
    ) -> Iterator[tuple[str, str]]:
        raise NotImplementedError

    def _restore_schema(self, cursor: Any, state: State) -> None:
        raise NotImplementedError

    def _others(self, cursor: Any) -> bool:
        return False

    def sessions(self) -> list[int]:
        """Return the ids of the other sessions in this database."""
        with self._cursor() as cursor:
            return [row[0] for row in self._all(cursor, self._sessions)]

    _sessions = ""
    kill = ""
    """A statement that ends a session; ``{0}`` stands for its id."""


class _SQLite(Witness):
    _mark = "?"

    def clear(self) -> None:
        Path(str(self.url.database)).unlink(missing_ok=True)

    def connect(self) -> Any:
        return sqlite3.connect(
            str(self.url.database), isolation_level=None, timeout=20
        )

    def _tables(self, cursor: Any) -> list[str]:
        return [
            name
            for (name,) in self._all(
                cursor,
                "SELECT name FROM sqlite_schema WHERE type = 'table'"
                " AND name NOT LIKE 'sqlite_%' ORDER BY name",
            )
        ]

    def _schema(
        self, cursor: Any, names: list[str]
    ) -> Iterator[tuple[str, str]]:
        assert self._all(cursor, "PRAGMA integrity_check") == [("ok",)]
        for name, table, sql in self._all(
            cursor,
            "SELECT name, tbl_name, sql FROM sqlite_schema"
            " WHERE sql IS NOT NULL ORDER BY type DESC, name",
        ):
            if table in names:
                yield name, sql

    def _restore_schema(self, cursor: Any, state: State) -> None:
        for name in self._tables(cursor):
            if name not in (CONTROL, HISTORY):
                cursor.execute(f"DROP TABLE {name}")
        for _, sql in state.schema:
            cursor.execute(sql)


class _PostgreSQL(Witness):
    _clear = ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    _sessions = (
        "SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    kill = "SELECT pg_terminate_backend({0})"

    def connect(self) -> Any:
        connection = psycopg2.connect(
            host=self.url.host,
            port=self.url.port,
            user=self.url.username,
            password=self.url.password,
            dbname=self.url.database,
        )
        connection.autocommit = True
        return connection

    def _others(self, cursor: Any) -> bool:
        return bool(self._all(cursor, self._sessions))

    def _tables(self, cursor: Any) -> list[str]:
        return [
            name
            for (name,) in self._all(
                cursor,
                "SELECT tablename FROM pg_tables"
                " WHERE schemaname = 'public' ORDER BY 1",
            )
        ]

    def _schema(
        self, cursor: Any, names: list[str]
    ) -> Iterator[tuple[str, str]]:
        columns = self._all(
            cursor,
            "SELECT table_name, column_name, data_type, is_nullable,"
            " column_default, character_maximum_length"
            " FROM information_schema.columns WHERE table_schema = 'public'"
            " ORDER BY table_name, ordinal_position",
        )
        for name in names:
            yield name, repr([row[1:] for row in columns if row[0] == name])
        for name, table, sql, is_valid in self._all(
            cursor,
            "SELECT i.relname, t.relname, pg_get_indexdef(i.oid), indisvalid"
            " FROM pg_index JOIN pg_class i ON i.oid = indexrelid"
            " JOIN pg_class t ON t.oid = indrelid"
            " JOIN pg_namespace n ON n.oid = t.relnamespace"
            " WHERE n.nspname = 'public' ORDER BY 1",
        ):
            if table in names:
                yield name, sql if is_valid else f"INVALID {sql}"

    def _restore_schema(self, cursor: Any, state: State) -> None:
        """Mend indexes only: tables are never left half done here."""
        wanted = dict(state.schema)
        names = [name for name in wanted if name in self._tables(cursor)]
        for name, sql in self._schema(cursor, names):
            if name not in names and wanted.get(name) != sql:
                cursor.execute(f"DROP INDEX {name}")
        found = dict(self._schema(cursor, names))
        for name, sql in state.schema:
            if name not in found:
                cursor.execute(sql)


class _MariaDB(Witness):
    _clear = ("DROP DATABASE {0}", "CREATE DATABASE {0}")
    _sessions = (
        "SELECT id FROM information_schema.processlist"
        " WHERE db = database() AND id <> connection_id()"
    )
    kill = "KILL {0}"

    def connect(self) -> Any:
        return pymysql.connect(
            host=self.url.host,
            port=self.url.port or 3306,
            user=self.url.username,
            password=self.url.password or "",
            database=self.url.database,
            autocommit=True,
        )

    def _others(self, cursor: Any) -> bool:
        return bool(self._all(cursor, self._sessions))

    def _tables(self, cursor: Any) -> list[str]:
        return sorted(name for (name,) in self._all(cursor, "SHOW TABLES"))

    def _schema(
        self, cursor: Any, names: list[str]
    ) -> Iterator[tuple[str, str]]:
        for name in names:
            ((_, sql),) = self._all(cursor, f"SHOW CREATE TABLE {name}")
            yield name, sql

    def _restore_schema(self, cursor: Any, state: State) -> None:
        for name in self._tables(cursor):
            if name not in (CONTROL, HISTORY):
                cursor.execute(f"DROP TABLE {name}")
        for _, sql in state.schema:
            cursor.execute(sql)


_WITNESSES = {
    "sqlite": _SQLite,
    "postgresql": _PostgreSQL,
    "mysql": _MariaDB,
    "mariadb": _MariaDB,
}


def witness_of(url: URL) -> Witness:
    return _WITNESSES[url.get_backend_name()](url)
