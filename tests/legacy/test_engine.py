from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import Table
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool

from migrate import binding
from migrate import legacy
from tests.legacy.conftest import rolls_ddl_back


@pytest.fixture
def run(migrate_engine: Engine) -> Any:
    """Execute text on the script's engine, with a table ``t`` in place."""
    execute: Any = migrate_engine.execute  # type: ignore[attr-defined]
    execute("CREATE TABLE t (a INTEGER PRIMARY KEY)")
    return execute


def values(run: Any) -> list[int]:
    return [row[0] for row in run("SELECT a FROM t ORDER BY a")]


def test_is_a_genuine_engine(migrate_engine: Engine) -> None:
    assert isinstance(migrate_engine, Engine)
    assert binding.running_bind() is migrate_engine
    assert inspect(migrate_engine).get_table_names() == []


def test_url_as_text_has_the_password() -> None:
    engine = create_engine("sqlite://", poolclass=NullPool)
    engine.url = engine.url.set(username="u", password="p@ss")
    with engine.connect() as connection, legacy.style(connection) as script:
        assert script.url == engine.url
        assert str(script.url) == "sqlite://u:p%40ss@"
        assert "p%40ss" not in repr(script.url)


def test_attributes_of_the_applications_engine_are_found(
    engine: Engine, connection: Connection
) -> None:
    engine.basedir = "/srv"  # type: ignore[attr-defined]

    with legacy.style(connection) as script:
        assert script.basedir == "/srv"  # type: ignore[attr-defined]
        assert not hasattr(script, "nosuch")


def test_everything_is_undone_with_the_step(
    engine: Engine, connection: Connection
) -> None:
    if not rolls_ddl_back(connection):
        pytest.skip("the database commits DDL")
    with legacy.style(connection) as script:
        script.execute(  # type: ignore[attr-defined]
            "CREATE TABLE t (a INTEGER)"
        )
        with script.begin() as inner:
            inner.execute(text("INSERT INTO t VALUES (1)"))

    connection.rollback()

    assert inspect(engine).get_table_names() == []


def test_works_in_a_transaction_that_the_caller_began_by_hand(
    sqlite_engine: Engine,
) -> None:
    with sqlite_engine.connect() as connection:
        real: Any = connection.connection.dbapi_connection
        assert isinstance(real, sqlite3.Connection)
        real.isolation_level = None
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with legacy.style(connection) as script:
            script.execute(  # type: ignore[attr-defined]
                "CREATE TABLE t (a INTEGER)"
            )
            assert real.in_transaction
        connection.exec_driver_sql("ROLLBACK")

    assert inspect(sqlite_engine).get_table_names() == []


def test_a_caught_error_does_not_end_the_step(run: Any) -> None:
    run("INSERT INTO t VALUES (1)")

    with pytest.raises(DBAPIError):
        run("INSERT INTO t VALUES (1)")
    with pytest.raises(DBAPIError):
        run("SELECT * FROM nosuch")
    run("INSERT INTO t VALUES (2)")

    assert values(run) == [1, 2]


def test_a_caught_error_undoes_only_its_own_statement(
    migrate_engine: Engine, run: Any
) -> None:
    with migrate_engine.connect() as one, migrate_engine.connect() as other:
        transaction = one.begin()
        values(run)
        one.execute(text("INSERT INTO t VALUES (1)"))
        with pytest.raises(DBAPIError):
            other.execute(text("SELECT * FROM nosuch"))
        transaction.commit()

    assert values(run) == [1]


def test_rollback_of_the_script_undoes_its_own_transaction(
    migrate_engine: Engine, run: Any
) -> None:
    run("INSERT INTO t VALUES (1)")

    with migrate_engine.connect() as connection:
        transaction = connection.begin()
        connection.execute(text("INSERT INTO t VALUES (2)"))
        transaction.rollback()

    assert values(run) == [1]


def test_what_was_never_committed_is_lost(
    connection: Connection, engine: Engine
) -> None:
    with legacy.style(
        connection, transactional=rolls_ddl_back(connection)
    ) as script:
        script.execute(  # type: ignore[attr-defined]
            "CREATE TABLE t (a INTEGER)"
        )
        left_open = script.connect()
        left_open.begin()
        left_open.execute(text("INSERT INTO t VALUES (1)"))

    connection.commit()

    assert connection.scalar(text("SELECT count(*) FROM t")) == 0


