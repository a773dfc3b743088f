"""Several transactions of a script on the one connection of its step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from migrate import legacy
from migrate.exceptions import TransactionEndedError


@pytest.fixture
def migrate_engine(migrate_engine: Engine) -> Engine:
    _send(migrate_engine, "CREATE TABLE t (a INTEGER UNIQUE)")
    return migrate_engine


@pytest.fixture
def two(migrate_engine: Engine) -> Iterator[tuple[Connection, Connection]]:
    with migrate_engine.connect() as one, migrate_engine.connect() as other:
        yield one, other


def _send(bind: Any, sql: str) -> None:
    bind.execute(text(sql))


def _fail(bind: Any, sql: str = "INSERT INTO t (nothing) VALUES (1)") -> None:
    with suppress(DBAPIError):
        _send(bind, sql)


def _rows(bind: Any) -> list[int]:
    return [*bind.execute(text("SELECT a FROM t ORDER BY a")).scalars()]


def _need(engine: Engine, dialect: str) -> None:
    if engine.dialect.name != dialect:
        pytest.skip(f"only {dialect} has this")


def test_failed_one_is_not_undone_with_what_another_has_done_since(
    migrate_engine: Engine, two: tuple[Connection, Connection]
) -> None:
    _need(migrate_engine, "postgresql")
    failed, other = two
    failed.begin()
    _send(failed, "INSERT INTO t VALUES (1)")
    transaction = other.begin()
    _send(other, "INSERT INTO t VALUES (2)")
    _fail(failed)

    with pytest.raises(DBAPIError, match="is aborted"):
        _send(other, "INSERT INTO t VALUES (3)")
    with pytest.raises(DBAPIError, match="is aborted"):
        _send(migrate_engine, "INSERT INTO t VALUES (4)")
    failed.get_transaction().rollback()  # type: ignore[union-attr]
    transaction.rollback()

    assert _rows(migrate_engine) == []


def test_failed_one_is_undone_when_others_have_only_read(
    migrate_engine: Engine, two: tuple[Connection, Connection]
) -> None:
    _need(migrate_engine, "postgresql")
    failed, other = two
    failed.begin()
    _send(failed, "INSERT INTO t VALUES (1)")
    other.begin()
    _send(other, "SELECT 1")
    _fail(failed)

    _send(other, "INSERT INTO t VALUES (2)")
    other.get_transaction().commit()  # type: ignore[union-attr]

    assert _rows(migrate_engine) == [2]


def test_one_that_another_has_swept_away_still_rolls_back(
    migrate_engine: Engine, two: tuple[Connection, Connection]
) -> None:
    first, second = two
    begun = first.begin()
    _send(first, "INSERT INTO t VALUES (1)")
    later = second.begin()
    _send(second, "INSERT INTO t VALUES (2)")
    begun.rollback()
    _send(second, "INSERT INTO t VALUES (3)")

    later.rollback()

    assert _rows(migrate_engine) == []


def test_connection_in_autocommit_goes_on_after_an_error(
    migrate_engine: Engine,
) -> None:
    _need(migrate_engine, "postgresql")
    raw: Any = migrate_engine.raw_connection()
    raw.set_session(autocommit=True)
    cursor = raw.cursor()
    with suppress(migrate_engine.dialect.loaded_dbapi.Error):
        cursor.execute("SELECT nothing FROM t")
    _send(migrate_engine, "INSERT INTO t VALUES (1)")

    cursor.execute("INSERT INTO t VALUES (2)")

    assert _rows(migrate_engine) == [1, 2]
    raw.close()


@pytest.mark.parametrize(
    "trigger",
    [
        None,
        "CREATE TRIGGER tr AFTER INSERT ON u WHEN new.a = 3"
        " BEGIN SELECT raise(FAIL, 'no'); END",
    ],
)
def test_rows_that_a_failed_statement_left_are_rolled_back(
    migrate_engine: Engine, trigger: str | None
) -> None:
    """SQLite's ``FAIL`` need not be in the statement."""
    _need(migrate_engine, "sqlite")
    _send(migrate_engine, "CREATE TABLE u (a INTEGER UNIQUE ON CONFLICT FAIL)")
    if trigger is not None:
        _send(migrate_engine, trigger)
    with migrate_engine.connect() as connection:
        transaction = connection.begin()
        _fail(connection, "INSERT INTO u VALUES (1), (2), (3), (1)")
        _send(migrate_engine, "INSERT INTO u VALUES (4)")
        transaction.rollback()

    found = migrate_engine.connect().execute(text("SELECT count(*) FROM u"))
    assert found.scalar() == 0  # the other's went, too: it came later


@pytest.mark.parametrize("is_undone_first", [True, False])
def test_no_work_of_others_after_sqlite_has_rolled_back_the_step(
    connection: Connection, is_undone_first: bool
) -> None:
    """It would begin another transaction, and be all that is committed."""
    _need(connection.engine, "sqlite")

    def script(migrate_engine: Engine) -> None:
        with (
            migrate_engine.connect() as one,
            migrate_engine.connect() as other,
        ):
            _send(migrate_engine, "CREATE TABLE t (a INTEGER UNIQUE)")
            one.begin()
            _send(one, "INSERT INTO t VALUES (1)")
            failing = other.begin()
            _fail(other, "INSERT OR ROLLBACK INTO t VALUES (1)")
            if is_undone_first:
                failing.rollback()
            with suppress(TransactionEndedError):
                _send(one, "INSERT INTO t VALUES (2)")

    with (
        pytest.raises(TransactionEndedError, match="transaction of the step"),
        legacy.style(connection) as migrate_engine,
    ):
        script(migrate_engine)
    connection.rollback()


def test_rows_that_a_failed_routine_left_are_rolled_back(
    migrate_engine: Engine,
) -> None:
    _need(migrate_engine, "mysql")
    _send(
        migrate_engine,
        "CREATE PROCEDURE p() BEGIN INSERT INTO t VALUES (1);"
        " INSERT INTO t VALUES (1); END",
    )
    try:
        with migrate_engine.connect() as connection:
            transaction = connection.begin()
            _fail(connection, "CALL p()")
            transaction.rollback()
    finally:
        _send(migrate_engine, "DROP PROCEDURE p")

    assert _rows(migrate_engine) == []
