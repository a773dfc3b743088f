"""The statements that put a draft in the place of the stored table.

Pure: from what is stored, and a draft, to lists of statements.  There are
three ways, and :mod:`.alteration` chooses.

*Text* changes the stored text alone: the rows stay where they are.

*Exchange* fills a scratch table, and then exchanges the b-trees of the two
under their names in ``sqlite_master``.  No table that anything refers to is
ever renamed or dropped, so foreign keys, triggers, views, statistics and
the AUTOINCREMENT sequence need nothing done to them, whatever ``PRAGMA
foreign_keys`` says, inside a transaction or not.  What is dropped is the
scratch table, which by then holds the old rows.

*Twelve steps* is the procedure of lang_altertable, section 7, for a build
that does not let ``sqlite_master`` be written (defensive mode).
"""

from __future__ import annotations

from collections.abc import Iterator

from migrate.changeset.sqlite import edits
from migrate.changeset.sqlite.createindex import parse_index
from migrate.changeset.sqlite.createtable import PRIMARY_KEY
from migrate.changeset.sqlite.createtable import CreateTable
from migrate.changeset.sqlite.draft import Draft
from migrate.changeset.sqlite.stored import StoredObject
from migrate.changeset.sqlite.stored import StoredTable
from migrate.changeset.sqlite.stored import master
from migrate.changeset.sqlite.stored import rowid_name
from migrate.changeset.sqlite.tokens import quote
from migrate.changeset.sqlite.tokens import significant

__all__ = [
    "Statement",
    "exchange",
    "fill",
    "new_text",
    "restored",
    "sequence",
    "twelve_steps",
]

Statement = tuple[str, tuple[object, ...]]


def new_text(row: StoredObject, text: str, name: str = "") -> Statement:
    """Store another text for a table or index, and another name if given.

    Touches one row only if it is still as it was read.
    """
    return (
        f"UPDATE {master(row.schema)} SET sql = ?, name = ? "
        "WHERE rowid = ? AND name = ? AND sql = ?",
        (text, name or row.name, row.rowid, row.name, row.sql),
    )


def index_copy(scratch: str, place: int) -> str:
    """Name the index on the scratch table that stands for one of the table."""
    return f"{scratch}_{place}"


def fill(draft: Draft, scratch: str) -> Iterator[Statement]:
    """Create the scratch table, copy the rows into it, index it."""
    schema = draft.stored.schema
    table = edits.scratch(draft.table, scratch)
    yield _created(table, schema), ()
    yield copy_rows(draft, f"{quote(schema)}.{quote(scratch)}"), ()
    for place, text in enumerate(draft.indexes.values()):
        name = index_copy(scratch, place)
        yield parse_index(text).moved(name, scratch, schema), ()


def copy_rows(draft: Draft, target: str) -> str:
    """Copy what both tables have, with the rowids.

    ``OR ABORT``: an ON CONFLICT REPLACE or IGNORE of the table's own would
    drop rows without a word.
    """
    before, after = draft.stored.create, draft.table
    names = [
        quote(column.name)
        for column in after.columns
        if not column.generated
        and before.has_column(column.name)
        and column.name not in draft.added
    ]
    rowid = rowid_name(before, after)
    if rowid and (
        after.rowid_alias is None or after.rowid_alias in draft.added
    ):
        names.insert(0, rowid)
    listed = ", ".join(names)
    order = f" ORDER BY {rowid}" if rowid else ""
    return (
        f"INSERT OR ABORT INTO {target} ({listed}) "
        f"SELECT {listed} FROM {draft.stored.quoted}{order}"
    )


def exchange(draft: Draft, scratch: StoredTable) -> Iterator[Statement]:
    """Give the table the b-trees of the scratch table, and the reverse."""
    stored = draft.stored
    rows = master(stored.schema)
    change = f"UPDATE {rows} SET rootpage = ?, sql = ? WHERE rowid = ?"
    old_text = edits.scratch(stored.create, scratch.name).text
    yield change, (scratch.row.rootpage, draft.table.text, stored.row.rowid)
    yield change, (stored.row.rootpage, old_text, scratch.row.rowid)
    old = {row.name: row for row in stored.indexes}
    new = {row.name: row for row in scratch.indexes}
    for place, (name, text) in enumerate(draft.indexes.items()):
        before, copy = old[name], new[index_copy(scratch.name, place)]
        old_text = parse_index(before.sql or "").moved(copy.name, scratch.name)
        yield change, (copy.rootpage, text, before.rowid)
        yield change, (before.rootpage, old_text, copy.rowid)
    yield from _exchange_autoindexes(stored, scratch, rows)


