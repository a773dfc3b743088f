"""Ending the statement that a database carries out when a signal comes."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeAlias

from migrate.versioning.session.second import has_second
from migrate.versioning.session.second import second_session
from migrate.versioning.session.signals import interrupting

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    Cancel: TypeAlias = Callable[[], object]

__all__ = ["cancellable"]

_INTERVAL = 0.2
"""Seconds until a statement is cancelled, and then again if need be."""

_PATIENCE = 2.0
"""Seconds that a handler waits until the server was told."""

_END = b"\0"


@contextmanager
def cancellable(connection: Connection) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM cancel what the database does for us.

    A driver that waits in C code (sqlite3, psycopg2) would not let Python
    see a signal before its statement ends.  One that waits in Python gives
    the connection up at once, and the server would go on with the
    statement; there the server is told before.

    Does nothing outside the main thread, where an application handles these
    signals itself, and on databases of which we do not know how to cancel.

    :raises KeyboardInterrupt: for any error that a cancelled statement led
        to.
    """
    make = _WAYS.get(connection.dialect.name)
    is_main = threading.current_thread() is threading.main_thread()
    is_ours = is_main and bool(interrupting())
    watch = make(connection) if make and is_ours else None
    if watch is None:
        yield
        return
    with watch.kept():
        try:
            yield
        except Exception as error:
            if watch.interruption is not None:
                raise watch.interruption from error
            raise


class _Watch:
    """Cancels, from a thread of its own, when a signal comes.

    :param cancel: ends the present statement; harmless if there is none.
    :param at_once: the handler runs while the driver waits, so that the
        server is told first; else only a handler that does not get to run
        shows that a statement must be cancelled.
    :ivar interruption: what the handler raised, if it ran.
    """

    def __init__(self, cancel: Cancel, *, at_once: bool = False) -> None:
        self.interruption: KeyboardInterrupt | None = None
        self._before = interrupting()
        self._cancel = cancel
        self._at_once = at_once
        self._seen = threading.Event()
        self._told = threading.Event()
        self._ours, self._theirs = socket.socketpair()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Watch while the block runs."""
        with closing(self._ours), closing(self._theirs):
            self._theirs.setblocking(False)
            other = self._wake(self._theirs.fileno())
            if other != -1:
                # Somebody else in this process, such as asyncio, listens.
                self._wake(other)
                yield
                return
            with self._handling(), self._listening():
                try:
                    yield
                finally:
                    self._wake(-1)

    @staticmethod
    def _wake(number: int) -> int:
        return signal.set_wakeup_fd(number, warn_on_full_buffer=False)

    @contextmanager
    def _listening(self) -> Iterator[None]:
        thread = threading.Thread(target=self._listen, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._seen.set()
            self._theirs.send(_END)
            thread.join(_PATIENCE)

    @contextmanager
    def _handling(self) -> Iterator[None]:
        """Know when a handler runs, and what it raises."""
        for number in self._before:
            signal.signal(number, self._handle)
        try:
            yield
        finally:
            for number, handler in self._before.items():
                signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._seen.set()
        if self._at_once:
            self._told.wait(_PATIENCE)
        try:
            self._before[number](number, frame)
        except KeyboardInterrupt as interruption:
            self.interruption = interruption
            raise

    def _listen(self) -> None:
        while (byte := self._ours.recv(1)) not in (b"", _END):
            if byte[0] not in self._before:
                continue
            if self._at_once:
                self._try_cancel()
                self._told.set()
            while not self._seen.wait(_INTERVAL):
                self._try_cancel()

    def _try_cancel(self) -> None:
        # Whatever fails here, the statement ends later.
        with suppress(Exception):
            self._cancel()


# -- a watch for each database; None where we know no way


def _of_sqlite(connection: Connection) -> _Watch | None:
    return _of_method(connection, "interrupt")


def _of_postgresql(connection: Connection) -> _Watch | None:
    return _of_method(connection, "cancel")


def _of_method(connection: Connection, name: str) -> _Watch | None:
    """Use a method of the driver's connection that threads may call."""
    driver: Any = connection.connection.dbapi_connection
    cancel = getattr(driver, name, None)
    return None if cancel is None else _Watch(cancel)


def _of_mysql(connection: Connection) -> _Watch | None:
    """Use a second connection: ``KILL QUERY``."""
    engine = connection.engine
    if not has_second(engine):
        return None
    number = connection.exec_driver_sql("SELECT connection_id()").scalar()
    connection.rollback()

    def cancel() -> None:
        with second_session(engine) as second:
            second.exec_driver_sql(f"KILL QUERY {number}")

    return _Watch(cancel, at_once=True)


_WAYS: dict[str, Callable[[Connection], _Watch | None]] = {
    "sqlite": _of_sqlite,
    "postgresql": _of_postgresql,
    "mysql": _of_mysql,
    "mariadb": _of_mysql,
}
