"""The tables that ``migrate.cfg`` names: of versions, and of the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.exceptions import InvalidNameError
from migrate.versioning.control.table import ControlTable

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from migrate.versioning.history import History
    from migrate.versioning.repository import Repository

__all__ = ["check_names", "control_of", "history_of", "own_tables"]

_POSTGRESQL_BYTES = 63
_MYSQL_SIGNS = 64


def control_of(repository: Repository) -> ControlTable:
    """Return the control table of a repository."""
    return ControlTable(
        repository.version_table,
        repository.id,
        is_wide=repository.use_timestamp_numbering,
    )


def history_of(repository: Repository) -> History | None:
    """Return the history table of a repository; None: it keeps none."""
    name = repository.history_table
    if name is None:
        return None
    # Most databases keep none, and need not pay for it.
    from migrate.versioning.history import History

    return History(name, repository.id)


def own_tables(repository: Repository) -> list[str]:
    """Return the names of the tables that are no part of a model."""
    names = (repository.version_table, repository.history_table)
    return [name for name in names if name is not None]


def check_names(engine: Engine, repository: Repository) -> None:
    """See that a database takes the names of both tables as they are.

    :raises InvalidNameError: when it does not.
    """
    _check_name(engine, "version_table", repository.version_table)
    _check_name(engine, "history_table", repository.history_table)


def _check_name(engine: Engine, option: str, name: str | None) -> None:
    """See that a database takes the name of a table as it is.

    PostgreSQL would cut it off at 63 bytes (manual, section 4.1.1), so that
    two tables could become one.  MySQL and MariaDB take 64 characters of the
    Basic Multilingual Plane (MySQL manual, section 9.2).

    :param option: of migrate.cfg, which has it.
    :raises InvalidNameError: when it does not.
    """
    dialect = engine.dialect.name
    name = name or ""
    reason = ""
    if dialect == "postgresql" and len(name.encode()) > _POSTGRESQL_BYTES:
        reason = f"it has {len(name.encode())} bytes of {_POSTGRESQL_BYTES}"
    elif dialect in ("mysql", "mariadb"):
        if len(name) > _MYSQL_SIGNS:
            reason = f"it has {len(name)} characters of {_MYSQL_SIGNS}"
        elif max(name, default="") > "\uffff":
            reason = f"it has the character {max(name)!r}"
    if reason:
        raise InvalidNameError(
            f"{dialect} takes no table called {name!r}: {reason}; change "
            f"{option} in migrate.cfg"
        )
