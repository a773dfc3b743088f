"""Carries drafts out on a connection: all of it, or nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import ExecutableDDLElement

from migrate.changeset.sqlite import conversions
from migrate.changeset.sqlite import edits
from migrate.changeset.sqlite import keys
from migrate.changeset.sqlite import rebuild
from migrate.changeset.sqlite import rows
from migrate.changeset.sqlite import ways
from migrate.changeset.sqlite.createtable import CreateTable
from migrate.changeset.sqlite.draft import Draft
from migrate.changeset.sqlite.foreignkeys import NewForeignKeys
from migrate.changeset.sqlite.objects import broken
from migrate.changeset.sqlite.objects import compiled
from migrate.changeset.sqlite.stored import StoredObject
from migrate.changeset.sqlite.stored import StoredTable
from migrate.changeset.sqlite.tokens import quote
from migrate.changeset.sqlite.writer import SchemaWriter
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
    """The work on one connection, inside :func:`atomic`.

    :param enforced: whether the connection enforces foreign keys.
    :param altered: see :class:`.SchemaWriter`.
    """

    def __init__(
        self,
        connection: Connection,
        features: Features,
        *,
        enforced: bool,
        altered: str = "",
    ) -> None:
        self.connection = connection
        self.catalogue = SchemaWriter(connection, altered)
        self.features = features
        self.foreign_keys = NewForeignKeys(self.catalogue, enforced)

    def native(
        self,
        table: StoredObject,
        statement: ExecutableDDLElement,
        name: str = "",
    ) -> None:
        """Execute an ALTER TABLE of SQLite's own.

        :param name: what the table is called afterwards.
        :raises NotSupportedError: SQLite refuses it, or it breaks a view or
            trigger without saying so.
        """
        before = broken(self.catalogue, table.schema, table.name)
        try:
            self.connection.execute(statement)
        except DBAPIError as error:
            raise NotSupportedError(
                f"SQLite cannot alter table {table.name!r} ({error.orig}): "
                "drop or change what is in the way first"
            ) from error
        self.refuse_broken(table.schema, name or table.name, before)

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
        self.refuse_definition(draft)
        before = broken(self.catalogue, stored.schema, stored.name)
        keyed = keys.keys_of(self.catalogue, stored)
        orphans = conversions.orphans(self.catalogue, draft)
        draft.scans += self.foreign_keys.scans(draft)
        for scan in draft.scans_before:
            rows.refuse_rows(self.catalogue, scan, stored)
        if not self.can_write_schema(stored.schema):
            ways.twelve_steps(self.catalogue, draft)
        elif draft.rebuild:
            ways.exchange(self.catalogue, draft)
        else:
            ways.edit(self.catalogue, draft)
        self.renumber(stored, keyed)
        self.verify(draft, before)
        with self.foreign_keys.minded():
            conversions.refuse_orphans(self.catalogue, draft, orphans)

    def refuse_definition(self, draft: Draft) -> None:
        """Raise if SQLite does not take a definition; create nothing.

        Unless it does not take the stored one either: a CHECK may call a
        function that only the application has.
        """
        schema, name = draft.stored.schema, draft.stored.name
        scratch = ways.unused_name(self.catalogue, schema, name)

        def refusal(table: CreateTable) -> str | None:
            copy = edits.renamed(edits.unqualified(table), scratch)
            return compiled(self.catalogue, rebuild.created(copy, schema))

        reason = refusal(draft.table)
        if reason is not None and refusal(draft.stored.create) is None:
            raise NotSupportedError(
                f"SQLite does not take the new definition of table {name!r} "
                f"({reason.replace(scratch, name)})"
            )

    # Afterwards.

    def renumber(
        self, stored: StoredTable, before: dict[keys.Key, StoredObject]
    ) -> None:
        """Let the statistics of keys go with them."""
        for table in ("sqlite_stat1", "sqlite_stat4"):
            if self.catalogue.has_table(stored.schema, table):
                now = self.catalogue.table(stored.name, stored.schema)
                self.catalogue.run(
                    *keys.statistics(
                        f"{quote(stored.schema)}.{table}",
                        stored.name,
                        before,
                        keys.keys_of(self.catalogue, now),
                    )
                )

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
        self.foreign_keys.look_after(draft)

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