def test_begin_inside_begin_leaves_the_commit_to_the_outer(
    migrate_engine: Engine, run: Any
) -> None:
    with migrate_engine.connect() as connection:
        outer = connection.begin()
        inner = connection.begin()
        connection.execute(text("INSERT INTO t VALUES (1)"))
        inner.commit()
        outer.rollback()

    assert values(run) == []


def test_rollback_inside_begin_rolls_the_outer_back(
    migrate_engine: Engine, run: Any
) -> None:
    with migrate_engine.connect() as connection:
        connection.begin()
        connection.execute(text("INSERT INTO t VALUES (1)"))
        with pytest.raises(ZeroDivisionError), connection.begin():
            raise ZeroDivisionError

    assert values(run) == []


def test_savepoint_of_the_script(migrate_engine: Engine, run: Any) -> None:
    with migrate_engine.begin() as connection:
        connection.execute(text("INSERT INTO t VALUES (1)"))
        savepoint = connection.begin_nested()
        connection.execute(text("INSERT INTO t VALUES (2)"))
        savepoint.rollback()

    assert values(run) == [1]


@pytest.mark.parametrize("first", ["one", "other"])
def test_transactions_may_overlap(
    migrate_engine: Engine, run: Any, first: str
) -> None:
    with migrate_engine.connect() as one, migrate_engine.connect() as other:
        began = {"one": one.begin(), "other": other.begin()}
        one.execute(text("INSERT INTO t VALUES (1)"))
        other.execute(text("INSERT INTO t VALUES (2)"))
        began.pop(first).commit()
        began.popitem()[1].commit()

    assert values(run) == [1, 2]


def test_rollback_of_the_later_keeps_what_the_earlier_committed(
    migrate_engine: Engine, run: Any
) -> None:
    with migrate_engine.connect() as one, migrate_engine.connect() as other:
        first = one.begin()
        one.execute(text("INSERT INTO t VALUES (1)"))
        second = other.begin()
        other.execute(text("INSERT INTO t VALUES (2)"))
        first.commit()
        second.rollback()

    assert values(run) == [1]


@pytest.mark.parametrize("end", ["close", "rollback", "commit", "nothing"])
def test_session_that_only_read_undoes_no_work_of_others(
    engine: Engine, connection: Connection, end: str
) -> None:
    transactional = rolls_ddl_back(connection)
    with legacy.style(connection, transactional=transactional) as script:
        run: Any = script.execute  # type: ignore[attr-defined]
        run("CREATE TABLE t (a INTEGER PRIMARY KEY)")
        run("INSERT INTO t VALUES (1)")
        session: Any = sessionmaker(bind=script)()
        for row in session.execute(text("SELECT a FROM t")).all():
            run(f"INSERT INTO t VALUES ({row[0] + 1})")
        with script.begin() as other:
            other.execute(text("INSERT INTO t VALUES (3)"))
        getattr(session, end, bool)()
    connection.commit()

    rows = connection.scalars(text("SELECT a FROM t ORDER BY a")).all()
    assert rows == [1, 2, 3]


def test_what_was_left_open_takes_nothing_committed_with_it(
    engine: Engine, connection: Connection
) -> None:
    transactional = rolls_ddl_back(connection)
    with legacy.style(connection, transactional=transactional) as script:
        run: Any = script.execute  # type: ignore[attr-defined]
        run("CREATE TABLE t (a INTEGER PRIMARY KEY)")
        one, other = script.connect(), script.connect()
        first = one.begin()
        one.execute(text("INSERT INTO t VALUES (1)"))
        other.begin()
        other.execute(text("INSERT INTO t VALUES (2)"))
        first.commit()
    connection.commit()

    assert connection.scalars(text("SELECT a FROM t")).all() == [1]


def test_session_commits_and_rolls_back(
    migrate_engine: Engine, run: Any
) -> None:
    session = sessionmaker(bind=migrate_engine)()
    session.execute(text("INSERT INTO t VALUES (1)"))
    session.commit()
    session.execute(text("INSERT INTO t VALUES (2)"))
    session.rollback()
    session.close()

    assert values(run) == [1]


def test_session_on_a_connection_commits(
    migrate_engine: Engine, run: Any
) -> None:
    with migrate_engine.connect() as connection:
        connection.execute(text("SELECT * FROM t"))
        session = sessionmaker(bind=connection)()
        session.execute(text("INSERT INTO t VALUES (1)"))
        session.commit()
        session.close()

    assert values(run) == [1]


