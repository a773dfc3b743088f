"""Constraints that can be created on and dropped from an existing table.

They are SQLAlchemy's own, with methods.  Old scripts import everything from
sqlalchemy and then from migrate, so these are the ones inside their
``Table(...)`` as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import schema
from sqlalchemy.schema import Column
from sqlalchemy.schema import Table

from migrate import binding
from migrate import exceptions
from migrate.binding import Bind
from migrate.changeset import catalogue
from migrate.changeset import membership
from migrate.changeset import operations as ops
from migrate.changeset.batch import perform
from migrate.changeset.calls import bind_for
from migrate.changeset.databases import editor_for
from migrate.deferred import loader
from migrate.exceptions import InvalidConstraintError

__all__ = [
    "CheckConstraint",
    "ConstraintChangeset",
    "ForeignKeyConstraint",
    "PrimaryKeyConstraint",
    "UniqueConstraint",
]

# Designate's scripts import PathNotFoundError from here.
__getattr__ = loader(
    __name__, dict.fromkeys(exceptions.__all__, "migrate.exceptions")
)


class ConstraintChangeset:
    """What these constraints can do.

    Each method takes ``connection=`` or ``engine=``, see :mod:`.schema`, and
    raises SQLAlchemy's InvalidRequestError when the constraint is part of no
    table.
    """

    # The name, where nobody asked for it; drop() and create() keep it.
    _made_name: str | None = None

    def create(
        self: Any,
        engine: Bind | None = None,
        connection: Bind | None = None,
        if_not_exists: bool = False,
    ) -> None:
        """Add this constraint to its table; without a name it gets one.

        SQLite stores a unique constraint or foreign key without that name,
        as it does those of CREATE TABLE; it is found by its columns.

        :param if_not_exists: be content with a constraint of that name.
        """
        bind = bind_for(self.table, connection, engine)
        if self.name is None:
            self.name = self._made_name = self.autoname()
        autonamed = self.name == self._made_name
        operation = ops.AddConstraint(self, if_not_exists, autonamed)
        perform(self.table, [operation], bind)

    def drop(
        self: Any,
        cascade: bool = False,
        engine: Bind | None = None,
        connection: Bind | None = None,
        if_exists: bool = False,
    ) -> Any:
        """Drop this constraint from its table.

        One without a name is looked up in the database by its columns, and
        gets the name found there.

        :param cascade: drop what depends on it as well, where the database
            knows that (PostgreSQL, Oracle).
        :param if_exists: be content without such a constraint.
        :returns: this constraint; :meth:`create` makes it again.
        """
        bind = bind_for(self.table, connection, engine)
        self._find_name(bind)
        operation = ops.DropConstraint(self, cascade, if_exists)
        perform(self.table, [operation], bind)
        return self

    def rename(
        self: Any,
        name: str,
        engine: Bind | None = None,
        connection: Bind | None = None,
    ) -> None:
        """Give this constraint another name."""
        bind = bind_for(self.table, connection, engine)
        self._find_name(bind)
        perform(self.table, [ops.RenameConstraint(self, name)], bind)

    def autoname(self: Any) -> str:
        """Return the name for a constraint that was given none.

        The first column's for the unique and the foreign key: PostgreSQL's
        own way when sqlalchemy-migrate was written, and in use since.
        """
        raise NotImplementedError

    def _find_name(self: Any, bind: Bind) -> None:
        """Take the database's name for a constraint that has none here.

        It may have none there either (SQLite).
        """
        if self.name is not None:
            return
        with binding.connect(bind) as connection:
            self.name = catalogue.constraint_name(connection, self)
            if (
                self.name is None
                and editor_for(connection.dialect).names_constraints
            ):
                self.name = self.autoname()


class PrimaryKeyConstraint(ConstraintChangeset, schema.PrimaryKeyConstraint):
    """A primary key of ``cols``, Columns or their names.

    :param table: the Table, when only names are given.  Without ``cols`` the
        key is of its columns with ``primary_key``, and of those whose key
        was dropped before.
    """

    def __init__(
        self, *cols: Any, table: Table | None = None, **kwargs: Any
    ) -> None:
        if table is not None and not cols:
            cols = (*membership.next_key(table),)
        _mark(cols)
        super().__init__(*cols, **kwargs)
        _place(self, table)

    def autoname(self) -> str:
        """Return ``table_pkey``."""
        return f"{self.table.name}_pkey"


class UniqueConstraint(ConstraintChangeset, schema.UniqueConstraint):
    """A unique constraint on ``cols``, Columns or their names.

    :param table: the Table, when only names are given.
    """

    def __init__(
        self, *cols: Any, table: Table | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*cols, **kwargs)
        _place(self, table)

    def autoname(self) -> str:
        """Return ``table_column_key``, of the first column."""
        return f"{self.table.name}_{_first(self)}_key"


class ForeignKeyConstraint(ConstraintChangeset, schema.ForeignKeyConstraint):
    """A foreign key from ``columns`` to ``refcolumns``.

    :param columns: Columns or their names.
    :param refcolumns: Columns, or text like ``table.column``.
    :param table: the Table, when ``columns`` are names.
    """

    def __init__(
        self,
        columns: Any,
        refcolumns: Any,
        *args: Any,
        table: Table | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__([*columns], [*refcolumns], *args, **kwargs)
        _place(self, table)

    @property
    def referenced(self) -> list[Column[Any]]:
        """The columns referred to, in order."""
        return [element.column for element in self.elements]

    @property
    def reftable(self) -> Table:
        """The table referred to."""
        table: Table = self.referenced[0].table
        return table

    def autoname(self) -> str:
        """Return ``table_column_fkey``, of the first column."""
        return f"{self.table.name}_{_first(self)}_fkey"


class CheckConstraint(ConstraintChangeset, schema.CheckConstraint):
    """A check of ``sqltext``.

    :param columns: Columns or their names; the name is made of them, and
        the Table is theirs.
    :param table: the Table, when it cannot be told from ``columns``.
    :ivar colnames: the names of ``columns``.
    :raises InvalidConstraintError: without ``name`` and ``columns``.
    """

    def __init__(
        self,
        sqltext: Any,
        *args: Any,
        columns: Iterable[Any] = (),
        table: Table | None = None,
        **kwargs: Any,
    ) -> None:
        columns = [*columns]
        self.colnames = [
            each.name if isinstance(each, Column) else each for each in columns
        ]
        if not self.colnames and not (args or kwargs.get("name")):
            raise InvalidConstraintError(
                'You must either set "name"parameter or "columns" to '
                "autogenarate it."
            )
        super().__init__(sqltext, *args, **kwargs)
        owners = [each.table for each in columns if isinstance(each, Column)]
        _place(self, owners[0] if table is None and owners else table)

    def autoname(self) -> str:
        """Return ``table_column1_column2_check``."""
        return "_".join([self.table.name, *self.colnames, "check"])


def _place(constraint: Any, table: Table | None) -> None:
    """Make ``constraint`` part of ``table``, if it has not found its own."""
    if table is not None and getattr(constraint, "parent", None) is None:
        membership.attach_constraint(table, constraint)


def _mark(cols: Iterable[Any]) -> None:
    """Mark columns as the key of their table, and no others.

    SQLAlchemy warns when a key is not of the columns that are marked.
    """
    marked = {each for each in cols if isinstance(each, Column)}
    for table in {each.table for each in marked if each.table is not None}:
        for column in table.c:
            column.primary_key = column in marked


def _first(constraint: Any) -> str:
    """Return the name of the first column."""
    return str(next(iter(constraint.columns)).name)
