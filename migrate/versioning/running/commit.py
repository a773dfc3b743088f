"""The COMMIT of a step: sent, and if it failed, asked after."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from typing import Any

from sqlalchemy.exc import DBAPIError

from migrate.exceptions import DatabaseNotControlledError
from migrate.versioning.session.limits import Limits
from migrate.versioning.session.limits import limited
from migrate.versioning.session.second import second_session

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from migrate.versioning.control.table import ControlTable

__all__ = ["commit", "version_left"]

_ASKING = Limits(ddl_lock_timeout=10)
"""How long a server that we lost may take to end what it does."""


def commit(connection: Connection) -> None:
    """Commit a step with its version, or leave nothing to be committed.

    A failed COMMIT leaves the transaction open on SQLite (manual,
    lang_transaction), where SQLAlchemy takes it for ended; the next commit
    of anything would commit the step.
    """
    try:
        connection.commit()
    except BaseException:
        if not connection.invalidated:
            driver: Any = connection.connection.dbapi_connection
            with suppress(connection.dialect.loaded_dbapi.Error):
                driver.rollback()
        raise


def version_left(connection: Connection, control: ControlTable) -> int | None:
    """Return the version after a COMMIT that failed; None: not known.

    Asked in a session of its own.  A server that we lost may be about to
    commit.  It holds the row of the version until then, so we wait for that.
    """
    # Not every loss of a connection is known for one.
    with suppress(DBAPIError):
        if not connection.invalidated:
            connection.rollback()
    with (
        suppress(DBAPIError, DatabaseNotControlledError),
        second_session(connection.engine) as second,
        limited(second, _ASKING),
    ):
        version, _ = control.locked_state(second)
        return version
    return None
