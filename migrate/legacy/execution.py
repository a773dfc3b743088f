"""Executing on an engine, and statements as text."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.engine import CursorResult
from sqlalchemy.engine import Engine
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

from migrate.legacy.patching import Patch
from migrate.legacy.patching import add
from migrate.legacy.patching import wrap

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
    if isinstance(statement, str):
        sets = parameter_sets(multi, named)
        return self.exec_driver_sql(statement, sets)
    if _TODAYS.issuperset(named) and len(multi) < 2:
        if multi == ([],):
            multi = ()
        return original(self, statement, *multi, **named)
    return original(self, statement, parameter_sets(multi, named))


def engine_execute(self: Engine, statement: Any, *p: Any, **kw: Any) -> Any:
    """Removed in 2.0; executes on a connection of its own and commits."""
    with self.connect() as connection:
        result = connection.execute(statement, *p, **kw)
        _buffer(result)
        connection.commit()
    return result


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


PATCHES: list[Patch] = [
    wrap(Connection, "connection.execute('text', ...)", execute),
    add(Engine, "engine.execute(...)", engine_execute, "execute"),
]
