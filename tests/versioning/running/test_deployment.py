from __future__ import annotations

from contextlib import suppress

import pytest
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from migrate.exceptions import LockTimeoutError
from migrate.versioning.running.deployment import deploying
from migrate.versioning.running.deployment import interruption_told
from migrate.versioning.running.deployment import writing
from migrate.versioning.running.events import Event
from migrate.versioning.running.events import LockWaiting
from migrate.versioning.running.events import RunInterrupted
from migrate.versioning.session.limits import Limits

LIMITS = Limits(lock_timeout=0.1)


def write(engine: Engine, *statements: str) -> None:
    with writing(engine, LIMITS) as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_writing_is_kept_unless_it_fails(engine: Engine) -> None:
    write(
        engine, "CREATE TABLE kept (a INTEGER)", "INSERT INTO kept VALUES (1)"
    )
    with pytest.raises(DBAPIError):
        write(engine, "INSERT INTO kept VALUES (2)", "nonsense")

    with engine.connect() as reader:
        assert reader.scalar(text("SELECT sum(a) FROM kept")) == 1
        assert inspect(reader).get_table_names() == ["kept"]


def test_second_deployer_tells_that_it_waits(engine: Engine) -> None:
    events: list[Event] = []

    def deploy_too() -> None:
        with deploying(engine, LIMITS, events.append) as (_, lock):
            lock.begin()  # on SQLite a transaction is the lock

    with deploying(engine, LIMITS) as (_, lock):
        lock.begin()
        with pytest.raises(LockTimeoutError):
            deploy_too()

    assert [type(event) for event in events] == [LockWaiting]


def test_session_is_used_again_only_if_it_is_left_as_it_was(
    engine: Engine,
) -> None:
    if engine.name == "sqlite":
        pytest.skip("nothing is left in a session")
    pooled = create_engine(engine.url)
    sessions: list[object] = []
    event.listen(pooled, "connect", lambda *made: sessions.append(made))

    def run_scripts() -> None:
        with deploying(pooled, LIMITS):
            pass

    counts = []
    for use in (
        lambda: write(pooled, "CREATE TABLE t (a INTEGER)"),
        lambda: write(pooled, "DROP TABLE t"),
        lambda: write(pooled, "nonsense"),
        run_scripts,
        run_scripts,
    ):
        with suppress(DBAPIError):
            use()
        counts.append(len(sessions))
    pooled.dispose()

    assert counts == [1, 1, 1, 2, 3]


def interrupted(events: list[Event], error: BaseException) -> None:
    with interruption_told(events.append, lambda: 7) as note:
        note(LockWaiting("ann"))
        raise error


def test_interruption_is_told_with_the_version_read_then() -> None:
    events: list[Event] = []

    with pytest.raises(KeyboardInterrupt):
        interrupted(events, KeyboardInterrupt())

    assert events == [LockWaiting("ann"), RunInterrupted(7)]


def test_other_errors_tell_nothing_of_the_version() -> None:
    events: list[Event] = []

    with pytest.raises(ZeroDivisionError):
        interrupted(events, ZeroDivisionError())

    assert events == [LockWaiting("ann")]
