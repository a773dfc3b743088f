"""Executing on an engine, and statements as text."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy import inspect
from sqlalchemy.engine import Connection
from sqlalchemy.engine import CursorResult
from sqlalchemy.engine import Engine
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.sql import visitors
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.schema import DefaultGenerator

from migrate import binding
from migrate.legacy.connection import MarkerTransaction
from migrate.legacy.engine import ScriptEngine
from migrate.legacy.lending import lend
from migrate.legacy.lending import lender
from migrate.legacy.patching import Patch
from migrate.legacy.patching import add
from migrate.legacy.patching import wrap
from migrate.watching import ELSEWHERE
from migrate.watching import tell

__all__ = ["PATCHES", "parameter_sets"]

# The keywords that 2.x itself takes.
_TODAYS = frozenset({"parameters", "execution_options"})


def parameter_sets(
    multi: tuple[Any, ...], named: Mapping[str, Any]
) -> Any | None:
    """Bring the parameter forms of 1.x into that of 2.x.

    :returns: None, one mapping or tuple, or a list of them: one for each
        time the statement is executed.

    >>> parameter_sets((), {"a": 1})
    {'a': 1}
    >>> parameter_sets((1, 2), {})
    (1, 2)
    >>> parameter_sets(({"a": 1}, {"a": 2}), {})
    [{'a': 1}, {'a': 2}]
    >>> parameter_sets(([(1, 2), (3, 4)],), {})
    [(1, 2), (3, 4)]
    """
    if not multi:
        return dict(named) or None
    if len(multi) > 1:
        return _one_or_many(multi) if _is_set(multi[0]) else multi
    (only,) = multi
    if isinstance(only, (list, tuple)):
        if not only or _is_set(only[0]):
            return _one_or_many(only)
        return tuple(only)
    return only if only is None or _is_set(only) else (only,)


def _is_set(value: Any) -> bool:
    """Whether ``value`` is a set of parameters rather than one of them."""
    return hasattr(value, "__iter__") and not isinstance(
        value, (str, bytes, bytearray)
    )


def _one_or_many(sets: Any) -> Any | None:
    ready = [one if isinstance(one, Mapping) else tuple(one) for one in sets]
    if not ready:
        return None
    return ready[0] if len(ready) == 1 else ready


def execute(
    original: Callable[..., Any],
    self: Connection,
    statement: Any,
    *multi: Any,
    **named: Any,
) -> Any:
    """2.0 takes no text and one ``parameters`` argument only.

    Text goes to the driver as it is, with the driver's parameter style.
    """
    if isinstance(statement, DefaultGenerator):
        return self.scalar(statement)
    if isinstance(statement, str):
        sets = parameter_sets(multi, named)
        return self.exec_driver_sql(statement, sets)
    if _TODAYS.issuperset(named) and len(multi) < 2:
        if multi == ([],):
            multi = ()
        return original(self, statement, *multi, **named)
    return original(self, statement, parameter_sets(multi, named))


def scalar(
    original: Callable[..., Any],
    self: Connection,
    statement: Any,
    *multi: Any,
    **named: Any,
) -> Any:
    """2.0 takes no text and one ``parameters`` argument only."""
    if isinstance(statement, DefaultGenerator):
        return original(self, statement)
    return self.execute(statement, *multi, **named).scalar()


def branch(self: Connection, **options: Any) -> Connection:
    """Removed in 2.0; the same connection, which this does not close."""
    kind = type(self)
    face: Connection = object.__new__(
        type(f"Branched{kind.__name__}", (kind,), {"close": _leave_open})
    )
    object.__setattr__(face, "__dict__", vars(self))
    return face


def _leave_open(self: Connection) -> None:
    """Leave the connection to the one it was branched from."""


def engine_connect(
    original: Callable[..., Connection],
    self: Engine,
    close_with_result: bool = False,
) -> Connection:
    """Removed in 2.0; ``close_with_result=``, which means nothing here.

    In a change script, another engine on its database gives the connection
    of the step.
    """
    step = lender(self)
    return original(self) if step is None else lend(step, self)


def engine_begin(
    original: Callable[..., Any],
    self: Engine,
    close_with_result: bool = False,
) -> Any:
    """Removed in 2.0; ``close_with_result=``, which means nothing here."""
    return original(self)


def engine_execute(self: Engine, statement: Any, *p: Any, **kw: Any) -> Any:
    """Removed in 2.0; executes on a connection of its own and commits."""
    with self.connect() as connection:
        result = connection.execute(statement, *p, **kw)
        _buffer(result)
        connection.commit()
    return result


def raw_connection(original: Callable[..., Any], self: Engine) -> Any:
    """As before; who keeps a journal of the script is told of it.

    Another engine on the database of a change script gives the step's.
    """
    step = lender(self)
    if step is not None:
        return step.raw_connection()
    if not isinstance(self, ScriptEngine):
        with tell(ELSEWHERE):
            pass
    return original(self)


def engine_scalar(self: Engine, statement: Any, *p: Any, **kw: Any) -> Any:
    """Removed in 2.0; the first column of the first row."""
    with self.connect() as connection:
        value = connection.scalar(statement, *p, **kw)
        connection.commit()
    return value


def contextual_connect(self: Engine, **options: Any) -> Connection:
    """Removed in 1.4; ``connect()`` today."""
    return self.connect()


def run_callable(
    self: Engine | Connection, function: Any, *args: Any, **kwargs: Any
) -> Any:
    """Removed in 2.0; calls with a connection and gives the answer."""
    if isinstance(self, Connection):
        return function(self, *args, **kwargs)
    with self.connect() as connection:
        return function(connection, *args, **kwargs)


def transaction(
    self: Engine | Connection, function: Any, *args: Any, **kwargs: Any
) -> Any:
    """Removed in 2.0; calls with a connection that has begun, commits."""
    if isinstance(self, Engine):
        with self.begin() as connection:
            return function(connection, *args, **kwargs)
    with self.begin():
        return function(self, *args, **kwargs)


def begin(original: Callable[..., Any], self: Connection) -> Any:
    """2.0 refuses ``begin()`` inside a transaction; 1.x marked a place."""
    root = self.get_transaction()
    if root is None:
        return original(self)
    return MarkerTransaction(root)


def has_table(
    self: Engine, table_name: str, schema: str | None = None
) -> bool:
    """Removed in 2.0; ``inspect(engine).has_table()`` today."""
    return inspect(self).has_table(table_name, schema=schema)


def table_names(
    self: Engine, schema: str | None = None, connection: Any = None
) -> list[str]:
    """Removed in 2.0; ``inspect(engine).get_table_names()`` today."""
    return inspect(connection or self).get_table_names(schema)


def create(self: Any, entity: Any, **kwargs: Any) -> None:
    """Removed in 1.4; creates a table, index, sequence or metadata."""
    kwargs.pop("connection", None)
    make = getattr(entity, "create_all", None) or entity.create
    make(self, **kwargs)


def drop(self: Any, entity: Any, **kwargs: Any) -> None:
    """Removed in 1.4; drops a table, index, sequence or metadata."""
    kwargs.pop("connection", None)
    unmake = getattr(entity, "drop_all", None) or entity.drop
    unmake(self, **kwargs)


# -- statements that know their engine ------------------------------------


def statement_bind(self: ClauseElement) -> Any:
    """Removed in 2.0; the bind given, or that of a table it mentions."""
    given = vars(self).get("_migrate_bind")
    return given or binding.bind_of(_metadata_in(self))


def _metadata_in(statement: Any) -> MetaData | None:
    """Find the bound MetaData of a table that ``statement`` mentions."""
    for element in visitors.iterate(statement):
        metadata = getattr(element, "metadata", None)
        if metadata is None:
            table = getattr(element, "table", None)
            metadata = getattr(table, "metadata", None)
        if isinstance(metadata, MetaData) and binding.bind_of(metadata):
            return metadata
    return None


def _resolved(statement: Any, bind: Any = None) -> Any:
    is_clause = isinstance(statement, ClauseElement)
    metadata = _metadata_in(statement) if is_clause else None
    given = bind or vars(statement).get("_migrate_bind")
    return binding.resolve(
        given,
        metadata=metadata or getattr(statement, "metadata", None),
        purpose=f"execute() of this {type(statement).__name__}",
    )


def statement_execute(self: Any, *multi: Any, **named: Any) -> Any:
    """Removed in 2.0; executes on the bind of the metadata."""
    bind = _resolved(self)
    return bind.execute(self, *multi, **named)


def statement_scalar(self: Any, *multi: Any, **named: Any) -> Any:
    """Removed in 2.0; the first column of the first row."""
    return self.execute(*multi, **named).scalar()


def default_execute(self: Any, bind: Any = None) -> Any:
    """Removed in 2.0; the value of a default or the next of a sequence."""
    return _resolved(self, bind).scalar(self)


def result_next(self: CursorResult[Any]) -> Any:
    """Removed in 1.4; ``next(result)`` today."""
    return next(iter(self))


def _buffer(result: Any) -> None:
    """Let the rows outlive the connection."""
    if isinstance(result, CursorResult) and result.returns_rows:
        if isinstance(
            result.cursor_strategy, FullyBufferedCursorFetchStrategy
        ):
            return
        cursor: Any = result.cursor
        if cursor is not None:
            result.cursor_strategy = FullyBufferedCursorFetchStrategy(
                cursor, initial_buffer=cursor.fetchall()
            )


def _both(form: str, function: Callable[..., Any], name: str = "") -> Any:
    return [
        add(Engine, f"engine.{form}", function, name),
        add(Connection, f"connection.{form}", function, name),
    ]


PATCHES: list[Patch] = [
    wrap(Connection, "connection.execute('text', ...)", execute),
    wrap(Connection, "connection.scalar('text', ...)", scalar),
    wrap(Connection, "connection.begin() inside begin()", begin),
    add(Connection, "connection.connect()", branch, "connect"),
    add(
        Connection,
        "connection.contextual_connect()",
        branch,
        "contextual_connect",
    ),
    add(Engine, "engine.execute(...)", engine_execute, "execute"),
    add(Engine, "engine.scalar(...)", engine_scalar, "scalar"),
    wrap(
        Engine, "engine.connect(close_with_result=)", engine_connect, "connect"
    ),
    wrap(Engine, "engine.begin(close_with_result=)", engine_begin, "begin"),
    wrap(Engine, "other_engine.raw_connection()", raw_connection),
    add(Engine, "engine.contextual_connect()", contextual_connect),
    *_both("run_callable(f)", run_callable),
    *_both("transaction(f)", transaction),
    *_both("create(table)", create),
    *_both("drop(table)", drop),
    add(Engine, "engine.has_table(name)", has_table),
    add(Engine, "engine.table_names()", table_names),
    add(
        ClauseElement,
        "statement.bind",
        property(statement_bind, doc=statement_bind.__doc__),
        "bind",
    ),
    add(CursorResult, "result.next()", result_next, "next"),
    add(Executable, "statement.execute(...)", statement_execute, "execute"),
    add(Executable, "statement.scalar(...)", statement_scalar, "scalar"),
    add(
        DefaultGenerator,
        "sequence.execute(engine)",
        default_execute,
        "execute",
    ),
    add(
        DefaultGenerator,
        "sequence.scalar(engine)",
        default_execute,
        "scalar",
    ),
]
