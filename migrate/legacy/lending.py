"""The connection of the step, lent to other engines on its database.

A change script may use the engine of its application, and sessions bound to
that: they are older than the step.  A connection of their own would wait for
the step's for ever, or not see its tables; under sqlalchemy-migrate, which
committed each statement, they got along.
"""

from __future__ import annotations

import os
from contextlib import suppress
from os.path import realpath
from typing import Any

from sqlalchemy.engine import URL
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.orm import session as orm_session

from migrate import binding
from migrate.legacy.engine import ScriptEngine
from migrate.watching import heard_by

__all__ = ["is_own", "lend", "lender", "take_back"]


def lender(engine: Engine) -> ScriptEngine | None:
    """Return the engine of the running script if ``engine`` is its double.

    None in a process that the script has forked: it cannot share a socket.
    """
    running = binding.running_bind()
    if not isinstance(running, ScriptEngine) or isinstance(
        engine, ScriptEngine
    ):
        return None
    if running.process != os.getpid():
        return None
    if engine.pool is running.step.engine.pool:
        return running
    # One made with creator= says in its URL where it does not go.
    wanted = engine.url
    return running if wanted.database and is_own(wanted, running.url) else None


def lend(step: ScriptEngine, engine: Engine) -> Connection:
    """Connect in the place of ``engine``, which may never have connected.

    Its dialect does not know the server then, and who inspects asks it.
    """
    dialect = engine.dialect
    known = dialect.server_version_info, dialect.default_schema_name
    if known == (None, None):
        with heard_by(()):
            engine.pool.connect().close()
    return step.connect()


def is_own(wanted: URL, own: URL) -> bool:
    """Tell whether a URL is that of the database of the step."""
    if binding.is_in_memory(own):
        return False
    # str(engine.url) of SQLAlchemy 2 hides the password.
    hidden = make_url(own.render_as_string())
    return wanted in (own, hidden) or _is_own_file(wanted, own)


def _is_own_file(wanted: URL, own: URL) -> bool:
    """Tell it of SQLite, where options and spelling of a path may differ."""
    return (
        wanted.get_backend_name() == own.get_backend_name() == "sqlite"
        and not binding.is_in_memory(wanted)
        and realpath(str(wanted.database)) == realpath(str(own.database))
    )


def take_back(lent: ScriptEngine) -> None:
    """End what sessions of the application have not, when the script ends.

    They outlive it, and begin anew on their own engine.  What they have not
    committed is lost, as a session's always was.
    """
    for session in [*orm_session._sessions.values()]:
        if _borrows(session, lent):
            # The step has failed, and its connection with it.
            with suppress(SQLAlchemyError):
                session.rollback()


def _borrows(session: Session, lent: ScriptEngine) -> bool:
    transaction: Any = session.get_transaction()
    if transaction is None or isinstance(session.bind, ScriptEngine):
        return False
    return any(
        isinstance(engine, ScriptEngine) and engine.step is lent.step
        for engine in transaction._connections
    )
