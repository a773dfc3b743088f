"""Signals that end a command: in order, as Ctrl-C does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Terminated", "exit_code", "terminable"]


class Terminated(KeyboardInterrupt):
    """SIGTERM arrived; whoever lets Ctrl-C pass lets this pass too."""


@contextmanager
def terminable() -> Iterator[None]:
    """Turn SIGTERM into :class:`Terminated` for the time of the block.

    Raised between two steps of the interpreter: a driver that waits inside
    C code (psycopg2, sqlite3) first ends its statement.  Does nothing
    outside the main thread, which alone may handle signals, and where
    SIGTERM is ignored.
    """
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    if not is_main or before in (signal.SIG_IGN, None):
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def exit_code(interrupt: KeyboardInterrupt) -> int:
    """Return 128 + the number of the signal, as shells do."""
    if isinstance(interrupt, Terminated):
        return 128 + signal.SIGTERM
    return 128 + signal.SIGINT


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated("terminated")
