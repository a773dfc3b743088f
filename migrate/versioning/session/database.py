"""How a database is called in messages, and whether it is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from migrate.driver import code_of
from migrate.exceptions import DatabaseNotControlledError
from migrate.exceptions import DatabaseUnreachableError
from migrate.versioning.permission import denied_on_disk
from migrate.versioning.permission import is_visible
from migrate.versioning.secret import hidden
from migrate.versioning.secret import scrub
from migrate.versioning.secret import secrets_in
from migrate.versioning.secret import shown

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine import Engine
    from sqlalchemy.engine import Inspector

__all__ = [
    "check_file",
    "described",
    "left_missing",
    "other_columns",
    "reading",
    "right_missing",
    "schema_of",
    "unreachable",
]

# PostgreSQL: insufficient_privilege (manual, Appendix A).  MySQL and MariaDB:
# of a database, a table, a column, anything, a routine.
_DENIED = frozenset({"42501", 1044, 1142, 1143, 1227, 1370})
_SCHEMA_OF = {
    "postgresql": (
        "SELECT n.nspname FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.oid = to_regclass(:name)"
    ),
    "mysql": "SELECT DATABASE() FROM (SELECT :name) AS unused",
    "mariadb": "SELECT DATABASE() FROM (SELECT :name) AS unused",
}
_CLOSED_FILE = ("readonly database", "unable to open database file")


def described(engine: Engine) -> str:
    """Name a database by its URL, without secrets."""
    return f"database {shown(engine.url)}"


def schema_of(connection: Connection, table_name: str) -> str | None:
    """Return the schema in which the database finds a table now.

    None where there is nothing to name: it has no schemas, no such table, or
    ``schema_translate_map`` puts the table into one whatever a script does.
    """
    options = connection.get_execution_options()
    question = _SCHEMA_OF.get(connection.dialect.name)
    if question is None or None in options.get("schema_translate_map", ()):
        return None
    name = connection.dialect.identifier_preparer.quote(table_name)
    found: str | None = connection.scalar(text(question), {"name": name})
    return found


def other_columns(inspector: Inspector, table: Table) -> str:
    """Say which columns a table has instead of ours; empty if it has them.

    :param table: as we have it; others may have more columns.
    """
    columns = inspector.get_columns(table.name, schema=table.schema)
    found = [column["name"] for column in columns]
    expected = [column.name for column in table.columns]
    if {*expected} <= {*found}:
        return ""
    return f"has the columns {found}, expected {expected}"


def check_file(engine: Engine) -> None:
    """See that the file of a SQLite database is there.

    Before it is read: SQLite would make an empty one.

    :raises DatabaseNotControlledError: when it is not.
    """
    path = _missing_file(engine)
    if path is not None:
        raise DatabaseNotControlledError(
            f"{described(engine)} is not under version control: there is no "
            f"file {path!r}; make it and put it under control with the "
            "command version_control"
        )


@contextmanager
def left_missing(engine: Engine) -> Iterator[None]:
    """Remove the empty file that SQLite has made in place of none."""
    path = _missing_file(engine)
    try:
        yield
    finally:
        if path is not None:
            engine.dispose()
            if os.path.isfile(path) and os.path.getsize(path) == 0:
                os.remove(path)


def _missing_file(engine: Engine) -> str | None:
    """Return the path of a SQLite database that could be there and is not."""
    path = _file(engine)
    if (
        path is None
        or os.path.lexists(path)
        or not os.path.isdir(os.path.dirname(os.path.abspath(path)))
        or not is_visible(path)
    ):
        return None
    return path


def _file(engine: Engine) -> str | None:
    """Return the path of a SQLite database, if that is all we know of it."""
    path = engine.url.database
    if (
        engine.dialect.name != "sqlite"
        or not path
        or path == ":memory:"
        or path.startswith("file:")
        or engine.url.get_driver_name() != "pysqlite"
    ):
        return None
    return path


@contextmanager
def reading(engine: Engine) -> Iterator[None]:
    """Say which database it is that cannot be read.

    :raises DatabaseUnreachableError: when it does not answer.
    """
    try:
        yield
    except DBAPIError as error:
        raise unreachable(engine, error) from error


def right_missing(engine: Engine, error: DBAPIError) -> str:
    """Say what to do about a right that we lack; empty if that is not it."""
    path = _file(engine)
    if path is not None:
        is_it = any(words in str(error.orig) for words in _CLOSED_FILE)
        return denied_on_disk(path) if is_it else ""
    if code_of(error) not in _DENIED:
        return ""
    return (
        f"let user {engine.url.username!r} do that (GRANT; on the control "
        "table SELECT, INSERT, UPDATE and DELETE), or deploy as one who may"
    )


def unreachable(engine: Engine, error: DBAPIError) -> DatabaseUnreachableError:
    """Return the error that a refused or broken connection deserves."""
    # PyMySQL and mysqlclient give a number and a text.
    words: tuple[Any, ...] = getattr(error.orig, "args", ())
    is_numbered = len(words) == 2 and isinstance(words[0], int)
    reason = f"{words[1]} ({words[0]})" if is_numbered else str(error.orig)
    secrets = secrets_in({"url": engine})
    scrub(error, secrets)
    reason = hidden(" ".join(reason.split()), secrets)
    missing = right_missing(engine, error)
    return DatabaseUnreachableError(
        f"cannot read {described(engine)}: {reason}"
        + (f"; {missing}" if missing else "")
    )
