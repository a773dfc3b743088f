"""Which way each operation goes: native ALTER, text edit or rebuild.

Of the three the cheapest that is right is taken, in this order.  Whatever
an operation does not name stays as it is stored.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import singledispatchmethod

from sqlalchemy.schema import CreateIndex
from sqlalchemy.schema import Table

from migrate.changeset import ddl
from migrate.changeset import operations as ops
from migrate.changeset.editor import SchemaEditor
from migrate.changeset.editor import table_of
from migrate.changeset.membership import constraints_with
from migrate.changeset.sqlite import completeness
from migrate.changeset.sqlite import matching
from migrate.changeset.sqlite import names
from migrate.changeset.sqlite import rows
from migrate.changeset.sqlite import uses
from migrate.changeset.sqlite.alteration import Alteration
from migrate.changeset.sqlite.createindex import parse_index
from migrate.changeset.sqlite.createtable import PRIMARY_KEY
from migrate.changeset.sqlite.createtable import UNIQUE
from migrate.changeset.sqlite.createtable import ConstraintDef
from migrate.changeset.sqlite.draft import Draft
from migrate.changeset.sqlite.spelling import Spelling
from migrate.changeset.sqlite.spelling import constraint_text
from migrate.changeset.sqlite.stored import StoredTable
from migrate.changeset.sqlite.tokens import fold
from migrate.changeset.sqlite.tokens import quote
from migrate.changeset.sqlite.tokens import same_name
from migrate.exceptions import NotSupportedError

__all__ = ["Work"]

log = logging.getLogger(__name__)


class Work:
    """Operations on one table, in order.

    The first that needs a rebuild opens a draft, and what follows joins it.
    Renames and new indexes wait for the end: until then the Table, and so
    every other operation, has the old names.
    """

    def __init__(self, editor: SchemaEditor, alteration: Alteration) -> None:
        self.editor = editor
        self.alteration = alteration
        self.catalogue = alteration.catalogue
        self.dialect = alteration.connection.dialect
        self.pending: Draft | None = None
        self.later: list[Callable[[], None]] = []
        self.renaming: list[str] = []

    @singledispatchmethod
    def do(self, operation: ops.Operation) -> None:
        """Carry out an operation, or put it into the draft."""
        # What is no change of a schema, such as filling rows.
        self.finish()
        connection = self.alteration.connection
        for statement in self.editor.statements(operation, connection):
            connection.execute(statement)

    @do.register
    def _(self, operation: ops.Batch) -> None:
        for each in operation.operations:
            self.do(each)

    def finish(self) -> None:
        """Carry out the draft, and what waits for it."""
        self.flush()
        later, self.later, self.renaming = self.later, [], []
        for step in later:
            step()

    def flush(self) -> None:
        """Carry out the draft."""
        draft, self.pending = self.pending, None
        if draft is not None:
            self.alteration.carry_out(draft)

    def stored(self, table: Table) -> StoredTable:
        """Read a table as it is stored now."""
        return self.catalogue.table(table.name, table.schema)

    def draft(self, table: Table) -> Draft:
        """Return the open draft, or begin one."""
        return self.pending or Draft.of(self.stored(table))

    def settle(self, draft: Draft) -> None:
        """Keep a draft that is a rebuild open; carry out any other."""
        if draft.rebuild:
            self.pending = draft
        else:
            self.alteration.carry_out(draft)

    # Columns.

    @do.register
    def _(self, operation: ops.AddColumn) -> None:
        column = operation.column
        if any(same_name(each, column.name) for each in self.renaming):
            self.finish()
        draft = self.draft(operation.table)
        if operation.if_not_exists and draft.table.has_column(column.name):
            return
        if draft.table.has_column(column.name):
            self.refuse_second(operation)
        spelling = Spelling.of(column, self.dialect)
        empty = rows.is_empty(self.catalogue, draft.stored)
        if spelling.needs_values and not empty:
            rows.refuse_missing(self.catalogue, draft.stored, column.name)
        if self.pending is None and spelling.is_native(empty=empty):
            self.add_natively(draft, operation, spelling)
        else:
            draft.add_column(spelling.definition)
            self.settle(draft)
        for constraint in constraints_with(
            operation.table, column, self.dialect
        ):
            self.do(ops.AddConstraint(constraint))

    def refuse_second(self, operation: ops.AddColumn) -> None:
        """Have SQLite refuse a column that there is: scripts catch that."""
        self.finish()
        self.catalogue.connection.execute(
            ddl.AlterTable(operation.table, operation)
        )

    def add_natively(
        self, draft: Draft, operation: ops.AddColumn, spelling: Spelling
    ) -> None:
        """Add a column with ALTER TABLE, then ask the rows."""
        stored = draft.stored
        draft.add_column(spelling.definition)
        self.alteration.native(
            stored.row, ddl.AlterTable(operation.table, operation)
        )
        after = self.catalogue.table(stored.name, stored.schema)
        for scan in draft.scans:
            rows.refuse_rows(self.catalogue, scan, after)
        if after.create.strict:
            rows.refuse_default(self.catalogue, after)

    @do.register
    def _(self, operation: ops.DropColumn) -> None:
        draft = self.draft(operation.table)
        name = operation.column.name
        if operation.if_exists and not draft.table.has_column(name):
            return
        fallout = uses.fallout(self.catalogue, draft, name)
        for what in fallout.with_it:
            log.warning(
                "dropping column %r of table %r drops %s",
                name,
                draft.table.name,
                what,
            )
        self.drop_indexes(draft, [*fallout.indexes])
        for index, text in fallout.indexes.items():
            if text is not None:
                self.create_later(
                    operation.table,
                    parse_index(text).moved(
                        index, draft.stored.name, draft.stored.schema
                    ),
                )
        draft.table = fallout.table
        if (
            self.pending is None
            and not fallout.keyed
            and self.alteration.features.drop_column
        ):
            self.alteration.carry_out(draft)
            self.alteration.native(
                draft.stored.row, ddl.AlterTable(operation.table, operation)
            )
        else:
            draft.drop_column(name)
            self.settle(draft)

    def drop_indexes(self, draft: Draft, dropped: list[str]) -> None:
        """Drop indexes of the table at once."""
        for name in dropped:
            index = f"{quote(draft.stored.schema)}.{quote(name)}"
            self.catalogue.run((f"DROP INDEX {index}", ()))
            draft.indexes.pop(name)

    @do.register
    def _(self, operation: ops.AlterColumn) -> None:
        draft = self.draft(operation.table)
        name = operation.before.name
        changes = operation.changes
        spelling = Spelling.of(operation.after, self.dialect)
        if "type" in changes:
            draft.set_type(name, spelling.type_text)
            if spelling.collation is not None:
                draft.set_collation(name, spelling.collation)
        if "nullable" in changes and operation.after.nullable:
            draft.drop_not_null(name)
        elif "nullable" in changes:
            draft.set_not_null(name)
        if "server_default" in changes and not spelling.generated:
            self.set_default(draft, name, spelling.default)
        if "computed" in changes:
            if spelling.generated:
                draft.set_default(name, None)
            draft.set_generated(name, spelling.generated)
        if "primary_key" in changes:
            self.set_primary_key(draft, name, operation.after.primary_key)
        self.settle(draft)
        if "name" in changes and operation.after.name != name:
            self.renaming.append(name)
            self.later.append(
                lambda: names.rename_column(
                    self.alteration,
                    self.stored(operation.table),
                    name,
                    ddl.AlterTable(
                        operation.table,
                        ddl.RenameColumn(operation.before, operation.after),
                    ),
                )
            )

    def set_default(
        self, draft: Draft, name: str, default: str | None
    ) -> None:
        """Change a default, and see that no row changes with it."""
        before = draft.table
        draft.set_default(name, default)
        changed = draft.table.text != before.text
        if changed and not draft.rebuild:
            proved = completeness.is_proved(self.catalogue, draft, name)
            draft.rebuild = not proved

    def set_primary_key(self, draft: Draft, name: str, wanted: bool) -> None:
        """Make a column the primary key, or no longer."""
        key = draft.table.primary_key
        if wanted and not any(same_name(name, each) for each in key):
            draft.add_constraint(f"PRIMARY KEY ({quote(name)})")
        elif not wanted and [*map(fold, key)] == [fold(name)]:
            found = draft.table.of_kind(PRIMARY_KEY)[0]
            self.drop_key(draft, found)

    # Constraints.

    @do.register
    def _(self, operation: ops.AddConstraint) -> None:
        constraint = operation.constraint
        draft = self.draft(table_of(operation))
        if operation.if_not_exists and matching.found(
            draft.table, constraint, self.dialect
        ):
            return
        text = constraint_text(
            constraint, self.dialect, named=not operation.autonamed
        )
        if text:
            draft.add_constraint(text)
            self.settle(draft)

    @do.register
    def _(self, operation: ops.DropConstraint) -> None:
        constraint = operation.constraint
        table = table_of(operation)
        draft = self.draft(table)
        found = matching.found(draft.table, constraint, self.dialect)
        if found is not None:
            self.drop_key(draft, found)
            self.settle(draft)
        elif index := matching.standing_for(constraint, draft.indexes):
            self.flush()
            self.drop_indexes(self.draft(table), [index])
        elif not operation.if_exists:
            # Raises, and says what was looked for.
            matching.find(draft.table, constraint, self.dialect)

    def drop_key(self, draft: Draft, found: ConstraintDef) -> None:
        """Drop a constraint unless a foreign key needs it."""
        if found.kind in (PRIMARY_KEY, UNIQUE):
            users = uses.key_users(self.catalogue, draft, found)
            if users:
                raise NotSupportedError(
                    f"{found.kind} ({', '.join(found.columns)}) of table "
                    f"{draft.table.name!r} is used by {', '.join(users)}; "
                    "drop that first"
                )
        draft.drop_constraint(found)

    @do.register
    def _(self, operation: ops.RenameConstraint) -> None:
        draft = self.draft(table_of(operation))
        found = matching.find(draft.table, operation.constraint, self.dialect)
        draft.rename_constraint(found, operation.name)
        self.settle(draft)

    # Tables and indexes.

    @do.register
    def _(self, operation: ops.RenameTable) -> None:
        table = operation.table
        self.later.append(
            lambda: names.rename_table(
                self.alteration,
                self.catalogue.table_row(table.name, table.schema),
                operation.name,
                ddl.AlterTable(table, operation),
            )
        )

    @do.register
    def _(self, operation: ops.AddIndex) -> None:
        index, table = operation.index, operation.index.table
        if table is None or (
            operation.if_not_exists
            and self.catalogue.has_index(str(index.name), table.schema)
        ):
            return
        text = str(CreateIndex(index).compile(dialect=self.dialect))
        self.create_later(table, text)

    def create_later(self, table: Table, text: str) -> None:
        """Create an index when the rows are where they stay."""
        self.later.append(
            lambda: names.create_index(
                self.alteration, self.stored(table), text
            )
        )

    @do.register
    def _(self, operation: ops.RenameIndex) -> None:
        index = operation.index
        schema = index.table.schema if index.table is not None else None
        self.later.append(
            lambda: names.rename_index(
                self.alteration, str(index.name), operation.name, schema
            )
        )

    @do.register
    def _(self, operation: ops.DropIndex) -> None:
        table, name = operation.index.table, str(operation.index.name)
        schema = table.schema if table is not None else None
        if operation.if_exists and not self.catalogue.has_index(name, schema):
            return
        row = self.catalogue.index(name, schema)
        draft = self.pending or Draft.of(
            self.catalogue.table(row.table_name, row.schema)
        )
        self.drop_indexes(draft, [row.name])
