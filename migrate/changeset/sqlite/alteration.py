"""Carries drafts out on a connection: all of it, or nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import ExecutableDDLElement

from migrate.changeset.sqlite import edits
from migrate.changeset.sqlite import keys
from migrate.changeset.sqlite import rebuild
from migrate.changeset.sqlite import rows
from migrate.changeset.sqlite.createtable import ConstraintDef
from migrate.changeset.sqlite.draft import Draft
from migrate.changeset.sqlite.objects import broken
from migrate.changeset.sqlite.objects import compiled
from migrate.changeset.sqlite.stored import StoredObject
from migrate.changeset.sqlite.stored import StoredTable
from migrate.changeset.sqlite.tokens import quote
from migrate.changeset.sqlite.tokens import same_name
from migrate.changeset.sqlite.writer import SchemaWriter
from migrate.exceptions import ExistingRowsError
from migrate.exceptions import NotSupportedError

__all__ = ["Alteration", "Features"]


@dataclass(frozen=True)
class Features:
    """What the running SQLite can do, by its version.

    :ivar rename_column: 3.25.
    :ivar drop_column: 3.35.
    :ivar write_schema: edit ``sqlite_master``; a build in defensive mode
        does not (see :meth:`Alteration.can_write_schema`).
    """

    rename_column: bool = True
    drop_column: bool = True
    write_schema: bool = True

    @classmethod
    def of(cls, version: tuple[int, ...]) -> Features:
        """Return what a version has.

        ``writable_schema = RESET``, which reads the schema anew, came with
        defensive mode in 3.26.
        """
        return cls(
            rename_column=version >= (3, 25),
            drop_column=version >= (3, 35),
            write_schema=version >= (3, 26),
        )


class Alteration:
    """The work on one connection, inside :func:`atomic`."""

    def __init__(self, connection: Connection, features: Features) -> None:
        self.connection = connection
        self.catalogue = SchemaWriter(connection)
        self.features = features

    def native(
        self,
        stored: StoredTable,
        statement: ExecutableDDLElement,
        name: str = "",
    ) -> None:
        """Execute an ALTER TABLE of SQLite's own.

        :param name: what the table is called afterwards.
        :raises NotSupportedError: SQLite refuses it, or it breaks a view or
            trigger without saying so.
        """
        before = broken(self.catalogue, stored.schema, stored.name)
        try:
            self.connection.execute(statement)
        except DBAPIError as error:
            raise NotSupportedError(
                f"SQLite cannot alter table {stored.name!r} ({error.orig}): "
                "drop or change what is in the way first"
            ) from error
        self.refuse_broken(stored.schema, name or stored.name, before)

    def can_write_schema(self, schema: str) -> bool:
        """Tell whether ``sqlite_master`` can be written here."""
        return self.features.write_schema and self.catalogue.can_write(schema)

    # Drafts.

    def carry_out(self, draft: Draft) -> None:
        """Put a draft in the place of its table, the cheapest way.

        :raises ExistingRowsError: rows are in the way.
        :raises NotSupportedError: something else would break.
        """
        if not draft.changed:
            return
        stored = draft.stored
        before = broken(self.catalogue, stored.schema, stored.name)
        draft.scans += [self.orphans(draft, k) for k in draft.foreign_keys]
        for scan in draft.scans:
            if not draft.rebuild:
                rows.refuse_rows(self.catalogue, scan, stored)
        if not self.can_write_schema(stored.schema):
            self.twelve_steps(draft)
        elif draft.rebuild:
            self.exchange(draft)
        else:
            self.edit(draft)
        self.verify(draft, before)

    def edit(self, draft: Draft) -> None:
        """Store another text; keys get and lose their b-trees."""
        stored = draft.stored
        text = rebuild.new_text(stored.row, draft.table.text)
        if not draft.rekey:
            self.catalogue.write_schema(stored.schema, [text])
            return
        scratch = self.unused_name(stored.schema, stored.name)
        have = keys.keys_of(self.catalogue, stored)
        want = self.wanted_keys(draft)
        there = {
            **have,
            **self.build_keys(draft, [key for key in want if key not in have]),
        }
        gone = {
            f"{scratch}_{place}": key
            for place, key in enumerate(key for key in have if key not in want)
        }
        self.catalogue.write_schema(
            stored.schema,
            [text]
            + [keys.became(there[k], stored.name, n) for k, n in want.items()]
            + [keys.released(k, have[k], name) for name, k in gone.items()],
        )
        for name in gone:
            self.catalogue.run(
                (f"DROP INDEX {quote(stored.schema)}.{quote(name)}", ())
            )
        self.forget_statistics(draft)

    def wanted_keys(self, draft: Draft) -> dict[keys.Key, str]:
        """Let SQLite say which b-trees the keys of a draft have.

        :returns: what they sort, with the numbers in their names.
        """
        schema = draft.stored.schema
        name = self.unused_name(schema, draft.stored.name)
        model = edits.scratch(draft.table, name)
        self.catalogue.run((rebuild.created(model, schema), ()))
        stored = self.catalogue.table(name, schema)
        found = keys.keys_of(self.catalogue, stored)
        self.catalogue.run((f"DROP TABLE {stored.quoted}", ()))
        return {key: keys.number(row) for key, row in found.items()}

    def build_keys(
        self, draft: Draft, missing: list[keys.Key]
    ) -> dict[keys.Key, StoredObject]:
        """Build b-trees on the stored table, as indexes."""
        schema, name = draft.stored.schema, draft.stored.name
        prefix = self.unused_name(schema, name)
        names = {f"{prefix}_key_{i}": key for i, key in enumerate(missing)}
        with self.naming_duplicates(draft):
            for index, key in names.items():
                self.catalogue.run(keys.built(key, name, schema, index))
        return {
            names[row.name]: row
            for row in self.catalogue.table(name, schema).indexes
            if row.name in names
        }

    def forget_statistics(self, draft: Draft) -> None:
        """Drop statistics by the numbers of keys, which may be others now."""
        schema, name = draft.stored.schema, draft.stored.name
        prefix = f"{keys.AUTOINDEX}{name}_"
        for table in ("sqlite_stat1", "sqlite_stat4"):
            if self.catalogue.has_table(schema, table):
                self.catalogue.run(
                    (
                        f"DELETE FROM {quote(schema)}.{table} "
                        "WHERE tbl = ? AND substr(idx, 1, ?) = ?",
                        (name, len(prefix), prefix),
                    )
                )

    def exchange(self, draft: Draft) -> None:
        """Fill a scratch table and let the two change places.

        The old rows go before the indexes are built, which take their place
        in the file.
        """
        stored = draft.stored
        schema, name = stored.schema, stored.name
        want = self.wanted_keys(draft)
        scratch = self.unused_name(schema, name)
        with self.naming_duplicates(draft):
            self.catalogue.run(*rebuild.fill(draft, scratch))
        filled = self.catalogue.table(scratch, schema)
        for scan in draft.scans:
            rows.refuse_rows(self.catalogue, scan, filled, name)
        self.catalogue.run(*rebuild.sequence(draft, scratch))
        self.catalogue.write_schema(schema, rebuild.exchange(draft, filled))
        self.catalogue.run((f"DROP TABLE {filled.quoted}", ()))
        there = self.build_keys(draft, [*want])
        self.catalogue.run(*rebuild.indexed(draft))
        row = self.catalogue.table(name, schema).row
        self.catalogue.write_schema(
            schema,
            [rebuild.new_text(row, draft.table.text)]
            + [keys.became(there[k], name, n) for k, n in want.items()],
        )
        if draft.rekey:
            self.forget_statistics(draft)

    def unused_name(self, schema: str, name: str) -> str:
        """Make a name for a scratch table that nothing has."""
        taken = {each.name.lower() for each in self.catalogue.objects(schema)}
        candidate = f"_migrate_{name}"
        while any(each.startswith(candidate.lower()) for each in taken):
            candidate = f"_{candidate}"
        return candidate

    @contextlib.contextmanager
    def naming_duplicates(self, draft: Draft) -> Iterator[None]:
        """Say which rows break a new unique constraint."""
        try:
            yield
        except IntegrityError as error:
            stored = draft.stored
            for columns in draft.uniques:
                if all(map(stored.create.has_column, columns)):
                    scan = rows.duplicates(columns, stored.quoted)
                    rows.refuse_rows(self.catalogue, scan, stored)
            raise ExistingRowsError(
                f"table {stored.name!r} has rows that its new definition "
                f"does not let in ({error.orig}): change them first"
            ) from error

    def twelve_steps(self, draft: Draft) -> None:
        """Rebuild the table where ``sqlite_master`` cannot be written."""
        self.refuse_dropping_parent(draft)
        stored = draft.stored
        schema, name = stored.schema, stored.name
        for scan in draft.scans:
            if not any(
                quote(added) in scan.condition for added in draft.added
            ):
                rows.refuse_rows(self.catalogue, scan, stored)
        kept = self.bookkeeping(schema, name)
        with self.naming_duplicates(draft):
            self.catalogue.run(
                *rebuild.twelve_steps(
                    draft, self.unused_name(schema, name), self.triggers(draft)
                )
            )
        self.catalogue.run(*rebuild.restored(draft, kept))

    def triggers(self, draft: Draft) -> list[StoredObject]:
        """Return the triggers that vanish with the table."""
        return [
            each
            for each in self.catalogue.objects()
            if each.type == "trigger"
            and each.schema in ("temp", draft.stored.schema)
            and same_name(each.table_name, draft.stored.name)
        ]

    def refuse_dropping_parent(self, draft: Draft) -> None:
        """Raise if dropping the table would reach rows of other tables.

        With foreign keys on it deletes the rows first, with all that
        follows (foreignkeys, section 5), and inside a transaction they
        cannot be turned off (pragma foreign_keys).
        """
        if not self.catalogue.value("PRAGMA foreign_keys"):
            return
        owners = {
            repr(owner) for owner, _ in self.catalogue.referrers(draft.stored)
        }
        if owners:
            raise NotSupportedError(
                f"SQLite cannot rebuild table {draft.stored.name!r} here: "
                "foreign keys are on inside a transaction, it is referred to "
                f"by {', '.join(sorted(owners))}, and this SQLite does not "
                "let sqlite_master be written; use a connection with PRAGMA "
                "foreign_keys = OFF"
            )

    def bookkeeping(
        self, schema: str, name: str
    ) -> dict[str, list[tuple[object, ...]]]:
        """Return what SQLite's own tables hold about a table."""
        own = {"sqlite_sequence": "name"}
        own |= {"sqlite_stat1": "tbl", "sqlite_stat4": "tbl"}
        return {
            table: self.catalogue.rows(
                f"SELECT * FROM {quote(schema)}.{table} "
                f"WHERE {column} = ? COLLATE nocase",
                name,
            )
            for table, column in own.items()
            if self.catalogue.has_table(schema, table)
        }

    # Afterwards.

    def verify(self, draft: Draft, before: dict[str, str]) -> None:
        """Raise if the result is not what was drafted, or breaks others."""
        stored = draft.stored
        after = self.catalogue.table(stored.name, stored.schema)
        seen = self.catalogue.rows(
            "SELECT name FROM pragma_table_xinfo(?, ?)",
            stored.name,
            stored.schema,
        )
        if [row[0] for row in seen] != [
            column.name for column in draft.table.columns
        ] or {row.name for row in after.indexes} != {*draft.indexes}:
            raise NotSupportedError(
                f"table {stored.name!r} did not come out as it should; "
                "nothing was changed, please report its CREATE TABLE"
            )
        self.refuse_broken(stored.schema, stored.name, before)
        self.refuse_mismatch(draft)

    def refuse_broken(
        self, schema: str, name: str, before: dict[str, str]
    ) -> None:
        """Raise if a view or trigger compiled before and does not now."""
        reasons = {
            what: reason
            for what, reason in broken(self.catalogue, schema, name).items()
            if what not in before
        }
        if reasons:
            listed = "; ".join(
                f"{what} ({reason})" for what, reason in reasons.items()
            )
            raise NotSupportedError(
                f"the alteration of table {name!r} would break {listed}: "
                "drop or change that first"
            )

    def refuse_mismatch(self, draft: Draft) -> None:
        """Raise if a new foreign key refers to what is no key.

        SQLite takes such a definition, and fails at every row that is
        written (foreignkeys, section 3).  Only compiled, not executed.
        """
        schema, name = quote(draft.stored.schema), quote(draft.stored.name)
        if draft.foreign_keys:
            pragma = f"PRAGMA {schema}.foreign_key_check({name})"
            reason = compiled(self.catalogue, pragma)
            if reason is not None:
                raise NotSupportedError(
                    f"the foreign key of table {draft.stored.name!r} would "
                    f"not work ({reason}): refer to a primary key, or to "
                    "columns with a unique constraint"
                )

    def orphans(self, draft: Draft, foreign: ConstraintDef) -> rows.Scan:
        """Ask for rows which a new foreign key would not let in."""
        schema, parent = draft.stored.schema, foreign.referenced or ""
        found = columns = None
        if self.catalogue.has_table(schema, parent):
            found = f"{quote(schema)}.{quote(parent)}"
            columns = foreign.referenced_columns or (
                self.catalogue.table(parent, schema).create.primary_key
            )
        return rows.orphans(
            draft.stored.name, foreign.columns, parent, found, columns or ()
        )
