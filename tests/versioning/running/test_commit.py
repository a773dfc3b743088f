"""What is known after a COMMIT that failed."""

from __future__ import annotations

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError

from migrate.versioning.control.table import ControlTable
from migrate.versioning.running.commit import version_left

CONTROL = ControlTable("migrate_version", "shop")
_SUICIDE = {
    "postgresql": "SELECT pg_terminate_backend(pg_backend_pid())",
    "mysql": "KILL CONNECTION_ID()",
}


@pytest.mark.parametrize("is_known", [True, False])
def test_lost_connection_does_not_keep_from_asking(
    engine: Engine, is_known: bool
) -> None:
    """SQLAlchemy does not know every error that means it."""
    if engine.name == "sqlite":
        pytest.skip("there is no server that could cut the connection")
    with engine.begin() as connection:
        CONTROL.insert(connection, "shop", 3)

    def mistake(context: ExceptionContext) -> None:
        context.is_disconnect = is_known

    with engine.connect() as connection:
        event.listen(engine, "handle_error", mistake)
        with pytest.raises(DBAPIError):
            connection.exec_driver_sql(_SUICIDE[engine.name])

        assert connection.invalidated is is_known
        assert version_left(connection, CONTROL) == 3
        event.remove(engine, "handle_error", mistake)
        connection.invalidate()
