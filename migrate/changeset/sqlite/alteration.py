"""Carries drafts out on a connection: all of it, or nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import ExecutableDDLElement

from migrate.changeset.sqlite import rebuild
from migrate.changeset.sqlite import rows
from migrate.changeset.sqlite.draft import Draft
from migrate.changeset.sqlite.objects import broken
from migrate.changeset.sqlite.stored import READING
from migrate.changeset.sqlite.stored import Catalogue
from migrate.changeset.sqlite.stored import StoredObject
from migrate.changeset.sqlite.stored import StoredTable
from migrate.changeset.sqlite.stored import master
from migrate.changeset.sqlite.tokens import quote
from migrate.changeset.sqlite.tokens import same_name
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
        self.catalogue = Catalogue(connection)
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

    def run(self, *statements: rebuild.Statement) -> None:
        """Execute statements in order."""
        for sql, parameters in statements:
            self.connection.exec_driver_sql(sql, parameters)

    def can_write_schema(self, schema: str) -> bool:
        """Find out whether ``sqlite_master`` can be written.

        In defensive mode SQLite before 3.44 takes the pragma and refuses
        the UPDATE; later the pragma stays off.  Nothing is changed here.
        """
        if not self.features.write_schema:
            return False
        try:
            self.try_out("PRAGMA writable_schema = ON")
            self.try_out(f"UPDATE {master(schema)} SET sql = sql WHERE 0")
        except DBAPIError:
            return False
        finally:
            self.try_out("PRAGMA writable_schema = OFF")
        return True

    def try_out(self, sql: str) -> None:
        """Execute what changes nothing."""
        self.connection.exec_driver_sql(sql, execution_options=READING)

    def write_schema(
        self, schema: str, statements: Iterable[rebuild.Statement]
    ) -> None:
        """Write ``sqlite_master``, read it anew, and count the version up.

        The version comes last: it marks the schema as changed in this
        transaction, so that a rollback makes this connection read it again;
        and it makes the others do so after a commit.
        """
        self.run(("PRAGMA writable_schema = ON", ()))
        try:
            for sql, parameters in statements:
                result = self.connection.exec_driver_sql(sql, parameters)
                if result.rowcount != 1:
                    raise NotSupportedError(
                        "the schema has changed meanwhile; try again"
                    )
        finally:
            self.run(("PRAGMA writable_schema = RESET", ()))
        # An error in any stored text shows here.
        self.catalogue.rows(f"SELECT count(*) FROM {master(schema)}")
        self.count_version_up(schema)

    def count_version_up(self, schema: str) -> None:
        """Make every connection read the schema again."""
        pragma = f"PRAGMA {quote(schema)}.schema_version"
        version = self.catalogue.value(pragma)
        self.run((f"{pragma} = {version + 1}", ()))

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
        for scan in draft.scans:
            if not draft.rebuild:
                self.refuse_rows(draft, scan)
        if not self.can_write_schema(stored.schema):
            self.twelve_steps(draft)
        elif draft.rebuild:
            self.exchange(draft)
        else:
            text = rebuild.new_text(stored.row, draft.table.text)
            self.write_schema(stored.schema, [text])
        self.verify(draft, before)

    def refuse_rows(self, draft: Draft, scan: rows.Scan) -> None:
        """Raise if rows of the stored table are in the way."""
        stored = draft.stored
        rows.refuse_rows(
            self.catalogue, scan, stored.quoted, stored.create, stored.name
        )

    def exchange(self, draft: Draft) -> None:
        """Fill a scratch table and let the two change places."""
        schema, name = draft.stored.schema, draft.stored.name
        scratch = self.unused_name(schema, name)
        with self.naming_duplicates(draft):
            self.run(*rebuild.fill(draft, scratch))
        filled = self.catalogue.table(scratch, schema)
        for scan in draft.scans:
            rows.refuse_rows(
                self.catalogue, scan, filled.quoted, filled.create, name
            )
        self.run(*rebuild.sequence(draft, scratch))
        self.write_schema(schema, rebuild.exchange(draft, filled))
        self.run((f"DROP TABLE {filled.quoted}", ()))

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
                    self.refuse_rows(draft, scan)
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
                self.refuse_rows(draft, scan)
        kept = self.bookkeeping(schema, name)
        with self.naming_duplicates(draft):
            self.run(
                *rebuild.twelve_steps(
                    draft, self.unused_name(schema, name), self.triggers(draft)
                )
            )
        self.run(*rebuild.restored(draft, kept))

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
        ] or [row.name for row in after.indexes] != [*draft.indexes]:
            raise NotSupportedError(
                f"table {stored.name!r} did not come out as it should; "
                "nothing was changed, please report its CREATE TABLE"
            )
        self.refuse_broken(stored.schema, stored.name, before)
        self.refuse_orphans(draft)

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

    def refuse_orphans(self, draft: Draft) -> None:
        """Raise if rows break a foreign key that was added."""
        if not draft.foreign_keys:
            return
        stored = draft.stored
        found = self.catalogue.rows(
            "SELECT rowid, parent FROM pragma_foreign_key_check(?, ?) "
            "WHERE fkid < ?",
            stored.name,
            stored.schema,
            draft.foreign_keys,
        )
        if found:
            shown = rows.row_name(draft.table)
            raise rows.rows_error(
                stored.name,
                len(found),
                f"that refer to no row of table {found[0][1]!r}",
                "rowid" if draft.table.without_rowid else shown,
                [row[:1] for row in found[:5]],
                "change or delete them first",
            )
