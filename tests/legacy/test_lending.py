"""A change script uses the engine and the sessions of its application."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import Table
from sqlalchemy import create_engine
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm import scoped_session
from sqlalchemy.orm import sessionmaker

from migrate import binding
from migrate import legacy
from migrate.exceptions import TransactionEndedError
from tests.legacy.conftest import rolls_ddl_back


@pytest.fixture
def application(database_url: URL) -> Iterator[Engine]:
    """An engine that is older than the step, with a pool of its own."""
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


def _table(bind: Any) -> Any:
    metadata: Any = MetaData()
    metadata.bind = bind
    table: Any = Table("t", metadata, Column("a", Integer))
    return table


def _rows(bind: Any) -> list[int]:
    with bind.connect() as connection:
        return [
            *connection.execute(text("SELECT a FROM t ORDER BY a")).scalars()
        ]


def test_engine_of_the_application_sees_what_the_step_does(
    application: Engine, migrate_engine: Engine
) -> None:
    _table(migrate_engine).create()

    with application.begin() as connection:
        connection.execute(text("INSERT INTO t VALUES (1)"))
    application.execute("INSERT INTO t VALUES (2)")  # type: ignore[attr-defined]
    raw = application.raw_connection()
    raw.cursor().execute("INSERT INTO t VALUES (3)")
    raw.commit()
    raw.close()

    assert _rows(application) == [1, 2, 3]
    assert _rows(migrate_engine) == [1, 2, 3]
    assert inspect(application).has_table("t")


def test_sessions_of_the_application_see_what_the_step_does(
    application: Engine, migrate_engine: Engine
) -> None:
    registry = scoped_session(sessionmaker(bind=application))
    table = _table(migrate_engine)
    table.create()

    registry.execute(text("INSERT INTO t VALUES (1)"))
    registry.commit()
    table.create_column(Column("b", Integer))
    registry.execute(text("UPDATE t SET b = a + 1"))
    registry.execute(text("INSERT INTO t VALUES (2, 2)"))
    registry.commit()
    registry.execute(text("INSERT INTO t VALUES (3, 3)"))
    registry.rollback()

    found = registry.execute(text("SELECT b FROM t")).scalars().all()
    registry.remove()
    assert found == [2, 2]


def test_sessions_outlive_the_step(
    application: Engine, connection: Connection
) -> None:
    session = Session(application)
    for step in (1, 2):
        with legacy.style(
            connection, transactional=rolls_ddl_back(connection)
        ) as migrate_engine:
            if step == 1:
                _table(migrate_engine).create()
            session.execute(text(f"INSERT INTO t VALUES ({step})"))
            session.commit()
            session.execute(text("INSERT INTO t VALUES (9)"))
        connection.commit()

    session.execute(text("INSERT INTO t VALUES (3)"))
    session.commit()
    session.close()

    assert _rows(application) == [1, 2, 3]


def test_a_session_that_failed_is_in_no_other_s_way(
    application: Engine, migrate_engine: Engine
) -> None:
    """Each of them had a connection of its own."""
    _table(migrate_engine).create()
    failed = Session(application)
    with suppress(DBAPIError):
        failed.execute(text("INSERT INTO t (nothing) VALUES (1)"))

    other = Session(application)
    other.execute(text("INSERT INTO t VALUES (2)"))
    other.commit()
    migrate_engine.execute("INSERT INTO t VALUES (3)")  # type: ignore[attr-defined]
    failed.rollback()
    other.close()

    assert _rows(migrate_engine) == [2, 3]


def test_a_transaction_that_failed_takes_nothing_until_it_is_rolled_back(
    application: Engine, migrate_engine: Engine
) -> None:
    if migrate_engine.dialect.name != "postgresql":
        pytest.skip("a statement that fails ends no transaction here")
    _table(migrate_engine).create()
    failed = Session(application)
    failed.execute(text("INSERT INTO t VALUES (1)"))
    with suppress(DBAPIError):
        failed.execute(text("SELECT nothing FROM t"))
    migrate_engine.execute("INSERT INTO t VALUES (2)")  # type: ignore[attr-defined]

    with pytest.raises(TransactionEndedError, match="roll it back"):
        failed.execute(text("INSERT INTO t VALUES (3)"))
    failed.rollback()
    failed.execute(text("INSERT INTO t VALUES (4)"))
    failed.commit()
    failed.close()

    assert _rows(migrate_engine) == [2, 4]


def test_a_session_that_failed_is_in_no_other_s_way_outside_a_transaction(
    application: Engine, connection: Connection
) -> None:
    with legacy.style(connection, transactional=False) as migrate_engine:
        _table(migrate_engine).create()
        failed = Session(application)
        with suppress(DBAPIError):
            failed.execute(text("INSERT INTO t (nothing) VALUES (1)"))
        with Session(application) as other:
            other.execute(text("INSERT INTO t VALUES (2)"))
            other.commit()
        failed.rollback()

    assert _rows(application) == [2]


def test_a_session_that_failed_is_in_no_way_of_a_statement_by_itself(
    application: Engine, connection: Connection
) -> None:
    with legacy.style(connection, transactional=False) as migrate_engine:
        _table(migrate_engine).create()
        failed = Session(application)
        with suppress(DBAPIError):
            failed.execute(text("INSERT INTO t (nothing) VALUES (1)"))
        migrate_engine.execute("INSERT INTO t VALUES (2)")  # type: ignore[attr-defined]
        failed.rollback()

    assert _rows(application) == [2]


def test_a_session_that_failed_takes_no_statement_by_itself_with_it(
    application: Engine, connection: Connection
) -> None:
    """Without a transaction of its own it is in that of the session."""
    if connection.dialect.name != "postgresql":
        pytest.skip("a statement that fails ends no transaction here")
    with legacy.style(connection, transactional=False) as migrate_engine:
        _table(migrate_engine).create()
        with Session(application) as failed:
            failed.execute(text("INSERT INTO t VALUES (1)"))
            migrate_engine.execute("INSERT INTO t VALUES (2)")  # type: ignore[attr-defined]
            with suppress(DBAPIError):
                failed.execute(text("SELECT nothing FROM t"))

            with pytest.raises(DBAPIError, match="is aborted"):
                migrate_engine.execute("INSERT INTO t VALUES (3)")  # type: ignore[attr-defined]


def test_commit_after_an_error_is_what_it_was(
    application: Engine, migrate_engine: Engine
) -> None:
    """PostgreSQL rolls back instead."""
    _table(migrate_engine).create()
    with Session(application) as session:
        session.execute(text("INSERT INTO t VALUES (1)"))
        with suppress(DBAPIError):
            session.execute(text("SELECT nothing FROM t"))
        session.commit()
        session.execute(text("INSERT INTO t VALUES (2)"))
        session.commit()

    is_lost = migrate_engine.dialect.name == "postgresql"
    assert _rows(migrate_engine) == ([2] if is_lost else [1, 2])


def test_work_of_the_application_is_undone_with_the_step(
    application: Engine, connection: Connection
) -> None:
    if not rolls_ddl_back(connection):
        pytest.skip("DDL is not rolled back here")

    with legacy.style(connection) as migrate_engine:
        _table(migrate_engine).create()
        with Session(application) as session:
            session.execute(text("INSERT INTO t VALUES (1)"))
            session.commit()
    connection.rollback()

    assert not inspect(application).has_table("t")


def test_session_is_given_back_when_the_step_fails(
    application: Engine, connection: Connection
) -> None:
    session = Session(application)
    transactional = rolls_ddl_back(connection)

    with (
        suppress(ZeroDivisionError),
        legacy.style(connection, transactional=transactional),
    ):
        session.execute(text("SELECT 1"))
        raise ZeroDivisionError
    connection.rollback()

    assert session.execute(text("SELECT 2")).scalar() == 2
    assert session.connection().engine is application
    session.close()


def test_engine_on_another_database_is_a_real_one(
    migrate_engine: Engine, sqlite_url: str
) -> None:
    other = create_engine(sqlite_url)
    with other.begin() as connection:
        connection.execute(text("CREATE TABLE u (a INTEGER)"))
    other.dispose()

    assert not inspect(migrate_engine).has_table("u")


@pytest.mark.parametrize("is_file", [False, True])
def test_engine_whose_url_names_no_database_is_lent_to_itself_alone(
    is_file: bool, tmp_path: Path
) -> None:
    """It is in memory, or ``creator=`` knows where it goes."""

    def engine(name: str) -> Engine:
        path = tmp_path / name if is_file else ":memory:"
        return create_engine(
            make_url("sqlite://"), creator=lambda: sqlite3.connect(path)
        )

    own, other = engine("own.db"), engine("other.db")
    with (
        own.connect() as connection,
        legacy.style(connection) as migrate_engine,
    ):
        _table(migrate_engine).create()

        assert inspect(own).has_table("t")
        assert not inspect(other).has_table("t")

    for each in (own, other):  # Python 3.13 warns of open databases
        each.dispose()


def test_a_second_connection_can_be_had_beside_the_step(
    application: Engine, migrate_engine: Engine
) -> None:
    with binding.running(None), application.connect() as second:
        assert second.engine is application
