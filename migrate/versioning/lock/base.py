"""What a lock does, and the one of databases without a better."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from typing import TYPE_CHECKING
from typing import ClassVar

from sqlalchemy.exc import DBAPIError

from migrate.binding import can_roll_back_ddl
from migrate.exceptions import LockTimeoutError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["DEFAULT_TIMEOUT", "Lock"]

DEFAULT_TIMEOUT = 60.0
"""Seconds that a deployer waits for another one."""

_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.5)
"""Seconds between two attempts; the last one repeats."""


class Lock:
    """The lock of one run on one connection, for databases without a better.

    Nothing is held for the run as a whole: each transactional step locks its
    row of the control table (``SELECT .. FOR UPDATE``), and a step that cannot
    be one transaction is known by its marker alone.

    :param connection: the connection on which the steps will run.
    :param timeout: seconds to wait for another deployer; 0 does not wait.
    :param on_wait: called once with a description of the holder when
        another deployer is found at work.
    """

    #: Whether no other deployer runs a step while the lock is held.
    keeps_others_out: ClassVar[bool] = False

    def __init__(
        self,
        connection: Connection,
        timeout: float = DEFAULT_TIMEOUT,
        on_wait: Callable[[str], None] | None = None,
    ) -> None:
        self.connection = connection
        self.timeout = timeout
        self._on_wait = on_wait or (lambda holder: None)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock inside, outside of any transaction.

        :raises LockTimeoutError: when another deployer does not finish.
        """
        self._poll(self._try_acquire)
        try:
            yield
        except BaseException:
            # A lost session has released the lock with its own end.
            with suppress(DBAPIError):
                self._give_back()
            raise
        self._give_back()

    def _give_back(self) -> None:
        if not self.connection.invalidated:
            self.connection.rollback()
            self._release()

    @contextmanager
    def session(self) -> Iterator[None]:
        """Prepare the driver's connection for steps, and restore it."""
        yield

    @contextmanager
    def autocommit(self) -> Iterator[None]:
        """Let every statement inside commit by itself.

        For steps that cannot be one transaction.  Where the database
        commits DDL anyway, the rows that it does not commit are committed
        at the end.
        """
        connection = self.connection
        if not can_roll_back_ddl(connection):
            yield
            connection.commit()
            return
        before = connection.get_execution_options().get(
            "isolation_level", connection.default_isolation_level
        )
        connection.execution_options(isolation_level="AUTOCOMMIT")
        try:
            yield
        finally:
            # To set an option would connect again, without the lock.
            if not connection.invalidated:
                connection.rollback()
                connection.execution_options(isolation_level=before)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other deployers out of a step of several transactions.

        Inside :meth:`held`, which does so already where it holds anything.

        :raises LockTimeoutError: when another deployer does not finish.
        """
        yield

    def begin(self) -> None:
        """Begin the transaction of a step; the caller commits it.

        :raises LockTimeoutError: when another writer does not finish.
        """
        self.connection.begin()

    def _try_acquire(self) -> bool:
        return True

    def _release(self) -> None:
        pass

    def _holder(self) -> str:
        return "another deployer"

    def _poll(
        self, attempt: Callable[[], bool], holder: str | None = None
    ) -> None:
        deadline = time.monotonic() + self.timeout
        pauses = iter(_PAUSES)
        pause = 0.0
        while not attempt():
            if not pause:
                holder = holder or self._holder()
                self._on_wait(holder)
            pause = next(pauses, _PAUSES[-1])
            if time.monotonic() + pause > deadline:
                raise LockTimeoutError(
                    f"the database is locked by {holder}, which did not "
                    f"finish within {self.timeout:g} seconds; nothing was "
                    "changed, try again or give --lock_timeout=SECONDS"
                )
            time.sleep(pause)
