"""Renames of columns, tables and indexes, and new indexes."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import ExecutableDDLElement

from migrate.changeset.sqlite import rebuild
from migrate.changeset.sqlite import rows
from migrate.changeset.sqlite.alteration import Alteration
from migrate.changeset.sqlite.createindex import parse_index
from migrate.changeset.sqlite.objects import broken
from migrate.changeset.sqlite.stored import StoredObject
from migrate.changeset.sqlite.stored import StoredTable
from migrate.changeset.sqlite.tokens import fold
from migrate.changeset.sqlite.tokens import quote
from migrate.changeset.sqlite.tokens import same_name
from migrate.exceptions import NotSupportedError

__all__ = ["create_index", "rename_column", "rename_index", "rename_table"]


def rename_column(
    alteration: Alteration,
    stored: StoredTable,
    name: str,
    statement: ExecutableDDLElement,
) -> None:
    """Rename a column wherever it is named, as SQLite does (3.25)."""
    if not alteration.features.rename_column:
        raise NotSupportedError(
            f"SQLite before 3.25 cannot rename column {name!r} of table "
            f"{stored.name!r}: use a later SQLite, or add a column, copy the "
            "values and drop the old one"
        )
    stored.create.column(name)
    alteration.native(stored.row, statement)


def rename_table(
    alteration: Alteration,
    row: StoredObject,
    new: str,
    statement: ExecutableDDLElement,
) -> None:
    """Rename a table wherever it is named; its statistics go with it.

    :param row: of a virtual table too.
    """
    alteration.native(row, statement, new)
    for table in ("sqlite_stat1", "sqlite_stat4"):
        if alteration.catalogue.has_table(row.schema, table):
            target = f"{quote(row.schema)}.{table}"
            old, auto = row.name, "sqlite_autoindex_"
            alteration.catalogue.run(
                (
                    f"UPDATE {target} SET idx = ? || substr(idx, ?) "
                    "WHERE tbl = ? AND substr(idx, 1, ?) = ?",
                    (
                        auto + new,
                        len(auto + old) + 1,
                        old,
                        len(auto + old),
                        auto + old,
                    ),
                ),
                (f"UPDATE {target} SET tbl = ? WHERE tbl = ?", (new, old)),
            )


def rename_index(
    alteration: Alteration, name: str, new: str, schema: str | None = None
) -> None:
    """Rename an index, by its stored text; nothing is built anew."""
    row = alteration.catalogue.index(name, schema)
    if fold(new).startswith("sqlite_"):
        raise NotSupportedError(
            f"index {name!r} cannot be renamed to {new!r}: SQLite keeps "
            "names that begin with 'sqlite_' for itself; take another name"
        )
    taken = [
        str(each)
        for each in alteration.catalogue.objects(row.schema)
        if same_name(each.name, new) and each.rowid != row.rowid
    ]
    if taken:
        raise NotSupportedError(
            f"index {name!r} cannot be renamed to {new!r}: there is "
            f"{taken[0]}; take another name"
        )
    before = broken(alteration.catalogue, row.schema, row.table_name)
    text = parse_index(row.sql or "")
    if alteration.can_write_schema(row.schema):
        start, end = text.name_span
        renamed = text.text[:start] + quote(new) + text.text[end:]
        alteration.catalogue.write_schema(
            row.schema, [rebuild.new_text(row, renamed, new)]
        )
        _rename_statistics(alteration, row.schema, name, new)
    else:
        alteration.catalogue.run(
            (f"DROP INDEX {quote(row.schema)}.{quote(row.name)}", ()),
            (text.moved(new, row.table_name, row.schema), ()),
        )
    alteration.refuse_broken(row.schema, row.table_name, before)


def _rename_statistics(
    alteration: Alteration, schema: str, name: str, new: str
) -> None:
    for table in ("sqlite_stat1", "sqlite_stat4"):
        if alteration.catalogue.has_table(schema, table):
            statement = f"UPDATE {quote(schema)}.{table} SET idx = ?"
            alteration.catalogue.run(
                (f"{statement} WHERE idx = ?", (new, name))
            )


def create_index(
    alteration: Alteration, stored: StoredTable, text: str
) -> None:
    """Create an index; say which rows a unique one would not let in."""
    try:
        alteration.catalogue.run((text, ()))
    except IntegrityError:
        index = parse_index(text)
        if all(map(stored.create.has_column, index.columns)):
            rows.refuse_rows(
                alteration.catalogue,
                rows.duplicates(index.columns, stored.quoted),
                stored,
            )
        raise
