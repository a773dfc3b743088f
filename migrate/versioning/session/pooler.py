"""Whether a pooler on the way to PostgreSQL shares a session among clients.

What belongs to a session is lost then: the lock would stay with whoever gets
the session next, and its settings would become those of the application.
"""

from __future__ import annotations

import threading
from contextlib import closing
from contextlib import suppress
from typing import TYPE_CHECKING
from typing import Any

from migrate.exceptions import NotSupportedError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.pool import Pool

__all__ = ["own_session_id", "shared_session"]

_QUESTION = "SELECT pg_backend_pid()"
_ROUNDS = 5
_PATIENCE = 5.0
"""Seconds to wait for a second session; a pool may have no more to give."""


def own_session_id(connection: Connection) -> int:
    """Return the id of the server's process that is ours alone.

    Outside of any transaction.

    :raises NotSupportedError: when it is not: a pooler gives it to others
        between our transactions.
    """
    own = _session_id(connection)
    if own != _id_told_at_login(connection) and _is_shared(connection, own):
        raise shared_session()
    return own


def shared_session(remains: str = "") -> NotSupportedError:
    """Return the error that such a pooler deserves.

    :param remains: what it has led to.
    """
    return NotSupportedError(
        "the pooler between us and PostgreSQL gives each transaction another "
        "session (PgBouncer: pool_mode=transaction), so that no lock can be "
        f"held{remains}; give the URL of the server itself, or of a pool in "
        "session mode"
    )


def _session_id(connection: Connection) -> int:
    number: int = connection.exec_driver_sql(_QUESTION).scalar_one()
    connection.rollback()
    return number


def _id_told_at_login(connection: Connection) -> int | None:
    """Return the id for cancelling; None if the driver does not tell.

    It is the server's own where nobody stands between (manual, protocol,
    BackendKeyData): a pooler makes one up.
    """
    driver: Any = connection.connection.dbapi_connection
    number: int | None = getattr(
        getattr(driver, "info", None), "backend_pid", None
    )
    return number


def _is_shared(connection: Connection, own: int) -> bool:
    """Tell whether another client gets our session, or we another one.

    A pool gives what came back last, or each session in turn.
    """
    for _ in range(_ROUNDS):
        other = _id_of_another(connection.engine.pool)
        if other == own or _session_id(connection) != own:
            return True
        if other is None:
            break
    return False


def _id_of_another(pool: Pool) -> int | None:
    """Return the id of the session that a new client gets, if any soon."""
    found: list[int] = []

    def ask() -> None:
        # A pool of its own: the application's may be full, or of one.
        own = pool.recreate()
        with suppress(Exception):  # of the driver: there is no answer then
            try:
                with closing(own.connect()) as second:
                    cursor = second.cursor()
                    cursor.execute(_QUESTION)
                    found.extend(cursor.fetchone() or ())
            finally:
                own.dispose()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    return found[0] if found else None
