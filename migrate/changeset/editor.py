"""Which statements carry out an operation: the contract, and ANSI's answer."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Any
from typing import ClassVar
from typing import TypeAlias
from typing import TypeGuard

from sqlalchemy.engine import Connection
from sqlalchemy.schema import Column
from sqlalchemy.schema import CreateIndex
from sqlalchemy.schema import DropIndex
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.schema import Index
from sqlalchemy.schema import MetaData
from sqlalchemy.schema import Table
from sqlalchemy.sql import Executable
from sqlalchemy.sql import expression

from migrate.changeset import catalogue
from migrate.changeset import ddl
from migrate.changeset import membership
from migrate.changeset import operations as ops
from migrate.exceptions import NotSupportedError

__all__ = ["SchemaEditor", "Statements"]

Statements: TypeAlias = Iterator[Executable]


class SchemaEditor:
    """Carries out operations on one kind of database.

    A subclass per database overrides the method of an operation (its
    :attr:`~.operations.Operation.verb`) where the statements differ from
    ANSI's; text is never built here but in ``@compiles`` functions.

    An editor has no state of its own: one is made for each operation.

    A method of an operation

    * *yields* executable elements, in order, and may yield none;
    * may read the catalogue through ``connection``, and changes nothing;
    * raises :class:`NotSupportedError` with the way round when the database
      cannot do it.  :meth:`run` asks for all statements before it executes
      the first, so such an error comes before any SQL is sent;
    * does not touch the Table or its MetaData (see :mod:`.following`).
    """

    #: What the database is called in messages.
    name: ClassVar[str] = "the database"

    #: The operations of a batch become one piece of work: the actions of an
    #: ``ALTER TABLE``, or a rebuild.
    joins_operations: ClassVar[bool] = False

    #: A rename of a column is a statement of its own.
    renames_alone: ClassVar[bool] = True

    #: A column is altered by spelling all of it anew.
    restates_columns: ClassVar[bool] = False

    #: Dropping a column of an index over several leaves a smaller index; so
    #: does one of the primary key.
    shrinks_indexes: ClassVar[bool] = False

    #: The columns of a primary key become NOT NULL.
    keys_are_not_null: ClassVar[bool] = True

    #: Every constraint has a name, the database's if not the user's.
    names_constraints: ClassVar[bool] = True

    def run(self, connection: Connection, operation: ops.Operation) -> None:
        """Carry out ``operation`` on ``connection``.

        Neither commits nor rolls back: the transaction is the caller's.  An
        editor which needs more than a list of statements (SQLite's safety
        around a rebuild) overrides this.
        """
        for statement in [*self.statements(operation, connection)]:
            connection.execute(statement)

    def statements(
        self, operation: ops.Operation, connection: Connection
    ) -> Statements:
        """Yield what carries out ``operation``, in order."""
        method = getattr(self, operation.verb)
        yield from method(operation, connection)

    def needed(
        self, operation: ops.Operation, connection: Connection
    ) -> ops.Operation | None:
        """Return what of ``operation`` there is to do, by the catalogue.

        Only an operation with ``if_exists`` or ``if_not_exists`` asks: the
        same on every database, whether it has the syntax or not.
        """
        if not isinstance(operation, ops.Batch):
            wanted = self._is_needed(operation, connection)
            return operation if wanted else None
        left = tuple(
            each
            for each in operation.operations
            if self._is_needed(each, connection)
        )
        return replace(operation, operations=left) if left else None

    def _is_needed(
        self, operation: ops.Operation, connection: Connection
    ) -> bool:
        wanted = not getattr(operation, "if_not_exists", False)
        if wanted and not getattr(operation, "if_exists", False):
            return True
        if isinstance(operation, (ops.AddColumn, ops.DropColumn)):
            there = catalogue.has_column(
                connection, operation.table, operation.column.name
            )
        elif isinstance(operation, (ops.AddIndex, ops.DropIndex)):
            there = catalogue.has_index(connection, operation.index)
        elif isinstance(operation, (ops.AddConstraint, ops.DropConstraint)):
            there = catalogue.has_constraint(connection, operation.constraint)
        return there is None or there == wanted

    def habits(self, connection: Connection) -> membership.Habits:
        """Return what the Table has to know to follow."""
        preparer = connection.dialect.identifier_preparer

        def quote(name: str) -> str:
            quoted = str(preparer.quote(name))
            doubled = preparer._double_percents
            return quoted.replace("%%", "%") if doubled else quoted

        return membership.Habits(
            self.shrinks_indexes, self.keys_are_not_null, quote
        )

    def refuse(self, what: str, way_round: str) -> NotSupportedError:
        """Make the error for what the database cannot do."""
        return NotSupportedError(f"{self.name} cannot {what}: {way_round}")

    def refuse_rename(self, what: str, name: object) -> NotSupportedError:
        """Make the error for what can only be made anew."""
        return self.refuse(
            f"rename {what} {name!r}",
            "drop it and create it under the new name",
        )

    def drop_containing(
        self, operation: ops.DropColumn, connection: Connection
    ) -> Statements:
        """Drop what the Table says to contain the column of ``operation``.

        For databases which refuse to drop a column else.
        """
        table, column = operation.table, operation.column
        for constraint in table._sorted_constraints:
            if membership.contains(constraint, column):
                yield from self.drop_constraint(
                    ops.DropConstraint(constraint), connection
                )
        for index in table.indexes:
            if index.columns.contains_column(column):
                yield from self.drop_index(ops.DropIndex(index), connection)

    # One method per operation.

    def add_column(
        self, operation: ops.AddColumn, connection: Connection
    ) -> Statements:
        """Add the column, then its comment, type's check and foreign keys."""
        yield ddl.AlterTable(operation.table, operation)
        dialect = connection.dialect
        apart = dialect.supports_comments and not dialect.inline_comments
        if operation.column.comment is not None and apart:
            yield ddl.SetColumnComment(operation.table, operation.column)
        for constraint in membership.constraints_with(
            operation.table, operation.column, dialect
        ):
            yield from self.add_constraint(
                ops.AddConstraint(constraint), connection
            )

    def drop_column(
        self, operation: ops.DropColumn, connection: Connection
    ) -> Statements:
        """Drop the column; the database drops what contains it."""
        yield ddl.AlterTable(operation.table, operation)

    def alter_column(
        self, operation: ops.AlterColumn, connection: Connection
    ) -> Statements:
        """One statement per attribute; the new name comes last.

        The parts get ``here``: the column as it is to be, by its old name.
        """
        table, before, after = (
            operation.table,
            operation.before,
            operation.after,
        )
        here = after._copy()
        here.name = here.key = before.name
        if "type" in operation.changes:
            yield from self.alter_type(operation, here, connection)
        if "nullable" in operation.changes:
            yield ddl.AlterTable(table, ddl.SetNullable(here))
        if "server_default" in operation.changes:
            yield ddl.AlterTable(table, ddl.SetDefault(here))
        if operation.changes & {"autoincrement", "computed", "identity"}:
            yield from self.alter_generation(operation, here, connection)
        if "comment" in operation.changes:
            yield ddl.SetColumnComment(table, here)
        if "name" in operation.changes and after.name != before.name:
            yield ddl.AlterTable(table, ddl.RenameColumn(before, after))

    def alter_type(
        self,
        operation: ops.AlterColumn,
        here: Column[Any],
        connection: Connection,
    ) -> Statements:
        """Give the column another type."""
        yield ddl.AlterTable(
            operation.table, ddl.SetType(here, operation.using)
        )

    def alter_generation(
        self,
        operation: ops.AlterColumn,
        here: Column[Any],
        connection: Connection,
    ) -> Statements:
        """Make values come from elsewhere: counting, or an expression.

        ANSI has no way for a column that exists.  ``autoincrement`` is let
        pass: it is SQLAlchemy's matter, and scripts mention it everywhere.
        """
        for change in operation.changes & {"computed", "identity"}:
            raise self.refuse(
                f"alter {change} of column {here.name!r}",
                "drop the column and create it anew",
            )
        return iter(())

    def fill_column(
        self, operation: ops.FillColumn, connection: Connection
    ) -> Statements:
        """Update all rows; a callable default is called once."""
        table, column = operation.table, operation.column
        default: Any = column.default
        if default.is_scalar or default.is_callable:
            # The plain table keeps ``onupdate`` of other columns out.
            plain = expression.table(
                table.name,
                expression.column(column.name, column.type),
                schema=table.schema,
            )
            value = default.arg if default.is_scalar else default.arg(None)
            yield plain.update().values({column.name: value})
        elif default.is_sequence:
            # An optional one stands for what counts by itself elsewhere.
            if connection.dialect.supports_sequences and not default.optional:
                yield table.update().values({column: default.next_value()})
        else:
            yield table.update().values({column: default.arg})

    def rename_table(
        self, operation: ops.RenameTable, connection: Connection
    ) -> Statements:
        """Rename the table; its indexes and constraints go with it."""
        yield ddl.AlterTable(operation.table, operation)

    def table_of_index(self, operation: ops.RenameIndex) -> Table:
        """Return the table of an index, for a database that asks for it.

        :raises NotSupportedError: when nobody said it.
        """
        table = operation.index.table
        if table is None:
            raise self.refuse(
                f"rename index {operation.index.name!r} without its table",
                "pass table=",
            )
        return table

    def rename_index(
        self, operation: ops.RenameIndex, connection: Connection
    ) -> Statements:
        """Rename the index."""
        yield operation

    def add_constraint(
        self, operation: ops.AddConstraint, connection: Connection
    ) -> Statements:
        """Add the constraint; rows in its way are the database's error."""
        yield ddl.AlterTable(table_of(operation), operation)

    def drop_constraint(
        self, operation: ops.DropConstraint, connection: Connection
    ) -> Statements:
        """Drop the constraint by its name."""
        yield ddl.AlterTable(table_of(operation), operation)

    def rename_constraint(
        self, operation: ops.RenameConstraint, connection: Connection
    ) -> Statements:
        """Rename the constraint."""
        yield ddl.AlterTable(table_of(operation), operation)

    def add_index(
        self, operation: ops.AddIndex, connection: Connection
    ) -> Statements:
        """Create the index as SQLAlchemy spells it."""
        yield CreateIndex(operation.index)

    def drop_index(
        self, operation: ops.DropIndex, connection: Connection
    ) -> Statements:
        """Drop the index as SQLAlchemy spells it."""
        yield DropIndex(operation.index)

    def batch(
        self, operation: ops.Batch, connection: Connection
    ) -> Statements:
        """Carry out the operations in order, joined where that is allowed."""
        statements = chain.from_iterable(
            self.statements(each, connection) for each in operation.operations
        )
        yield from self.joined(operation.table, statements)

    def joined(self, table: Table, statements: Statements) -> Statements:
        """Join the statements that may share an ALTER TABLE."""
        pending: list[ExecutableDDLElement] = []
        for statement in statements:
            if self.joins_operations and self.combines(statement, pending):
                pending.extend(statement.actions)
                continue
            if pending:
                yield ddl.AlterTable(table, *pending)
                pending = []
            if self.joins_operations and self.combines(statement, pending):
                pending.extend(statement.actions)
            else:
                yield statement
        if pending:
            yield ddl.AlterTable(table, *pending)

    def combines(
        self, statement: Executable, pending: Sequence[ExecutableDDLElement]
    ) -> TypeGuard[ddl.AlterTable]:
        """Tell whether ``statement`` may share the ALTER TABLE of others.

        :param pending: their actions; with none it begins one.
        """
        return isinstance(statement, ddl.AlterTable)


def table_of(
    operation: ops.AddConstraint | ops.DropConstraint | ops.RenameConstraint,
) -> Table:
    """Return the table of the operation's constraint."""
    table: Table = operation.constraint.table
    return table


def index_named(name: str, table: Table) -> Index:
    """Make an index to be named in a statement, that no Table gets."""
    stand_in = Table(table.name, MetaData(), schema=table.schema)
    return Index(name, _table=stand_in)
