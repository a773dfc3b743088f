"""Python's garbage collector, which a command or a run gives less to do."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collecting_seldom"]

_COLLECT_AFTER = 50_000
"""New objects, some ten megabytes of them."""


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Look for garbage less often: to import or reflect makes hardly any.

    Python's own threshold has it look a hundred times while SQLAlchemy is
    imported, and again at every other change script; each is a tenth of the
    time.  Holds for the whole process; a collector that somebody has turned
    off stays off.
    """
    first, *others = gc.get_threshold()
    if first:
        gc.set_threshold(max(first, _COLLECT_AFTER), *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)
