"""Many transactions of a change script on the one connection of its step.

A 1.x script opens connections as it likes, commits and rolls back.  Inside the
transaction of the step each of these is a savepoint; where there is none, the
outermost is real.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from contextlib import suppress
from typing import Any
from typing import Protocol

from sqlalchemy.engine import Dialect

from migrate.binding import rolls_back_ddl
from migrate.exceptions import TransactionEndedError
from migrate.legacy.transaction import Transaction
from migrate.sqltext.effect import changes_nothing
from migrate.sqltext.kind import asks_catalogue
from migrate.sqltext.kind import commits_by_itself
from migrate.sqltext.kind import stays_in_transaction
from migrate.watching import Listener
from migrate.watching import listeners
from migrate.watching import tell

__all__ = [
    "RealTransactions",
    "Savepoints",
    "Transactions",
]


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


class _Statements:
    """Sends the statements of transaction control to the driver."""

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
        cursor = self._dbapi_connection.cursor()
        try:
            for statement in statements:
                cursor.execute(statement)
        finally:
            cursor.close()

    def undo(self, transaction: Transaction) -> None:
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


class Savepoints(_Statements):
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


class RealTransactions(_Statements):
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