def test_connection_lost_at_the_end_is_an_error_of_sqlalchemy(
    engine: Engine, connection: Connection
) -> None:
    kill, own_id = {
        "sqlite": ("", ""),
        "postgresql": (
            "SELECT pg_terminate_backend({0})",
            "SELECT pg_backend_pid()",
        ),
        "mysql": ("KILL {0}", "SELECT connection_id()"),
    }[engine.name]
    if not kill:
        pytest.skip("there is no server that could cut the connection")
    transactional = rolls_ddl_back(connection)
    number = connection.exec_driver_sql(own_id).scalar()

    def run() -> None:
        with legacy.style(connection, transactional=transactional) as script:
            script.execute(  # type: ignore[attr-defined]
                "CREATE TABLE t (a INTEGER)"
            )
            left_open = script.connect()
            left_open.begin()
            left_open.execute(text("INSERT INTO t VALUES (1)"))
            with engine.connect() as other:
                other.exec_driver_sql(kill.format(number))

    with pytest.raises(DBAPIError) as caught:
        run()

    assert caught.value.connection_invalidated
    assert connection.invalidated


def test_connection_lost_at_the_beginning_is_one_too(
    engine: Engine, connection: Connection
) -> None:
    if engine.name != "mysql":
        pytest.skip("the driver asks nobody to go into autocommit mode")
    number = connection.exec_driver_sql("SELECT connection_id()").scalar()
    connection.rollback()
    with engine.connect() as other:
        other.exec_driver_sql(f"KILL {number}")

    with (
        pytest.raises(DBAPIError),
        legacy.style(connection, transactional=False),
    ):
        pass

    assert connection.invalidated


def test_raw_connection_commits_inside_the_step(
    migrate_engine: Engine, run: Any
) -> None:
    raw = migrate_engine.raw_connection()
    raw.cursor().execute("INSERT INTO t VALUES (1)")
    raw.commit()
    raw.cursor().execute("INSERT INTO t VALUES (2)")
    raw.rollback()
    raw.close()

    assert values(run) == [1]


def test_rows_outlive_the_connection(migrate_engine: Engine, run: Any) -> None:
    run("INSERT INTO t VALUES (1)")

    with migrate_engine.connect() as connection:
        result = connection.execute(text("SELECT a FROM t"))
    run("INSERT INTO t VALUES (2)")

    assert [row[0] for row in result] == [1]


def test_table_is_dropped_under_an_open_result(run: Any) -> None:
    run("INSERT INTO t VALUES (1)")
    run("INSERT INTO t VALUES (2)")
    result = run("SELECT a FROM t")
    result.fetchone()

    run("DROP TABLE t")


def test_dispose_leaves_the_connection_open(
    migrate_engine: Engine, run: Any
) -> None:
    migrate_engine.dispose()

    assert values(run) == []


def test_execution_options_give_an_engine_of_the_same_kind(
    migrate_engine: Engine, run: Any
) -> None:
    other: Any = migrate_engine.execution_options(autocommit=True)
    other.execute("INSERT INTO t VALUES (1)")

    assert values(run) == [1]
    assert other.connect().get_execution_options()["autocommit"] is True


def test_opted_out_script_commits_for_good(
    engine: Engine, connection: Connection
) -> None:
    with legacy.style(connection, transactional=False) as script:
        script.execute(  # type: ignore[attr-defined]
            "CREATE TABLE t (a INTEGER)"
        )
        script.execute(  # type: ignore[attr-defined]
            "INSERT INTO t VALUES (1)"
        )
        with script.begin() as inner:
            inner.execute(text("INSERT INTO t VALUES (2)"))
    connection.rollback()

    assert connection.scalar(text("SELECT count(*) FROM t")) == 2


def test_rows_after_ddl_are_undone_by_the_scripts_rollback(
    engine: Engine, connection: Connection
) -> None:
    """MySQL commits with the DDL, and the rest is a new transaction."""
    connection.execute(text("CREATE TABLE t (a INTEGER)"))
    connection.commit()
    transactional = rolls_ddl_back(connection)
    with legacy.style(connection, transactional=transactional) as script:
        inner: Any = script.connect()
        transaction = inner.begin()
        inner.execute(text("INSERT INTO t VALUES (1)"))
        inner.execute(text("CREATE TABLE u (a INTEGER)"))
        inner.execute(text("INSERT INTO t VALUES (2)"))
        transaction.rollback()
    connection.commit()

    rows = connection.scalars(text("SELECT a FROM t")).all()
    assert rows == ([] if transactional else [1])


