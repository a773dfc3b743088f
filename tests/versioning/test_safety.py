"""Engines, scripts and sessions that would make a step less than atomic."""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from migrate.binding import can_roll_back_ddl
from migrate.exceptions import DatabaseNotControlledError
from migrate.exceptions import HalfDoneStepError
from migrate.versioning.control.marker import Marker
from migrate.versioning.control.table import ControlTable
from migrate.versioning.lock import lock_for
from migrate.versioning.repository import Repository
from migrate.versioning.schema import ControlledSchema
from migrate.versioning.session.limits import Limits

NO_TRANSACTION = "-- migrate: no-transaction\n"
Write = Callable[[int, str], None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(Repository.create(tmp_path / "shop", "shop").path)


@pytest.fixture
def write(path: Path) -> Write:
    """Write the SQL script of a version, for all databases."""

    def write_version(number: int, source: str) -> None:
        stem = f"{path}/versions/{number:03}_x_default"
        Path(f"{stem}_upgrade.sql").write_text(source)
        Path(f"{stem}_downgrade.sql").touch()

    return write_version


def schema(engine: Engine, path: Path) -> ControlledSchema:
    return ControlledSchema(engine, str(path))


def mark(engine: Engine, marker: Marker) -> None:
    with engine.begin() as connection:
        ControlTable("migrate_version", "shop").marker_row.mark(
            connection, marker
        )


def marker_by(who: str) -> Marker:
    return Marker("upgrade", 1, 2, "002_x.sql", "2026-01-01T00:00:00", who)


def test_engine_in_autocommit_is_made_atomic(
    engine: Engine, path: Path, write: Write
) -> None:
    if not can_roll_back_ddl(engine):
        pytest.skip("DDL cannot be rolled back")
    write(1, "CREATE TABLE a (x INTEGER); INSERT INTO nosuch VALUES (1);")
    careless = create_engine(
        engine.url, isolation_level="AUTOCOMMIT", poolclass=NullPool
    )
    ControlledSchema.create(careless, str(path))

    with pytest.raises(DBAPIError):
        schema(careless, path).upgrade()

    assert not inspect(engine).has_table("a")


@pytest.mark.skipif(
    sys.version_info < (3, 12), reason="sqlite3 has no autocommit attribute"
)
@pytest.mark.parametrize("autocommit", [True, False])
def test_sqlite3_autocommit_attribute_is_served(
    sqlite_url: str, path: Path, write: Write, autocommit: bool
) -> None:
    write(1, "CREATE TABLE a (x INTEGER)")
    engine = create_engine(
        sqlite_url,
        poolclass=NullPool,
        connect_args={"autocommit": autocommit},
    )
    ControlledSchema.create(engine, str(path))

    schema(engine, path).upgrade()

    file = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    assert file.execute("SELECT version FROM migrate_version").fetchall() == [
        (1,)
    ]
    assert file.execute("SELECT count(*) FROM a").fetchall() == [(0,)]
    file.close()


def test_atomic_step_refuses_while_another_is_half_done(
    engine: Engine, path: Path, write: Write
) -> None:
    write(1, "CREATE TABLE a (x INTEGER)")
    ControlledSchema.create(engine, str(path))
    mark(engine, marker_by("root@elsewhere, pid 1"))

    with pytest.raises(HalfDoneStepError):
        schema(engine, path).upgrade()

    assert not inspect(engine).has_table("a")


def test_half_done_downgrade_is_not_passed_over_by_an_upgrade(
    engine: Engine, path: Path, write: Write
) -> None:
    write(1, "CREATE TABLE a (x INTEGER)")
    ControlledSchema.create(engine, str(path))
    schema(engine, path).upgrade()
    # It keeps the version from which it started: there is nothing to do.
    mark(engine, Marker("downgrade", 1, 0, "001_x.sql", "2026-01-01"))

    for version in (None, 1):
        with pytest.raises(
            HalfDoneStepError, match="downgrade from version 1"
        ):
            schema(engine, path).upgrade(version)

    schema(engine, path).resolve(1)
    schema(engine, path).upgrade()


def test_two_rows_of_a_repository_are_not_believed(
    engine: Engine, path: Path
) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE migrate_version (repository_id VARCHAR(250),"
                " repository_path TEXT, version INTEGER)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO migrate_version"
                " VALUES ('shop', '', 1), ('shop', '', 0)"
            )
        )

    with pytest.raises(DatabaseNotControlledError, match="2 rows"):
        schema(engine, path)


def test_release_refuses_while_a_step_is_half_done(
    engine: Engine, path: Path
) -> None:
    ControlledSchema.create(engine, str(path))
    mark(engine, marker_by("root@elsewhere, pid 1"))

    with pytest.raises(HalfDoneStepError):
        schema(engine, path).drop()

    assert schema(engine, path).version == 0


