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
from migrate.changeset.sqlite.createtable import ColumnDef
from migrate.changeset.sqlite.createtable import CreateTable
from migrate.changeset.sqlite.draft import Draft
from migrate.changeset.sqlite.stored import Catalogue
from migrate.changeset.sqlite.tokens import quote
from migrate.changeset.sqlite.tokens import same_name
from migrate.changeset.sqlite.tokens import significant

__all__ = ["is_proved"]

# Words that are no string where a default is wanted.
_VALUES = (
    *("NULL", "TRUE", "FALSE"),
    *("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"),
)


def is_proved(catalogue: Catalogue, draft: Draft, name: str) -> bool:
    """Tell whether no row reads the default of ``name``; may scan.

    A row that does reads exactly the stored default, or NULL without one:
    if no row has that value there is no such row.
    """
    table = draft.stored.create
    column = table.column(name)
    # A build with this option ends a row before its last NULLs.
    trims = "SELECT sqlite_compileoption_used('ENABLE_NULL_TRIM')"
    if _is_original(table, column) and not catalogue.value(trims):
        return True
    default = "NULL"
    for clause in column.clauses_of(DEFAULT):
        default = _expression(table.slice(clause.argument))
    suspects = catalogue.rows(
        f"SELECT 1 FROM {draft.stored.quoted} "
        f"WHERE {quote(column.name)} IS ({default}\n) LIMIT 1"
    )
    return not suspects


def _expression(default: str) -> str:
    """Return what a stored default means anywhere else.

    A bare word and a name in quotes are strings there (lang_createtable,
    section 3.2), and columns in a query.
    """
    token, *more = significant(default)
    is_name = token.kind == "quoted" or (
        token.kind == "word" and not token.is_word(*_VALUES)
    )
    if more or not is_name:
        return default
    return "'" + token.name.replace("'", "''") + "'"


def _is_original(table: CreateTable, column: ColumnDef) -> bool:
    """Tell whether ADD COLUMN cannot have added this column.

    It puts a column last, and takes none that is part of a primary key, NOT
    NULL without a default, or computed and STORED (lang_altertable, section
    4).  One of those at its place or behind shows that a rebuild, or the
    CREATE TABLE, came after: all rows are complete up to there.

    It takes no UNIQUE either, nor a key beside the rowid; but such a key can
    be given to a column afterwards without a rebuild (see :mod:`.keys`).
    """
    place = [each.name for each in table.columns].index(column.name)
    rowid = table.rowid_alias
    key = table.primary_key if table.without_rowid else (rowid,)
    return any(
        any(same_name(name, each.name) for name in key)
        or (
            each.has(NOT_NULL) and not each.has(DEFAULT) and not each.generated
        )
        or any(clause.stored for clause in each.clauses_of(GENERATED))
        for each in table.columns[place:]
    )
