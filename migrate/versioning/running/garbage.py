"""Python's garbage collector, which a command or a run gives less to do."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collecting_seldom"]

_COLLECT_AFTER = 50_000
"""New objects, some ten megabytes of them."""


class _Scope:
    """Where it is in force: in how many blocks, and what was before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._depth = 0
        self._before = gc.get_threshold()

    def enter(self) -> None:
        with self._lock:
            self._depth += 1
            if self._depth > 1:
                return
            self._before = first, *others = gc.get_threshold()
            if first:
                gc.set_threshold(max(first, _COLLECT_AFTER), *others)

    def leave(self) -> None:
        with self._lock:
            self._depth -= 1
            if not self._depth:
                gc.set_threshold(*self._before)


_SCOPE = _Scope()


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Look for garbage less often: to import or reflect makes hardly any.

    Python's own threshold has it look a hundred times while SQLAlchemy is
    imported, and again at every other change script; each is a tenth of the
    time.  Holds for the whole process, until the last of the blocks that
    its threads are in has ended; a collector that somebody has turned off
    stays off.
    """
    _SCOPE.enter()
    try:
        yield
    finally:
        _SCOPE.leave()
