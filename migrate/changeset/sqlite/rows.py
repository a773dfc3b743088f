"""Rows that are in the way of an alteration: find them, and name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from migrate.changeset.sqlite.createtable import CreateTable
from migrate.changeset.sqlite.stored import Catalogue
from migrate.changeset.sqlite.stored import StoredTable
from migrate.changeset.sqlite.stored import rowid_name
from migrate.changeset.sqlite.tokens import quote
from migrate.exceptions import ExistingRowsError
from migrate.exceptions import NotSupportedError

__all__ = [
    "SHOWN",
    "Scan",
    "count",
    "duplicates",
    "failing_check",
    "is_empty",
    "null",
    "orphans",
    "refuse_default",
    "refuse_missing",
    "refuse_rows",
    "row_key",
    "rows_error",
]

#: How many of the rows a message names.
SHOWN = 5


@dataclass(frozen=True)
class Scan:
    """A question to the rows of one table.

    :ivar condition: true for a row that is in the way.
    :ivar join: another table that the condition needs.
    :ivar problem: says what such a row has.
    :ivar way_round: what to do about them.
    """

    condition: str
    problem: str
    way_round: str
    join: str = ""


def null(column: str) -> Scan:
    """Ask for rows that have NULL in ``column``."""
    return Scan(
        f"{quote(column)} IS NULL",
        f"with NULL in column {column!r}",
        "give them a value first",
    )


def failing_check(expression: str) -> Scan:
    """Ask for rows that a CHECK would not let in; NULL is let in."""
    # The line break ends a comment at the end of the expression.
    return Scan(
        f"NOT ({expression}\n)",
        f"for which CHECK ({expression}) is false",
        "change or delete them first",
    )


def duplicates(columns: tuple[str, ...], table: str) -> Scan:
    """Ask for rows that share their values in ``columns``; NULLs do not."""
    names = ", ".join(map(quote, columns))
    filled = " AND ".join(f"{quote(name)} IS NOT NULL" for name in columns)
    return Scan(
        f"({names}) IN (SELECT {names} FROM {table} WHERE {filled} "
        f"GROUP BY {names} HAVING count(*) > 1)",
        "with duplicate values in " + ", ".join(map(repr, columns)),
        "change or delete all but one of each first",
    )


def orphans(
    table: str,
    columns: Sequence[str],
    parent: str,
    quoted_parent: str | None,
    keys: Sequence[str],
) -> Scan:
    """Ask for rows that refer to nothing; NULL in any column refers to all.

    SQLite compares with the affinity and collation of the parent's column
    (foreignkeys, section 3): so it stands on the left, and the child's is
    an expression, which has none.

    :param quoted_parent: None if there is no such table.
    """
    own = [f"{quote(table)}.{quote(column)}" for column in columns]
    condition = " AND ".join(f"{column} IS NOT NULL" for column in own)
    join = ""
    if quoted_parent is not None:
        # Many times faster than NOT EXISTS.
        found = [f"migrate_parent.{quote(key)}" for key in keys]
        equal = " AND ".join(
            f"{key} = +{column}"
            for key, column in zip(found, own, strict=False)
        )
        join = f"LEFT JOIN {quoted_parent} AS migrate_parent ON {equal or 1}"
        # A parent without a key is refused later, for that.
        condition += f" AND {found[0]} IS NULL" if found else " AND 0"
    return Scan(
        condition,
        f"that refer to no row of table {parent!r}",
        "change or delete them first",
        join,
    )


def refuse_rows(
    catalogue: Catalogue,
    scan: Scan,
    table: StoredTable,
    name: str = "",
) -> None:
    """Raise if rows of ``table`` answer ``scan``.

    :param name: what the scan and the message call the table, if that is
        not its name.
    :raises ExistingRowsError: with their number and the first few.
    """
    name = name or table.name
    key = row_key(table.create)
    keys = ", ".join(f"{quote(name)}.{part}" for part in key)
    first = catalogue.rows(
        f"SELECT {keys} {_found(scan, table, name)} LIMIT {SHOWN}"
    )
    if first:
        raise rows_error(
            name,
            count(catalogue, scan, table, name),
            scan.problem,
            ", ".join(key),
            first,
            scan.way_round,
        )


def count(
    catalogue: Catalogue, scan: Scan, table: StoredTable, name: str
) -> int:
    """Return how many rows of ``table`` answer ``scan``."""
    found = _found(scan, table, name)
    return int(catalogue.value(f"SELECT count(*) {found}"))


def _found(scan: Scan, table: StoredTable, name: str) -> str:
    # A CHECK may name its table: "t.a > 0".
    source = f"{table.quoted} AS {quote(name)} {scan.join}"
    return f"FROM {source} WHERE {scan.condition}"


def row_key(table: CreateTable) -> list[str]:
    """Return what names a row: the rowid, or the primary key."""
    rowid = rowid_name(table)
    keys = table.primary_key or [table.columns[0].name]
    return [rowid] if rowid else [*map(quote, keys)]


def rows_error(
    name: str,
    count: int,
    problem: str,
    shown: str,
    first: Sequence[tuple[object, ...]],
    way_round: str,
) -> ExistingRowsError:
    """Say which rows: ``table 't' has 2 rows with ... (rowid 4, 7): ...``."""
    values = [
        repr(row[0]) if len(row) == 1 else repr(tuple(row)) for row in first
    ]
    more = ", ..." if count > len(first) else ""
    rows = "1 row" if count == 1 else f"{count} rows"
    which = f" ({shown} {', '.join(values)}{more})" if first else ""
    return ExistingRowsError(
        f"table {name!r} has {rows} {problem}{which}: {way_round}"
    )


def is_empty(catalogue: Catalogue, table: StoredTable) -> bool:
    """Tell whether a table has no row."""
    return not catalogue.rows(f"SELECT 1 FROM {table.quoted} LIMIT 1")


def refuse_missing(
    catalogue: Catalogue, table: StoredTable, column: str
) -> NoReturn:
    """Say that the rows would have NULL in a new column that is NOT NULL.

    :raises ExistingRowsError: with their number.
    """
    count = catalogue.value(f"SELECT count(*) FROM {table.quoted}")
    raise ExistingRowsError(
        f"table {table.name!r} has rows ({count}) which would have no value "
        f"in the new column {column!r}, that is NOT NULL: give it a "
        "server_default, or add it nullable and fill it first"
    )


def refuse_default(catalogue: Catalogue, table: StoredTable) -> None:
    """Raise if the default of the last column is not of its type.

    For a STRICT table, to which SQLite adds such a column all the same; the
    rows there are would read what integrity_check calls damage.
    """
    column = table.create.columns[-1]
    if column.generated:
        return
    stated = table.create.type_of(column).upper()
    kind = catalogue.value(
        f"SELECT typeof({quote(column.name)}) FROM {table.quoted} LIMIT 1"
    )
    expected = "integer" if stated == "INT" else stated.lower()
    if kind not in (None, "null", expected) and stated != "ANY":
        raise NotSupportedError(
            f"the default of column {column.name!r} is {kind}, and table "
            f"{table.name!r} is STRICT: give a default of type {stated}"
        )
