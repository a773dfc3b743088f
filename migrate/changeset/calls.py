"""What a call of the public functions means: a table, a bind, operations."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from sqlalchemy.schema import Column
from sqlalchemy.schema import Index
from sqlalchemy.schema import MetaData
from sqlalchemy.schema import PrimaryKeyConstraint
from sqlalchemy.schema import Table
from sqlalchemy.schema import UniqueConstraint

from migrate import binding
from migrate.binding import Bind
from migrate.changeset import catalogue
from migrate.changeset import listing
from migrate.changeset import membership
from migrate.changeset import operations as ops
from migrate.changeset.batch import perform
from migrate.changeset.databases import editor_for
from migrate.changeset.delta import ALTERABLE
from migrate.changeset.delta import KEYS
from migrate.changeset.delta import ColumnDelta
from migrate.changeset.editor import index_named
from migrate.changeset.keys import Names
from migrate.changeset.keys import key_operations
from migrate.changeset.order import renames_last
from migrate.exceptions import MigrateDeprecationWarning
from migrate.exceptions import UnattachedError

__all__ = [
    "Names",
    "alter_column",
    "bind_for",
    "create_column",
    "drop_column",
    "rename_index",
    "rename_table",
]


def bind_for(table: Table, *given: Bind | None) -> Bind:
    """Decide which bind a change of ``table`` runs on."""
    return binding.resolve(
        *given,
        metadata=table.metadata,
        purpose=f"changing table {table.fullname!r}",
    )


def _table(
    table: Table | str | None,
    column: Any,
    bind: Bind | None,
    metadata: MetaData | None = None,
) -> Table:
    """Find the Table that a call means; one given by name is reflected."""
    if isinstance(table, str):
        bind = bind or binding.bind_of(metadata)
        return catalogue.reflected(bind, table, metadata)
    found = getattr(column, "table", None) if table is None else table
    if found is None:
        raise UnattachedError(
            f"column {getattr(column, 'name', column)!r} is part of no "
            "table: pass the table"
        )
    owner: Table = found
    return owner


def create_column(
    column: Column[Any] | str,
    table: Table | str | None,
    names: Names,
    populate_default: bool,
    connection: Bind | None = None,
    *,
    engine: Bind | None = None,
    metadata: MetaData | None = None,
    if_not_exists: bool = False,
    **unknown: Any,
) -> Column[Any]:
    """Add ``column``; see :meth:`.schema.ChangesetColumn.create`."""
    owner = _table(table, column, connection or engine, metadata)
    if isinstance(column, str):
        column = listing.column_of(owner, column)
    _pass_over(unknown, "create")
    names.check(column)
    bind = bind_for(owner, connection, engine)
    with ExitStack() as undo:
        if column.table is not owner:
            _attach(column, owner, undo)
        extra = [*_added_with(column, owner, names, if_not_exists)]
        if if_not_exists and _is_there(column, bind):
            perform(owner, extra, bind, undo)
        elif names.primary_key is not None:
            # A column that counts needs its key at once (MySQL).
            add = ops.AddColumn(owner, column)
            perform(owner, [ops.Batch(owner, (add, *extra))], bind, undo)
        else:
            fill = [*_filling(column, owner, undo)] if populate_default else []
            operations = [ops.AddColumn(owner, column), *fill, *extra]
            perform(owner, operations, bind, undo)
    return column


def _pass_over(unknown: dict[str, Any], call: str) -> None:
    """Mention keywords that mean nothing; scripts were free to give them."""
    if unknown:
        warnings.warn(
            f"{call}() of a column has no {', '.join(sorted(unknown))}",
            MigrateDeprecationWarning,
            stacklevel=4,
        )


def _is_there(column: Column[Any], bind: Bind) -> bool:
    with binding.connect(bind) as connection:
        return bool(
            catalogue.has_column(connection, column.table, column.name)
        )


def _attach(column: Column[Any], table: Table, undo: ExitStack) -> None:
    """Make the column part of the Table, without indexes SQLAlchemy names."""
    replaced, order = table.c.get(column.key), [*table.c]
    flags = column.index, column.unique
    column.index = column.unique = None
    try:
        membership.attach_column(table, column)
    finally:
        column.index, column.unique = flags
    undo.callback(listing.reorder, table, order)
    if replaced is not None:
        undo.callback(table.append_column, replaced, replace_existing=True)
    undo.callback(membership.detach_column, table, column)


def _added_with(
    column: Column[Any], table: Table, names: Names, if_not_exists: bool
) -> Iterator[ops.Operation]:
    """Yield the index or unique constraint, and the key, of a new column.

    With both names sqlalchemy-migrate made an index that is not unique, and
    so the databases of its scripts have one.
    """
    if names.index is not None:
        unique = bool(column.unique)
        if binding.is_of_old_script(table.metadata):
            unique = False
        index = Index(names.index, column, unique=unique)
        yield ops.AddIndex(index, if_not_exists)
    elif names.unique is not None:
        constraint = UniqueConstraint(column, name=names.unique)
        yield ops.AddConstraint(constraint, if_not_exists)
    if names.primary_key is not None:
        # The name alone makes it part of the key, as the old library did.
        columns = dict.fromkeys([*table.primary_key.columns, column])
        key = PrimaryKeyConstraint(*columns, name=names.primary_key)
        yield ops.AddConstraint(key, if_not_exists)


def _filling(
    column: Column[Any], table: Table, undo: ExitStack
) -> Iterator[ops.Operation]:
    """Yield what gives the default to the rows that there are.

    A NOT NULL column without a value for them would be refused: it is added
    nullable, and becomes NOT NULL when they are filled.
    """
    if column.default is None:
        return
    yield ops.FillColumn(table, column)
    if column.nullable or column.server_default is not None:
        return
    after = column._copy()
    column.nullable = True
    undo.callback(setattr, column, "nullable", False)
    yield ops.AlterColumn(table, column, after, frozenset({"nullable"}))


def drop_column(
    column: Column[Any] | str,
    table: Table | str | None,
    connection: Bind | None = None,
    *,
    engine: Bind | None = None,
    metadata: MetaData | None = None,
    if_exists: bool = False,
    **unknown: Any,
) -> Column[Any]:
    """Drop ``column``; see :meth:`.schema.ChangesetColumn.drop`."""
    _pass_over(unknown, "drop")
    given = column if isinstance(column, Column) else None
    owner = _table(table, given, connection or engine, metadata)
    found = _column_of(owner, column)
    bind = bind_for(owner, connection, engine)
    perform(owner, [ops.DropColumn(owner, found, if_exists)], bind)
    return found if given is None else given


def _column_of(table: Table, column: Column[Any] | str) -> Column[Any]:
    """Find the table's column; one that it does not know gets a stand-in."""
    name = column if isinstance(column, str) else column.name
    if isinstance(column, Column) and column.table is table:
        return column
    if name in table.c:
        return table.c[name]
    return _stand_in(table, Column(name))


