"""Who is told what a change script sends by a cursor of the driver.

Such a cursor goes around SQLAlchemy and its events.  This is a module of its
own so that who wants to be told need not import 1.x style, which tells.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

__all__ = ["Listener", "listeners", "watched"]

Listener: TypeAlias = Callable[[str], AbstractContextManager[object]]

_listeners: ContextVar[tuple[Listener, ...]] = ContextVar(
    "migrate_cursor_listeners", default=()
)


def listeners() -> tuple[Listener, ...]:
    """Return those who are told now, the first one first."""
    return _listeners.get()


@contextmanager
def watched(listener: Listener) -> Iterator[None]:
    """Carry out each statement of a bare cursor inside ``listener(text)``.

    An error out of the listener keeps the statement from being sent.
    """
    token = _listeners.set((*_listeners.get(), listener))
    try:
        yield
    finally:
        _listeners.reset(token)
