"""Whether views and triggers still compile."""

from __future__ import annotations

import uuid

from sqlalchemy.exc import DBAPIError

from migrate.changeset.sqlite.stored import Catalogue
from migrate.changeset.sqlite.stored import StoredObject
from migrate.changeset.sqlite.tokens import quote
from migrate.changeset.sqlite.tokens import same_name

__all__ = ["broken", "compiled", "concerned"]


def concerned(catalogue: Catalogue, name: str) -> list[StoredObject]:
    """Return the views and triggers that could mention ``name``.

    Those which mention one of them count too.
    """
    objects = [
        each
        for each in catalogue.objects()
        if each.type in ("view", "trigger")
    ]
    names = {name.lower()}
    found: dict[str, StoredObject] = {}
    while True:
        more = {
            each.name: each
            for each in objects
            if each.name not in found
            and (
                any(each.mentions(known) for known in names)
                or same_name(each.table_name, name)
            )
        }
        if not more:
            return [*found.values()]
        found.update(more)
        names.update(key.lower() for key in more)


def broken(catalogue: Catalogue, schema: str, name: str) -> dict[str, str]:
    """Compile what could mention the table ``name``; execute nothing.

    :returns: what does not compile, with SQLite's reason.
    """
    reasons = {}
    objects = concerned(catalogue, name)
    for view in objects:
        if view.type == "view":
            target = f"{quote(view.schema)}.{quote(view.name)}"
            reason = compiled(catalogue, f"SELECT * FROM {target}")
            if reason is not None:
                reasons[str(view)] = reason
    triggers = [each for each in objects if each.type == "trigger"]
    places = {(each.schema, each.table_name) for each in triggers}
    places.add((schema, name))
    for place, target in places:
        reason = _writing(catalogue, place, target)
        if reason is not None:
            fired = [
                str(each)
                for each in triggers
                if same_name(each.table_name, target)
            ]
            reasons[", ".join(fired) or f"table {target!r}"] = reason
    return reasons


def _writing(catalogue: Catalogue, schema: str, target: str) -> str | None:
    """Compile an INSERT, an UPDATE and a DELETE, with all their triggers."""
    columns = [
        str(row[0])
        for row in catalogue.rows(
            "SELECT name FROM pragma_table_info(?)", target
        )
    ]
    sets = ", ".join(f"{quote(name)} = {quote(name)}" for name in columns)
    table = quote(target)
    # A temporary trigger may belong to a table elsewhere.
    if schema != "temp":
        table = f"{quote(schema)}.{table}"
    for statement in (
        f"INSERT INTO {table} DEFAULT VALUES",
        f"UPDATE {table} SET {sets}",
        f"DELETE FROM {table}",
    ):
        reason = compiled(catalogue, statement)
        if reason is not None:
            return reason
    return None


def compiled(catalogue: Catalogue, statement: str) -> str | None:
    """Compile a statement without executing it; return what is wrong."""
    # EXPLAIN does not look whether its program is out of date, and the sqlite3
    # module keeps programs by their text: a text may be used only once.
    once = uuid.uuid4().hex
    try:
        catalogue.rows(f"EXPLAIN {statement} /* {once} */")
    except DBAPIError as error:
        return str(error.orig)
    return None
