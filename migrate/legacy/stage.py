"""Which change script works on a driver's connection just now."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import MutableMapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import Connection

from migrate import binding
from migrate.exceptions import TransactionEndedError
from migrate.legacy.memory import Memory
from migrate.legacy.realtransactions import RealTransactions
from migrate.legacy.transactions import Transactions

__all__ = ["Stage"]

_KEY = "migrate_stage"


class Stage:
    """The transactions and the memory of one script on the one connection.

    An engine, a session, bound metadata may outlive the script in a module
    that several scripts import, as with 1.x, whose engine was one for all.
    What is done with them later belongs to the script that then runs, in the
    same run or another on the same database.

    :ivar real: the driver's connection.
    """

    def __init__(
        self,
        connection: Connection,
        transactions: Transactions,
        memory: Memory,
    ) -> None:
        self.real: Any = connection.connection.dbapi_connection
        self.transactions = transactions
        self.memory = memory
        self._url = connection.engine.url
        # Kept with the driver's connection: a thread of the script that
        # runs finds it there.
        self._info: MutableMapping[Any, Any] = connection.info
        self._is_over = False

    @contextmanager
    def played(self) -> Iterator[None]:
        """Be the one of now, inside another perhaps."""
        outer = self._info.get(_KEY)
        self._info[_KEY] = self
        try:
            yield
        finally:
            self._is_over = True
            self._info[_KEY] = outer

    @property
    def now(self) -> Stage:
        """The stage itself; once it is over, that of the script of now."""
        if not self._is_over:
            return self
        return self._info.get(_KEY) or self._of_another_run() or self

    def _of_another_run(self) -> Stage | None:
        stage = getattr(binding.running_bind(), "stage", None)
        is_ours = isinstance(stage, Stage) and stage._url == self._url
        return stage if is_ours else None

    @property
    def unguarded(self) -> bool:
        """Whether statements may do without a transaction of their own."""
        return isinstance(self.transactions, RealTransactions)

    def check(self) -> None:
        """See that a script is running.

        :raises TransactionEndedError: when none is.
        """
        if self._is_over:
            raise TransactionEndedError(
                "the change script that this connection was made for has "
                "ended, and no other is running on it; use an engine of "
                "your own, not a script's migrate_engine"
            )
