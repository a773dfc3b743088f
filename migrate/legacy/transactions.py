"""Many transactions of a change script on the one connection of its step.

A 1.x script opens connections as it likes, commits and rolls back.  Inside the
transaction of the step each of these is a savepoint; where there is none, the
outermost is real.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from typing import Any
from typing import Protocol

from sqlalchemy.engine import Dialect

from migrate.legacy.transaction import Transaction
from migrate.sqltext.effect import changes_nothing
from migrate.watching import Listener
from migrate.watching import listeners

__all__ = ["OpenTransactions", "Transactions"]


_ABORTED = 3
"""``transaction_status`` of psycopg, as libpq has it."""

_UNDOING_STATEMENTS = {"mariadb", "mysql", "sqlite"}
"""Where a statement that fails leaves the transaction as it was before."""


class Transactions(Protocol):
    """What a stand-in connection needs to begin and end its work.

    Transactions may end in any order.  One that another's rollback has
    swept away is ended without effect; to undo one that is clean sweeps
    nothing away.

    :ivar commits_ddl: whether the database commits with each DDL statement.
    :ivar told: who is told of what goes past SQLAlchemy.
    """

    commits_ddl: bool
    told: tuple[Listener, ...]

    def open(self) -> Transaction:
        """Begin; what is done from now on can be undone."""

    def before(self, statement: str, transaction: Transaction) -> None:
        """Begin what is open in truth, if the statement needs it.

        :param transaction: the one that the statement belongs to.
        """

    def after(self, statement: str) -> None:
        """Note that the statement has been carried out."""

    def before_alone(self, statement: str) -> None:
        """Let a statement that belongs to no transaction be carried out."""

    def end(self, transaction: Transaction, *, changed: bool) -> None:
        """Keep the work, as far as the step itself is kept.

        :param changed: False if nothing but reading was done.
        """

    def undo(self, transaction: Transaction) -> None:
        """Undo the work, and whatever was done on the connection since."""

    def go_on(self, transaction: Transaction) -> None:
        """Note that there is more work in an open transaction."""

    def close(self) -> None:
        """Undo what was left open: 1.x lost it as well."""

    def unless_lost(self) -> AbstractContextManager[None]:
        """Pass over errors inside that mean that the connection is lost."""


class OpenTransactions:
    """The transactions that are open; sends the driver what they need."""

    def __init__(self, dbapi_connection: Any, dialect: Dialect) -> None:
        self._dbapi_connection = dbapi_connection
        self._dialect = dialect
        self._errors = dialect.loaded_dbapi.Error
        self._stack: list[Transaction] = []
        self._ended: set[Transaction] = set()
        self._acting: Transaction | None = None
        # Of rows, before what the acting one sends; None once it is judged.
        self._changes: int | None = None
        # A thread of the script would know of nobody.
        self.told = listeners()

    @contextmanager
    def unless_lost(self) -> Iterator[None]:
        """Pass over errors inside that mean that the connection is lost."""
        try:
            yield
        except self._errors as error:
            lost = self._dialect.is_disconnect
            if not lost(error, self._dbapi_connection, None):
                raise

    def send(self, *statements: str) -> None:
        """Have the driver carry statements out, one after the other."""
        cursor = self._dbapi_connection.cursor()
        try:
            for statement in statements:
                cursor.execute(statement)
        finally:
            cursor.close()

    def undo(self, transaction: Transaction) -> None:
        """Roll a transaction back; see :class:`Transactions`."""
        raise NotImplementedError

    def _act(self, transaction: Transaction | None) -> None:
        """Note that a transaction, or a new one, works now."""
        self._judge()
        if self._make_way(transaction):
            self._acting, self._changes = transaction, self._row_changes()

    def before_alone(self, statement: str) -> None:
        """See that those which are open take no work of others with them."""
        self._judge()
        self._make_way(None)
        if self._stack and not changes_nothing(statement):
            for each in self._stack:
                each.is_shared = True

    def _make_way(self, acting: Transaction | None) -> bool:
        """Undo the one that failed, that others can work.

        On PostgreSQL a statement that fails is the end of the transaction:
        all that one of several can do on the connection is to undo it.  A
        script that catches the error and opens another knows nothing of
        that: its connections were each one of its own.  What another has
        done since is not undone unasked; then the database refuses.

        :param acting: the one that is to work.
        :returns: whether none that failed is left.
        """
        failed = self._acting
        if (
            failed is None
            or failed is acting
            or failed not in self._stack
            or failed in self._ended
            or not self._is_aborted()
        ):
            return True
        if not self._is_last(failed):
            return False
        self.undo(failed)
        self._part_with(failed)
        failed.lose()
        self._acting = None
        return True

    def _is_last(self, transaction: Transaction) -> bool:
        """Tell whether nothing of others would be undone with it."""
        later = self._stack[self._stack.index(transaction) + 1 :]
        return not transaction.is_shared and all(
            each.is_clean for each in later
        )

    def _judge(self) -> None:
        """See whether the last statement left rows although it failed.

        On SQLite they may be left by ``OR FAIL``, which tables and triggers
        can have, too (manual, lang_conflict).
        """
        if self._acting and self._changes not in (None, self._row_changes()):
            self._acting.leave()
        self._changes = None

    def _row_changes(self) -> int:
        changes: int = getattr(self._dbapi_connection, "total_changes", 0)
        return changes

    def _part_with(self, transaction: Transaction) -> None:
        """Let nothing that its owner still does to it have an effect."""

    def _has_failed(self, transaction: Transaction) -> bool:
        """Tell whether PostgreSQL would roll back instead of commit."""
        return self._acting is transaction and self._is_aborted()

    def _has_nothing(self, transaction: Transaction) -> bool:
        """Tell whether to undo it would undo only the work of others."""
        self._judge()
        return transaction.is_clean or (
            transaction.has_only_failed
            and self._dialect.name in _UNDOING_STATEMENTS
        )

    def _is_aborted(self) -> bool:
        """Tell what psycopg, 2 and 3, knows without asking the database."""
        info = getattr(self._dbapi_connection, "info", None)
        return getattr(info, "transaction_status", 0) == _ABORTED

    def _undo_open(self) -> None:
        for transaction in [*self._stack]:
            if transaction not in self._ended:
                self.undo(transaction)

    def _is_idle(self) -> bool:
        """Tell what the driver knows, without asking the database.

        Somebody may have gone around us, and SQLite itself rolls all back
        after some errors, such as a full disk (manual, lang_transaction).
        """
        driver = self._dbapi_connection
        is_open = getattr(driver, "in_transaction", True)  # sqlite3
        info = getattr(driver, "info", None)  # psycopg, 2 and 3
        return not is_open or getattr(info, "transaction_status", 1) == 0
