"""PostgreSQL's enumerations: types that come, go and get other labels.

Labels can be added to a type, but not used before the commit, and never be
taken away (PostgreSQL manual, ALTER TYPE): a type with other labels is a new
one, which takes the name and the columns of the old.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

from sqlalchemy.schema import Column
from sqlalchemy.schema import Table

from migrate.versioning.models.comparison.defaults import default_sql
from migrate.versioning.models.comparison.types import labels
from migrate.versioning.models.comparison.types import spelled
from migrate.versioning.models.generation.change import Change
from migrate.versioning.models.generation.source import Source
from migrate.versioning.models.generation.source import sql_text

__all__ = ["enumeration_changes", "has_same_enumeration"]


def enumeration_changes(
    before: Iterable[Table], after: Iterable[Table], source: Source
) -> tuple[list[Change], list[Change]]:
    """Return what is to be done first, and what last.

    :param before: the tables of the old model, :param after: of the new one.
    """
    before, after = [*before], [*after]
    old, new = _types(before, source), _types(after, source)
    first, last = [], []
    for name in sorted(new.keys() - old.keys()):
        created, dropped = _created(new[name], source)
        first.append(Change.of(created, dropped))
    for name in sorted(old.keys() - new.keys()):
        created, dropped = _created(old[name], source)
        last.append(Change.of(dropped, created))
    for name in sorted(old.keys() & new.keys()):
        if labels(old[name], source.dialect) != labels(
            new[name], source.dialect
        ):
            pairs = [*_shared(name, before, after, source)]
            up = _shift(name, new[name], [p[1] for p in pairs], source)
            down = _shift(name, old[name], [p[0] for p in pairs], source)
            drop = _execute(f"DROP TYPE {_beside(name)}")
            first.append(Change.of(up, drop))
            last.append(Change.of(drop, down))
    return first, last


def has_same_enumeration(
    one: Column[Any], other: Column[Any], source: Source
) -> bool:
    """Tell whether two columns have an enumeration of one name.

    What else differs in their types is done by :func:`enumeration_changes`.
    """
    first, second = (labels(c.type, source.dialect) for c in (one, other))
    return first is not None and second is not None and first[0] == second[0]


def _types(tables: Iterable[Table], source: Source) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for table in tables:
        for column in table.columns:
            named = labels(column.type, source.dialect)
            if named is not None:
                found.setdefault(named[0], column.type)
    return found


def _created(type_: Any, source: Source) -> tuple[str, str]:
    enumeration = source.enumeration(type_)
    return (
        f"{enumeration}.create(migrate_engine, checkfirst=True)",
        f"{enumeration}.drop(migrate_engine, checkfirst=True)",
    )


def _shared(
    name: str, before: list[Table], after: list[Table], source: Source
) -> Iterator[tuple[Column[Any], Column[Any]]]:
    """Yield the columns of the type that are in both models."""
    known = {table.key: table for table in before}
    for table in after:
        for column in table.columns:
            old = known.get(table.key, table).columns.get(column.name)
            if table.key not in known or old is None:
                continue
            both = [labels(c.type, source.dialect) for c in (old, column)]
            if all(each is not None and each[0] == name for each in both):
                yield old, column


def _shift(
    name: str, type_: Any, columns: list[Column[Any]], source: Source
) -> Iterator[str]:
    """Put the type ``type_`` in the place of the one of its name."""
    preparer = source.dialect.identifier_preparer
    beside = _beside(name).rpartition(".")[2]
    yield _execute(f"ALTER TYPE {name} RENAME TO {beside}")
    yield f"{source.enumeration(type_)}.create(migrate_engine)"
    for column in columns:
        quoted = preparer.format_column(column)
        spelling = spelled(column.type, source.dialect)
        via = "text[]" if str(spelling).endswith("[]") else "text"
        actions = [
            f"ALTER {quoted} DROP DEFAULT",
            f"ALTER {quoted} TYPE {spelling}"
            f" USING {quoted}::{via}::{spelling}",
        ]
        default = default_sql(column, source.dialect)
        if default is not None:
            actions.append(f"ALTER {quoted} SET DEFAULT {default}")
        table = preparer.format_table(column.table)
        yield _execute(f"ALTER TABLE {table} {', '.join(actions)}")


def _beside(name: str) -> str:
    """Return the name that the old type has meanwhile."""
    if name.endswith('"'):
        return f'{name[:-1]} before"'
    return f"{name}__before"


def _execute(sql: str) -> str:
    return f"migrate_engine.execute({sql_text(sql)})"
