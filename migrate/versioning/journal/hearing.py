"""What the connection of a run carries out, told to the step under way."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeAlias

from sqlalchemy import event

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["Hearing"]

#: Called with connection, cursor, statement and more.
Heard: TypeAlias = Callable[..., None]

_BEFORE, _AFTER = _EVENTS = "before_cursor_execute", "after_cursor_execute"


class Hearing:
    """Listens to the cursors of a connection; to be closed.

    From the first step that wants to be told on: to add listeners and to
    remove them takes as long as a statement.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._told: dict[str, Heard] = {}
        self._listeners: dict[str, Heard] = {}

    @contextmanager
    def told(self, before: Heard, after: Heard) -> Iterator[None]:
        """Call the two for each statement that is carried out inside."""
        if not self._listeners:
            self._listen()
        self._told = {_BEFORE: before, _AFTER: after}
        try:
            yield
        finally:
            self._told = {}

    def _listen(self) -> None:
        self._listeners = {name: partial(self._hear, name) for name in _EVENTS}
        for name, listener in self._listeners.items():
            event.listen(self._connection, name, listener)

    def _hear(self, name: str, *arguments: Any) -> None:
        told = self._told.get(name)
        if told is not None:
            told(*arguments)

    def close(self) -> None:
        """Listen no more."""
        for name, listener in self._listeners.items():
            event.remove(self._connection, name, listener)
        self._listeners = {}
