"""The statements that put a draft in the place of the stored table.

Pure: from what is stored, and a draft, to lists of statements.  There are
three ways, and :mod:`.alteration` chooses.

*Text* changes the stored text alone: the rows stay where they are.

*Exchange* fills a scratch table, and then exchanges the b-trees of the two
under their names in ``sqlite_master``.  No table that anything refers to is
ever renamed or dropped, so foreign keys, triggers, views, statistics and
the AUTOINCREMENT sequence need nothing done to them, whatever ``PRAGMA
foreign_keys`` says, inside a transaction or not.  What is dropped is the
scratch table, which by then holds the old rows and the old indexes.

*Twelve steps* is the procedure of lang_altertable, section 7, for a build
that does not let ``sqlite_master`` be written (defensive mode).
"""

from __future__ import annotations

from collections.abc import Iterator

from migrate.changeset.sqlite import edits
from migrate.changeset.sqlite.createtable import PRIMARY_KEY
from migrate.changeset.sqlite.createtable import CreateTable
from migrate.changeset.sqlite.draft import Draft
from migrate.changeset.sqlite.keys import became
from migrate.changeset.sqlite.keys import number
from migrate.changeset.sqlite.stored import Statement
from migrate.changeset.sqlite.stored import StoredObject
from migrate.changeset.sqlite.stored import StoredTable
from migrate.changeset.sqlite.stored import master
from migrate.changeset.sqlite.stored import rowid_name
from migrate.changeset.sqlite.tokens import quote
from migrate.changeset.sqlite.tokens import significant

__all__ = [
    "again",
    "copied",
    "created",
    "exchange",
    "fill",
    "indexed",
    "new_text",
    "replaced",
    "restored",
    "sequence",
]


def new_text(row: StoredObject, text: str, name: str = "") -> Statement:
    """Store another text for a table or index, and another name if given.

    Touches one row only if it is still as it was read.
    """
    return (
        f"UPDATE {master(row.schema)} SET sql = ?, name = ? "
        "WHERE rowid = ? AND name = ? AND sql = ?",
        (text, name or row.name, row.rowid, row.name, row.sql),
    )


def fill(draft: Draft, scratch: str) -> Iterator[Statement]:
    """Create the scratch table and copy the rows into it."""
    schema = draft.stored.schema
    yield created(bare(draft, scratch), schema), ()
    yield copy_rows(draft, f"{quote(schema)}.{quote(scratch)}"), ()


def bare(draft: Draft, name: str) -> CreateTable:
    """Return the draft without what checks rows, and without keys.

    Keys and indexes are built after the copy: sorting is many times faster
    than keeping a b-tree sorted row by row.
    """
    keys = draft.table.sorts_keys_apart
    return edits.scratch(draft.table, name, keys=keys)


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


def exchange(
    draft: Draft, stored: StoredTable, scratch: StoredTable
) -> Iterator[Statement]:
    """Give the table the b-tree of the scratch table, and the reverse.

    The scratch table gets the b-trees of the indexes and keys too.  All it
    is for now is to be dropped, and so it gets a definition that says
    nothing but where they begin: the texts may name the table (``WHERE t.a >
    0``), and would not be true of another.

    :param stored: as it is now: with ``auto_vacuum`` a dropped index moves
        b-trees.
    """
    master_ = master(stored.schema)
    change = f"UPDATE {master_} SET rootpage = ?, sql = ? WHERE rowid = ?"
    new_text = bare(draft, stored.name).text
    old_text = f"CREATE TABLE {quote(scratch.name)} (x)"
    yield change, (scratch.row.rootpage, new_text, stored.row.rowid)
    yield change, (stored.row.rootpage, old_text, scratch.row.rowid)
    # SQLite reads the rows in order: an index comes behind its table.
    for place, row in enumerate([*stored.indexes, *stored.autoindexes]):
        name = f"{scratch.name}_{place}"
        text = f"CREATE INDEX {quote(name)} ON {quote(scratch.name)} (x)"
        yield (
            f"UPDATE {master_} SET name = ?, tbl_name = ?, sql = ?, "
            f"rowid = (SELECT max(rowid) + 1 FROM {master_}) "
            "WHERE rowid = ?",
            (name, scratch.name, text, row.rowid),
        )
    for row in scratch.autoindexes:
        yield became(row, stored.name, number(row))


def indexed(draft: Draft) -> Iterator[Statement]:
    """Create the indexes again, by the very texts that were stored."""
    for text in draft.indexes.values():
        yield in_schema(text, draft.stored.schema), ()


def sequence(draft: Draft, scratch: str) -> Iterator[Statement]:
    """Make the sequence follow an AUTOINCREMENT that came or went.

    The scratch table has one of its own if the draft has.
    """
    before, after = map(_autoincrement, (draft.stored.create, draft.table))
    name = draft.stored.name
    table = f"{quote(draft.stored.schema)}.sqlite_sequence"
    if after and not before:
        yield f"UPDATE {table} SET name = ? WHERE name = ?", (name, scratch)
    elif before:
        gone = scratch if after else name
        yield f"DELETE FROM {table} WHERE name = ?", (gone,)


def copied(draft: Draft, scratch: str) -> Iterator[Statement]:
    """Create the table under another name, and copy the rows into it."""
    schema = draft.stored.schema
    table = edits.renamed(edits.unqualified(draft.table), scratch)
    yield created(table, schema), ()
    yield copy_rows(draft, f"{quote(schema)}.{quote(scratch)}"), ()


def replaced(draft: Draft, scratch: str) -> Iterator[Statement]:
    """Drop the table, and give its name to the copy.

    Foreign keys must be off, or nothing refer to the table; and
    ``legacy_alter_table`` on, which leaves alone what refers to the name by
    which the table comes back.
    """
    target = f"{quote(draft.stored.schema)}.{quote(scratch)}"
    yield f"DROP TABLE {draft.stored.quoted}", ()
    yield f"ALTER TABLE {target} RENAME TO {quote(draft.stored.name)}", ()


def again(triggers: list[StoredObject]) -> Iterator[Statement]:
    """Create the triggers that vanished with the table."""
    for trigger in triggers:
        yield in_schema(trigger.sql or "", trigger.schema), ()


def restored(
    draft: Draft, kept: dict[str, list[tuple[object, ...]]]
) -> Iterator[Statement]:
    """Put back what SQLite's own tables held about the table."""
    schema, name = draft.stored.schema, draft.stored.name
    for table, old in kept.items():
        target = f"{quote(schema)}.{table}"
        if table == "sqlite_sequence":
            if not _autoincrement(draft.table):
                continue
            yield f"DELETE FROM {target} WHERE name = ?", (name,)
        for row in old:
            marks = ", ".join("?" * len(row))
            yield f"INSERT INTO {target} VALUES ({marks})", row


def created(table: CreateTable, schema: str) -> str:
    """Return the statement that creates ``table`` in ``schema``."""
    return in_schema(table.text, schema)


def in_schema(text: str, schema: str) -> str:
    """Let a stored CREATE say where; SQLite does not store that part."""
    tokens = significant(text)
    place = 3 if tokens[1].is_word("UNIQUE") else 2
    start = tokens[place].start
    return f"{text[:start]}{quote(schema)}.{text[start:]}"


def _autoincrement(table: CreateTable) -> bool:
    return any(key.autoincrement for key in table.of_kind(PRIMARY_KEY))
