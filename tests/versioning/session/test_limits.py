"""A reader in the way: how long a step waits, and what it says."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL
from sqlalchemy import create_engine
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from migrate import legacy
from migrate.binding import can_roll_back_ddl
from migrate.exceptions import NotSupportedError
from migrate.versioning.repository import Repository
from migrate.versioning.running.events import Event
from migrate.versioning.running.events import StepDone
from migrate.versioning.running.events import StepFailed
from migrate.versioning.running.events import StepRetried
from migrate.versioning.schema import ControlledSchema
from migrate.versioning.session.limits import Limits
from migrate.versioning.session.limits import is_lock_timeout
from migrate.versioning.session.limits import limited
from tests import servers
from tests.chaos.cutting import IN_STATEMENT

# MariaDB ends benchmark() too, but without an error.
SLOW = {**IN_STATEMENT, "mysql": "SELECT sleep(60)"}
# Long enough for SQLite to look at the clock.
MODERATE = {
    "sqlite": "WITH RECURSIVE few (number) AS (SELECT 1 UNION ALL"
    " SELECT number + 1 FROM few WHERE number < 20000)"
    " SELECT count(*) FROM few",
    "postgresql": "SELECT pg_sleep(0.01)",
    "mysql": "SELECT sleep(0.01)",
}


@pytest.fixture
def second_database(server: str, tmp_path: Path) -> Iterator[URL]:
    with servers.empty_database(server, tmp_path) as url:
        yield url


@pytest.fixture
def schema(engine: Engine, tmp_path: Path) -> ControlledSchema:
    path = Repository.create(tmp_path / "shop", "shop").path
    versions = Path(path) / "versions"
    (versions / "001_a_default_upgrade.sql").write_text(
        "ALTER TABLE busy ADD COLUMN b INTEGER"
    )
    (versions / "001_a_default_downgrade.sql").touch()
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE busy (a INTEGER)"))
    return ControlledSchema.create(engine, path)


@contextmanager
def reader(engine: Engine) -> Iterator[None]:
    """A session in the middle of reading the table."""
    with engine.connect() as connection:
        if engine.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        connection.execute(text("SELECT * FROM busy")).all()
        yield
        connection.rollback()


def has_column(engine: Engine) -> bool:
    return "b" in {c["name"] for c in inspect(engine).get_columns("busy")}


def test_step_gives_up_and_names_the_blocker(
    schema: ControlledSchema,
) -> None:
    events: list[Event] = []

    with (
        reader(schema.engine),
        pytest.raises(DBAPIError) as caught,
    ):
        schema.upgrade(
            listener=events.append, limits=Limits(ddl_lock_timeout=1)
        )

    assert is_lock_timeout(caught.value)
    assert not has_column(schema.engine)
    (failed,) = (each for each in events if isinstance(each, StepFailed))
    assert failed.is_undone
    if schema.engine.name != "sqlite":
        assert "session" in failed.blockers[0]
    schema.upgrade()
    assert has_column(schema.engine)


def test_transaction_in_another_database_is_not_named(
    schema: ControlledSchema,
    second_database: URL,
) -> None:
    other = create_engine(second_database)
    with other.begin() as connection:
        connection.execute(text("CREATE TABLE busy (a INTEGER)"))
        connection.execute(text("INSERT INTO busy VALUES (1)"))
    events: list[Event] = []

    with (
        reader(other),
        reader(schema.engine),
        pytest.raises(DBAPIError),
    ):
        schema.upgrade(
            listener=events.append, limits=Limits(ddl_lock_timeout=1)
        )

    other.dispose()
    (failed,) = (each for each in events if isinstance(each, StepFailed))
    assert len(failed.blockers) == (schema.engine.name != "sqlite")


def test_step_is_retried_until_the_blocker_is_gone(
    schema: ControlledSchema,
) -> None:
    events: list[Event] = []
    failed = threading.Event()

    def listen(event: Event) -> None:
        events.append(event)
        if isinstance(event, StepRetried):
            failed.set()

    def upgrade() -> None:
        schema.upgrade(
            listener=listen, limits=Limits(ddl_lock_timeout=0.3, retries=9)
        )

    thread = threading.Thread(target=upgrade)
    with reader(schema.engine):
        thread.start()
        assert failed.wait(20)
    thread.join(30)

    assert isinstance(events[-1], StepDone)
    assert has_column(schema.engine)


def test_retry_imports_a_python_script_anew(
    schema: ControlledSchema,
) -> None:
    versions = Path(schema.repository.path) / "versions"
    for script in versions.glob("001_*.sql"):
        script.unlink()
    (versions / "001_a.py").write_text(
        "from sqlalchemy import *\n"
        "meta = MetaData()\n"
        "def upgrade(migrate_engine):\n"
        "    Table('fresh', meta, Column('a', Integer)).create("
        "migrate_engine)\n"
        "    migrate_engine.execute("
        "'ALTER TABLE busy ADD COLUMN b INTEGER')\n"
    )
    if not can_roll_back_ddl(schema.engine):
        pytest.skip("a step that made a table cannot be retried")
    schema = ControlledSchema(schema.engine, schema.repository.path)
    failed = threading.Event()

    def listen(event: Event) -> None:
        if isinstance(event, StepRetried):
            failed.set()

    thread = threading.Thread(
        target=schema.upgrade,
        kwargs={
            "listener": listen,
            "limits": Limits(ddl_lock_timeout=0.3, retries=9),
        },
    )
    with reader(schema.engine):
        thread.start()
        assert failed.wait(20)
    thread.join(30)

    assert has_column(schema.engine)


def test_other_errors_are_not_retried(schema: ControlledSchema) -> None:
    script = Path(schema.repository.path) / "versions"
    (script / "001_a_default_upgrade.sql").write_text("CREATE NONSENSE")
    events: list[Event] = []

    with pytest.raises(DBAPIError):
        schema.upgrade(listener=events.append, limits=Limits(retries=3))

    assert not any(isinstance(each, StepRetried) for each in events)


@pytest.fixture
def timed(engine: Engine) -> Engine:
    """A database that ends statements which take too long."""
    with engine.connect() as connection:
        if connection.dialect.name == "mysql" and not getattr(
            connection.dialect, "is_mariadb", False
        ):
            pytest.skip("MySQL limits nothing but SELECT, and is refused")
    return engine


def test_statement_that_takes_too_long_is_ended(timed: Engine) -> None:
    began = time.monotonic()

    with (
        timed.connect() as connection,
        pytest.raises(DBAPIError) as caught,
        limited(connection, Limits(statement_timeout=0.3)),
    ):
        connection.exec_driver_sql(SLOW[timed.name])

    assert time.monotonic() - began < 20
    assert any(
        words in str(caught.value)
        for words in (
            "interrupted: it took longer than statement_timeout=0.3",
            "due to statement timeout",
            "max_statement_time exceeded",
        )
    )


def test_time_is_that_of_one_statement(timed: Engine) -> None:
    with (
        timed.connect() as connection,
        limited(connection, Limits(statement_timeout=0.5)),
    ):
        time.sleep(0.6)
        connection.exec_driver_sql(MODERATE[timed.name]).all()
        time.sleep(0.6)
        connection.exec_driver_sql(MODERATE[timed.name]).all()


def test_cursor_of_the_driver_is_timed_on_sqlite(
    sqlite_engine: Engine,
) -> None:
    with (
        sqlite_engine.connect() as connection,
        limited(connection, Limits(statement_timeout=0.2)),
        legacy.style(connection) as script,
    ):
        cursor = script.raw_connection().cursor()
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            cursor.execute(IN_STATEMENT["sqlite"])


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("mysql", Limits(statement_timeout=1)),
        ("oracle", Limits(statement_timeout=1)),
        ("oracle", Limits(ddl_lock_timeout=1)),
    ],
)
def test_limit_that_the_database_lacks_is_refused(
    sqlite_engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    limits: Limits,
) -> None:
    with sqlite_engine.connect() as connection:
        monkeypatch.setattr(connection.dialect, "name", name)
        with (
            pytest.raises(NotSupportedError, match="timeout is not possible"),
            limited(connection, limits),
        ):
            pass


def test_limits_end_with_the_run(engine: Engine) -> None:
    questions = {
        "sqlite": "PRAGMA busy_timeout",
        "postgresql": "SHOW lock_timeout",
        "mysql": "SELECT @@SESSION.lock_wait_timeout",
    }
    question = questions[engine.name]
    with engine.connect() as connection:
        before = connection.exec_driver_sql(question).scalar()
        connection.rollback()

        with limited(connection, Limits(ddl_lock_timeout=7)):
            inside = connection.exec_driver_sql(question).scalar()

        assert str(inside) in ("7", "7s", "7000")
        assert connection.exec_driver_sql(question).scalar() == before


def test_pauses_grow_with_jitter() -> None:
    pauses = [*Limits(retries=8).pauses()]

    assert len(pauses) == 8
    assert 0.25 <= pauses[0] <= 0.75
    assert 15 <= pauses[7] <= 45
