from __future__ import annotations

import pytest
from sqlalchemy import MetaData
from sqlalchemy import create_engine
from sqlalchemy import text
from sqlalchemy.engine import Engine

from migrate import binding
from migrate.exceptions import UnboundError


def test_explicit_bind_wins(sqlite_engine: Engine) -> None:
    other = create_engine("sqlite://")
    metadata = MetaData()
    metadata.bind = other

    with binding.running(other):
        found = binding.resolve(None, sqlite_engine, metadata=metadata)

    assert found is sqlite_engine


def test_metadata_bound_elsewhere_keeps_its_bind(
    sqlite_engine: Engine,
) -> None:
    other = create_engine("sqlite://")
    metadata = MetaData()
    metadata.bind = other

    with binding.running(sqlite_engine):
        found = binding.resolve(metadata=metadata)

    assert found is other


def test_metadata_bound_to_the_same_database_uses_the_script(
    sqlite_engine: Engine,
) -> None:
    metadata = MetaData()
    metadata.bind = create_engine(sqlite_engine.url)

    with binding.running(sqlite_engine):
        found = binding.resolve(metadata=metadata)

    assert found is sqlite_engine


def test_two_in_memory_databases_are_not_the_same() -> None:
    one, other = create_engine("sqlite://"), create_engine("sqlite://")
    metadata = MetaData()
    metadata.bind = one

    with binding.running(other):
        found = binding.resolve(metadata=metadata)

    assert found is one


def test_running_ends_with_the_script(sqlite_engine: Engine) -> None:
    with binding.running(sqlite_engine):
        pass

    assert binding.running_bind() is None


def test_unbound_error_names_the_operation_and_the_way_out() -> None:
    with pytest.raises(UnboundError, match=r"dropping column 'a' .*engine="):
        binding.resolve(purpose="dropping column 'a'")


def test_connect_commits_on_an_engine(sqlite_engine: Engine) -> None:
    with binding.connect(sqlite_engine) as connection:
        connection.execute(text("CREATE TABLE t (a)"))
        connection.execute(text("INSERT INTO t VALUES (1)"))

    with sqlite_engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM t")) == 1


def test_connect_leaves_the_transaction_of_a_connection_to_the_caller(
    sqlite_engine: Engine,
) -> None:
    with sqlite_engine.connect() as outer:
        outer.execute(text("CREATE TABLE t (a)"))
        outer.commit()
        with binding.connect(outer) as connection:
            connection.execute(text("INSERT INTO t VALUES (1)"))
        outer.rollback()

        assert outer.scalar(text("SELECT count(*) FROM t")) == 0
