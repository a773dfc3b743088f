"""The ``migrate_engine`` of a change script.

A genuine :class:`~sqlalchemy.engine.Engine` whose connections all are the
one connection of the step.
"""

from __future__ import annotations

import os
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
from sqlalchemy.engine import Dialect
from sqlalchemy.engine import Engine
from sqlalchemy.engine.base import OptionEngine
from sqlalchemy.engine.base import OptionEngineMixin
from sqlalchemy.engine.interfaces import ConnectionEventsTarget
from sqlalchemy.pool import NullPool
from sqlalchemy.util import immutabledict

from migrate.driver import raised
from migrate.legacy.connection import ScriptConnection
from migrate.legacy.memory import Memory
from migrate.legacy.realtransactions import RealTransactions
from migrate.legacy.savepoints import Savepoints
from migrate.legacy.stage import Stage
from migrate.legacy.standin import ScriptDBAPIConnection
from migrate.legacy.transactions import Transactions
from migrate.sqltext.control import control_in
from migrate.sqltext.control import without_control

__all__ = ["ScriptEngine", "on"]

# Goes to the database in the place of transaction control.
_NOTHING = "SELECT 1"


class _Own(ConnectionEventsTarget):
    """Has what each :class:`ScriptEngine` listens to, and nothing else.

    The application's listeners to all engines are among those of the step's
    connection, and would be told twice.
    """


class ScriptURL(URL):
    """A URL whose ``str()`` has the password, as in 1.x; ``repr()`` hides."""

    def __str__(self) -> str:
        return self.render_as_string(hide_password=False)


class ScriptEngine(Engine):
    """An engine over one connection; see :func:`on`.

    What an application put on its own engine is found here as well.

    :ivar step: the connection of the step.
    :ivar origin: the engine that it came from.
    :ivar stage: what it does it on.
    :ivar process: the number of the process that runs the script.
    """

    _connection_cls = ScriptConnection

    def __init__(self, connection: Connection, stage: Stage) -> None:
        self.step = connection
        self.origin = origin = connection.engine
        self.stage = stage
        self.process = os.getpid()
        make = partial(ScriptDBAPIConnection, stage)
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
        options = dict(connection.get_execution_options())
        options.pop("isolation_level", None)
        self._execution_options = immutabledict(options)

    @property
    def memory(self) -> Memory:
        """What is known of the tables."""
        return self.stage.now.memory

    @property
    def unguarded(self) -> bool:
        """Whether statements outside ``begin()`` need no transaction.

        They go to a driver in autocommit mode.
        """
        return self.stage.now.unguarded

    def _follow_events(self, connection: Connection) -> None:
        """Tell the application's listeners of statements, as they expect.

        Not of transactions: these are none of the driver's, and a listener
        to "begin" that sends BEGIN, as on SQLite, begins what is begun.
        """
        own: Any = _Own().dispatch
        self.dispatch = own._join(connection.dispatch)
        for name in own._event_names:
            if not name.endswith("execute"):
                setattr(self.dispatch, name, getattr(own, name))
        self._has_events = True

    def dispose(self, close: bool = True) -> None:
        """Do nothing: the connection belongs to whoever runs the script."""

    def __getattr__(self, name: str) -> Any:
        if name == "origin":
            raise AttributeError(name)
        return getattr(self.origin, name)


class ScriptOptionEngine(OptionEngineMixin, ScriptEngine):
    """What ``execution_options()`` of a :class:`ScriptEngine` gives."""

    def __init__(self, proxied: ScriptEngine, options: Any) -> None:
        self.step = proxied.step
        self.origin = proxied
        self.stage = proxied.stage
        self.process = proxied.process
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
    stage = partial(Stage, connection, memory=memory or Memory())
    if transactional:
        _ensure_transaction(connection)
        real = connection.connection.dbapi_connection
        savepoints = Savepoints(real, connection.dialect)
        with _closing(savepoints, connection):
            yield from _played(connection, stage(savepoints))
        return
    with _driver_autocommit(connection) as real:
        own = RealTransactions(real, connection.dialect)
        with _closing(own, connection):
            yield from _played(connection, stage(own))


def _played(connection: Connection, stage: Stage) -> Iterator[ScriptEngine]:
    with stage.played():
        yield ScriptEngine(connection, stage)


@contextmanager
def _closing(
    transactions: Transactions, connection: Connection
) -> Iterator[None]:
    with _then(partial(raised, connection, transactions.close)):
        yield


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
    begin, reset = _autocommit_of(real, dialect)
    raised(connection, begin)
    with _then(partial(raised, connection, reset)):
        yield real


def _autocommit_of(
    real: Any, dialect: Dialect
) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return what puts a driver into autocommit, and back as it is now."""
    # Asked of the class: to read mysql-connector's asks the server.
    if callable(getattr(type(real), "autocommit", None)):
        # MySQL's drivers, which send nothing if nothing changes.
        # SQLAlchemy would state the isolation level with it, and commit.
        now = bool(real.get_autocommit())
        return partial(real.autocommit, True), partial(real.autocommit, now)
    if dialect.name == "sqlite":
        # SQLAlchemy would leave the mode in which our own session is.
        put = partial(setattr, real, "isolation_level")
        return partial(put, None), partial(put, real.isolation_level)
    return (
        partial(dialect.set_isolation_level, real, "AUTOCOMMIT"),
        partial(dialect.reset_isolation_level, real),
    )


@event.listens_for(_Own, "before_cursor_execute", retval=True)
def _before(
    connection: ScriptConnection,
    cursor: Any,
    statement: str,
    parameters: Any,
    context: Any,
    executemany: bool,
) -> tuple[str, Any]:
    if not connection.engine.unguarded:
        connection.stand_in.before(statement, many=executemany)
        return _not_sent(connection, statement, context), parameters
    if connection.stand_in.leaves_out(statement):
        return _NOTHING, parameters
    connection.stand_in.before(statement, many=executemany)
    return statement, parameters


@event.listens_for(_Own, "after_cursor_execute")
def _after(
    connection: ScriptConnection,
    cursor: Any,
    statement: str,
    parameters: Any,
    context: Any,
    executemany: bool,
) -> None:
    connection.stand_in.after(statement)


def _not_sent(
    connection: ScriptConnection, statement: str, context: Any
) -> str:
    """Keep the text of transaction control from the step's transaction."""
    statement = without_control(statement)
    control = control_in(statement)
    if control is None:
        return statement
    connection.take_control(control)
    # A preview leaves it out.
    reading = {"migrate_reading": True}
    context.execution_options = context.execution_options.union(reading)
    return _NOTHING
