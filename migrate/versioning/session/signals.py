"""Signals that end a command: in order, as Ctrl-C does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Terminated", "exit_code", "interrupting", "terminable"]


class Terminated(KeyboardInterrupt):
    """SIGTERM arrived; whoever lets Ctrl-C pass lets this pass too."""


@contextmanager
def terminable() -> Iterator[None]:
    """Turn SIGTERM into :class:`Terminated` for the time of the block.

    Raised between two steps of the interpreter.  Does nothing outside the
    main thread, which alone may handle signals, and where SIGTERM is
    ignored.
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


def interrupting() -> dict[int, Callable[[int, FrameType | None], object]]:
    """Return the handlers that end a command, by the signal's number.

    Without those of an application, which may do something else.
    """
    ours = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: _terminate,
    }
    return {
        number: handler
        for number, handler in ours.items()
        if signal.getsignal(number) is handler
    }


def exit_code(interrupt: KeyboardInterrupt) -> int:
    """Return 128 + the number of the signal, as shells do."""
    if isinstance(interrupt, Terminated):
        return 128 + signal.SIGTERM
    return 128 + signal.SIGINT


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated("terminated")
