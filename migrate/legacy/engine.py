"""The ``migrate_engine`` of a change script.

A genuine :class:`~sqlalchemy.engine.Engine` whose connections all are the
one connection of the step.  Here 1.4's meaning wins over that of 2.x: a
statement outside a transaction is committed by itself, ``begin()`` may be
called inside ``begin()``, and a result outlives its connection.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from functools import partial
from typing import Any
from typing import cast

from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.engine import Connection
from sqlalchemy.engine import CursorResult
from sqlalchemy.engine import Engine
from sqlalchemy.engine import RootTransaction
from sqlalchemy.engine.base import OptionEngine
from sqlalchemy.engine.base import OptionEngineMixin
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlalchemy.util import immutabledict

from migrate.legacy.memory import Memory
from migrate.legacy.transactions import RealTransactions
from migrate.legacy.transactions import Savepoints
from migrate.legacy.transactions import ScriptDBAPIConnection
from migrate.legacy.transactions import Transactions
from migrate.sqltext.control import control_in
from migrate.sqltext.control import without_control
from migrate.sqltext.effect import ALL
from migrate.sqltext.effect import Effect
from migrate.sqltext.effect import effect_of
from migrate.sqltext.kind import selects_rows

__all__ = ["MarkerTransaction", "ScriptConnection", "ScriptEngine", "on"]

# Goes to the database in the place of transaction control.
_NOTHING = "SELECT 1"


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


class ScriptConnection(Connection):
    """A connection with 1.x's autocommit.

    A statement outside ``begin()`` is kept if it succeeds and undone if it
    fails, so that a script which catches the error can go on.
    """

    engine: ScriptEngine
    _explicit: RootTransaction | None = None
    _in_statement = False

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

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Execute and, outside ``begin()``, commit."""
        return self._commit_each(super().execute, *args, **kwargs)

    def exec_driver_sql(self, *args: Any, **kwargs: Any) -> Any:
        """Execute and, outside ``begin()``, commit."""
        return self._commit_each(super().exec_driver_sql, *args, **kwargs)

    def scalar(self, *args: Any, **kwargs: Any) -> Any:
        """Execute and give the first column of the first row."""
        return self._commit_each(super().scalar, *args, **kwargs)

    def scalars(self, *args: Any, **kwargs: Any) -> Any:
        """Execute and give the first column of all rows."""
        return self.execute(*args, **kwargs).scalars()

    def _commit_each(
        self, run: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        run = partial(self.engine.memory.keeping, run, _effect)
        if self._in_statement:
            return run(*args, **kwargs)
        begun = self.has_begun
        self._stand_in.reopens = False
        self._in_statement = self._stand_in.is_told = True
        try:
            self._stand_in.unguarded = not begun and self.engine.unguarded
            result = run(*args, **kwargs)
            _buffer(result, self.dialect.name == "sqlite")
            if not begun:
                self._stand_in.end(changed=not _only_reads(result))
                self.commit()
        except BaseException:
            if not begun:
                self.rollback()
            raise
        finally:
            self._in_statement = False
            if not self.invalidated:
                self._stand_in.is_told = False
        return result

    def take_control(self, control: str) -> None:
        """Do as the text ``COMMIT`` or ``ROLLBACK`` says, for this only."""
        if control == "commit":
            self._stand_in.commit()
        elif control == "rollback":
            self._stand_in.rollback()

    @property
    def _stand_in(self) -> ScriptDBAPIConnection:
        stand_in: Any = self.connection.dbapi_connection
        return stand_in  # type: ignore[no-any-return]  # what the pool makes


class ScriptURL(URL):
    """A URL whose ``str()`` has the password, as in 1.x; ``repr()`` hides."""

    def __str__(self) -> str:
        return self.render_as_string(hide_password=False)


class ScriptEngine(Engine):
    """An engine over one connection; see :func:`on`.

    What an application put on its own engine is found here as well.

    :ivar origin: the engine that the step's connection came from.
    :ivar memory: what is known of the tables.
    :ivar unguarded: True if statements outside ``begin()`` go to a driver in
        autocommit mode, without a transaction.
    """

    _connection_cls = ScriptConnection

    def __init__(
        self,
        connection: Connection,
        transactions: Transactions,
        memory: Memory,
    ) -> None:
        self.origin = origin = connection.engine
        self.unguarded = isinstance(transactions, RealTransactions)
        self.memory = memory
        real = connection.connection.dbapi_connection
        make = partial(ScriptDBAPIConnection, real, transactions, memory)
        super().__init__(
            NullPool(
                make,
                dialect=origin.dialect,
            ),
            origin.dialect,
            ScriptURL._make(origin.url),
            hide_parameters=origin.hide_parameters,
        )
        self.logging_name = origin.logging_name
        self.echo = origin.echo
        self._compiled_cache = origin._compiled_cache
        self._follow_events(connection)
        if not self.unguarded:
            event.listen(self, "before_cursor_execute", _not_sent, retval=True)
        options = dict(connection.get_execution_options())
        options.pop("isolation_level", None)
        self._execution_options = immutabledict(options)

    def _follow_events(self, connection: Connection) -> None:
        """Tell the application's listeners of statements, as they expect.

        Not of transactions: these are none of the driver's, and a listener
        to "begin" that sends BEGIN, as on SQLite, begins what is begun.
        """
        own: Any = self.dispatch
        self.dispatch = own._join(connection.dispatch)
        for name in own._event_names:
            if not name.endswith("execute"):
                setattr(self.dispatch, name, getattr(own, name))
        self._has_events = connection._has_events or self.origin._has_events

    def dispose(self, close: bool = True) -> None:
        """Do nothing: the connection belongs to whoever runs the script."""

    def __getattr__(self, name: str) -> Any:
        if name == "origin":
            raise AttributeError(name)
        return getattr(self.origin, name)


class ScriptOptionEngine(OptionEngineMixin, ScriptEngine):
    """What ``execution_options()`` of a :class:`ScriptEngine` gives."""

    def __init__(self, proxied: ScriptEngine, options: Any) -> None:
        self.origin = proxied
        self.unguarded = proxied.unguarded
        self.memory = proxied.memory
        super().__init__(proxied, options)

    def update_execution_options(self, **options: Any) -> None:
        Engine.update_execution_options(self, **options)


# Not an OptionEngine: that one would give plain connections.
ScriptEngine._option_cls = cast(type[OptionEngine], ScriptOptionEngine)


@contextmanager
def on(
    connection: Connection,
    *,
    transactional: bool = True,
    memory: Memory | None = None,
) -> Iterator[ScriptEngine]:
    """Give an engine on the one ``connection``.

    :param transactional: what is committed through the engine is a savepoint
        in the transaction of ``connection``, which is begun if there is
        none; the caller commits or rolls it back.  Otherwise commits are
        real, and a statement outside ``begin()`` runs in the driver's
        autocommit mode.
    :param memory: what an earlier script on the connection has read.
    """
    memory = memory or Memory()
    if transactional:
        _ensure_transaction(connection)
        real = connection.connection.dbapi_connection
        savepoints = Savepoints(real, connection.dialect)
        with _closing(savepoints, connection) as transactions:
            yield ScriptEngine(connection, transactions, memory)
        return
    with (
        _driver_autocommit(connection) as real,
        _closing(
            RealTransactions(real, connection.dialect), connection
        ) as transactions,
    ):
        yield ScriptEngine(connection, transactions, memory)


@contextmanager
def _closing(
    transactions: Transactions, connection: Connection
) -> Iterator[Transactions]:
    with _then(partial(_told, connection, transactions.close)):
        yield transactions


def _told(connection: Connection, send: Callable[[], object]) -> None:
    """Send something past SQLAlchemy, and raise errors as it does.

    :raises sqlalchemy.exc.DBAPIError: for an error of the driver.
    """
    dialect = connection.dialect
    base = dialect.loaded_dbapi.Error
    try:
        send()
    except base as error:
        driver: Any = connection.connection.dbapi_connection
        is_lost = dialect.is_disconnect(error, driver, None)
        if is_lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            None,
            None,
            error,
            base,
            connection_invalidated=is_lost,
            dialect=dialect,
        ) from error


