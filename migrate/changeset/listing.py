"""The columns of a Table: their order, and the keys that find them.

A renamed column is found by its old key too, an alias, until another column
takes that: scripts for sqlalchemy-migrate go on to say ``table.c.old``, and
its manual promised ``table.c.new``.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any

from sqlalchemy.schema import Column
from sqlalchemy.schema import Table

from migrate.exceptions import NoSuchColumnError

__all__ = [
    "column_of",
    "forget_alias",
    "rekey",
    "remove",
    "reorder",
    "take_back",
]


def reorder(table: Table, columns: Sequence[Column[Any]]) -> None:
    """Give the columns of ``table`` another order."""
    rekey(table._columns, columns)


def take_back(table: Table, column: Column[Any], taken: str) -> None:
    """List a column that yielded its name to another before it was renamed.

    That one stands in its place.  SQLAlchemy has taken the foreign keys out
    of the Table as well.
    """
    place = [each.name for each in table.c].index(taken)
    reorder(table, [*[*table.c][:place], column, *[*table.c][place:]])
    for element in column.foreign_keys:
        table.foreign_keys.add(element)
        if element.constraint is not None:
            table.constraints.add(element.constraint)


def remove(table: Table, column: Column[Any]) -> None:
    """Take ``column`` out, with its aliases."""
    if table.c.contains_column(column):
        for key in _aliases(table, column):
            del table._columns._index[key]
        table._columns.remove(column)


def rekey(columns: Any, order: Iterable[Column[Any]]) -> None:
    """List columns anew, by the keys they have now and their aliases."""
    every = [*order]
    aliases = {
        key: column
        for key, (_, column) in columns._index.items()
        if isinstance(key, str)
    }
    columns._index.clear()
    columns._collection.clear()
    columns._colset.clear()
    for column in every:
        columns.add(column)
    for key, column in aliases.items():
        columns._index.setdefault(key, (column.key, column))


def _aliases(table: Table, column: Column[Any]) -> list[str]:
    return [
        key
        for key, (_, found) in table._columns._index.items()
        if found is column and isinstance(key, str) and key != column.key
    ]


def forget_alias(table: Table, key: str) -> None:
    """Let ``key`` go to another column, if it is an alias."""
    entry = table._columns._index.get(key)
    if entry is not None and entry[1].key != key:
        del table._columns._index[key]


def column_of(table: Table, name: str) -> Column[Any]:
    """Find the column ``name``.

    :raises NoSuchColumnError: the table has none; says which it has.
    """
    if name not in table.c:
        raise NoSuchColumnError(
            f"table {table.fullname!r} has no column {name!r}; it has "
            + ", ".join(map(repr, table.c.keys()))
        )
    return table.c[name]
