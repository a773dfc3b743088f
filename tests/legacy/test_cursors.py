"""Cursors of the driver in a change script: seen, and kept in the step."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from typing import Any

import psycopg2.extras
import psycopg2.sql
import pytest
from sqlalchemy import create_engine
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import StatementError
from sqlalchemy.pool import NullPool

from migrate import legacy
from migrate.exceptions import ScriptError
from migrate.exceptions import TransactionEndedError
from migrate.watching import watched
from tests.legacy.conftest import rolls_ddl_back


@pytest.fixture
def heard() -> Iterator[list[str]]:
    statements: list[str] = []

    @contextmanager
    def listen(statement: str) -> Iterator[None]:
        statements.append(statement)
        yield

    with watched(listen):
        yield statements


def rows(script: Any) -> list[int]:
    found = script.execute(text("SELECT a FROM t ORDER BY a"))
    return [row[0] for row in found]


@pytest.mark.parametrize("word", ["COMMIT", " -- x\ncommit;", "END"])
def test_commit_by_a_cursor_stays_inside_the_step(
    engine: Engine, connection: Connection, word: str
) -> None:
    if not rolls_ddl_back(connection):
        pytest.skip("the database commits DDL")
    with legacy.style(connection) as script:
        raw = script.raw_connection()
        cursor = raw.cursor()
        cursor.execute("CREATE TABLE t (a INTEGER)")
        cursor.execute("INSERT INTO t VALUES (1)")
        cursor.execute(word)
        cursor.execute("INSERT INTO t VALUES (2)")
        cursor.execute("ROLLBACK")
        inside = rows(script)
    connection.rollback()

    assert inside == [1]
    assert inspect(engine).get_table_names() == []


def test_script_of_sqlite_stays_inside_the_step(
    sqlite_engine: Engine,
) -> None:
    with sqlite_engine.connect() as connection:
        with legacy.style(connection) as script:
            raw: Any = script.raw_connection()
            raw.executescript("CREATE TABLE t (a); COMMIT; BEGIN;")
            raw.cursor().executescript(
                "INSERT INTO t VALUES (1); -- a;b\nCREATE TRIGGER r AFTER"
                " INSERT ON t BEGIN DELETE FROM t; END;INSERT INTO t VALUES"
                " (';')"
            )
            raw.commit()
            inside = connection.exec_driver_sql("SELECT a FROM t").all()
        connection.rollback()

    assert inside == []
    assert inspect(sqlite_engine).get_table_names() == []


def test_commit_among_other_statements_is_refused(
    engine: Engine, connection: Connection
) -> None:
    if engine.name != "postgresql":
        pytest.skip("the driver takes one statement at a time")
    with legacy.style(connection) as script:
        cursor = script.raw_connection().cursor()
        cursor.execute("CREATE TABLE t (a INTEGER)")
        with pytest.raises(ScriptError, match="transactional = False"):
            cursor.execute("INSERT INTO t VALUES (1); COMMIT; SELECT 1")
        cursor.execute("INSERT INTO t SELECT 2 WHERE ';COMMIT;' <> ''; --")

    connection.rollback()
    assert inspect(engine).get_table_names() == []


def test_commit_around_the_cursor_is_told(connection: Connection) -> None:
    if not rolls_ddl_back(connection):
        pytest.skip("the database commits DDL")

    def run() -> None:
        with legacy.style(connection) as script:
            cursor = script.raw_connection().cursor()
            cursor.execute("CREATE TABLE t (a INTEGER)")
            cursor.connection.commit()

    with pytest.raises(TransactionEndedError, match="may be there or not"):
        run()


def test_listener_hears_bare_cursors_only(
    migrate_engine: Any, heard: list[str]
) -> None:
    migrate_engine.execute("CREATE TABLE t (a INTEGER)")
    mark = "?" if migrate_engine.name == "sqlite" else "%s"
    raw = migrate_engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute("INSERT INTO t VALUES (1)")
    cursor.executemany(f"INSERT INTO t VALUES ({mark})", [(2,), (3,)])
    raw.commit()

    assert rows(migrate_engine) == [1, 2, 3]
    assert heard == [
        "INSERT INTO t VALUES (1)",
        f"INSERT INTO t VALUES ({mark})",
    ]


def test_listener_can_forbid_a_statement(migrate_engine: Any) -> None:
    def forbid(statement: str) -> Any:
        raise PermissionError(statement)

    migrate_engine.execute("CREATE TABLE t (a INTEGER)")
    cursor = migrate_engine.raw_connection().cursor()

    with watched(forbid), pytest.raises(PermissionError):
        cursor.execute("INSERT INTO t VALUES (1)")

    assert rows(migrate_engine) == []


def test_cursor_is_of_the_kind_that_the_driver_makes(
    connection: Connection, migrate_engine: Engine
) -> None:
    driver: Any = connection.connection.dbapi_connection

    cursor = migrate_engine.raw_connection().cursor()

    assert isinstance(cursor, type(driver.cursor()))


def test_helpers_of_psycopg2_work(
    engine: Engine, migrate_engine: Any, heard: list[str]
) -> None:
    if engine.driver != "psycopg2":
        pytest.skip("of another driver")
    migrate_engine.execute("CREATE TABLE t (a INTEGER)")
    raw = migrate_engine.raw_connection()
    name = psycopg2.sql.Identifier("t")
    cursor = raw.cursor(cursor_factory=psycopg2.extras.RealDictCursor)

    psycopg2.extras.execute_values(
        cursor, "INSERT INTO t VALUES %s", [(1,), (2,)]
    )
    cursor.execute(psycopg2.sql.SQL("SELECT a FROM {}").format(name))
    named = raw.cursor("n")
    named.execute("SELECT a FROM t")

    assert [row["a"] for row in cursor.fetchall()] == [1, 2]
    assert named.fetchall() == [(1,), (2,)]
    assert heard[1] == 'SELECT a FROM "t"'


def test_ways_of_psycopg_3_are_heard(engine: Engine, heard: list[str]) -> None:
    pytest.importorskip("psycopg")
    if engine.name != "postgresql":
        pytest.skip("of another database")
    from psycopg.rows import dict_row
    from psycopg.sql import SQL

    url = engine.url.set(drivername="postgresql+psycopg")
    other = create_engine(url, poolclass=NullPool)
    with other.connect() as connection:
        with legacy.style(connection) as script:
            raw: Any = script.raw_connection()
            raw.autocommit = True
            raw.set_autocommit(True)
            raw.execute("CREATE TABLE t (a INTEGER)")
            cursor = raw.cursor(row_factory=dict_row)
            cursor.executemany("INSERT INTO t VALUES (%s)", [(1,), (2,)])
            cursor.execute(SQL("SELECT a FROM t")).execute("COMMIT")
            found = cursor.execute(b"SELECT a FROM t").fetchall()
            with raw.cursor("n") as named:
                named.execute("SELECT a FROM t")
                assert named.fetchall() == [(1,), (2,)]
        connection.rollback()

    assert found == [{"a": 1}, {"a": 2}]
    assert heard == [
        "CREATE TABLE t (a INTEGER)",
        "INSERT INTO t VALUES (%s)",
        "SELECT a FROM t",
        "SELECT a FROM t",
        "SELECT a FROM t",
    ]
    assert inspect(engine).get_table_names() == []


# -- SQLite rolls a transaction back itself: here, when it is interrupted

ENDLESS = (
    "INSERT INTO t WITH RECURSIVE few (n) AS"
    " (SELECT 1 UNION ALL SELECT n + 1 FROM few) SELECT n FROM few"
)


@contextmanager
def impatient(connection: Connection) -> Iterator[Any]:
    """A script whose database gives up long statements."""
    driver: Any = connection.connection.dbapi_connection
    driver.set_progress_handler(lambda: 1, 100_000)
    with legacy.style(connection) as script:
        execute: Any = script.execute  # type: ignore[attr-defined]
        execute("CREATE TABLE t (a INTEGER)")
        yield script
    driver.set_progress_handler(None, 0)


def test_error_that_undoes_the_step_is_what_is_said(
    sqlite_engine: Engine,
) -> None:
    def run(connection: Connection) -> None:
        with impatient(connection) as script:
            script.execute(ENDLESS)

    with (
        sqlite_engine.connect() as connection,
        pytest.raises(OperationalError, match="interrupted"),
    ):
        run(connection)


def test_script_that_catches_such_an_error_cannot_go_on(
    sqlite_engine: Engine,
) -> None:
    def run(connection: Connection) -> None:
        with impatient(connection) as script:
            with suppress(OperationalError):
                script.execute(ENDLESS)
            script.execute("CREATE TABLE u (a INTEGER)")

    with (
        sqlite_engine.connect() as connection,
        pytest.raises(StatementError, match="ended in the middle"),
    ):
        run(connection)

    assert inspect(sqlite_engine).get_table_names() == []


def test_nor_can_a_cursor_of_the_driver(sqlite_engine: Engine) -> None:
    def run(connection: Connection) -> None:
        with impatient(connection) as script:
            cursor = script.raw_connection().cursor()
            with suppress(sqlite3.OperationalError):
                cursor.execute(ENDLESS)
            cursor.execute("CREATE TABLE u (a INTEGER)")

    with (
        sqlite_engine.connect() as connection,
        pytest.raises(TransactionEndedError),
    ):
        run(connection)

    assert inspect(sqlite_engine).get_table_names() == []
