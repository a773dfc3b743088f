"""Where a test runs its steps: in a sealed transaction, or for real."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextlib import closing
from contextlib import contextmanager
from contextlib import nullcontext
from typing import TYPE_CHECKING
from typing import Any
from typing import Protocol

from sqlalchemy import event
from sqlalchemy import inspect

from migrate.exceptions import UnconfirmedError
from migrate.versioning.running.runner import Runner
from migrate.watching import ELSEWHERE
from migrate.watching import watched

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from migrate.exceptions import HalfDoneStepError
    from migrate.versioning.control.table import ControlTable
    from migrate.versioning.history import History
    from migrate.versioning.lock import Lock
    from migrate.versioning.steps import Step

__all__ = [
    "RealStage",
    "SealedStage",
    "Stage",
    "refuse",
    "touched",
    "unconfirmed",
]

_READS = re.compile(r"\s*(SELECT|SHOW|DESC|DESCRIBE|EXPLAIN|SET)\b", re.I)
_SHOWN = 5


class Stage(Protocol):
    """Runs the steps of a test."""

    connection: Connection

    def can_run(self, step: Step) -> bool:
        """Tell whether the step may be tried on this database."""

    def run(self, step: Step) -> None:
        """Run a step; what it raises passes through."""

    def reading(self) -> AbstractContextManager[None]:
        """Read inside of one transaction."""

    def undoing(self) -> AbstractContextManager[bool]:
        """Undo what is run inside; gives False where that cannot be."""


class SealedStage:
    """Each step inside the transaction, none of them committed."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def can_run(self, step: Step) -> bool:
        """Tell whether the step is content with a transaction."""
        return step.script.transactional

    def run(self, step: Step) -> None:
        """Run a step; after an error nothing of it remains."""
        with self.connection.begin_nested():
            step.script.run(self.connection, step.direction)

    def reading(self) -> AbstractContextManager[None]:
        """Read inside of the transaction that there is."""
        return nullcontext()

    @contextmanager
    def undoing(self) -> Iterator[bool]:
        """Undo what is run inside."""
        savepoint = self.connection.begin_nested()
        try:
            yield True
        finally:
            savepoint.rollback()


class RealStage:
    """Each step as an upgrade or downgrade runs it, committed.

    So a test that is killed leaves the database where its control table
    says, or with the marker of a half-done step.

    :param control: of the repository.
    :ivar is_controlled: whether the database has a row there.
    """

    def __init__(
        self, connection: Connection, lock: Lock, control: ControlTable
    ) -> None:
        self.connection = connection
        self.is_controlled = True
        self._control = control.qualified(connection)
        connection.rollback()
        self._failed: Step | None = None
        self._lock = lock
        self._history: History | None = None

    def can_run(self, step: Step) -> bool:
        """Tell that any step can be run."""
        return True

    def run(self, step: Step) -> None:
        """Run a step."""
        self.connection.rollback()
        if self.is_controlled:
            with closing(
                Runner(
                    self.connection,
                    self._control,
                    self._lock,
                    lambda event: None,
                    history=self._history,
                )
            ) as runner:
                runner.run(step)
            return
        self._failed = step
        with self._lock.autocommit():
            step.script.run(self.connection, step.direction)
        self._failed = None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read inside of a transaction of its own."""
        self.connection.rollback()
        self._lock.begin()
        yield
        self.connection.rollback()

    def record_in(self, history: History) -> None:
        """Record the steps, as those of an upgrade are."""
        self._history = history.prepared(
            self.connection, self._lock, self._control
        )

    def check(self) -> None:
        """Refuse a database on which a step is half done.

        :raises HalfDoneStepError: when there is one.
        """
        half_done = self._half_done()
        if half_done is not None:
            raise half_done

    def what_remains(self) -> str | None:
        """Tell what a failed step may have left behind, None if nothing."""
        half_done = self._half_done()
        if half_done is not None:
            return str(half_done)
        if self._failed is not None:
            return f"what {self._failed.script} did before its error remains"
        return None

    def _half_done(self) -> HalfDoneStepError | None:
        connection, marker = self.connection, None
        connection.rollback()
        if inspect(connection).has_table(self._control.table.name):
            marker = self._control.marker(connection)
        connection.rollback()
        return None if marker is None else self._control.half_done(marker)

    def undoing(self) -> AbstractContextManager[bool]:
        """Undo nothing."""
        return nullcontext(False)


# -- rows at risk


def touched(text: str, rows: Mapping[str, int]) -> dict[str, int]:
    """Return the tables with rows that a text names, with their numbers."""
    words = {word.lower() for word in re.findall(r"\w+", text)}
    return {
        table: number
        for table, number in rows.items()
        if number and table.lower() in words
    }


@contextmanager
def unconfirmed(
    connection: Connection, rows: Mapping[str, int]
) -> Iterator[None]:
    """Refuse statements that change a table with rows.

    A Python script may name a table in ways that its text does not show, so
    each statement is looked at before it is sent.

    :raises UnconfirmedError: out of the statement, and again at the end,
        for a script that catches every error.
    """
    refused: list[UnconfirmedError] = []

    def look(statement: str) -> AbstractContextManager[None]:
        if statement is not ELSEWHERE and not _READS.match(statement):
            try:
                refuse(touched(statement, rows))
            except UnconfirmedError as error:
                refused.append(error)
                raise
        return nullcontext()

    def before(
        conn: Connection, cursor: Any, statement: str, *rest: Any
    ) -> None:
        look(statement)

    event.listen(connection, "before_cursor_execute", before)
    try:
        with watched(look):
            yield
    finally:
        event.remove(connection, "before_cursor_execute", before)
    if refused:
        raise refused[0]


def refuse(tables: Mapping[str, int]) -> None:
    """Raise UnconfirmedError if there are tables whose rows are at risk."""
    if not tables:
        return
    named = [f"{name} ({number})" for name, number in tables.items()]
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    raise UnconfirmedError(
        "the test would run for real on tables that hold rows: "
        f"{', '.join(named[:_SHOWN])}{more}; give --yes if they may be "
        "lost, or test a copy of the database"
    )
