"""Engines of applications, with settings and events of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import AssertionPool
from sqlalchemy.pool import NullPool
from sqlalchemy.pool import QueuePool
from sqlalchemy.pool import SingletonThreadPool

from migrate.binding import can_roll_back_ddl
from migrate.versioning.repository import Repository
from migrate.versioning.schema import ControlledSchema

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
