"""The ways of putting a draft in the place of its table."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from collections.abc import Iterator

from sqlalchemy.exc import IntegrityError

from migrate.changeset.sqlite import conversions
from migrate.changeset.sqlite import edits
from migrate.changeset.sqlite import keys
from migrate.changeset.sqlite import rebuild
from migrate.changeset.sqlite import rows
from migrate.changeset.sqlite.draft import Draft
from migrate.changeset.sqlite.stored import Catalogue
from migrate.changeset.sqlite.stored import StoredObject
from migrate.changeset.sqlite.tokens import fold
from migrate.changeset.sqlite.tokens import quote
from migrate.changeset.sqlite.tokens import same_name
from migrate.changeset.sqlite.transaction import setting
from migrate.changeset.sqlite.writer import SchemaWriter
from migrate.exceptions import ExistingRowsError
from migrate.exceptions import NotSupportedError

__all__ = ["edit", "exchange", "twelve_steps", "unused_name"]


def edit(catalogue: SchemaWriter, draft: Draft) -> None:
    """Store another text; keys get and lose their b-trees."""
    stored = draft.stored
    text = rebuild.new_text(stored.row, draft.table.text)
    if not draft.rekey:
        catalogue.write_schema(stored.schema, [text])
        return
    scratch = unused_name(catalogue, stored.schema, stored.name)
    want = _wanted_keys(catalogue, draft)
    there = _build_keys(catalogue, draft, want)
    gone = {
        f"{scratch}_{place}": key
        for place, key in enumerate(there)
        if key not in want
    }
    catalogue.write_schema(
        stored.schema,
        [text]
        + [keys.became(there[k], stored.name, n) for k, n in want.items()]
        + [keys.released(k, there[k], name) for name, k in gone.items()],
    )
    for name in gone:
        catalogue.run((f"DROP INDEX {quote(stored.schema)}.{quote(name)}", ()))


def _wanted_keys(catalogue: SchemaWriter, draft: Draft) -> dict[keys.Key, str]:
    """Let SQLite say which b-trees the keys of a draft have.

    :returns: what they sort, with the numbers in their names.
    """
    schema = draft.stored.schema
    name = unused_name(catalogue, schema, draft.stored.name)
    create = rebuild.created(edits.scratch(draft.table, name), schema)
    catalogue.run((create, ()))
    stored = catalogue.table(name, schema)
    found = keys.keys_of(catalogue, stored)
    catalogue.run((f"DROP TABLE {stored.quoted}", ()))
    return {key: keys.number(row) for key, row in found.items()}


def _build_keys(
    catalogue: SchemaWriter, draft: Draft, want: Collection[keys.Key]
) -> dict[keys.Key, StoredObject]:
    """Build the b-trees that are missing, as indexes.

    :returns: all there are, of the old keys too.
    """
    schema, name = draft.stored.schema, draft.stored.name
    have = keys.keys_of(catalogue, catalogue.table(name, schema))
    prefix = unused_name(catalogue, schema, name)
    missing = [key for key in want if key not in have]
    names = {f"{prefix}_key_{i}": key for i, key in enumerate(missing)}
    with _naming_duplicates(catalogue, draft):
        for index, key in names.items():
            catalogue.run(keys.built(key, name, schema, index))
    built = {
        names[row.name]: row
        for row in catalogue.table(name, schema).indexes
        if row.name in names
    }
    return {**have, **built}


def exchange(catalogue: SchemaWriter, draft: Draft) -> None:
    """Fill a scratch table and let the two change places.

    The old rows go before the indexes are built, which take their place
    in the file.
    """
    stored = draft.stored
    schema, name = stored.schema, stored.name
    want = _wanted_keys(catalogue, draft)
    scratch = unused_name(catalogue, schema, name)
    with _naming_duplicates(catalogue, draft):
        catalogue.run(*rebuild.fill(draft, scratch))
    filled = catalogue.table(scratch, schema)
    _refuse_copies(catalogue, draft, scratch)
    catalogue.run(*rebuild.sequence(draft, scratch))
    now = catalogue.table(name, schema)
    catalogue.write_schema(schema, rebuild.exchange(draft, now, filled))
    catalogue.run((f"DROP TABLE {filled.quoted}", ()))
    there = _build_keys(catalogue, draft, want)
    with _naming_duplicates(catalogue, draft):
        catalogue.run(*rebuild.indexed(draft))
    row = catalogue.table(name, schema).row
    catalogue.write_schema(
        schema,
        [rebuild.new_text(row, draft.table.text)]
        + [keys.became(there[k], name, n) for k, n in want.items()],
    )


def unused_name(catalogue: Catalogue, schema: str, name: str) -> str:
    """Make a name for a scratch table that nothing has."""
    taken = {fold(each.name) for each in catalogue.objects(schema)}
    candidate = f"_migrate_{name}"
    while any(each.startswith(fold(candidate)) for each in taken):
        candidate = f"_{candidate}"
    return candidate


@contextlib.contextmanager
def _naming_duplicates(
    catalogue: SchemaWriter, draft: Draft
) -> Iterator[None]:
    """Say which rows have what a key or index takes once."""
    try:
        yield
    except IntegrityError as error:
        # Maybe with other values by now: '1' and '01' are one integer.
        stored = catalogue.table(draft.stored.name, draft.stored.schema)
        for columns in draft.uniques:
            if all(map(stored.create.has_column, columns)):
                scan = rows.duplicates(columns, stored.quoted)
                rows.refuse_rows(catalogue, scan, stored)
        raise ExistingRowsError(
            f"table {stored.name!r} has rows that its new definition "
            f"does not let in ({error.orig}): change them first"
        ) from error


def twelve_steps(catalogue: SchemaWriter, draft: Draft) -> None:
    """Rebuild the table where ``sqlite_master`` cannot be written."""
    _refuse_dropping_parent(catalogue, draft)
    schema, name = draft.stored.schema, draft.stored.name
    kept = _bookkeeping(catalogue, schema, name)
    triggers = _triggers(catalogue, draft)
    scratch = unused_name(catalogue, schema, name)
    connection = catalogue.connection
    with (
        _naming_duplicates(catalogue, draft),
        # Rows that break a CHECK already are no reason.
        setting(connection, "ignore_check_constraints", on=True),
    ):
        catalogue.run(*rebuild.copied(draft, scratch))
    _refuse_copies(catalogue, draft, scratch)
    with setting(connection, "legacy_alter_table", on=True):
        catalogue.run(*rebuild.replaced(draft, scratch))
    catalogue.run(
        *rebuild.indexed(draft),
        *rebuild.again(triggers),
        *rebuild.restored(draft, kept),
    )


def _refuse_copies(
    catalogue: SchemaWriter, draft: Draft, scratch: str
) -> None:
    """Raise if rows as they are to be are in the way."""
    filled = catalogue.table(scratch, draft.stored.schema)
    for scan in draft.scans_after:
        rows.refuse_rows(catalogue, scan, filled, draft.stored.name)
    conversions.refuse_failing(catalogue, draft, filled)


def _triggers(catalogue: SchemaWriter, draft: Draft) -> list[StoredObject]:
    """Return the triggers that vanish with the table."""
    return [
        each
        for each in catalogue.objects(None, "type = 'trigger'")
        if each.schema in ("temp", draft.stored.schema)
        and same_name(each.table_name, draft.stored.name)
    ]


def _refuse_dropping_parent(catalogue: SchemaWriter, draft: Draft) -> None:
    """Raise if dropping the table would reach rows of other tables.

    With foreign keys on it deletes the rows first, with all that
    follows (foreignkeys, section 5), and inside a transaction they
    cannot be turned off (pragma foreign_keys).
    """
    if not catalogue.value("PRAGMA foreign_keys"):
        return
    owners = {repr(owner) for owner, _ in catalogue.referrers(draft.stored)}
    if owners:
        raise NotSupportedError(
            f"SQLite cannot rebuild table {draft.stored.name!r} here: "
            "foreign keys are on inside a transaction, it is referred to "
            f"by {', '.join(sorted(owners))}, and this SQLite does not "
            "let sqlite_master be written; use a connection with PRAGMA "
            "foreign_keys = OFF"
        )


def _bookkeeping(
    catalogue: Catalogue, schema: str, name: str
) -> dict[str, list[tuple[object, ...]]]:
    """Return what SQLite's own tables hold about a table."""
    own = {"sqlite_sequence": "name"}
    own |= {"sqlite_stat1": "tbl", "sqlite_stat4": "tbl"}
    return {
        table: catalogue.rows(
            f"SELECT * FROM {quote(schema)}.{table} "
            f"WHERE {column} = ? COLLATE nocase",
            name,
        )
        for table, column in own.items()
        if catalogue.has_table(schema, table)
    }
