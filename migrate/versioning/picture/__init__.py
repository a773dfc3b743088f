"""A picture of a schema, read from the database's own catalogue.

Made to be compared with another one of the same database: see
:func:`differences`.  Taking a picture writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from typing import TYPE_CHECKING
from typing import TypeAlias

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import table
from sqlalchemy.exc import DBAPIError

from migrate.versioning.picture import generic
from migrate.versioning.picture import mysql
from migrate.versioning.picture import postgres
from migrate.versioning.picture import sqlite
from migrate.versioning.picture.base import Fact
from migrate.versioning.picture.base import Picture
from migrate.versioning.picture.base import differences

if TYPE_CHECKING:
    from sqlalchemy import TableClause
    from sqlalchemy.engine import Connection

    Reader: TypeAlias = Callable[[Connection], list[Fact]]

__all__ = ["Fact", "Picture", "differences", "take"]

_READERS: dict[str, Reader] = {
    "mariadb": mysql.facts,
    "mysql": mysql.facts,
    "postgresql": postgres.facts,
    "sqlite": sqlite.facts,
}


def take(connection: Connection, *, without: Collection[str] = ()) -> Picture:
    """Take a picture of the whole schema, inside the open transaction.

    :param without: tables to leave out, with all that belongs to them.
    """
    read = _READERS.get(connection.dialect.name, generic.facts)
    facts = tuple(
        fact
        for fact in read(connection)
        if fact.table not in without
        and not (fact.table is None and fact.name in without)
    )
    tables = [fact.name for fact in facts if fact.kind == "table"]
    schemas = [fact.name for fact in facts if fact.kind == "schema"]
    rows = {
        name: _count(connection, _clause(name, schemas)) for name in tables
    }
    return Picture(
        facts,
        {name: number for name, number in rows.items() if number is not None},
    )


def _clause(name: str, schemas: Collection[str]) -> TableClause:
    """Return the table of a fact, whose name may begin with a schema."""
    for schema in schemas:
        if name.startswith(f"{schema}."):
            return table(name.removeprefix(f"{schema}."), schema=schema)
    return table(name, schema="public" if "public" in schemas else None)


def _count(connection: Connection, counted: TableClause) -> int | None:
    """Count rows; None if we may not read them."""
    try:
        with connection.begin_nested():
            rows = connection.scalar(select(func.count()).select_from(counted))
    except DBAPIError:
        if connection.invalidated:
            raise
        return None
    return int(rows or 0)
