"""What reaches the step's transaction, the listeners and the logs."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from migrate import legacy
from migrate.exceptions import ScriptError
from migrate.sqltext.control import control_in
from migrate.sqltext.control import without_control
from tests.legacy.conftest import rolls_ddl_back


@pytest.fixture
def transactional(connection: Connection) -> Connection:
    if not rolls_ddl_back(connection):
        pytest.skip("commits of scripts are real there")
    return connection


@pytest.mark.parametrize("ending", ["COMMIT", "/* now */ commit;", "END"])
def test_commit_as_text_leaves_the_step_whole(
    engine: Engine, transactional: Connection, ending: str
) -> None:
    with legacy.style(transactional) as script:
        execute: Any = script.execute  # type: ignore[attr-defined]
        execute("CREATE TABLE t (a INTEGER)")
        execute(ending)
        execute("BEGIN")
        execute(text("INSERT INTO t VALUES (1)"))
        execute(text(ending))

    transactional.rollback()

    assert inspect(engine).get_table_names() == []


def test_commit_as_text_keeps_and_rollback_undoes(
    transactional: Connection,
) -> None:
    with legacy.style(transactional) as script:
        with script.begin() as one:
            one.execute(text("CREATE TABLE t (a INTEGER)"))
            one.execute(text("COMMIT"))
            one.execute(text("INSERT INTO t VALUES (1)"))
            one.execute(text("ROLLBACK"))
            one.execute(text("INSERT INTO t VALUES (2)"))
        rows = script.execute("SELECT a FROM t")  # type: ignore[attr-defined]

        assert [row[0] for row in rows] == [2]


@pytest.mark.parametrize(
    "statement",
    [
        "PREPARE TRANSACTION 'x'",
        "COMMIT; CREATE DATABASE x",
        "BEGIN; SELECT 1; ROLLBACK;",
        "CREATE TABLE t (a INT); COMMIT; DROP TABLE t",
    ],
)
def test_what_ends_the_step_among_other_things_is_refused(
    engine: Engine, transactional: Connection, statement: str
) -> None:
    with (
        pytest.raises(ScriptError, match="end the transaction of the step"),
        legacy.style(transactional) as script,
    ):
        script.execute(statement)  # type: ignore[attr-defined]


ROUND = """
begin; -- all of; COMMIT; it
CREATE TABLE t (a TEXT);
INSERT INTO t VALUES ('one; commit; begin');
commit;
BEGIN WORK;
INSERT INTO t VALUES ('two');
COMMIT
"""


def test_transaction_round_the_statements_of_a_text_is_left_out(
    engine: Engine, transactional: Connection
) -> None:
    """CKAN's scripts have them."""
    if transactional.dialect.name == "sqlite":
        pytest.skip("the sqlite3 module takes one statement")
    with legacy.style(transactional) as script:
        execute: Any = script.execute  # type: ignore[attr-defined]
        execute(ROUND)
        rows = execute("SELECT a FROM t ORDER BY a").fetchall()

        assert [row[0] for row in rows] == ["one; commit; begin", "two"]

    transactional.rollback()
    assert inspect(engine).get_table_names() == []


def test_text_with_a_transaction_of_its_own_is_undone_when_it_fails(
    transactional: Connection,
) -> None:
    if transactional.dialect.name == "sqlite":
        pytest.skip("the sqlite3 module takes one statement")
    with legacy.style(transactional) as script:
        execute: Any = script.execute  # type: ignore[attr-defined]
        with pytest.raises(DBAPIError):
            execute("BEGIN; CREATE TABLE t (a INTEGER); SELECT b; COMMIT")
        execute("BEGIN; CREATE TABLE t (a INTEGER); COMMIT")


@pytest.mark.parametrize(
    "statement",
    [
        "COMMIT",
        "BEGIN; COMMIT",
        "ROLLBACK; DROP TABLE a",
        "DROP TABLE a; COMMIT; DROP TABLE b",
        "CREATE TRIGGER x AFTER INSERT ON a BEGIN DELETE FROM b; END",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC; SELECT 1; END; COMMIT",
        "SELECT 'begin; x; commit'",
        "INSERT INTO a VALUES (1); DROP TABLE b",
    ],
)
def test_other_texts_are_sent_as_they_are(statement: str) -> None:
    assert without_control(statement) == statement


@pytest.mark.parametrize(
    ("statement", "control"),
    [
        ("begin isolation level serializable, read only", "begin"),
        ("-- so\nSTART TRANSACTION;", "begin"),
        ("COMMIT AND NO CHAIN", "commit"),
        ("ABORT", "rollback"),
        ("ROLLBACK TO SAVEPOINT a", None),
        ("COMMIT PREPARED 'x'", None),
        ("SELECT 'a; COMMIT'", None),
        ("COMMITS", None),
    ],
)
def test_control_is_told(statement: str, control: str | None) -> None:
    assert control_in(statement) == control


def test_listener_that_begins_for_sqlite_is_not_asked(
    sqlite_engine: Engine,
) -> None:
    seen: list[str] = []

    @event.listens_for(sqlite_engine, "connect")
    def _connect(dbapi_connection: Any, record: object) -> None:
        dbapi_connection.isolation_level = None

    @event.listens_for(sqlite_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    @event.listens_for(sqlite_engine, "before_cursor_execute")
    def _execute(
        connection: Any, cursor: Any, statement: str, *rest: Any
    ) -> None:
        seen.append(statement)

    with sqlite_engine.begin() as connection:
        with legacy.style(connection) as script:
            script.execute(  # type: ignore[attr-defined]
                "CREATE TABLE t (a INTEGER)"
            )
        assert connection.in_transaction()

    assert seen == ["BEGIN", "CREATE TABLE t (a INTEGER)"]
    assert inspect(sqlite_engine).has_table("t")


def test_lost_connection_is_said_once(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    kill = {
        "postgresql": "SELECT pg_terminate_backend(pg_backend_pid())",
        "mysql": "KILL CONNECTION_ID()",
    }.get(connection.dialect.name)
    if kill is None:
        pytest.skip("there is no connection to lose")
    transactional = rolls_ddl_back(connection)

    with (
        pytest.raises(DBAPIError) as caught,
        legacy.style(connection, transactional=transactional) as script,
    ):
        script.execute(kill)  # type: ignore[attr-defined]
    connection.invalidate()

    # MySQL says of the statement that it was interrupted, and ends later.
    is_interrupted = "1317" in str(caught.value)
    assert caught.value.connection_invalidated or is_interrupted
    assert caplog.records == []
