"""A second session on the database of a run, for what cannot be in its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.engine.base import OptionEngine
from sqlalchemy.pool import SingletonThreadPool
from sqlalchemy.pool import StaticPool

from migrate import binding
from migrate.watching import heard_by

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine import Engine
    from sqlalchemy.pool import Pool

__all__ = ["has_second", "second_session"]


class _Beside(OptionEngine):
    """An engine that is as another one, with a pool of its own."""

    pool: Pool = None  # type: ignore[assignment]  # not the other's

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, {})
        self.pool = engine.pool.recreate()


def has_second(engine: Engine) -> bool:
    """Tell whether there can be a second connection to its database."""
    # What a StaticPool connects to is often there already.
    of_one = (
        (StaticPool, SingletonThreadPool)
        if engine.dialect.name == "sqlite"  # in memory
        else StaticPool
    )
    return not isinstance(engine.pool, of_one)


@contextmanager
def second_session(engine: Engine) -> Iterator[Connection]:
    """Give a connection beside that of the step, gone afterwards.

    Not from the pool: that of an application may have no connection to give
    besides ours, or give the same one (SingletonThreadPool).  What is sent
    there is none of the script's.  Without a second connection, see
    :func:`has_second`, it is the one that there is.
    """
    own = _Beside(engine) if has_second(engine) else None
    try:
        with (
            heard_by(()),
            binding.running(None),
            (own or engine).connect() as connection,
        ):
            yield connection
    finally:
        if own is not None:
            own.pool.dispose()
