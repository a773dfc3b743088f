"""Who is told what a change script sends past the events of SQLAlchemy.

By a cursor of the driver, or by another engine; and what 1.x style itself
sends to roll back.  This is a module of its own so that who wants to be told
need not import 1.x style, which tells.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import ExitStack
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

__all__ = [
    "ELSEWHERE",
    "Listener",
    "heard_by",
    "listeners",
    "tell",
    "watched",
]

#: Told when a script goes past the connection of its step: whatever it does
#: there is not seen.
ELSEWHERE = "(something by another engine, driver or process)"

Listener: TypeAlias = Callable[[str], AbstractContextManager[object]]

_listeners: ContextVar[tuple[Listener, ...]] = ContextVar(
    "migrate_cursor_listeners", default=()
)


def listeners() -> tuple[Listener, ...]:
    """Return those who are told now, the first one first."""
    return _listeners.get()


@contextmanager
def tell(text: str, others: tuple[Listener, ...] = ()) -> Iterator[None]:
    """Tell everybody of a statement; it is carried out inside.

    :param others: who is told if nobody is in this context, as in a thread
        that the script has started.
    """
    with ExitStack() as stack:
        for listener in listeners() or others:
            stack.enter_context(listener(text))
        yield


@contextmanager
def heard_by(those: tuple[Listener, ...]) -> Iterator[None]:
    """Tell those alone of what is done inside, or nobody of what is ours."""
    token = _listeners.set(those)
    try:
        yield
    finally:
        _listeners.reset(token)


@contextmanager
def watched(listener: Listener) -> Iterator[None]:
    """Carry out each such statement inside ``listener(text)``.

    An error out of the listener keeps the statement from being sent.
    """
    with heard_by((*_listeners.get(), listener)):
        yield
