"""Whether views and triggers still compile."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError

from migrate.changeset.sqlite.stored import Catalogue
from migrate.changeset.sqlite.stored import StoredObject
from migrate.changeset.sqlite.tokens import fold
from migrate.changeset.sqlite.tokens import quote
from migrate.changeset.sqlite.tokens import same_name

__all__ = ["broken", "compiled", "concerned"]


def concerned(catalogue: Catalogue, name: str) -> list[StoredObject]:
    """Return the views and triggers that could mention ``name``.

    Those which mention one of them count too.
    """
    objects = catalogue.objects(None, "type IN ('view', 'trigger')")
    names = {fold(name)}
    found: list[StoredObject] = []
    while True:
        more = [
            each
            for each in objects
            if each not in found
            and (
                any(each.mentions(known) for known in names)
                or same_name(each.table_name, name)
            )
        ]
        if not more:
            return found
        found += more
        names.update(fold(each.name) for each in more)


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
        fired = ", ".join(
            str(each)
            for each in triggers
            if same_name(each.table_name, target)
        )
        for verb, statement in _writing(catalogue, place, target):
            reason = compiled(catalogue, statement)
            if reason is not None:
                reasons[f"{verb} with {fired or repr(target)}"] = reason
    return reasons


def _writing(
    catalogue: Catalogue, schema: str, target: str
) -> Iterator[tuple[str, str]]:
    """Write to a table or view, with all the triggers that then fire.

    Each verb counts for itself: a view may have an INSTEAD OF trigger for
    one of them only.
    """
    # A temporary trigger may belong to a table elsewhere.
    qualified = quote(target)
    if schema != "temp":
        qualified = f"{quote(schema)}.{qualified}"
    columns = catalogue.rows(
        "SELECT name FROM pragma_table_info(?, ?)",
        target,
        None if schema == "temp" else schema,
    )
    sets = ", ".join(f"{quote(name)} = {quote(name)}" for (name,) in columns)
    yield "INSERT", f"INSERT INTO {qualified} DEFAULT VALUES"
    yield "UPDATE", f"UPDATE {qualified} SET {sets}"
    yield "DELETE", f"DELETE FROM {qualified}"


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