def commit_by_routine(script: Any) -> str:
    script.execute("CREATE PROCEDURE p() BEGIN COMMIT; END")
    return "CALL p()"


@pytest.mark.parametrize(
    "ending",
    [
        lambda script: "CREATE TABLE t (a INTEGER)",  # there is one
        lambda script: "COMMIT",
        lambda script: "FLUSH TABLES",
        commit_by_routine,
    ],
    ids=["failed-ddl", "text", "flush", "routine"],
)
def test_rows_after_a_hidden_commit_are_undone_by_the_scripts_rollback(
    engine: Engine, connection: Connection, ending: Any
) -> None:
    """As MySQL has it out of autocommit, in which 1.x scripts ran."""
    if rolls_ddl_back(connection):
        pytest.skip("DDL is part of a transaction")
    connection.execute(text("CREATE TABLE t (a INTEGER)"))
    connection.commit()
    with legacy.style(connection, transactional=False) as script:
        statement = ending(script)
        inner: Any = script.connect()
        transaction = inner.begin()
        inner.execute(text("INSERT INTO t VALUES (1)"))
        with suppress(DBAPIError):
            inner.execute(text(statement))
        inner.execute(text("INSERT INTO t VALUES (2)"))
        transaction.rollback()

    assert connection.scalars(text("SELECT a FROM t")).all() == [1]


def set_by_method(raw: Any) -> None:
    if callable(getattr(type(raw.dbapi_connection._real), "autocommit", 0)):
        raw.autocommit(True)
    else:
        raw.set_isolation_level(0)


def set_by_attribute(raw: Any) -> None:
    driver = raw.dbapi_connection
    if callable(getattr(type(driver._real), "autocommit", None)):
        driver.autocommit(True)
    elif isinstance(driver._real, sqlite3.Connection):
        driver.isolation_level = None
    else:
        driver.autocommit = True


@pytest.mark.parametrize("put", [set_by_method, set_by_attribute])
def test_raw_connection_in_autocommit_keeps_what_it_did(
    migrate_engine: Engine, run: Any, put: Any
) -> None:
    if migrate_engine.name == "sqlite" and put is set_by_method:
        pytest.skip("has an attribute only")
    raw: Any = migrate_engine.raw_connection()
    put(raw)
    cursor = raw.cursor()
    cursor.execute("INSERT INTO t VALUES (1)")
    with suppress(Exception):
        cursor.execute("INSERT INTO t VALUES (1)")
    cursor.execute("INSERT INTO t VALUES (2)")
    raw.rollback()
    raw.close()

    assert values(run) == [1, 2]


def test_session_in_autocommit_keeps_what_it_did(
    migrate_engine: Engine, run: Any
) -> None:
    by_itself = migrate_engine.execution_options(isolation_level="AUTOCOMMIT")
    session = sessionmaker(bind=by_itself)()
    session.execute(text("INSERT INTO t VALUES (1)"))
    session.close()
    session = sessionmaker(bind=migrate_engine)()
    session.execute(text("INSERT INTO t VALUES (2)"))
    session.close()

    assert values(run) == [1]


def test_nothing_is_begun_for_ddl_that_commits_itself(
    engine: Engine, connection: Connection
) -> None:
    if rolls_ddl_back(connection):
        pytest.skip("DDL is part of a transaction")
    question = "SHOW SESSION STATUS LIKE 'Com_begin'"
    before = connection.execute(text(question)).one()[1]
    with legacy.style(connection, transactional=False) as script:
        table = Table("t", MetaData(), Column("a", Integer, index=True))
        table.create(script)
    assert connection.execute(text(question)).one()[1] == before

    with (
        legacy.style(connection, transactional=False) as script,
        script.begin() as inner,
    ):
        inner.execute(text("INSERT INTO t VALUES (1)"))
    assert connection.execute(text(question)).one()[1] != before


def test_connection_is_in_its_own_mode_after_an_opted_out_script(
    connection: Connection,
) -> None:
    connection.execute(text("CREATE TABLE t (a INTEGER)"))
    connection.commit()
    with legacy.style(connection, transactional=False):
        pass

    connection.execute(text("INSERT INTO t VALUES (1)"))
    connection.rollback()

    assert connection.scalar(text("SELECT count(*) FROM t")) == 0


