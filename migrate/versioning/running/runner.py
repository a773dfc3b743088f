"""One step on one connection: the script, the version row, the commit."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from migrate.binding import can_roll_back_ddl
from migrate.exceptions import LockTimeoutError
from migrate.exceptions import TransactionEndedError
from migrate.versioning.control.deployer import utc_now
from migrate.versioning.control.marker import Marker
from migrate.versioning.history import Record
from migrate.versioning.journal.elsewhere import Elsewhere
from migrate.versioning.journal.hearing import Hearing
from migrate.versioning.journal.journal import Journal
from migrate.versioning.journal.remains import invalid_indexes
from migrate.versioning.running.commit import commit
from migrate.versioning.running.commit import version_left
from migrate.versioning.running.events import StepDone
from migrate.versioning.running.events import StepFailed
from migrate.versioning.running.events import StepRetried
from migrate.versioning.running.events import StepStarted
from migrate.versioning.running.hints import with_way_round
from migrate.versioning.script import PythonScript
from migrate.versioning.session.blockers import Blockers
from migrate.versioning.session.limits import Limits
from migrate.versioning.session.limits import is_lock_timeout

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from migrate.exceptions import HalfDoneStepError
    from migrate.legacy import Memory
    from migrate.versioning.control.table import ControlTable
    from migrate.versioning.history import History
    from migrate.versioning.lock import Lock
    from migrate.versioning.repository import Step
    from migrate.versioning.running.events import Listener
    from migrate.versioning.vernum import VerNum

__all__ = ["Runner"]


class Runner:
    """Runs steps one after the other on one connection; to be closed.

    :param connection: outside of any transaction.
    :param control: the control table of the repository.
    :param lock: of the connection; the caller holds it.
    :param emit: is told what happens, in the order in which it happens.
    :param limits: how long statements wait, and how often a step is retried.
    :param history: where steps are recorded, its table made; None: nowhere.
    """

    def __init__(
        self,
        connection: Connection,
        control: ControlTable,
        lock: Lock,
        emit: Listener,
        limits: Limits | None = None,
        history: History | None = None,
    ) -> None:
        self._connection = connection
        self._control = control
        self._lock = lock
        self._emit = emit
        self._limits = limits or Limits()
        self._history = history
        self._hearing = Hearing(connection)
        self._blockers: Blockers | None = None
        self._is_undone = False
        self._is_committing = False
        self._left_at: int | None = None
        self._is_parked = False

    def run(self, step: Step) -> bool:
        """Run a step and commit it together with its version.

        :returns: False, with nothing done, if the database is no longer at
            the start of the step: another deployer has taken it.
        :raises HalfDoneStepError: an earlier step did not end.
        :raises StepConflictError: the version was changed meanwhile.
        """
        pauses = self._limits.pauses()
        while True:
            try:
                with self._watched():
                    return self._attempt(step)
            except DBAPIError as error:
                pause = self._pause_after(error, pauses)
                if pause is None:
                    raise
            self._emit(StepRetried(step, pause))
            time.sleep(pause)
            # What a script keeps at module level would be there already.
            step.script.forget()
            self._forget_tables()

    def _attempt(self, step: Step) -> bool:
        self._is_undone = self._is_committing = False
        if self._is_atomic(step):
            return self._run_atomic(step)
        return self._run_marked(step)

    def _pause_after(
        self, error: DBAPIError, pauses: Iterator[float]
    ) -> float | None:
        """Return the seconds until the next attempt; None if there is none."""
        if self._is_undone and is_lock_timeout(error):
            return next(pauses, None)
        return None

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Look who blocks us, if statements do not wait for ever."""
        wait = self._limits.ddl_lock_timeout
        if wait is None:
            yield
            return
        self._blockers = Blockers(self._connection, wait / 3)
        with self._blockers.watched():
            yield

    def _is_atomic(self, step: Step) -> bool:
        return step.script.transactional and can_roll_back_ddl(
            self._connection
        )

    def _run_atomic(self, step: Step) -> bool:
        is_known = self._left_it_at(step.start)
        with self._transaction():
            if not is_known:
                version, marker = self._control.locked_state(self._connection)
                if marker is not None:
                    raise self._half_done(marker)
                if version != step.start:
                    return False
            with self._reported(step, is_undone=lambda: True) as clock:
                with with_way_round(step.script.opt_out):
                    self._run_script(step)
                self._move(step)
                self._record(step, clock, success=True)
                self._commit()
        self._end(step)
        return True

    def _left_it_at(self, version: VerNum) -> bool:
        """Tell whether it is certain, without a question, how we left it.

        Whoever does not ask for the lock, such as the old library, may still
        have been here; the update of the version finds out.  After a step
        that failed, nothing is certain.
        """
        left_at, self._left_at = self._left_at, None
        return left_at == int(version)

    def _end(self, step: Step) -> None:
        if self._lock.keeps_others_out:
            self._left_at = int(step.end)
        self._emit(StepDone(step))

    def _run_script(self, step: Step, journal: Journal | None = None) -> None:
        script = step.script
        if isinstance(script, PythonScript):
            script.run(self._connection, step.direction, journal, self._memory)
            return
        self._forget_tables()
        script.run(self._connection, step.direction, journal)

    @cached_property
    def _memory(self) -> Memory:
        """What the Python scripts of this run have read of the tables."""
        from migrate.legacy import Memory  # slow to import; not for SQL

        return Memory()

    def _forget_tables(self) -> None:
        vars(self).pop("_memory", None)

    def _run_marked(self, step: Step) -> bool:
        with self._lock.alone():
            return self._run_marked_alone(step)

    def _run_marked_alone(self, step: Step) -> bool:
        journal = self._begin_journal(step)
        if journal is None:
            return False
        with (
            self._reported(
                step, is_undone=lambda: self._is_blank(journal)
            ) as clock,
            self._kept(journal),
        ):
            with self._lock.autocommit():
                self._run_script(step, journal)
                journal.close()
            with self._transaction():
                self._move_and_park(step, journal)
                self._record(step, clock, success=True)
                self._commit()
        self._end(step)
        return True

    def _begin_journal(self, step: Step) -> Journal | None:
        """Return the journal; None if the database is not at its start."""
        marker = None
        if not self._left_it_at(step.start):
            with self._transaction():
                version, marker = self._control.locked_state(self._connection)
                if marker is not None:
                    marker = self._resumed(step, marker)
                if version != step.start:
                    return None
        return Journal(
            self._connection,
            self._control.marker_row,
            marker or Marker.of(step),
            Elsewhere(self._connection.engine, self._control.elsewhere_row),
            self._hearing,
            self._lock.begin,
            is_marked=marker is not None,
        )

    def _resumed(self, step: Step, marker: Marker) -> Marker:
        # Only after a death; slow to import.
        from migrate.versioning.journal.resuming import resumed

        found = resumed(
            self._connection,
            step,
            marker,
            is_alone=self._lock.keeps_others_out,
        )
        if found is None:
            raise self._half_done(marker)
        return found

    def _half_done(self, marker: Marker) -> HalfDoneStepError:
        remains = invalid_indexes(self._connection)
        return self._control.half_done(marker, remains)

    @contextmanager
    def _kept(self, journal: Journal) -> Iterator[None]:
        """After a failure, leave the marker, or none if nothing was done.

        With the connection lost, the marker is as it was written last.
        """
        try:
            yield
        except BaseException:
            with suppress(DBAPIError):
                self._keep(journal)
            raise

    def _keep(self, journal: Journal) -> None:
        if self._connection.invalidated:
            return
        self._connection.rollback()
        if not journal.is_blank:
            journal.save()
        elif journal.note.is_marked:
            self._control.marker_row.take_back(
                self._connection, journal.note.marker
            )
            self._connection.commit()

    def _is_blank(self, journal: Journal) -> bool:
        # What a lost connection was doing, the server may still do.
        return journal.is_blank and not self._connection.invalidated

    def _commit(self) -> None:
        self._is_committing = True
        commit(self._connection)

    def _is_committed(self, step: Step) -> bool | None:
        """Tell whether a step that failed is done; None: not known."""
        if not self._is_committing:
            return False
        version = version_left(self._connection, self._control)
        return None if version is None else version == int(step.end)

    def _move(self, step: Step) -> None:
        self._control.move(self._connection, int(step.start), int(step.end))

    def _move_and_park(self, step: Step, journal: Journal) -> None:
        self._is_parked = self._is_parked or journal.note.is_marked
        if journal.is_elsewhere:
            self._control.elsewhere_row.remove(self._connection)
        if journal.note.is_said:
            self._control.move_and_park(
                self._connection, int(step.start), int(step.end)
            )
            return
        self._move(step)
        if journal.note.is_marked:
            self._control.marker_row.park(self._connection)

    def close(self) -> None:
        """Leave no marker's row behind that marks nothing.

        Nothing is raised if that fails: such a row says no more than none.
        """
        self._hearing.close()
        if not self._is_parked or self._connection.invalidated:
            return
        with suppress(DBAPIError, LockTimeoutError), self._transaction():
            self._control.marker_row.remove_parked(self._connection)
            self._connection.commit()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Begin as the lock wants it; what is not committed is undone."""
        self._lock.begin()
        try:
            yield
        except BaseException:
            with suppress(DBAPIError):  # of a lost connection: undone it is
                self._connection.rollback()
            raise
        self._connection.rollback()

    @contextmanager
    def _reported(
        self, step: Step, *, is_undone: Callable[[], bool]
    ) -> Iterator[_Clock]:
        clock = _Clock()
        self._emit(StepStarted(step))
        try:
            yield clock
        except BaseException as error:
            is_committed = self._is_committed(step)
            self._is_undone = (
                is_committed is False
                and is_undone()
                and not _ended_transaction(error)
            )
            blockers = tuple(self._blockers.last) if self._blockers else ()
            self._emit(
                StepFailed(
                    step, error, self._is_undone, blockers, is_committed
                )
            )
            with suppress(DBAPIError):
                self._record_failure(step, clock)
            raise

    def _record(self, step: Step, clock: _Clock, *, success: bool) -> None:
        if self._history is not None:
            record = Record.of(
                step,
                clock.started,
                clock.milliseconds(),
                success=success,
            )
            self._history.add(self._connection, record)

    def _record_failure(self, step: Step, clock: _Clock) -> None:
        """Record in a transaction of its own, once the step's is undone."""
        if self._history is not None and not self._connection.invalidated:
            self._connection.rollback()
            with self._transaction():
                self._record(step, clock, success=False)
                self._connection.commit()


class _Clock:
    """Since when a step runs."""

    def __init__(self) -> None:
        self.started = utc_now()
        self._start = time.monotonic()

    def milliseconds(self) -> int:
        return round((time.monotonic() - self._start) * 1000)


def _ended_transaction(error: BaseException) -> bool:
    # SQLAlchemy wraps what comes out of a connection.
    original = getattr(error, "orig", None)
    return isinstance(original or error, TransactionEndedError)
