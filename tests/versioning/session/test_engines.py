"""Engines of applications, with settings and events of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import AssertionPool
from sqlalchemy.pool import NullPool
from sqlalchemy.pool import QueuePool
from sqlalchemy.pool import SingletonThreadPool

from migrate.binding import can_roll_back_ddl
from migrate.versioning.control.marker import Marker
from migrate.versioning.control.table import ControlTable
from migrate.versioning.lock import postgres
from migrate.versioning.repository import Repository
from migrate.versioning.running.preview import preview
from migrate.versioning.schema import ControlledSchema

NO_TRANSACTION = "-- migrate: no-transaction\n"
WORKS_ELSEWHERE = """
import subprocess, sys
def upgrade(migrate_engine):
    migrate_engine.execute("CREATE TABLE t (a INTEGER)")
    with migrate_engine.begin() as connection:
        connection.execute("INSERT INTO t VALUES (1)")
        subprocess.run([sys.executable, "-c", ""], check=True)
        connection.execute("INSERT INTO t VALUES (2)")
"""


def sql(repository: Repository, number: int, statements: str) -> None:
    folder = Path(repository.path, "versions")
    for operation in ("upgrade", "downgrade"):
        path = folder / f"{number:03}_t_default_{operation}.sql"
        path.write_text(statements if operation == "upgrade" else "")


def python(repository: Repository, number: int, script: str) -> None:
    Path(repository.path, "versions", f"{number:03}_t.py").write_text(script)


def controlled(engine: Engine, repository: Repository) -> ControlledSchema:
    return ControlledSchema.create(engine, repository.path)


def values(url: URL) -> list[int]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return [*connection.scalars(text("SELECT a FROM t ORDER BY a"))]


# -- a pool that has no second connection to give


@pytest.fixture(params=[QueuePool, AssertionPool, SingletonThreadPool])
def of_one(
    request: pytest.FixtureRequest, database_url: URL
) -> Iterator[Engine]:
    few = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.1}
    options = few if request.param is QueuePool else {}
    engine = create_engine(database_url, poolclass=request.param, **options)
    yield engine
    engine.dispose()


def test_script_may_work_elsewhere(
    of_one: Engine, repository: Repository
) -> None:
    python(repository, 1, WORKS_ELSEWHERE)

    controlled(of_one, repository).upgrade()

    assert values(of_one.url) == [1, 2]


def test_work_elsewhere_is_not_said_in_the_transaction_of_the_script(
    of_one: Engine, repository: Repository
) -> None:
    """SingletonThreadPool gives a thread the same connection again."""
    failing = WORKS_ELSEWHERE.replace("VALUES (2)", "nonsense")
    python(repository, 1, failing)

    with pytest.raises(DBAPIError, match="nonsense"):
        controlled(of_one, repository).upgrade()

    if not can_roll_back_ddl(of_one):
        assert values(of_one.url) == []


def test_error_in_the_commit_is_the_one_that_is_raised(
    of_one: Engine, repository: Repository
) -> None:
    if of_one.name != "postgresql":
        pytest.skip("nothing is checked in the COMMIT, or by a PRAGMA only")
    sql(
        repository,
        1,
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER REFERENCES t"
        " DEFERRABLE INITIALLY DEFERRED); INSERT INTO t VALUES (1, 2);",
    )

    with pytest.raises(IntegrityError):
        controlled(of_one, repository).upgrade()


# -- a driver in autocommit, for which no ROLLBACK is sent


@pytest.mark.parametrize("level", [{}, {"isolation_level": "AUTOCOMMIT"}])
def test_failed_step_is_rolled_back_although_that_may_be_skipped(
    database_url: URL, repository: Repository, level: dict[str, str]
) -> None:
    try:
        engine = create_engine(
            database_url, skip_autocommit_rollback=True, **level
        )
    except TypeError:
        pytest.skip("SQLAlchemy 2.0.43 is the first to have it")
    sql(repository, 1, "CREATE TABLE t (a INTEGER);")
    sql(repository, 2, "INSERT INTO t VALUES (1); INSERT INTO t nonsense;")
    schema = controlled(engine, repository)

    with pytest.raises(DBAPIError, match="nonsense"):
        schema.upgrade()
    with pytest.raises(DBAPIError, match="nonsense"):
        ControlledSchema(engine, repository.path).upgrade()
    engine.dispose()

    assert values(database_url) == []


# -- schema_translate_map


def test_tables_may_have_other_names_in_the_map(
    database_url: URL, repository: Repository
) -> None:
    if database_url.get_backend_name() != "postgresql":
        pytest.skip("the default schema is the only one that is empty here")
    plain = create_engine(database_url, poolclass=NullPool)
    with plain.begin() as connection:
        connection.execute(text("CREATE SCHEMA tenant"))
    engine = plain.execution_options(schema_translate_map={None: "tenant"})
    other = Repository.create(Path(repository.path).parent / "other", "shop")
    controlled(plain, other)  # in public, under the same id
    sql(repository, 1, "CREATE TABLE t (a INTEGER);")
    schema = controlled(engine, repository)

    schema.upgrade()

    assert ControlledSchema(engine, repository.path).version == 1
    assert ControlledSchema(plain, other.path).version == 0


# -- others


def test_nothing_begins_outside_a_transaction(
    sqlite_engine: Engine, repository: Repository
) -> None:
    """SQLAlchemy recommends that event (SQLite, transactions)."""

    @event.listens_for(sqlite_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    sql(
        repository,
        1,
        f"{NO_TRANSACTION}CREATE TABLE t (a INTEGER); VACUUM;"
        "BEGIN; INSERT INTO t VALUES (1); COMMIT;",
    )
    sql(repository, 2, "INSERT INTO t VALUES (2); VACUUM;")

    with pytest.raises(DBAPIError, match="within a transaction"):
        controlled(sqlite_engine, repository).upgrade()

    assert values(sqlite_engine.url) == [1]


def test_server_that_cannot_watch_its_clients_is_served(
    engine: Engine,
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if engine.name != "postgresql":
        pytest.skip("a setting of PostgreSQL")
    monkeypatch.setattr(postgres, "_CHECK", "max_connections")
    sql(repository, 1, "CREATE TABLE t (a INTEGER);")

    controlled(engine, repository).upgrade()

    assert values(engine.url) == []


def test_driver_that_prepares_each_statement_is_served(
    database_url: URL, repository: Repository
) -> None:
    if database_url.get_backend_name() != "postgresql":
        pytest.skip("an option of psycopg 3")
    engine = create_engine(
        database_url.set(drivername="postgresql+psycopg"),
        connect_args={"prepare_threshold": 0},
        poolclass=NullPool,
    )
    create = 'migrate_engine.execute("CREATE TABLE {0} (a INTEGER)")'
    python(
        repository,
        1,
        "def upgrade(migrate_engine):\n"
        + "".join(f"    {create.format(name)}\n" for name in "tuv"),
    )

    controlled(engine, repository).upgrade()

    with engine.connect() as connection:
        assert inspect(connection).has_table("v")


def test_preview_leaves_nothing_in_a_session_of_the_pool(
    database_url: URL, repository: Repository
) -> None:
    if database_url.get_backend_name() != "postgresql":
        pytest.skip("no session outlives, or nothing is tried")
    engine = create_engine(database_url)
    sql(repository, 1, "LISTEN something;")
    python(
        repository,
        2,
        "def upgrade(migrate_engine):\n"
        "    migrate_engine.execute('SELECT pg_advisory_lock(7)')\n",
    )
    schema = controlled(engine, repository)

    assert len([*preview(engine, schema.changeset().steps())]) == 2

    with engine.connect() as connection:
        left = "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()"
        own = f"{left} AND locktype = 'advisory'"
        assert connection.scalar(text(own)) == 0
    engine.dispose()


def test_marker_is_parked_beside_a_timestamp_whatever_sends_it(
    database_url: URL,
) -> None:
    """The server itself takes an untyped parameter of pg8000's for a -1."""
    if database_url.get_backend_name() == "postgresql":
        pytest.importorskip("pg8000")
        database_url = database_url.set(drivername="postgresql+pg8000")
    engine = create_engine(database_url, poolclass=NullPool)
    control = ControlTable("migrate_version", "shop", is_wide=True)
    version = 20261231235959

    with engine.begin() as connection:
        control.insert(connection, "shop", version - 1)
        marker = Marker("upgrade", version - 1, version, "a.py", "now")
        control.marker_row.mark(connection, marker)
        control.move_and_park(connection, version - 1, version)

    with engine.connect() as connection:
        assert control.state(connection) == (version, None)
