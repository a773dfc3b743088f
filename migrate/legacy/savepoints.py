"""Transactions of a change script as savepoints of the step's."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Dialect

from migrate.exceptions import TransactionEndedError
from migrate.legacy.transaction import Transaction
from migrate.legacy.transactions import OpenTransactions

__all__ = ["Savepoints"]


class Savepoints(OpenTransactions):
    """Transactions as savepoints inside the transaction of the step.

    An ended one is not released at once: the next to open takes its place,
    and if nothing was changed since, without a word to the database.
    """

    commits_ddl = False

    def __init__(self, dbapi_connection: Any, dialect: Dialect) -> None:
        super().__init__(dbapi_connection, dialect)
        # These drivers send a statement without parameters as it is, so
        # that two of them share the way to the server and back; unless
        # psycopg was told to prepare each one.
        prepares = getattr(dbapi_connection, "prepare_threshold", None) == 0
        self._joins = dialect.driver in ("psycopg2", "psycopg") and (
            not prepares
        )
        self._count = 0
        self._idle_is_clean = False
        self._is_over = False

    def open(self) -> Transaction:
        """Set a savepoint, or take over one that nobody needs."""
        self.check()
        self._act(None)
        top = self._stack[-1] if self._stack else None
        if top is None or top not in self._ended:
            return self._push()
        self._ended.discard(top)
        if self._idle_is_clean:
            return top
        self._stack.pop()
        return self._push(instead_of=top)

    def before(self, statement: str, transaction: Transaction) -> None:
        """Set the savepoint again if another's rollback took it away.

        :raises TransactionEndedError: when there is no transaction to be in.
        """
        self.check()
        self._act(transaction)
        if transaction not in self._stack and not transaction.is_lost:
            self.send(f"SAVEPOINT {transaction.name}")
            self._stack.append(transaction)

    def after(self, statement: str) -> None:
        """Nothing to note: no statement ends a savepoint."""

    def end(self, transaction: Transaction, *, changed: bool) -> None:
        """Give the savepoint to whoever opens next."""
        if transaction not in self._stack:
            return
        if self._has_failed(transaction):
            self.undo(transaction)
            return
        self._ended.add(transaction)
        self._idle_is_clean = not changed and transaction is self._stack[-1]
        self._merge_ended()

    def undo(self, transaction: Transaction) -> None:
        """Roll back to the savepoint."""
        if transaction not in self._stack:
            return
        if self._is_idle():
            # Its error is what there is to say; the script cannot go on.
            self._is_over = True
            return
        if self._has_nothing(transaction):
            self.end(transaction, changed=False)
            return
        self.send(f"ROLLBACK TO SAVEPOINT {transaction.name}")
        self._drop_above(transaction)
        self._ended.add(transaction)
        self._idle_is_clean = True
        self._merge_ended()

    def go_on(self, transaction: Transaction) -> None:
        """Make the idle savepoint unfit to be taken over."""
        self._idle_is_clean = False

    def close(self) -> None:
        """Undo what is open; the end of the step releases the rest.

        :raises TransactionEndedError: when the step's transaction is not
            there any more.
        """
        self.check()
        self._undo_open()
        self._stack.clear()
        self._ended.clear()

    def check(self) -> None:
        """See that the transaction of the step is still there.

        :raises TransactionEndedError: when it is not.
        """
        if self._is_over or (self._stack and self._is_idle()):
            raise TransactionEndedError(
                "the transaction of the step was ended in the middle of the "
                "script: what the script did before may be there or not, "
                "and its version is not recorded; see what is there, and let "
                "the script leave the driver's connection alone, and catch "
                "no error such as that of a full disk"
            )

    def _push(self, instead_of: Transaction | None = None) -> Transaction:
        self._count += 1
        transaction = Transaction(f"migrate_{self._count}")
        statements = [f"SAVEPOINT {transaction.name}"]
        if instead_of is not None:
            statements.insert(0, f"RELEASE SAVEPOINT {instead_of.name}")
        if self._joins:
            statements = ["; ".join(statements)]
        self.send(*statements)
        self._stack.append(transaction)
        return transaction

    def _part_with(self, transaction: Transaction) -> None:
        """Keep the savepoint, in another's name, for whoever opens next."""
        if transaction in self._stack:
            heir = Transaction(transaction.name)
            self._stack[self._stack.index(transaction)] = heir
            self._ended.discard(transaction)
            self._ended.add(heir)

    def _drop_above(self, transaction: Transaction) -> None:
        place = self._stack.index(transaction)
        self._ended.difference_update(self._stack[place + 1 :])
        del self._stack[place + 1 :]

    def _merge_ended(self) -> None:
        """Let the lowest of the ended ones on top stand for all of them."""
        while len(self._stack) > 1 and {*self._stack[-2:]} <= self._ended:
            merged = self._stack.pop()
            self._ended.discard(merged)
            self._stack[-1].is_clean &= merged.is_clean
            self._idle_is_clean = False
