"""Transactions of a change script that the database knows as such."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy.engine import Dialect

from migrate.binding import rolls_back_ddl
from migrate.legacy.transaction import Transaction
from migrate.legacy.transactions import OpenTransactions
from migrate.sqltext.kind import asks_catalogue
from migrate.sqltext.kind import commits_by_itself
from migrate.sqltext.kind import stays_in_transaction
from migrate.watching import tell

__all__ = ["RealTransactions"]


class RealTransactions(OpenTransactions):
    """Transactions that really commit, on a driver in autocommit mode.

    The first is the database's own, those opened inside are savepoints; the
    last one to end commits for all.  They are begun with the first statement
    that needs it, which DDL does not where the database commits it.
    """

    def __init__(self, dbapi_connection: Any, dialect: Dialect) -> None:
        super().__init__(dbapi_connection, dialect)
        self.commits_ddl = not rolls_back_ddl(dialect)
        self._count = 0
        self._begun = 0  # of the stack, those that the database knows
        self._is_doubtful = False  # whether it still does

    def open(self) -> Transaction:
        """Open one inside those that are open."""
        self._count += 1
        transaction = Transaction(f"migrate_{self._count}")
        self._stack.append(transaction)
        return transaction

    def before(self, statement: str, transaction: Transaction) -> None:
        """Begin those that are open, unless that would be in vain."""
        self._act(transaction)
        if transaction not in self._stack and not transaction.is_lost:
            self._stack.append(transaction)  # another's rollback took it
        if self._begun and self._is_gone():
            self._begun = 0
        self._is_doubtful = True
        if self.commits_ddl and (
            commits_by_itself(statement) or asks_catalogue(statement)
        ):
            return
        for transaction in self._stack[self._begun :]:
            name = transaction.name
            self.send(f"SAVEPOINT {name}" if self._begun else "BEGIN")
            self._begun += 1

    def after(self, statement: str) -> None:
        """Note the end of what was begun; what follows begins anew."""
        if self._begun and self.commits_ddl and commits_by_itself(statement):
            self._begun = 0
        self._is_doubtful = not stays_in_transaction(statement)

    def _is_gone(self) -> bool:
        """Tell whether the database has ended what was begun.

        By a deadlock, by DDL that failed, inside a routine: MySQL's drivers
        do not know.  In autocommit a savepoint is gone at once.
        """
        if self._is_idle() or not (self.commits_ddl and self._is_doubtful):
            return self._is_idle()
        try:
            self.send("SAVEPOINT migrate_0", "RELEASE SAVEPOINT migrate_0")
        except self._errors:
            return True
        return False

    def end(self, transaction: Transaction, *, changed: bool) -> None:
        """Commit, unless others are open."""
        if self._has_failed(transaction):
            self.undo(transaction)
        elif transaction in self._stack:
            self._ended.add(transaction)
            self._commit_if_all_ended()

    def undo(self, transaction: Transaction) -> None:
        """Roll back to where the transaction began."""
        if transaction not in self._stack:
            return
        if self._has_nothing(transaction):
            self.end(transaction, changed=False)
            return
        place = self._stack.index(transaction)
        is_begun = place < self._begun
        del self._stack[place:]
        self._begun = min(self._begun, place)
        if is_begun:
            self._roll_back(transaction if place else None)
        self._commit_if_all_ended()

    def go_on(self, transaction: Transaction) -> None:
        """Nothing to note: no savepoint is used twice."""

    def close(self) -> None:
        """Roll back what was left open."""
        self._undo_open()

    def _roll_back(self, to: Transaction | None) -> None:
        with tell("ROLLBACK", self.told):
            if to is None:
                self.send("ROLLBACK")
                return
            # After DDL that nobody saw there is no savepoint, and nothing
            # to roll back.
            with suppress(self._errors):
                self.send(f"ROLLBACK TO SAVEPOINT {to.name}")

    def _commit_if_all_ended(self) -> None:
        if not self._ended.issuperset(self._stack):
            return
        is_begun, self._begun = self._begun > 0, 0
        self._stack.clear()
        self._ended.clear()
        if is_begun:
            self.send("COMMIT")
