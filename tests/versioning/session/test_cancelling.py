"""Ctrl-C while a database works: the statement ends, not later the wait."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from migrate.versioning.lock import lock_for
from migrate.versioning.repository import Repository
from migrate.versioning.running.events import Event
from migrate.versioning.running.events import LockWaiting
from migrate.versioning.running.events import RunInterrupted
from migrate.versioning.schema import ControlledSchema
from migrate.versioning.session.cancelling import cancellable
from migrate.versioning.session.limits import Limits
from migrate.versioning.session.signals import Terminated
from migrate.versioning.session.signals import terminable
from tests.chaos.cutting import IN_STATEMENT


@contextmanager
def signalled(
    number: signal.Signals = signal.SIGINT, after: float = 0.3
) -> Iterator[None]:
    """Send a signal to this process while the block runs."""
    timer = threading.Timer(after, os.kill, (os.getpid(), number))
    timer.start()
    yield
    timer.join()


def test_signal_ends_the_statement(connection: Connection) -> None:
    began = time.monotonic()

    with (
        pytest.raises(KeyboardInterrupt),
        signalled(),
        cancellable(connection),
    ):
        connection.exec_driver_sql(IN_STATEMENT[connection.dialect.name])

    assert time.monotonic() - began < 20


def test_sigterm_ends_the_statement_too(connection: Connection) -> None:
    with (
        pytest.raises(Terminated),
        signalled(signal.SIGTERM),
        terminable(),
        cancellable(connection),
    ):
        connection.exec_driver_sql(IN_STATEMENT[connection.dialect.name])


def test_error_of_a_cancelled_statement_is_the_signals(
    connection: Connection,
) -> None:
    def run() -> None:
        try:
            connection.exec_driver_sql(IN_STATEMENT[connection.dialect.name])
        except BaseException as error:
            raise RuntimeError("cleaning up failed as well") from error

    with (
        pytest.raises(KeyboardInterrupt),
        signalled(),
        cancellable(connection),
    ):
        run()


def test_signal_between_statements_leaves_the_session_usable(
    connection: Connection,
) -> None:
    with pytest.raises(KeyboardInterrupt), cancellable(connection):
        signal.raise_signal(signal.SIGINT)

    assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_other_errors_pass(connection: Connection) -> None:
    with pytest.raises(DBAPIError), cancellable(connection):
        connection.exec_driver_sql("NONSENSE")


def test_handlers_are_set_back(connection: Connection) -> None:
    before = signal.getsignal(signal.SIGINT)

    with cancellable(connection):
        assert signal.getsignal(signal.SIGINT) is not before

    assert signal.getsignal(signal.SIGINT) is before
    assert signal.set_wakeup_fd(-1) == -1


def test_handler_of_an_application_stays_in_charge(
    connection: Connection,
) -> None:
    seen: list[int] = []

    def note(number: int, frame: object) -> None:
        seen.append(number)

    before = signal.signal(signal.SIGINT, note)
    try:
        with cancellable(connection):
            signal.raise_signal(signal.SIGINT)
            connection.exec_driver_sql("SELECT 1")
    finally:
        signal.signal(signal.SIGINT, before)

    assert seen == [signal.SIGINT]


def test_listener_of_an_application_is_left_alone(
    sqlite_engine: Engine,
) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    try:
        with (
            sqlite_engine.connect() as connection,
            cancellable(connection),
            pytest.raises(KeyboardInterrupt),
        ):
            signal.raise_signal(signal.SIGINT)
    finally:
        found = signal.set_wakeup_fd(-1)
        heard = os.read(reader, 1)
        os.close(reader)
        os.close(writer)

    assert found == writer
    assert heard == bytes([signal.SIGINT])


def test_signal_while_waiting_for_the_lock_says_where_it_stands(
    engine: Engine, tmp_path: Path
) -> None:
    path = Repository.create(tmp_path / "shop", "shop").path
    script = Path(path) / "versions" / "001_a.py"
    script.write_text("def upgrade(migrate_engine): pass\n")
    schema = ControlledSchema.create(engine, path)
    events: list[Event] = []

    def listen(event: Event) -> None:
        events.append(event)
        if isinstance(event, LockWaiting):
            signal.raise_signal(signal.SIGINT)

    with engine.connect() as other:
        lock = lock_for(other)
        with lock.session(), lock.held():
            lock.begin()
            with pytest.raises(KeyboardInterrupt):
                schema.upgrade(listener=listen, limits=Limits(lock_timeout=20))

    assert [type(event) for event in events] == [LockWaiting, RunInterrupted]
    assert events[-1] == RunInterrupted(0)
