"""The connection of a change script: 1.x's autocommit, and its ``begin()``.

A statement outside a transaction is committed by itself, and ``begin()`` may
be called inside ``begin()``; a result outlives its connection.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import nullcontext
from functools import partial
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.engine import CursorResult
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine import Result
from sqlalchemy.engine import RootTransaction
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.engine.interfaces import ConnectionEventsTarget
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql.ddl import SchemaGenerator

from migrate.driver import raised
from migrate.legacy.creating import TableGenerator
from migrate.legacy.standin import ScriptDBAPIConnection
from migrate.sqltext.effect import ALL
from migrate.sqltext.effect import Effect
from migrate.sqltext.effect import effect_of
from migrate.sqltext.effect import reads_pragma
from migrate.sqltext.kind import selects_rows

__all__ = ["MarkerTransaction", "ScriptConnection"]


class MarkerTransaction:
    """A ``begin()`` inside ``begin()``, as 1.x had it.

    Its commit does nothing; its rollback is that of the outermost.
    """

    def __init__(self, root: RootTransaction) -> None:
        self._root = root
        self.connection = root.connection

    @property
    def is_active(self) -> bool:
        """Whether the outermost transaction can go on."""
        return self._root.is_active

    def commit(self) -> None:
        """Leave the commit to the outermost."""

    def rollback(self) -> None:
        """Roll back the outermost, unless that is done."""
        if self._root.is_active:
            # Until the outermost is rolled back as well, the connection
            # refuses to execute.
            self._root._connection_rollback_impl()
            self._root.is_active = False

    def close(self) -> None:
        """Roll back, as closing without a commit does."""
        self.rollback()

    def __enter__(self) -> MarkerTransaction:
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        if kind is not None:
            self.rollback()


class _Own(ConnectionEventsTarget):
    """Has nobody who listens.

    The application's listeners to all connections are among those of the
    step's, and would be told twice.
    """


class ScriptConnection(Connection):
    """A connection with 1.x's autocommit.

    A statement outside ``begin()`` is kept if it succeeds and undone if it
    fails, so that a script which catches the error can go on.

    :ivar generator: of the table that is being created; None if none is, or
        if its indexes come after it.
    """

    engine: Any  # a ScriptEngine, which is made of this
    generator: TableGenerator | None = None
    _explicit: RootTransaction | None = None
    _in_statement = False
    _is_reading = False
    _has_changed = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.dispatch: Any = _Own().dispatch
        super().__init__(*args, **kwargs)

    @property
    def has_begun(self) -> bool:
        """Whether the script has called ``begin()`` and not ended it."""
        return (
            self._explicit is not None
            and self.get_transaction() is self._explicit
        )

    def begin(self) -> Any:
        """Begin; inside a transaction of the script, mark a place in it."""
        if self.has_begun:
            assert self._explicit is not None
            return MarkerTransaction(self._explicit)
        transaction = super().begin()
        if not self._in_statement:
            self._explicit = transaction
        return transaction

    def begin_nested(self) -> Any:
        """Begin a savepoint; without a transaction, begin one, as 1.x did."""
        return super().begin_nested() if self.has_begun else self.begin()

    def execute(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        """Execute and, outside ``begin()``, commit."""
        execute = super().execute

        def run(statement: Any) -> Any:
            return self._commit_each(execute, statement, *args, **kwargs)

        if self.generator is None:
            return run(statement)
        return self.generator.send(run, statement)

    def _run_ddl_visitor(
        self, visitorcallable: Any, element: Any, **kwargs: Any
    ) -> None:
        """Create tables as the database does it best."""
        if visitorcallable is SchemaGenerator and self._joins_keys:
            visitorcallable = TableGenerator
        super()._run_ddl_visitor(visitorcallable, element, **kwargs)

    @property
    def _joins_keys(self) -> bool:
        return self.dialect.name in {"mysql", "mariadb"}

    def exec_driver_sql(self, *args: Any, **kwargs: Any) -> Any:
        """Execute and, outside ``begin()``, commit."""
        if self._is_reading and self.dialect.name == "sqlite":
            return self._read(*args, **kwargs)
        return self._commit_each(super().exec_driver_sql, *args, **kwargs)

    def scalar(self, *args: Any, **kwargs: Any) -> Any:
        """Execute and give the first column of the first row."""
        return self._commit_each(super().scalar, *args, **kwargs)

    def scalars(self, *args: Any, **kwargs: Any) -> Any:
        """Execute and give the first column of all rows."""
        return self.execute(*args, **kwargs).scalars()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let all that is executed inside be one query.

        As reflection is, that sends a dozen of them for a table.
        """
        with self._as_one() if not self._in_statement else nullcontext():
            self._is_reading = True
            try:
                yield
            finally:
                self._is_reading = False
            self._has_changed = False

    def _read(
        self, statement: str, parameters: Any = (), *args: Any
    ) -> Result[Any]:
        """Ask SQLite without what a statement of a script needs.

        It is part of the process: that takes longer than the question.
        """
        driver: Any = self.stand_in.for_reading
        cursor = raised(
            self,
            lambda: driver.execute(statement, parameters or ()),
            statement,
        )
        names = [each[0] for each in cursor.description or ()]
        rows = [tuple(row) for row in cursor.fetchall()]
        return IteratorResult(SimpleResultMetaData(names), iter(rows))

    def _commit_each(
        self, run: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        run = partial(self.engine.memory.keeping, run, _effect)
        if self._in_statement:
            return run(*args, **kwargs)
        with self._as_one():
            result = run(*args, **kwargs)
            _buffer(result, self.dialect.name == "sqlite")
            self._has_changed = not _only_reads(result)
        return result

    @contextmanager
    def _as_one(self) -> Iterator[None]:
        """Commit what is executed inside, unless the script has begun."""
        begun = self.has_begun
        self.stand_in.reopens = False
        self._in_statement = self.stand_in.is_told = True
        try:
            self.stand_in.unguarded = not begun and self.engine.unguarded
            yield
            if not begun:
                self.stand_in.end(changed=self._has_changed)
                self.commit()
        except BaseException:
            if not begun:
                self.rollback()
            raise
        finally:
            self._in_statement = False
            if not self.invalidated:
                self.stand_in.is_told = False

    def invalidate(self, exception: BaseException | None = None) -> None:
        """Give the connection up; if it is lost, the step's is too."""
        super().invalidate(exception)
        if exception is not None:
            self.engine.step.invalidate(exception)

    def take_control(self, control: str) -> None:
        """Do as the text ``COMMIT`` or ``ROLLBACK`` says, for this only."""
        if control == "commit":
            self.stand_in.commit()
        elif control == "rollback":
            self.stand_in.rollback()

    @property
    def stand_in(self) -> ScriptDBAPIConnection:
        """The driver's connection that it works on."""
        stand_in: Any = self.connection.dbapi_connection
        return stand_in  # type: ignore[no-any-return]  # what the pool makes


def _only_reads(result: Any) -> bool:
    context: Any = getattr(result, "context", None)
    if getattr(context, "compiled", None) is None:
        return reads_pragma(getattr(context, "statement", None) or "")
    return selects_rows(context.statement)


def _effect(result: Any) -> Effect:
    """Tell what a statement did: from whoever sent it, or from its text."""
    context: Any = getattr(result, "context", None)
    if context is None:
        return ALL
    changed = context.execution_options.get("migrate_changes")
    if changed:
        return Effect(changed.lower(), is_remade=True)
    return effect_of(context.statement)


def _buffer(result: Any, is_sqlite: bool) -> None:
    """Fetch all rows now, where the driver does not do so by itself.

    On SQLite an open SELECT forbids to alter the table, and goes on to read
    what is written meanwhile; 1.x scripts had other connections for that.
    """
    if is_sqlite and isinstance(result, CursorResult) and result.returns_rows:
        cursor: Any = result.cursor
        if cursor is not None:
            result.cursor_strategy = FullyBufferedCursorFetchStrategy(
                cursor, initial_buffer=cursor.fetchall()
            )