@contextmanager
def _then(clean_up: Callable[[], object]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # The connection itself may be what failed; say the first error.
        with suppress(Exception):
            clean_up()
        raise
    clean_up()


def _ensure_transaction(connection: Connection) -> None:
    if not connection.in_transaction():
        connection.begin()
    real: Any = connection.connection.dbapi_connection
    # pysqlite begins by itself before INSERT, UPDATE and DELETE only.
    if connection.dialect.name == "sqlite" and not real.in_transaction:
        real.execute("BEGIN")


@contextmanager
def _driver_autocommit(connection: Connection) -> Iterator[Any]:
    real: Any = connection.connection.dbapi_connection
    connection.commit()
    dialect = connection.dialect
    options = connection.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        yield real
        return
    reset: Callable[[], object]
    if callable(getattr(real, "autocommit", None)):
        # MySQL's drivers.  SQLAlchemy would state the isolation level with
        # it, and commit, for each step.
        real.autocommit(True)
        reset = partial(real.autocommit, False)
    else:
        dialect.set_isolation_level(real, "AUTOCOMMIT")
        reset = partial(dialect.reset_isolation_level, real)
    with _then(partial(_told, connection, reset)):
        yield real


def _not_sent(
    connection: ScriptConnection,
    cursor: Any,
    statement: str,
    parameters: Any,
    context: Any,
    executemany: bool,
) -> tuple[str, Any]:
    """Keep the text of transaction control from the step's transaction."""
    statement = without_control(statement)
    control = control_in(statement)
    if control is None:
        return statement, parameters
    connection.take_control(control)
    # A preview leaves it out.
    reading = {"migrate_reading": True}
    context.execution_options = context.execution_options.union(reading)
    return _NOTHING, parameters


def _only_reads(result: Any) -> bool:
    context: Any = getattr(result, "context", None)
    if getattr(context, "compiled", None) is None:
        return False
    return selects_rows(context.statement)


def _effect(result: Any) -> Effect:
    context: Any = getattr(result, "context", None)
    return ALL if context is None else effect_of(context.statement)


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
