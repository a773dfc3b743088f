"""What change scripts call: columns, tables and indexes that can change.

The classes here are the methods which ``import migrate`` gives to
SQLAlchemy's own.  Every application that imports migrate pays for them, few
of its processes change a schema: so they only hold the signature, and load
what does the work when they are first called.

Each call resolves one bind: ``connection=``, else ``engine=``, else the
running change script's, else the bind of the metadata (see
:mod:`migrate.binding`).  A Connection is used inside the caller's
transaction; an Engine gives a transaction which is committed at the end.
When the database has carried out the change, the Table follows; after an
error the Table is as it was.

``from migrate.changeset import schema`` has always given the names of
:mod:`sqlalchemy.schema` too, and generated scripts say it: they are found
here as well, and so are the errors.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING
from typing import Any

from sqlalchemy import schema as sqlalchemy_schema

from migrate import exceptions

if TYPE_CHECKING:
    from sqlalchemy.schema import Column
    from sqlalchemy.schema import Index
    from sqlalchemy.schema import Table

    from migrate.binding import Bind
    from migrate.changeset.delta import ColumnDelta as ColumnDelta

__all__ = [
    "ChangesetColumn",
    "ChangesetDefaultClause",
    "ChangesetIndex",
    "ChangesetTable",
    "ColumnDelta",
    "alter_column",
    "create_column",
    "drop_column",
    "install",
    "rename_index",
    "rename_table",
]


def create_column(
    column: Column[Any] | str,
    table: Table | str | None = None,
    *p: Any,
    **kw: Any,
) -> Column[Any]:
    """Add ``column`` to ``table``; see :meth:`ChangesetColumn.create`.

    The name of a column that the Table has will do.
    """
    created: Column[Any] = ChangesetColumn.create(column, table, *p, **kw)
    return created


def drop_column(
    column: Column[Any] | str,
    table: Table | str | None = None,
    *p: Any,
    **kw: Any,
) -> Column[Any]:
    """Drop ``column``; see :meth:`ChangesetColumn.drop`.

    Both may be given by name, the table with ``engine=`` or ``connection=``.
    """
    dropped: Column[Any] = ChangesetColumn.drop(column, table, *p, **kw)
    return dropped


def alter_column(*p: Any, **k: Any) -> ColumnDelta:
    """Alter a column; see :meth:`ChangesetColumn.alter`.

    The column may be given by name, with ``table=`` (a Table, or a name with
    ``engine=`` or ``connection=``).
    """
    from migrate.changeset import calls

    return calls.alter_column(*p, **k)


def rename_table(
    table: Table | str, name: str, engine: Bind | None = None, **kw: Any
) -> None:
    """Rename ``table``, a Table or its name, to ``name``.

    :param connection: instead of ``engine``.
    :param schema: of a table given by name.
    """
    from migrate.changeset import calls

    calls.rename_table(table, name, engine=engine, **kw)


def rename_index(
    index: Index | str,
    name: str,
    table: Table | str | None = None,
    engine: Bind | None = None,
    **kw: Any,
) -> None:
    """Rename ``index``, an Index or its name, to ``name``.

    :param table: the table of an index given by name; MySQL needs it.
    :param connection: instead of ``engine``.
    """
    from migrate.changeset import calls

    calls.rename_index(index, name, table=table, engine=engine, **kw)


class ChangesetTable:
    """What a Table can do."""

    def create_column(
        self: Any, column: Column[Any] | str, *p: Any, **kw: Any
    ) -> None:
        """Add a column; the name of one that the Table has will do.

        Takes what :meth:`ChangesetColumn.create` takes.
        """
        ChangesetColumn.create(column, self, *p, **kw)

    def drop_column(
        self: Any, column: Column[Any] | str, *p: Any, **kw: Any
    ) -> None:
        """Drop a column, also by a name that the Table does not know.

        Takes what :meth:`ChangesetColumn.drop` takes.
        """
        ChangesetColumn.drop(column, self, *p, **kw)

    def rename(
        self: Any, name: str, connection: Bind | None = None, **kwargs: Any
    ) -> None:
        """Rename this table; the MetaData lists it under the new name."""
        rename_table(self, name, connection=connection, **kwargs)

    def deregister(self: Any) -> None:
        """Take this table out of its MetaData; the database keeps it."""
        self.metadata.remove(self)

    def batch(
        self: Any, connection: Bind | None = None, engine: Bind | None = None
    ) -> AbstractContextManager[None]:
        """Gather the changes of this table, and do them when the block ends.

        They are done in order, in as few statements as the database allows:
        one ``ALTER TABLE`` on MySQL, one rebuild on SQLite.  Inside the block
        the Table is as it was, but for the columns and constraints created
        in it; an error inside the block leaves all as it was.
        """
        from migrate.changeset import calls
        from migrate.changeset.batch import batch

        return batch(self, calls.bind_for(self, connection, engine))


class ChangesetColumn:
    """What a Column can do."""

    def create(
        self: Any,
        table: Table | str | None = None,
        index_name: str | None = None,
        unique_name: str | None = None,
        primary_key_name: str | None = None,
        populate_default: bool = True,
        connection: Bind | None = None,
        **kwargs: Any,
    ) -> Any:
        """Add this column to ``table``, or to the Table it is part of.

        :param index_name: needed for ``index=True``: the name of the index.
            With ``unique=True`` as well the index is a unique one.
        :param unique_name: needed for ``unique=True``: the name of the
            constraint.
        :param primary_key_name: needed for ``primary_key=True``.
        :param populate_default: give the rows that there are the column's
            ``default``.  A column which is NOT NULL then is added nullable,
            filled, and made NOT NULL.
        :param engine: instead of ``connection``.
        :param if_not_exists: be content with a column of that name.
        :returns: this column.
        :raises InvalidConstraintError: a name is missing, or is no string.
        """
        from migrate.changeset import calls

        names = calls.Names(index_name, unique_name, primary_key_name)
        return calls.create_column(
            self, table, names, populate_default, connection, **kwargs
        )

    def drop(
        self: Any,
        table: Table | str | None = None,
        connection: Bind | None = None,
        **kwargs: Any,
    ) -> Any:
        """Drop this column with the constraints and indexes that contain it.

        :param engine: instead of ``connection``.
        :param if_exists: be content without a column of that name.
        :returns: this column, part of no Table.
        """
        from migrate.changeset import calls

        return calls.drop_column(self, table, connection, **kwargs)

    def alter(self: Any, *p: Any, **k: Any) -> ColumnDelta:
        """Change attributes of this column; all others stay.

        By keyword: ``name``, ``type``, ``nullable``, ``server_default``,
        ``autoincrement``, ``comment``, ``identity``, ``computed``.  By
        position: a new name, a type, a default.  Other attributes of a
        Column (``default``, ``onupdate``, ...) are changed on the Column
        alone.

        :param unique: with ``unique_name``: add the constraint of that name,
            or drop it.  Without the name the database is not asked, as
            sqlalchemy-migrate did not; so are the next two.
        :param index: with ``index_name``: the same of an index.
        :param primary_key: with ``primary_key_name``: take the column into
            the primary key, or out of it.
        :param connection: and ``engine``: where.
        :param postgresql_using: the ``USING`` expression for a new type.
        :returns: the differences.

        A column that is renamed is ``table.c.new``; ``table.c.old`` finds it
        too, until there is another of that name.
        """
        return alter_column(self, *p, **k)

    def copy_fixed(self: Any, **kw: Any) -> Any:
        """Return a copy which is part of no Table."""
        return self._copy(**kw)

    def add_to_table(self: Any, table: Table) -> None:
        """Make this column part of ``table``; the database is not asked."""
        from migrate.changeset import membership

        membership.attach_column(table, self)

    def remove_from_table(
        self: Any, table: Table, unset_table: bool = True
    ) -> None:
        """Take this column out of ``table``; the database is not asked."""
        from migrate.changeset import membership

        membership.detach_column(
            table, self, membership.Habits(shrinks_indexes=True)
        )
        if not unset_table:
            self.table = table


class ChangesetIndex:
    """What an Index can do."""

    def rename(
        self: Any, name: str, connection: Bind | None = None, **kwargs: Any
    ) -> None:
        """Rename this index."""
        rename_index(self, name, connection=connection, **kwargs)


class ChangesetDefaultClause:
    """Server defaults are equal when their text or expression is."""

    def __eq__(self: Any, other: object) -> bool:
        if isinstance(other, sqlalchemy_schema.DefaultClause):
            return bool(self.arg == other.arg)
        return NotImplemented

    __hash__ = object.__hash__


def install() -> None:
    """Give the methods to SQLAlchemy's classes; again is no harm."""
    for owner, mixin in (
        (sqlalchemy_schema.Table, ChangesetTable),
        (sqlalchemy_schema.Column, ChangesetColumn),
        (sqlalchemy_schema.Index, ChangesetIndex),
        (sqlalchemy_schema.DefaultClause, ChangesetDefaultClause),
    ):
        if mixin not in owner.__bases__:
            owner.__bases__ += (mixin,)


def __getattr__(name: str) -> Any:
    if name == "ColumnDelta":
        from migrate.changeset.delta import ColumnDelta

        return ColumnDelta
    for module in (sqlalchemy_schema, exceptions):
        if hasattr(module, name):
            return getattr(module, name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


# Importing this module is what gives the methods: ``migrate`` does so as soon
# as SQLAlchemy is imported, which may be by the import at the top of this.
install()
