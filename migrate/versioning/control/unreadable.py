"""Why the control table cannot be read, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect
from sqlalchemy import text

from migrate.exceptions import DatabaseNotControlledError
from migrate.versioning.session.database import described
from migrate.versioning.session.database import other_columns
from migrate.versioning.session.database import right_missing
from migrate.versioning.session.database import unreachable

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Connection
    from sqlalchemy.exc import DBAPIError

__all__ = ["check_open", "unreadable"]

# A schema that we may not use is passed over in the search path, as if its
# tables were not there (manual, The Schema Search Path).
_CLOSED = text("""
SELECT quote_ident(n.nspname), quote_ident(current_user)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relname = :name AND c.relkind IN ('r', 'p')
   AND NOT has_schema_privilege(n.oid, 'USAGE')
   AND n.nspname IN (
         SELECT coalesce(CAST(:schema AS name),
                         CASE one WHEN '$user' THEN current_user
                         ELSE CAST(one AS name) END)
           FROM (SELECT trim(both '"' FROM trim(part)) AS one
                   FROM unnest(string_to_array(
                          current_setting('search_path'), ',')) AS part
                ) AS parts)
""")


def unreadable(
    connection: Connection, table: Table, error: DBAPIError
) -> DatabaseNotControlledError:
    """Return the error that a control table which cannot be read deserves.

    :param connection: outside of any transaction.
    """
    if error.connection_invalidated:
        return unreachable(connection.engine, error)
    inspector = inspect(connection)
    if not inspector.has_table(table.name, schema=table.schema):
        return _closed(connection, table) or DatabaseNotControlledError(
            f"{described(connection.engine)} is not under version "
            f"control: it has no table {table.name!r}; put it under control "
            "with the command version_control"
        )
    where = f"table {table.name!r} of {described(connection.engine)}"
    wrong = other_columns(inspector, table)
    if not wrong:
        reason = " ".join(str(error.orig).split())
        missing = right_missing(connection.engine, error)
        return DatabaseNotControlledError(
            f"{where} cannot be read and locked: "
            + "; ".join(filter(None, [reason, missing]))
        )
    return DatabaseNotControlledError(
        f"{where} {wrong}; it is not a control table, or was changed by hand"
    )


def check_open(connection: Connection, table: Table) -> None:
    """See that the table is not there where we may not look.

    :raises DatabaseNotControlledError: when it is.
    """
    closed = _closed(connection, table)
    if closed is not None:
        raise closed


def _closed(
    connection: Connection, table: Table
) -> DatabaseNotControlledError | None:
    """Say how to open the schema in which PostgreSQL hides a table."""
    if connection.dialect.name != "postgresql":
        return None
    names = {"name": table.name, "schema": table.schema}
    found = connection.execute(_CLOSED, names).first()
    if found is None:
        return None
    schema, user = found
    return DatabaseNotControlledError(
        f"{described(connection.engine)} has a table {table.name!r} in "
        f"schema {schema}, which user {user} may not use: GRANT USAGE ON "
        f"SCHEMA {schema} TO {user}, or deploy as one who may"
    )