def alter_column(*p: Any, **k: Any) -> ColumnDelta:
    """Alter a column; see :meth:`.schema.ChangesetColumn.alter`."""
    if len(p) > 1 and isinstance(p[1], Column):
        warnings.warn(
            "Passing a Column object to alter_column is deprecated. Just "
            "pass in keyword parameters instead.",
            MigrateDeprecationWarning,
            stacklevel=3,
        )
    names = Names(
        *(k.pop(f"{each}_name", None) for each in Names.__match_args__)
    )
    names.refuse_others()
    k.pop("alter_metadata", None)
    if p and isinstance(p[0], Column) and p[0].table is None:
        p, k = _as_stated(p[0], p[1:], k)
    delta = ColumnDelta(*p, **k)
    table = _table(delta.table, delta.current_column, None)
    if delta.diffs.keys() & (ALTERABLE | KEYS):
        bind = bind_for(table, k.get("connection"), k.get("engine"))
        perform(table, renames_last([*_altering(delta, names, bind)]), bind)
    if "primary_key" in delta and names.primary_key is None:
        # What a PrimaryKeyConstraint(table=t) goes by.
        delta.current_column.primary_key = bool(delta["primary_key"])
    delta.settle()
    return delta


def _as_stated(
    stated: Column[Any], rest: tuple[Any, ...], k: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Read ``alter_column(Column(...), table=...)``, a column of no table.

    The old library spelled the whole column anew where the database alters
    by doing so (:attr:`.SchemaEditor.restates_columns`), and did nothing
    elsewhere; scripts ran everywhere, and so did what they left behind.
    """
    if k.get("table") is None:
        return (stated, *rest), k
    bind = k.get("connection") or k.get("engine")
    table = _table(k["table"], stated, bind, k.get("metadata"))
    k = {n: v for n, v in k.items() if n not in ("table", "metadata")}
    dialect = bind_for(table, bind).dialect
    if editor_for(dialect).restates_columns:
        for attribute in ("type", "nullable", "server_default"):
            k.setdefault(attribute, getattr(stated, attribute))
    if stated.name in table.c:
        return (table.c[stated.name], *rest), k
    # The Table tells perhaps of the time after, and need not change.
    k.setdefault("engine", bind_for(table, bind))
    return (_stand_in(table, stated._copy()), *rest), k


def _stand_in(table: Table, column: Column[Any]) -> Column[Any]:
    """Make ``column`` part of a copy of ``table``, which lacks it."""
    table.to_metadata(MetaData()).append_column(column)
    return column


def _altering(
    delta: ColumnDelta, names: Names, bind: Bind
) -> Iterator[ops.Operation]:
    """Yield the alteration, and what its keys ask for."""
    if delta.operation is not None:
        yield delta.operation
    unnamed = [
        key
        for key in sorted(KEYS & delta.diffs.keys())
        if getattr(names, key) is None
    ]
    if delta.diffs.get("unique") and names.index is not None:
        unnamed = [key for key in unnamed if key != "unique"]
    if unnamed:
        warnings.warn(
            f"alter() leaves {', '.join(unnamed)} of column "
            f"{delta.current_name!r} as the database has it, without "
            + ", ".join(f"{key}_name" for key in unnamed),
            MigrateDeprecationWarning,
            stacklevel=5,
        )
    with binding.connect(bind) as connection:
        yield from key_operations(
            delta.current_column, delta.diffs, names, connection
        )


def rename_table(
    table: Table | str,
    name: str,
    *,
    engine: Bind | None = None,
    connection: Bind | None = None,
    schema: str | None = None,
) -> None:
    """Rename a table; see :func:`.schema.rename_table`."""
    if isinstance(table, str):
        table = Table(table, MetaData(), schema=schema)
    bind = bind_for(table, connection, engine)
    perform(table, [ops.RenameTable(table, name)], bind)


def rename_index(
    index: Index | str,
    name: str,
    *,
    table: Table | str | None = None,
    engine: Bind | None = None,
    connection: Bind | None = None,
) -> None:
    """Rename an index; see :func:`.schema.rename_index`."""
    if isinstance(table, str):
        table = Table(table, MetaData())
    if isinstance(index, str):
        index = _index_of(table, index)
    owner = index.table if table is None else table
    bind = binding.resolve(
        connection,
        engine,
        metadata=None if owner is None else owner.metadata,
        purpose=f"renaming index {index.name!r}",
    )
    perform(owner, [ops.RenameIndex(index, name)], bind)


def _index_of(table: Table | None, name: str) -> Index:
    """Find the table's index; one that it does not know gets a stand-in."""
    if table is None:
        return Index(name)
    known = [each for each in table.indexes if each.name == name]
    return known[0] if known else index_named(name, table)