def _exchange_autoindexes(
    stored: StoredTable, scratch: StoredTable, rows: str
) -> Iterator[Statement]:
    # The row of such an index must come behind that of its table, or SQLite
    # calls it an orphan: those of the old b-trees go to the end.
    move = (
        f"UPDATE {rows} SET name = ?, tbl_name = ?, "
        "rowid = coalesce(?, (SELECT max(rowid) + 1 FROM {rows})) "
        "WHERE rowid = ?".replace("{rows}", rows)
    )
    prefix = "sqlite_autoindex_"
    for ours, theirs, end in (
        (stored, scratch, True),
        (scratch, stored, False),
    ):
        for row in ours.autoindexes:
            number = row.name[len(prefix) + len(ours.name) :]
            yield (
                move,
                (
                    f"{prefix}{theirs.name}{number}",
                    theirs.name,
                    None if end else row.rowid,
                    row.rowid,
                ),
            )


def sequence(draft: Draft, scratch: str) -> Iterator[Statement]:
    """Make the sequence follow an AUTOINCREMENT that came or went."""
    before, after = map(_autoincrement, (draft.stored.create, draft.table))
    table = f"{quote(draft.stored.schema)}.sqlite_sequence"
    if before and not after:
        yield f"DELETE FROM {table} WHERE name = ?", (draft.stored.name,)
    if after and not before:
        yield (
            f"INSERT INTO {table} (name, seq) "
            f"SELECT ?, seq FROM {table} WHERE name = ?",
            (draft.stored.name, scratch),
        )


def twelve_steps(
    draft: Draft,
    scratch: str,
    triggers: list[StoredObject],
) -> Iterator[Statement]:
    """Create new, copy, drop old, rename; then indexes and triggers again.

    Foreign keys must be off, or nothing refer to the table; the caller
    saves and restores the sequence and the statistics.
    """
    schema, name = draft.stored.schema, draft.stored.name
    target = f"{quote(schema)}.{quote(scratch)}"
    table = edits.renamed(edits.unqualified(draft.table), scratch)
    yield _created(table, schema), ()
    yield "PRAGMA ignore_check_constraints = ON", ()
    yield copy_rows(draft, target), ()
    yield "PRAGMA ignore_check_constraints = OFF", ()
    yield f"DROP TABLE {draft.stored.quoted}", ()
    # Leave alone what refers to the name by which the table comes back.
    yield "PRAGMA legacy_alter_table = ON", ()
    yield f"ALTER TABLE {target} RENAME TO {quote(name)}", ()
    yield "PRAGMA legacy_alter_table = OFF", ()
    for index, text in draft.indexes.items():
        yield parse_index(text).moved(index, name, schema), ()
    for trigger in triggers:
        yield _trigger(trigger), ()


def restored(
    draft: Draft, kept: dict[str, list[tuple[object, ...]]]
) -> Iterator[Statement]:
    """Put back what SQLite's own tables held about the table."""
    schema, name = draft.stored.schema, draft.stored.name
    if not _autoincrement(draft.table):
        kept = {**kept, "sqlite_sequence": []}
    for table, old in kept.items():
        target = f"{quote(schema)}.{table}"
        if old and table == "sqlite_sequence":
            yield f"DELETE FROM {target} WHERE name = ?", (name,)
        for row in old:
            marks = ", ".join("?" * len(row))
            yield f"INSERT INTO {target} VALUES ({marks})", row


def _trigger(trigger: StoredObject) -> str:
    """Create a trigger in its own schema; its text does not name it."""
    text = trigger.sql or ""
    name = significant(text)[2]
    return f"{text[: name.start]}{quote(trigger.schema)}.{text[name.start :]}"


def _created(table: CreateTable, schema: str) -> str:
    start = table.name_span[0]
    return f"{table.text[:start]}{quote(schema)}.{table.text[start:]}"


def _autoincrement(table: CreateTable) -> bool:
    return any(key.autoincrement for key in table.of_kind(PRIMARY_KEY))
