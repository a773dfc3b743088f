"""Whether what was true of the rows is true of their converted values.

Another type or collation changes values and how they compare: '01' becomes
1, which refers to another row.  Copied rows are not new to SQLite, and it
asks no check and no foreign key then.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError

from migrate.changeset.sqlite import rows
from migrate.changeset.sqlite.createtable import CHECK
from migrate.changeset.sqlite.createtable import FOREIGN_KEY
from migrate.changeset.sqlite.createtable import GENERATED
from migrate.changeset.sqlite.createtable import NOT_NULL
from migrate.changeset.sqlite.createtable import CreateTable
from migrate.changeset.sqlite.draft import Draft
from migrate.changeset.sqlite.stored import Catalogue
from migrate.changeset.sqlite.stored import StoredTable
from migrate.changeset.sqlite.tokens import fold
from migrate.changeset.sqlite.tokens import identifiers_in
from migrate.exceptions import NotSupportedError

__all__ = ["orphans", "refuse_failing", "refuse_orphans"]


def refuse_failing(
    catalogue: Catalogue, draft: Draft, filled: StoredTable
) -> None:
    """Raise if more rows than before break a check that there was before.

    :param filled: the table with the rows as they will be.
    :raises ExistingRowsError: with the rows.
    """
    name = draft.stored.name
    for scan in _rules(draft):
        count = rows.count(catalogue, scan, filled, name)
        if count and count > rows.count(catalogue, scan, draft.stored, name):
            rows.refuse_rows(catalogue, scan, filled, name)


def _rules(draft: Draft) -> Iterator[rows.Scan]:
    before, after = draft.stored.create, draft.table
    names = _with_computed(after, draft.converted)
    there = {before.slice(check.argument) for check in before.of_kind(CHECK)}
    for check in after.of_kind(CHECK):
        text = after.slice(check.argument)
        if text in there and names & identifiers_in(text):
            yield rows.failing_check(text)
    for column in after.columns:
        computed = column.generated and fold(column.name) in names
        if computed and column.has(NOT_NULL):
            yield rows.null(column.name)


def _with_computed(table: CreateTable, names: list[str]) -> set[str]:
    """Add the columns that are computed from ``names``; folded."""
    found = {fold(name) for name in names}
    while True:
        more = {
            fold(column.name)
            for column in table.columns
            for clause in column.clauses_of(GENERATED)
            if found & identifiers_in(table.slice(clause.argument))
        }
        if more <= found:
            return found
        found |= more


def orphans(catalogue: Catalogue, draft: Draft) -> dict[str, int]:
    """Count rows that refer to nothing, where it is about such columns.

    :returns: by the table of the rows; without a table whose foreign keys
        do not work at all.
    """
    schema = draft.stored.schema
    counts = {}
    for child in _children(catalogue, draft):
        try:
            counts[child] = catalogue.value(
                "SELECT count(*) FROM pragma_foreign_key_check(?, ?)",
                child,
                schema,
            )
        except DBAPIError:
            continue
    return counts


def refuse_orphans(
    catalogue: Catalogue, draft: Draft, before: dict[str, int]
) -> None:
    """Raise if more rows refer to nothing than did before.

    :raises ExistingRowsError: with the rows.
    :raises NotSupportedError: if a foreign key does not work any more.
    """
    after = orphans(catalogue, draft)
    for child, count in before.items():
        if child not in after:
            raise NotSupportedError(
                f"the foreign keys of table {child!r} to "
                f"{draft.stored.name!r} would not work any more; drop them "
                "first"
            )
        if after[child] > count:
            first = catalogue.rows(
                "SELECT rowid, parent FROM pragma_foreign_key_check(?, ?) "
                "LIMIT ?",
                child,
                draft.stored.schema,
                rows.SHOWN,
            )
            # A table WITHOUT ROWID shows none.
            shown = [(rowid,) for rowid, _ in first if rowid is not None]
            raise rows.rows_error(
                child,
                after[child],
                f"that would refer to no row of table {first[0][1]!r}",
                "rowid",
                shown,
                "change or delete them first",
            )


def _children(catalogue: Catalogue, draft: Draft) -> set[str]:
    """Name the tables with a foreign key from or to a converted column."""
    stored = draft.stored
    names = _with_computed(draft.table, draft.converted)
    found = {
        owner
        for owner, foreign in catalogue.referrers(stored)
        if _has(foreign.referenced_columns or stored.create.primary_key, names)
    }
    if any(
        _has(foreign.columns, names)
        for foreign in stored.create.of_kind(FOREIGN_KEY)
    ):
        found.add(stored.name)
    return found


def _has(columns: tuple[str, ...], names: set[str]) -> bool:
    return any(fold(column) in names for column in columns)