def test_statement_that_no_transaction_may_hold() -> None:
    engine = create_engine("sqlite://")
    with (
        engine.connect() as connection,
        legacy.style(connection, transactional=False) as script,
    ):
        script.execute("VACUUM")  # type: ignore[attr-defined]
    engine.dispose()


def test_2x_text_reads_back(migrate_engine: Engine) -> None:
    metadata = MetaData()
    table = Table("t", metadata, Column("a", Integer))
    with migrate_engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(table.insert(), [{"a": 1}, {"a": 2}])

    with migrate_engine.connect() as connection:
        rows = connection.execute(table.select().order_by(table.c.a)).all()

    assert rows == [(1,), (2,)]


def test_engine_on_the_own_file_is_the_one_connection(
    tmp_path: Path,
) -> None:
    path = tmp_path / "own.db"
    engine = create_engine(f"sqlite:///{path}")
    with (
        engine.connect() as connection,
        legacy.style(connection) as script,
        script.begin() as inner,
    ):
        inner.execute(text("CREATE TABLE t (a INTEGER)"))
        folder = tmp_path / "folder"
        folder.mkdir()
        other = create_engine(f"sqlite:///{folder}/../own.db?timeout=1")

        assert inspect(other).get_table_names() == ["t"]
        assert isinstance(other, type(script))
    engine.dispose()


