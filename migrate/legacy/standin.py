"""The driver's connection that a change script sees.

There is one real connection.  Each connection that a script opens is a
:class:`ScriptDBAPIConnection`: to SQLAlchemy one of the driver, in truth a
transaction on the real one.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import AbstractContextManager
from typing import Any

from migrate.legacy.cursors import cursor_of
from migrate.legacy.memory import Memory
from migrate.legacy.savepoints import Savepoints
from migrate.legacy.stage import Stage
from migrate.legacy.transactions import Transactions
from migrate.sqltext.kind import is_table_lock
from migrate.watching import tell

__all__ = ["ScriptDBAPIConnection"]

log = logging.getLogger(__name__)


class ScriptDBAPIConnection:
    """A driver's connection, to all who use it; the real one is shared.

    The first cursor begins a transaction, as the DBAPI has it.  Attributes
    that are not here are those of the real connection; what would end or
    change its transaction is kept from it.

    :ivar unguarded: True where statements need no transaction of their own.
    :ivar reopens: False for SQLAlchemy, which takes a new cursor each time.
    :ivar is_told: True while SQLAlchemy sends a statement, and tells of it.
    :ivar keeps_each: True once the script has put it into autocommit.
    """

    _GUARDED = frozenset(
        {"autocommit", "isolation_level", "readonly", "deferrable"}
    )

    def __init__(self, stage: Stage) -> None:
        own = vars(self)
        own["_stage"] = stage
        own["_transaction"] = None
        own["_opened_on"] = None
        own["unguarded"] = False
        own["reopens"] = True
        own["is_told"] = False
        own["keeps_each"] = False

    @property
    def memory(self) -> Memory:
        """What the script of now knows of the tables."""
        memory: Memory = vars(self)["_stage"].now.memory
        return memory

    @property
    def _real(self) -> Any:
        return vars(self)["_stage"].now.real

    @property
    def _transactions(self) -> Transactions:
        transactions: Transactions = vars(self)["_stage"].now.transactions
        return transactions

    @property
    def for_reading(self) -> Any:
        """The real connection, for queries that change nothing."""
        return self._real

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        """Give a cursor of the real connection, in a transaction."""
        self._enter()
        if self.is_told:
            return self._real.cursor(*args, **kwargs)
        return cursor_of(self._real, self, *args, **kwargs)

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Execute, as sqlite3 has it on connections."""
        return self.cursor().execute(*args, **kwargs)

    def executemany(self, *args: Any, **kwargs: Any) -> Any:
        """Execute many times, as sqlite3 has it on connections."""
        return self.cursor().executemany(*args, **kwargs)

    def executescript(self, script: str) -> Any:
        """Execute statements, as sqlite3 has it on connections."""
        return self.cursor().executescript(script)

    def commit(self) -> None:
        """Keep the work done so far."""
        self.end(changed=True)

    def end(self, *, changed: bool) -> None:
        """Keep the work; what ``changed`` is, the DBAPI does not know."""
        transaction, vars(self)["_transaction"] = self._transaction, None
        if transaction is not None:
            self._transactions.end(transaction, changed=changed)
            self._reopen()

    def rollback(self) -> None:
        """Undo the work since the last commit; if all is lost, it is."""
        transaction, vars(self)["_transaction"] = self._transaction, None
        if transaction is not None:
            self.memory.doubt()
            with self._transactions.unless_lost():
                self._transactions.undo(transaction)
                self._reopen()

    def close(self) -> None:
        """Roll back; the real connection stays open."""
        vars(self)["reopens"] = False
        self.rollback()

    def _reopen(self) -> None:
        # The next statement may come by a cursor that there is already.
        if self.reopens:
            self._enter()

    def set_isolation_level(self, level: Any) -> None:
        """Leave the isolation level of the step as it is (psycopg2)."""
        self.set_autocommit(level == 0)

    def set_session(
        self,
        isolation_level: Any = None,
        readonly: Any = None,
        deferrable: Any = None,
        autocommit: bool | None = None,
    ) -> None:
        """Leave the session of the step as it is (psycopg2)."""
        if autocommit is not None:
            self.set_autocommit(autocommit)

    def set_autocommit(self, value: object) -> None:
        """Keep each statement by itself, or no longer; the real one stays."""
        if bool(value) != self.keeps_each:
            self.commit()
            vars(self)["keeps_each"] = bool(value)

    @property
    def autocommit(self) -> Any:
        """Whether each statement is kept; of MySQL's drivers a method."""
        if callable(getattr(type(self._real), "autocommit", None)):
            return self.set_autocommit
        return self.keeps_each

    @property
    def is_atomic(self) -> bool:
        """Whether all work is part of the transaction of the step."""
        return isinstance(self._transactions, Savepoints)

    def check(self) -> None:
        """See that the transaction of the step, if any, is still there."""
        if isinstance(self._transactions, Savepoints):
            self._transactions.check()

    def leaves_out(self, statement: str) -> bool:
        """Commit instead of MySQL's ``LOCK TABLES``, as that does.

        It would keep the marker and the version from being written; the
        deployers have a lock of their own.
        """
        if not (self._transactions.commits_ddl and is_table_lock(statement)):
            return False
        log.warning(
            '"%s" found in change script; ignoring: it would keep the '
            "version from being written",
            statement,
        )
        self.commit()
        return True

    def tell(self, statement: str) -> AbstractContextManager[None]:
        """Tell whoever watches the script; it is carried out inside."""
        return tell(statement, self._transactions.told)

    def enter(self) -> None:
        """Be in a transaction for statements that nobody will see."""
        self.before("")

    def before(self, statement: str, *, many: bool = True) -> None:
        """Be in a transaction, if the statement needs one.

        :param many: whether it may be carried out in part.
        """
        if self._transaction is None:
            self._transactions.before_alone(statement)
            return
        has_failed = (
            self._transaction.is_lost or not self._transaction.is_clean
        )
        if statement and self.keeps_each and has_failed:
            # The last one failed, and nothing else is in the transaction.
            self.rollback()
            self._enter()
        self._transactions.before(statement, self._transaction)
        self._transaction.before(statement, many=many)

    def after(self, statement: str) -> None:
        """Note that the statement has been carried out."""
        self._transactions.after(statement)
        if self._transaction is not None:
            self._transaction.after(statement)
            if self.keeps_each and not self._transaction.is_clean:
                self.commit()

    def _enter(self) -> None:
        own = vars(self)
        stage = own["_stage"].now
        stage.check()
        stage.memory.doubt()
        if own["_opened_on"] is not stage:
            # What was open went with the script that it belonged to.
            own["_opened_on"], own["_transaction"] = stage, None
        if self._transaction is not None:
            stage.transactions.go_on(self._transaction)
        elif not self.unguarded:
            own["_transaction"] = stage.transactions.open()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("unguarded", "reopens", "is_told"):
            vars(self)[name] = value
        elif name == "autocommit":
            self.set_autocommit(value is True)
        elif name == "isolation_level" and isinstance(
            self._real, sqlite3.Connection
        ):
            self.set_autocommit(value is None)
        elif name not in self._GUARDED:
            setattr(self._real, name, value)
