"""Whether every row holds a value for a column, or reads its default.

A row stored before ``ALTER TABLE ADD COLUMN b DEFAULT 5`` ends before ``b``;
what is read for ``b`` is the default in the schema.  Changing that default
by an edit of the text changes such rows, though lang_altertable, section 7,
allows it; so they are proved absent, or the table is rebuilt.
"""

from __future__ import annotations

from migrate.changeset.sqlite.createtable import DEFAULT
from migrate.changeset.sqlite.createtable import GENERATED
from migrate.changeset.sqlite.createtable import NOT_NULL
from migrate.changeset.sqlite.createtable import PRIMARY_KEY
from migrate.changeset.sqlite.createtable import UNIQUE
from migrate.changeset.sqlite.createtable import ColumnDef
from migrate.changeset.sqlite.createtable import CreateTable
from migrate.changeset.sqlite.draft import Draft
from migrate.changeset.sqlite.stored import Catalogue
from migrate.changeset.sqlite.tokens import quote
from migrate.changeset.sqlite.tokens import same_name

__all__ = ["is_proved"]


def is_proved(catalogue: Catalogue, draft: Draft, name: str) -> bool:
    """Tell whether no row reads the default of ``name``; may scan.

    A row that does reads exactly the stored default, or NULL without one:
    if no row has that value there is no such row.
    """
    table = draft.stored.create
    column = table.column(name)
    if _is_original(table, column):
        return True
    default = "NULL"
    for clause in column.clauses_of(DEFAULT):
        default = table.slice(clause.argument)
    suspects = catalogue.rows(
        f"SELECT 1 FROM {draft.stored.quoted} "
        f"WHERE {quote(column.name)} IS ({default}\n) LIMIT 1"
    )
    return not suspects


def _is_original(table: CreateTable, column: ColumnDef) -> bool:
    """Tell whether ADD COLUMN cannot have added this column.

    It puts a column last, and takes none that is part of a key, NOT NULL
    without a default, or computed and STORED (lang_altertable, section 4).
    One of those at its place or behind shows that a rebuild, or the CREATE
    TABLE, came after: all rows are complete up to there.
    """
    place = [each.name for each in table.columns].index(column.name)
    keys = [
        name
        for key in table.of_kind(PRIMARY_KEY, UNIQUE)
        for name in key.columns
    ]
    return any(
        any(same_name(name, each.name) for name in keys)
        or (
            each.has(NOT_NULL) and not each.has(DEFAULT) and not each.generated
        )
        or any(clause.stored for clause in each.clauses_of(GENERATED))
        for each in table.columns[place:]
    )