def test_script_that_needs_its_session_is_not_resumed(
    engine: Engine, path: Path, write: Write
) -> None:
    setting = {
        "sqlite": "CREATE TEMPORARY TABLE early (x INTEGER)",
        "postgresql": "SET statement_timeout = '7s'",
        "mysql": "SET @owner = 42",
    }[engine.name]
    source = NO_TRANSACTION + f"{setting};\nINSERT INTO {{}} VALUES (1);"
    write(1, source.format("nosuch"))
    ControlledSchema.create(engine, str(path))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE a (x INTEGER)"))
    with pytest.raises(DBAPIError):
        schema(engine, path).upgrade()

    write(1, source.format("a"))
    with pytest.raises(HalfDoneStepError):
        schema(engine, path).upgrade()


def test_connection_cut_in_a_marked_step_leaves_the_marker(
    engine: Engine, path: Path, write: Write
) -> None:
    if engine.name == "sqlite":
        pytest.skip("there is no server that could cut the connection")
    suicide = {
        "postgresql": "SELECT pg_terminate_backend(pg_backend_pid())",
        "mysql": "KILL CONNECTION_ID()",
    }[engine.name]
    write(1, f"{NO_TRANSACTION}CREATE TABLE a (x INTEGER);\n{suicide};")
    ControlledSchema.create(engine, str(path))

    with pytest.raises(DBAPIError):
        schema(engine, path).upgrade()

    with pytest.raises(HalfDoneStepError, match="may be done or not"):
        schema(engine, path).upgrade()


def test_first_timestamp_widens_an_old_control_table(
    engine: Engine, path: Path, write: Write
) -> None:
    with engine.begin() as connection:
        ControlTable("migrate_version", "other").insert(connection, "o", 7)
    config = path / "migrate.cfg"
    config.write_text(
        config.read_text().replace(
            "use_timestamp_numbering=False", "use_timestamp_numbering=True"
        )
    )
    write(20260101120000, "CREATE TABLE a (x INTEGER)")
    ControlledSchema.create(engine, str(path))

    schema(engine, path).upgrade()

    assert schema(engine, path).version == 20260101120000
    with engine.connect() as connection:
        assert (
            ControlTable("migrate_version", "other").version(connection) == 7
        )


def test_script_that_moves_the_search_path_keeps_its_version(
    engine: Engine, path: Path, write: Write
) -> None:
    if engine.name != "postgresql":
        pytest.skip("only PostgreSQL has a search path")
    write(
        1,
        "SELECT pg_catalog.set_config('search_path', '', false);\n"
        "CREATE TABLE public.a (x INTEGER)",
    )
    write(2, "SET search_path = public; CREATE TABLE b (x INTEGER)")
    ControlledSchema.create(engine, str(path))

    schema(engine, path).upgrade()

    assert schema(engine, path).version == 2


def test_settings_of_a_script_do_not_reach_the_application(
    engine: Engine, path: Path, write: Write
) -> None:
    if engine.name != "postgresql":
        pytest.skip("asked of PostgreSQL")
    write(1, "SET statement_timeout = '7s'")
    pooled = create_engine(engine.url, pool_size=1, max_overflow=0)
    ControlledSchema.create(pooled, str(path))

    schema(pooled, path).upgrade()

    with pooled.connect() as connection:
        shown = connection.exec_driver_sql("SHOW statement_timeout").scalar()
    pooled.dispose()
    assert shown == "0"


def test_locked_control_table_is_not_called_damaged(
    engine: Engine, path: Path, write: Write
) -> None:
    if engine.name == "sqlite":
        pytest.skip("a file has one lock")
    write(1, "CREATE TABLE a (x INTEGER)")
    ControlledSchema.create(engine, str(path))
    late = schema(engine, path)

    with engine.connect() as other:
        other.execute(text("SELECT * FROM migrate_version FOR UPDATE"))
        with pytest.raises(DBAPIError) as caught:
            late.upgrade(limits=Limits(ddl_lock_timeout=1))

    assert not isinstance(caught.value, DatabaseNotControlledError)
    late.upgrade()


def test_pool_of_one_connection_does_not_delay_a_step(
    engine: Engine, path: Path, write: Write
) -> None:
    if engine.name == "sqlite":
        pytest.skip("nobody to ask who blocks")
    write(1, "CREATE TABLE a (x INTEGER)")
    pooled = create_engine(
        engine.url, pool_size=1, max_overflow=0, pool_timeout=60
    )
    ControlledSchema.create(pooled, str(path))
    thread = threading.Thread(
        target=schema(pooled, path).upgrade,
        kwargs={"limits": Limits(ddl_lock_timeout=0.3)},
    )

    thread.start()
    thread.join(20)

    assert not thread.is_alive()
    pooled.dispose()


def test_lock_got_at_the_moment_of_a_signal_is_not_left_in_the_pool(
    engine: Engine,
    path: Path,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(1, "CREATE TABLE made (a INTEGER);")
    pooled = create_engine(engine.url)
    ControlledSchema.create(pooled, str(path))
    with engine.connect() as connection:
        kind = type(lock_for(connection))
    acquire = kind._try_acquire

    def interrupted(self: Any) -> bool:
        acquire(self)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(kind, "_try_acquire", interrupted)
        with pytest.raises(KeyboardInterrupt):
            schema(pooled, path).upgrade()

    schema(engine, path).upgrade(limits=Limits(lock_timeout=0))
    assert inspect(engine).has_table("made")
    pooled.dispose()
