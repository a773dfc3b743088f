"""Work on a database that one deployer does at a time.

A session of its own, under the lock of the deployers and with the limits on
waiting; to write, or to run steps.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from contextlib import nullcontext
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from migrate.binding import can_roll_back_ddl
from migrate.exceptions import Error
from migrate.versioning.session.database import right_missing
from migrate.versioning.session.limits import limited

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine import Engine

    from migrate.versioning.control.table import ControlTable
    from migrate.versioning.history import History
    from migrate.versioning.lock import Lock
    from migrate.versioning.running.events import Event
    from migrate.versioning.running.events import Listener
    from migrate.versioning.running.events import LockWaiting
    from migrate.versioning.running.runner import Runner
    from migrate.versioning.session.limits import Limits

__all__ = ["deploying", "interruption_told", "running", "writing"]

# Commands that only read, and runs that have nothing to do, need not pay for
# locks and runners: both are imported where they are used.


@contextmanager
def deploying(
    engine: Engine,
    limits: Limits,
    listener: Callable[[LockWaiting], None] | None = None,
    *,
    runs_scripts: bool = True,
) -> Iterator[tuple[Connection, Lock]]:
    """Give a session of its own, and the lock that it holds.

    :param listener: is told when somebody else has the lock.
    :param runs_scripts: they may leave something in the session, so that it
        is not used again.
    :raises LockTimeoutError: when another deployer does not finish.
    """
    from migrate.versioning.lock import lock_for
    from migrate.versioning.lock import own_session
    from migrate.versioning.running import events

    def waiting(holder: str) -> None:
        if listener is not None:
            listener(events.LockWaiting(holder))

    with (
        _rights_named(engine),
        own_session(engine, runs_scripts=runs_scripts) as connection,
    ):
        lock = lock_for(connection, limits.lock_timeout, waiting)
        with lock.session(), lock.held(), limited(connection, limits):
            yield connection, lock


@contextmanager
def _rights_named(engine: Engine) -> Iterator[None]:
    """Say with an error of the database which right is missing, if one is."""
    try:
        yield
    except DBAPIError as error:
        missing = right_missing(engine, error)
        if missing:
            error.add_detail(missing)
        raise


@contextmanager
def writing(engine: Engine, limits: Limits) -> Iterator[Connection]:
    """Give a connection with a transaction, which is committed."""
    with deploying(engine, limits, runs_scripts=False) as (connection, lock):
        lock.begin()
        yield connection
        connection.commit()


@contextmanager
def running(
    engine: Engine,
    limits: Limits,
    listener: Listener,
    control: ControlTable,
    history: History | None,
) -> Iterator[Runner]:
    """Give what runs steps.

    :param history: is made if the database has none yet.
    """
    from migrate import legacy
    from migrate.legacy import outside
    from migrate.versioning.running.runner import Runner
    from migrate.versioning.session.cancelling import cancellable

    with (
        deploying(engine, limits, listener) as (connection, lock),
        cancellable(connection),
        # Once for all steps: to apply the patches costs as much as a small
        # script.
        legacy.installed(),
        nullcontext() if can_roll_back_ddl(connection) else outside.ready(),
    ):
        control = control.qualified(connection)
        connection.rollback()
        if history is not None:
            history = history.prepared(connection, lock, control)
        with closing(
            Runner(connection, control, lock, listener, limits, history)
        ) as runner:
            yield runner


@contextmanager
def interruption_told(
    listener: Listener, version: Callable[[], int]
) -> Iterator[Listener]:
    """Tell after a signal where the database is, unless a step did.

    :param version: reads it again: others may be at work.
    """
    from migrate.versioning.running import events

    last: Event | None = None

    def note(event: Event) -> None:
        nonlocal last
        last = event
        listener(event)

    try:
        yield note
    except KeyboardInterrupt:
        if not isinstance(last, events.StepFailed):
            with suppress(Error):
                listener(events.RunInterrupted(version()))
        raise
