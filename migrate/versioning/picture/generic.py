"""Any other database: what SQLAlchemy's inspector says of it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from sqlalchemy import inspect

from migrate.versioning.picture.base import Fact
from migrate.versioning.picture.base import fact_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine import Inspector

__all__ = ["facts"]


def facts(connection: Connection) -> list[Fact]:
    """Read the tables and views of the default schema."""
    inspector = inspect(connection)
    found = [
        Fact("view", name, None, _definition(inspector, name))
        for name in inspector.get_view_names()
    ]
    for table in inspector.get_table_names():
        found += _table_facts(inspector, table)
    return found


def _definition(
    inspector: Inspector, view: str
) -> tuple[tuple[str, str], ...]:
    try:
        return (("definition", str(inspector.get_view_definition(view))),)
    except NotImplementedError:
        return ()


def _table_facts(inspector: Inspector, table: str) -> Iterator[Fact]:
    comment = _asked(inspector.get_table_comment, table) or {}
    yield fact_of(
        {"kind": "table", "name": table, "comment": comment.get("text")}
    )
    for column in inspector.get_columns(table):
        yield _fact("column", table, column)
    yield _fact("primary key", table, inspector.get_pk_constraint(table))
    for kind, read in (
        ("foreign key", inspector.get_foreign_keys),
        ("unique constraint", inspector.get_unique_constraints),
        ("check", inspector.get_check_constraints),
        ("index", inspector.get_indexes),
    ):
        for found in _asked(read, table) or []:
            yield _fact(kind, table, found)


def _asked(read: Callable[[str], Any], table: str) -> Any:
    """Return None where the dialect cannot tell."""
    try:
        return read(table)
    except NotImplementedError:
        return None


def _fact(kind: str, table: str, found: Mapping[str, Any]) -> Fact:
    details = {key: found[key] for key in found if key != "name"}
    return fact_of(
        {
            "kind": kind,
            "table_name": table,
            "name": found.get("name") or "",
            **{
                key: repr(value) if key == "type" else str(value)
                for key, value in details.items()
                if value not in (None, [], {})
            },
        }
    )