def test_engine_of_another_user_is_told_to_be_a_danger(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    if connection.dialect.name == "sqlite":
        pytest.skip("there are no users")
    with legacy.style(connection) as script:
        other = create_engine(script.url.set(username="somebody"))

    assert not isinstance(other, type(script))
    (record,) = caplog.records
    assert "use migrate_engine" in record.getMessage()
    assert record.levelname == "WARNING"


@pytest.mark.parametrize("those", [Engine, Connection])
def test_listener_to_all_of_a_class_is_told_once(
    those: Any, migrate_engine: Any
) -> None:
    told: list[str] = []

    def listen(
        connection: Connection, cursor: Any, statement: str, *rest: Any
    ) -> None:
        told.append(statement)

    event.listen(those, "before_cursor_execute", listen)
    try:
        migrate_engine.execute("CREATE TABLE t (a INTEGER)")
    finally:
        event.remove(those, "before_cursor_execute", listen)

    assert told == ["CREATE TABLE t (a INTEGER)"]


def test_listener_to_begin_of_all_connections_is_not_told(
    migrate_engine: Any,
) -> None:
    """It may send BEGIN; the step has begun."""
    told: list[Connection] = []

    def listen(connection: Connection) -> None:
        told.append(connection)

    event.listen(Connection, "begin", listen)
    try:
        with migrate_engine.begin():
            migrate_engine.execute("CREATE TABLE t (a INTEGER)")
    finally:
        event.remove(Connection, "begin", listen)

    assert not told


def test_listener_of_a_script_is_told_of_its_step_only(
    connection: Connection,
) -> None:
    told: list[str] = []

    def listen(
        connection: Connection, cursor: Any, statement: str, *rest: Any
    ) -> None:
        told.append(statement)

    transactional = rolls_ddl_back(connection)
    with legacy.style(connection, transactional=transactional) as first:
        event.listen(first, "before_cursor_execute", listen)
        first.execute("CREATE TABLE t (a INTEGER)")
    with legacy.style(connection, transactional=transactional) as second:
        second.execute("CREATE TABLE u (a INTEGER)")
    connection.commit()

    assert told == ["CREATE TABLE t (a INTEGER)"]


class TestEngineOfAnEarlierScript:
    """It, or a session or metadata bound to it, is used by a later one."""

    @pytest.fixture
    def earlier(self, connection: Connection) -> Engine:
        with self.script(connection) as script:
            run: Any = script.execute  # type: ignore[attr-defined]
            run("CREATE TABLE t (a INTEGER PRIMARY KEY)")
            return script

    def script(
        self, connection: Connection, **options: Any
    ) -> AbstractContextManager[Engine]:
        transactional = rolls_ddl_back(connection)
        return legacy.style(connection, transactional=transactional, **options)

    def test_takes_its_place_among_the_transactions(
        self, connection: Connection, earlier: Engine
    ) -> None:
        with self.script(connection) as script:
            run: Any = script.execute  # type: ignore[attr-defined]
            run("INSERT INTO t VALUES (1)")
            run("INSERT INTO t VALUES (2)")
            session = sessionmaker(bind=earlier)()
            session.execute(text("INSERT INTO t VALUES (3)"))
            session.commit()
            session.execute(text("SELECT a FROM t"))
            run("INSERT INTO t VALUES (4)")
            session.execute(text("INSERT INTO t VALUES (5)"))
            session.rollback()
            run("INSERT INTO t VALUES (6)")
        connection.commit()

        rows = connection.scalars(text("SELECT a FROM t ORDER BY a")).all()
        assert 5 not in rows
        assert rows[:3] == [1, 2, 3]
        assert rows[-1] == 6

    def test_session_left_open_goes_on(
        self, connection: Connection, earlier: Engine
    ) -> None:
        with self.script(connection) as script:
            session = sessionmaker(bind=script)()
            session.execute(text("INSERT INTO t VALUES (1)"))
            session.commit()
            session.execute(text("SELECT a FROM t"))
        for value in (2, 3):
            with self.script(connection) as script:
                run: Any = script.execute  # type: ignore[attr-defined]
                run(f"INSERT INTO t VALUES ({value})")
                session.execute(text(f"INSERT INTO t VALUES ({value + 10})"))
                session.commit()
                session.execute(text("SELECT a FROM t"))
                run(f"INSERT INTO t VALUES ({value + 20})")
        connection.commit()

        rows = connection.scalars(text("SELECT a FROM t ORDER BY a")).all()
        assert rows == [1, 2, 3, 12, 13, 22, 23]

    def test_error_undoes_what_failed_only(
        self, connection: Connection, earlier: Engine
    ) -> None:
        with self.script(connection) as script:
            late: Any = earlier.execute  # type: ignore[attr-defined]
            run: Any = script.execute  # type: ignore[attr-defined]
            run("INSERT INTO t VALUES (1)")
            with pytest.raises(DBAPIError):
                late("INSERT INTO t VALUES (1)")
            late("INSERT INTO t VALUES (2)")
            run("INSERT INTO t VALUES (3)")
        connection.commit()

        rows = connection.scalars(text("SELECT a FROM t ORDER BY a")).all()
        assert rows == [1, 2, 3]

    def test_what_it_changes_is_not_remembered(
        self, connection: Connection, earlier: Engine
    ) -> None:
        with self.script(connection, memory=legacy.Memory()) as script:
            late: Any = earlier.execute  # type: ignore[attr-defined]
            Table("t", MetaData(), autoload_with=script)
            late("ALTER TABLE t ADD COLUMN b INTEGER")

            assert "b" in Table("t", MetaData(), autoload_with=script).c

    def test_inside_another_script_keeps_its_own(
        self, connection: Connection, earlier: Engine
    ) -> None:
        with self.script(connection) as script:
            session = sessionmaker(bind=script)()
            session.execute(text("INSERT INTO t VALUES (1)"))
            with self.script(connection) as inner:
                run: Any = inner.execute  # type: ignore[attr-defined]
                run("INSERT INTO t VALUES (2)")
            session.commit()
        connection.commit()

        rows = connection.scalars(text("SELECT a FROM t ORDER BY a")).all()
        assert rows == [1, 2]

    def test_works_in_another_run_too(
        self, engine: Engine, connection: Connection, earlier: Engine
    ) -> None:
        session = sessionmaker(bind=earlier)()
        with self.script(connection):
            session.execute(text("SELECT a FROM t"))
        connection.commit()
        connection.close()
        engine.dispose()
        with engine.connect() as other, self.script(other) as script:
            run: Any = script.execute  # type: ignore[attr-defined]
            run("INSERT INTO t VALUES (1)")
            session.execute(text("INSERT INTO t VALUES (2)"))
            session.commit()
            run("INSERT INTO t VALUES (3)")
            rows = run("SELECT a FROM t ORDER BY a").all()

        assert [row[0] for row in rows] == [1, 2, 3]

    def test_without_a_script_does_nothing(
        self, connection: Connection, earlier: Engine
    ) -> None:
        with self.script(connection) as script:
            session = sessionmaker(bind=script)()
            session.execute(text("SELECT a FROM t"))
        session.commit()
        with pytest.raises(StatementError, match="has ended"):
            session.execute(text("INSERT INTO t VALUES (1)"))
        session.close()
        connection.commit()

        assert not connection.scalars(text("SELECT a FROM t")).all()
