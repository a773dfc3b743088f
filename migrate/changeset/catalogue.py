"""What the database has, read by SQLAlchemy's reflection; changes nothing."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Inspector
from sqlalchemy.schema import CheckConstraint
from sqlalchemy.schema import Constraint
from sqlalchemy.schema import ForeignKeyConstraint
from sqlalchemy.schema import Index
from sqlalchemy.schema import MetaData
from sqlalchemy.schema import PrimaryKeyConstraint
from sqlalchemy.schema import Table
from sqlalchemy.schema import UniqueConstraint

from migrate import binding
from migrate.binding import Bind

__all__ = [
    "column",
    "constraint_name",
    "has_column",
    "has_constraint",
    "has_index",
    "inspector",
    "reflected",
]


def inspector(connection: Connection) -> Inspector | None:
    """Return an inspector, or None where there is no database to ask.

    A preview runs on a stand-in that records statements and has no
    catalogue; an operation then goes by what the Table says.
    """
    if not isinstance(connection, Connection):
        return None
    return inspect(connection)


def reflected(
    bind: Bind | None, name: str, metadata: MetaData | None = None
) -> Table:
    """Return the table ``name``: of ``metadata`` if it has it, else read."""
    metadata = MetaData() if metadata is None else metadata
    if name in metadata.tables:
        return metadata.tables[name]
    with binding.connect(binding.resolve(bind)) as connection:
        return Table(name, metadata, autoload_with=connection)


def column(
    connection: Connection, table: Table, name: str
) -> dict[str, Any] | None:
    """Return what reflection says of a column; None if there is none."""
    there = inspector(connection)
    if there is None:
        return None
    columns = there.get_columns(table.name, schema=table.schema)
    found: list[Any] = [each for each in columns if each["name"] == name]
    return found[0] if found else None


def has_column(connection: Connection, table: Table, name: str) -> bool | None:
    """Tell whether the table has the column; None if nobody knows."""
    if inspector(connection) is None:
        return None
    return column(connection, table, name) is not None


def has_index(connection: Connection, index: Index) -> bool | None:
    """Tell whether the table has an index of that name."""
    there = inspector(connection)
    if there is None or index.table is None:
        return None
    table = index.table
    indexes = there.get_indexes(table.name, schema=table.schema)
    return any(each["name"] == index.name for each in indexes)


def has_constraint(
    connection: Connection, constraint: Constraint
) -> bool | None:
    """Tell whether the table has a constraint of that name and kind.

    One without a name is known by its columns.
    """
    there = inspector(connection)
    if there is None:
        return None
    if constraint.name is None:
        return _alike(there, constraint) is not None
    return any(
        each["name"] == constraint.name
        for each in _constraints(there, constraint)
    ) or (
        isinstance(constraint, PrimaryKeyConstraint)
        and _alike(there, constraint) is not None
    )


def constraint_name(
    connection: Connection, constraint: Constraint
) -> str | None:
    """Return the name which the database gave to an unnamed constraint.

    It is known by its columns (a foreign key also by what it refers to);
    None if there is none like it, or it has no name there either.
    """
    there = inspector(connection)
    found = None if there is None else _alike(there, constraint)
    return None if found is None else found["name"]


def _alike(there: Inspector, constraint: Constraint) -> Any:
    wanted = _features(constraint)
    for each in _constraints(there, constraint):
        if isinstance(constraint, CheckConstraint):
            each = {**each, "sqltext": _plain(each["sqltext"])}
        if wanted == {key: each.get(key) for key in wanted}:
            return each
    return None


def _constraints(there: Inspector, constraint: Constraint) -> list[Any]:
    """List the constraints of the same kind on the same table."""
    table = constraint.table
    where: dict[str, Any] = {"table_name": table.name, "schema": table.schema}
    if isinstance(constraint, PrimaryKeyConstraint):
        primary_key = there.get_pk_constraint(**where)
        return [primary_key] if primary_key["constrained_columns"] else []
    if isinstance(constraint, ForeignKeyConstraint):
        return [*there.get_foreign_keys(**where)]
    if isinstance(constraint, UniqueConstraint):
        return [*there.get_unique_constraints(**where)]
    if isinstance(constraint, CheckConstraint):
        return [*there.get_check_constraints(**where)]
    return []


def _plain(sqltext: str) -> str:
    """Return a check without what databases add: quotes and parentheses."""
    words = re.findall(r"'(?:[^']|'')*'|[\w$]+|[^\s\"`]", sqltext)
    while words[:1] == ["("] and words[-1:] == [")"] and _encloses(words):
        words = words[1:-1]
    return " ".join(words)


def _encloses(words: list[str]) -> bool:
    """Tell whether the first parenthesis is closed by the last word."""
    depth = 0
    for place, word in enumerate(words):
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth == 0:
            return place == len(words) - 1
    return False


def _features(constraint: Constraint) -> dict[str, Any]:
    """What tells ``constraint`` from others of its kind, as reflected."""
    if isinstance(constraint, CheckConstraint):
        return {"sqltext": _plain(str(constraint.sqltext))}
    holder: Any = constraint
    columns = [column.name for column in holder.columns]
    if isinstance(constraint, UniqueConstraint):
        return {"column_names": columns}
    if isinstance(constraint, PrimaryKeyConstraint):
        return {"constrained_columns": columns}
    if isinstance(constraint, ForeignKeyConstraint):
        referred = [element.column for element in constraint.elements]
        return {
            "constrained_columns": columns,
            "referred_columns": [column.name for column in referred],
            "referred_table": referred[0].table.name,
        }
    return {"name": constraint.name}
