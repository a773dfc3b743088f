"""Which change script works on a driver's connection just now."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import MutableMapping
from contextlib import contextmanager
from typing import Any

from migrate.exceptions import TransactionEndedError
from migrate.legacy.memory import Memory
from migrate.legacy.transactions import RealTransactions
from migrate.legacy.transactions import Transactions

__all__ = ["Stage"]

_KEY = "migrate_stage"


class Stage:
    """The transactions and the memory of one script on the one connection.

    An engine, a session, bound metadata may outlive the script in a module
    that several scripts import, as with 1.x, whose engine was one for all.
    What is done with them later belongs to the script that then runs.

    :param info: what is kept with the driver's connection, by SQLAlchemy.
    """

    def __init__(
        self,
        transactions: Transactions,
        memory: Memory,
        info: MutableMapping[Any, Any],
    ) -> None:
        self.transactions = transactions
        self.memory = memory
        self._info = info
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
        return (self._is_over and self._info.get(_KEY)) or self

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
