"""One step on one connection: the script, the version row, the commit."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from datetime import timezone
from typing import TYPE_CHECKING
from typing import TypeAlias

from migrate.binding import can_roll_back_ddl
from migrate.versioning.control import Marker
from migrate.versioning.journal import Journal
from migrate.versioning.script import SqlScript

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from migrate.versioning.control import ControlTable
    from migrate.versioning.lock import Lock
    from migrate.versioning.repository import Step

__all__ = [
    "Event",
    "Listener",
    "LockWaiting",
    "Runner",
    "StepDone",
    "StepFailed",
    "StepStarted",
]


@dataclass(frozen=True)
class LockWaiting:
    """Another deployer is at work; we wait for it."""

    holder: str


@dataclass(frozen=True)
class StepStarted:
    """The script of a step is about to run."""

    step: Step


@dataclass(frozen=True)
class StepDone:
    """A step and its version are committed."""

    step: Step


@dataclass(frozen=True)
class StepFailed:
    """A step ended with an error; ``is_undone`` if nothing of it remains."""

    step: Step
    error: BaseException
    is_undone: bool


Event: TypeAlias = LockWaiting | StepStarted | StepDone | StepFailed
Listener: TypeAlias = Callable[[Event], None]


class Runner:
    """Runs steps one after the other on one connection.

    :param connection: outside of any transaction.
    :param control: the control table of the repository.
    :param lock: of the connection; the caller holds it.
    :param emit: is told what happens, in the order in which it happens.
    """

    def __init__(
        self,
        connection: Connection,
        control: ControlTable,
        lock: Lock,
        emit: Listener,
    ) -> None:
        self._connection = connection
        self._control = control
        self._lock = lock
        self._emit = emit

    def run(self, step: Step) -> bool:
        """Run a step and commit it together with its version.

        :returns: False, with nothing done, if the database is no longer at
            the start of the step: another deployer has taken it.
        :raises HalfDoneStepError: an earlier step did not end.
        :raises StepConflictError: the version was changed meanwhile.
        """
        if self._is_atomic(step):
            return self._run_atomic(step)
        return self._run_marked(step)

    def _is_atomic(self, step: Step) -> bool:
        return step.script.transactional and can_roll_back_ddl(
            self._connection
        )

    def _run_atomic(self, step: Step) -> bool:
        with self._transaction():
            if self._version() != step.start:
                return False
            with self._reported(step, is_undone=lambda: True):
                step.script.run(self._connection, step.direction)
                self._move(step)
                self._connection.commit()
        self._emit(StepDone(step))
        return True

    def _run_marked(self, step: Step) -> bool:
        journal = self._begin_journal(step)
        if journal is None:
            return False
        with (
            self._reported(step, is_undone=lambda: journal.is_blank),
            self._kept(journal),
        ):
            with self._lock.autocommit():
                step.script.run(self._connection, step.direction, journal)
            with self._transaction():
                self._move(step)
                self._control.unmark(self._connection)
                self._connection.commit()
        self._emit(StepDone(step))
        return True

    def _begin_journal(self, step: Step) -> Journal | None:
        """Mark the step; None if the database is not at its start."""
        with self._transaction():
            if self._version() != step.start:
                return None
            marker = self._control.marker(self._connection)
            if marker is None:
                marker = _marker(step)
                self._control.mark(self._connection, marker)
            elif not _can_resume(step, marker, self._connection.dialect.name):
                raise self._control.half_done(marker)
            self._connection.commit()
        return Journal(self._connection, self._control, marker)

    @contextmanager
    def _kept(self, journal: Journal) -> Iterator[None]:
        """After a failure, leave the marker, or none if nothing was done.

        With the connection lost, the marker is as it was written last.
        """
        try:
            yield
        except BaseException:
            if not self._connection.invalidated:
                self._connection.rollback()
                if journal.is_blank:
                    self._control.unmark(self._connection)
                    self._connection.commit()
                else:
                    journal.save()
            raise

    def _version(self) -> int:
        return self._control.locked_version(self._connection)

    def _move(self, step: Step) -> None:
        self._control.move(self._connection, int(step.start), int(step.end))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Begin as the lock wants it; what is not committed is undone."""
        self._lock.begin()
        try:
            yield
        finally:
            self._connection.rollback()

    @contextmanager
    def _reported(
        self, step: Step, *, is_undone: Callable[[], bool]
    ) -> Iterator[None]:
        self._emit(StepStarted(step))
        try:
            yield
        except BaseException as error:
            self._emit(StepFailed(step, error, is_undone()))
            raise


def _marker(step: Step) -> Marker:
    return Marker(
        operation=step.operation,
        start=int(step.start),
        end=int(step.end),
        script=str(step.script),
        started=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        deployer=f"{_user()}@{socket.gethostname()}, pid {os.getpid()}",
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a nameless user
        return "unknown"


def _can_resume(step: Step, marker: Marker, dialect: str) -> bool:
    """Tell whether ``step`` can go on where ``marker`` says it stopped."""
    script = step.script
    if not isinstance(script, SqlScript):
        return False
    texts = [statement.text for statement in script.statements(dialect)]
    return marker.is_of(
        step.operation, int(step.start), int(step.end)
    ) and Journal.matches(marker, texts)
