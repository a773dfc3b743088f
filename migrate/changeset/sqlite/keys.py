"""The b-trees of UNIQUE and PRIMARY KEY constraints.

Such a b-tree is that of a unique index over the same columns, with the same
collations and directions; only its row in ``sqlite_master`` has no text, and
a name with a number that SQLite gives.  So a constraint can be given the
b-tree of an index, which is built in one go and needs no copy of the table,
and an index that of a constraint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from migrate.changeset.sqlite.stored import Catalogue
from migrate.changeset.sqlite.stored import Statement
from migrate.changeset.sqlite.stored import StoredObject
from migrate.changeset.sqlite.stored import StoredTable
from migrate.changeset.sqlite.stored import master
from migrate.changeset.sqlite.tokens import quote

__all__ = [
    "AUTOINDEX",
    "Key",
    "KeyColumn",
    "became",
    "built",
    "keys_of",
    "number",
    "released",
    "statistics",
]

#: How the names of such b-trees begin; the table's name and a number follow.
AUTOINDEX = "sqlite_autoindex_"


@dataclass(frozen=True)
class KeyColumn:
    """A column of a key, as ``PRAGMA index_xinfo`` tells it."""

    name: str
    descending: bool
    collation: str

    def __str__(self) -> str:
        direction = " DESC" if self.descending else ""
        return f"{quote(self.name)} COLLATE {quote(self.collation)}{direction}"


Key = tuple[KeyColumn, ...]


def keys_of(
    catalogue: Catalogue, table: StoredTable
) -> dict[Key, StoredObject]:
    """Return the constraints' b-trees of a table, by what they sort."""
    return {
        tuple(
            KeyColumn(name, bool(descending), collation)
            for name, descending, collation in catalogue.rows(
                "SELECT name, desc, coll FROM pragma_index_xinfo(?, ?) "
                "WHERE key ORDER BY seqno",
                row.name,
                table.schema,
            )
        ): row
        for row in table.autoindexes
    }


def number(row: StoredObject) -> str:
    """Return the end of the name that SQLite gives, such as ``_2``."""
    return row.name[len(AUTOINDEX) + len(row.table_name) :]


def built(key: Key, table: str, schema: str, name: str) -> Statement:
    """Build the b-tree of ``key`` as an index."""
    return (
        f"CREATE UNIQUE INDEX {quote(schema)}.{quote(name)} "
        f"ON {quote(table)} ({', '.join(map(str, key))})",
        (),
    )


def became(row: StoredObject, table: str, number: str) -> Statement:
    """Make an index, or a constraint's b-tree, the constraint's of a table."""
    return (
        f"UPDATE {master(row.schema)} SET name = ?, tbl_name = ?, sql = NULL "
        "WHERE rowid = ?",
        (f"{AUTOINDEX}{table}{number}", table, row.rowid),
    )


def released(key: Key, row: StoredObject, name: str) -> Statement:
    """Make a constraint's b-tree an index, which can be dropped."""
    columns = ", ".join(map(str, key))
    return (
        f"UPDATE {master(row.schema)} SET name = ?, sql = ? WHERE rowid = ?",
        (
            name,
            f"CREATE UNIQUE INDEX {quote(name)} "
            f"ON {quote(row.table_name)} ({columns})",
            row.rowid,
        ),
    )


def statistics(
    table: str,
    name: str,
    before: dict[Key, StoredObject],
    after: dict[Key, StoredObject],
) -> Iterator[Statement]:
    """Let statistics follow the b-trees, whose numbers may be others now.

    :param table: SQLite's own table, with its schema.
    :param name: the table that the keys are of.
    """
    moved = {
        row.name: after[key].name
        for key, row in before.items()
        if key in after
    }
    gone = [row.name for row in before.values() if row.name not in moved]
    for index in gone:
        yield f"DELETE FROM {table} WHERE tbl = ? AND idx = ?", (name, index)
    cases = [pair for pair in moved.items() if pair[0] != pair[1]]
    if cases:
        # All at once: one may get the name of another.
        whens = "WHEN ? THEN ? " * len(cases)
        yield (
            f"UPDATE {table} SET idx = CASE idx {whens} ELSE idx END "
            "WHERE tbl = ?",
            (*chain.from_iterable(cases), name),
        )
