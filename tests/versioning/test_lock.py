from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import create_engine
from sqlalchemy import text
from sqlalchemy.engine import Engine

from migrate.exceptions import LockTimeoutError
from migrate.versioning.lock import lock_for


def hold(engine: Engine, inside: Callable[[], None]) -> None:
    """Do something while another session holds the lock in a step."""
    with engine.connect() as connection:
        lock = lock_for(connection)
        with lock.session(), lock.held():
            lock.begin()
            inside()
            connection.rollback()


def take(
    engine: Engine,
    timeout: float,
    on_wait: Callable[[str], None] | None = None,
) -> None:
    with engine.connect() as connection:
        lock = lock_for(connection, timeout, on_wait)
        with lock.session(), lock.held():
            lock.begin()
            connection.rollback()


def be_alone(engine: Engine) -> None:
    with engine.connect() as connection:
        lock = lock_for(connection, 0)
        with lock.session(), lock.held(), lock.alone():
            pass


def test_second_deployer_gives_up_and_names_the_holder(
    engine: Engine,
) -> None:
    said: list[str] = []

    def second() -> None:
        with pytest.raises(LockTimeoutError, match="another") as caught:
            take(engine, 0.2, said.append)
        assert "within 0.2 seconds" in str(caught.value)
        assert said
        assert said[0] in str(caught.value)

    hold(engine, second)


def test_lock_is_free_after_use(engine: Engine) -> None:
    hold(engine, lambda: None)

    take(engine, 0)


def test_lock_is_free_after_an_error(engine: Engine) -> None:
    def fail() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        hold(engine, fail)

    take(engine, 0)


def test_waiting_deployer_goes_on_when_the_holder_ends(
    engine: Engine,
) -> None:
    waits = threading.Event()
    thread = threading.Thread(
        target=take, args=(engine, 30, lambda holder: waits.set())
    )

    def start_second() -> None:
        thread.start()
        assert waits.wait(10)
        assert thread.is_alive()

    hold(engine, start_second)
    thread.join(10)

    assert not thread.is_alive()


def test_lock_dies_with_its_session(engine: Engine) -> None:
    with engine.connect() as connection:
        lock = lock_for(connection)
        with lock.held():
            connection.invalidate()

            take(engine, 5)


def test_sqlite_session_gives_the_driver_back_as_it_was(
    sqlite_engine: Engine,
) -> None:
    with sqlite_engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        assert driver is not None
        before = (
            driver.isolation_level,
            driver.execute("PRAGMA busy_timeout").fetchone(),
        )

        lock = lock_for(connection)
        with lock.session(), lock.held():
            lock.begin()
            connection.execute(text("CREATE TABLE t (a)"))
            connection.rollback()

        assert before == (
            driver.isolation_level,
            driver.execute("PRAGMA busy_timeout").fetchone(),
        )
        assert not connection.scalar(
            text("SELECT count(*) FROM sqlite_schema")
        )


def test_step_of_several_transactions_is_alone(engine: Engine) -> None:
    with engine.connect() as connection:
        lock = lock_for(connection)
        with lock.session(), lock.held(), lock.alone():
            lock.begin()
            connection.commit()

            with pytest.raises(LockTimeoutError, match="another deployer"):
                be_alone(engine)

    be_alone(engine)


def test_sqlite_in_memory_has_no_other_deployer() -> None:
    with create_engine("sqlite://").connect() as connection:
        lock = lock_for(connection, 0)
        with lock.session(), lock.held(), lock.alone(), lock.alone():
            assert not connection.in_transaction()


def test_postgresql_looks_for_the_client_while_it_works(
    engine: Engine,
) -> None:
    if engine.name != "postgresql":
        pytest.skip("only PostgreSQL goes on for a client that died")
    question = text("SHOW client_connection_check_interval")

    with engine.connect() as connection:
        before = connection.scalar(question)
        with lock_for(connection).session():
            during = connection.scalar(question)
            connection.rollback()
        after = connection.scalar(question)

    assert (before, during, after) == ("0", "1s", "0")
