"""Who keeps a statement from getting its lock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from migrate.versioning.secret import hidden_in_sql
from migrate.versioning.session.second import has_second
from migrate.versioning.session.second import second_session

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine import Engine

__all__ = ["Blockers"]

_POSTGRESQL = text(
    "SELECT true, a.pid, a.usename, a.application_name, a.state, a.query"
    " FROM pg_stat_activity a"
    " WHERE a.pid = ANY(pg_blocking_pids(:pid))"
)
# Who holds the lock is in no table that a server has by itself: one of those
# with a transaction, and rather in this database than in another.
_MYSQL = text(
    "SELECT p.db <=> DATABASE(), p.id, p.user, p.host, p.command, t.trx_query"
    " FROM information_schema.innodb_trx t"
    " JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id"
    " WHERE p.id <> :pid AND EXISTS (SELECT 1 FROM"
    "  information_schema.processlist w WHERE w.id = :pid"
    "  AND w.state LIKE 'Waiting%')"
)
_PATIENCE = 1.0
"""Seconds to wait for the last look when the step is over."""

_QUESTIONS = {
    "postgresql": ("SELECT pg_backend_pid()", _POSTGRESQL),
    "mysql": ("SELECT connection_id()", _MYSQL),
    "mariadb": ("SELECT connection_id()", _MYSQL),
}


class Blockers:
    """Looks from a second connection, now and then, who blocks the first.

    :param interval: seconds between two looks; a fraction of the time after
        which the blocked statement gives up.
    :ivar last: descriptions of those seen at the last look that saw any.
    """

    def __init__(self, connection: Connection, interval: float) -> None:
        self.last: list[str] = []
        self._engine: Engine = connection.engine
        self._interval = interval
        self._connection = connection
        self._over = threading.Event()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look while the block runs; on SQLite there is nobody to ask.

        Outside of any transaction at the beginning.
        """
        questions = _QUESTIONS.get(self._connection.dialect.name)
        if questions is None or not has_second(self._engine):
            yield
            return
        own_id, question = questions
        pid = self._connection.exec_driver_sql(own_id).scalar()
        self._connection.rollback()
        thread = threading.Thread(
            target=self._look, args=(question, pid), daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            # It may wait for a server that gives no more connections.
            thread.join(_PATIENCE)

    def _look(self, question: object, pid: object) -> None:
        # Most steps are over before the first look.
        if self._over.wait(self._interval):
            return
        # Without a second connection the blocker stays unnamed, no more.
        with (
            suppress(SQLAlchemyError),
            second_session(self._engine) as second,
        ):
            while not self._over.is_set():
                rows = second.execute(question, {"pid": pid}).all()  # type: ignore[call-overload]  # text() each time
                second.rollback()
                if rows:
                    nearest = [row for row in rows if row[0]] or rows
                    self.last = [_described(*row[1:]) for row in nearest]
                self._over.wait(self._interval)


def _described(
    pid: object, user: object, client: object, state: object, query: object
) -> str:
    shown = " ".join(hidden_in_sql(str(query or "")).split())[:80]
    return f"session {pid} of {user} ({client or 'unnamed'}, {state})" + (
        f": {shown}" if shown else ""
    )
