"""Reads the many ways to call ``alter``, and gives one ``AlterColumn``."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import MutableMapping
from typing import Any
from typing import ClassVar

from sqlalchemy import types
from sqlalchemy.schema import Column
from sqlalchemy.schema import ColumnDefault
from sqlalchemy.schema import Computed
from sqlalchemy.schema import DefaultClause
from sqlalchemy.schema import DefaultGenerator
from sqlalchemy.schema import FetchedValue
from sqlalchemy.schema import Identity
from sqlalchemy.schema import MetaData
from sqlalchemy.schema import SchemaItem
from sqlalchemy.schema import Table
from sqlalchemy.sql import quoted_name

from migrate.binding import Bind
from migrate.binding import bind_of
from migrate.binding import running_bind
from migrate.changeset import catalogue
from migrate.changeset import following
from migrate.changeset import operations as ops
from migrate.changeset.listing import column_of
from migrate.exceptions import MigrateDeprecationWarning

__all__ = ["ColumnDelta"]

#: Attributes of ``AlterColumn``.
ALTERABLE = frozenset(
    [
        "autoincrement",
        "comment",
        "computed",
        "identity",
        "name",
        "nullable",
        "server_default",
        "type",
    ]
)
#: Attributes which are an index or constraint, an operation of their own.
KEYS = frozenset(["index", "primary_key", "unique"])
#: Attributes that only the Column is told.
ON_COLUMN_ONLY = frozenset(
    ["default", "doc", "info", "onupdate", "server_onupdate"]
)


class ColumnDelta(MutableMapping[str, Any]):
    """What is to change in a column: attribute name to new value.

    ``ColumnDelta(column, other_column)`` holds what really differs;
    ``ColumnDelta(column, [name], [type], [default], attribute=value)`` and
    ``ColumnDelta('name', ..., table=table)`` hold what is stated, whether it
    differs or not.  ``table`` may be a name, with ``metadata=`` or a bind.

    :param alter_metadata: change the Column itself, at once; else it stays
        as it is and :attr:`result_column` is a changed copy.
    :ivar current_name: the column's name in the database now.
    :ivar table: its Table.
    :ivar diffs: the changes, as a dict.
    :ivar result_column: what the column will be.
    """

    #: What a comparison of two columns looks at.
    diff_keys: ClassVar[tuple[str, ...]] = (
        "name",
        "type",
        "primary_key",
        "nullable",
        "server_onupdate",
        "server_default",
        "autoincrement",
    )

    def __init__(
        self,
        *p: Any,
        table: Table | str | None = None,
        metadata: MetaData | None = None,
        engine: Bind | None = None,
        connection: Bind | None = None,
        alter_metadata: bool = False,
        **changes: Any,
    ) -> None:
        first, *rest = p or (None,)
        if not isinstance(first, (str, Column)):
            raise ValueError("First argument must be column name")
        if (
            isinstance(first, Column)
            and first.table is None
            and table is not None
        ):
            first = first.name  # it means the Table's own
        self.alter_metadata = alter_metadata
        self.using = changes.pop("postgresql_using", None)
        self.current_column = (
            first
            if isinstance(first, Column)
            else _find(first, table, metadata, connection or engine)
        )
        self.table = self.current_column.table
        self.current_name = self.current_column.name
        self.diffs = _read(self.current_column, rest, changes)
        self.result_column = _changed(self.current_column, self.diffs)
        self._after = self.result_column
        if alter_metadata:
            if self.table is None:
                _change(self.current_column, self.diffs)
            elif self.operation is not None:
                following.follow(self.operation)
            self.settle()

    @property
    def operation(self) -> ops.AlterColumn | None:
        """The operation, or None when the database need not be asked."""
        changes = ALTERABLE & self.diffs.keys()
        if not changes:
            return None
        return ops.AlterColumn(
            self.table, self.current_column, self._after, changes, self.using
        )

    def settle(self) -> None:
        """Give the Column the attributes which only it is told."""
        for attribute in self.diffs.keys() & ON_COLUMN_ONLY:
            value = getattr(self._after, attribute)
            setattr(self.current_column, attribute, value)
        self.result_column = self.current_column

    def keys(self) -> Any:
        """Return the names of the changed attributes."""
        return self.diffs.keys()

    def __getitem__(self, key: str) -> Any:
        try:
            return self.diffs[key]
        except KeyError:
            message = f"No such diff key, available: {self.diffs}"
            raise KeyError(message) from None

    def __setitem__(self, key: str, value: Any) -> None:
        self.diffs[key] = value
        self._after = _changed(self.current_column, self.diffs)

    def __delitem__(self, key: str) -> None:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def __iter__(self) -> Iterator[str]:
        raise NotImplementedError

    def __repr__(self) -> str:
        return (
            f"<ColumnDelta altermetadata={self.alter_metadata}, {self.diffs}>"
        )


def _find(
    name: str,
    table: Table | str | None,
    metadata: MetaData | None,
    bind: Bind | None,
) -> Column[Any]:
    """Find the column ``name``, reflecting a table given by name."""
    if table is None:
        raise ValueError("table must be specified for a column given by name")
    if isinstance(table, str):
        bind = bind or bind_of(metadata) or running_bind()
        if bind is None and (metadata is None or table not in metadata.tables):
            raise ValueError(
                "engine or metadata must be specified to reflect tables"
            )
        table = catalogue.reflected(bind, table, metadata)
    return column_of(table, name)


def _read(
    before: Column[Any], positional: list[Any], stated: dict[str, Any]
) -> dict[str, Any]:
    """Bring all forms of a call to attribute and value; stated ones win."""
    changes: dict[str, Any] = {}
    if positional and isinstance(positional[0], Column):
        changes = _differences(before, positional.pop(0))
    changes.update(stated)
    for given in positional:
        value = given
        while _is_factory(value):
            value = value()
        attribute = _attribute_of(value)
        if attribute is not None:
            changes.setdefault(attribute, value)
    if changes.get("computed") is not None and before.server_default:
        # A computed column has no default; it goes first.
        changes = {"server_default": None, **changes}
    for attribute in changes.keys() - ALTERABLE - KEYS - ON_COLUMN_ONLY:
        warnings.warn(
            f"alter() knows no attribute {attribute!r} of a column",
            MigrateDeprecationWarning,
            stacklevel=5,
        )
        del changes[attribute]
    return changes


def _is_factory(value: Any) -> bool:
    return callable(value) and not isinstance(value, SchemaItem)


def _attribute_of(value: Any) -> str | None:
    if isinstance(value, str):
        return "name"
    if isinstance(value, types.TypeEngine):
        return "type"
    if isinstance(value, (Identity, Computed)):
        return type(value).__name__.lower()
    if isinstance(value, FetchedValue):
        return "server_onupdate" if value.for_update else "server_default"
    return None


def _differences(before: Column[Any], wanted: Column[Any]) -> dict[str, Any]:
    return {
        attribute: getattr(wanted, attribute)
        for attribute in ColumnDelta.diff_keys
        if not _is_same(getattr(before, attribute), getattr(wanted, attribute))
    }


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, types.String) and type(one) is type(other):
        return bool(one.length == other.length)
    if isinstance(one, types.TypeEngine):
        return type(one) is type(other)
    return bool(one == other)


def _changed(before: Column[Any], changes: dict[str, Any]) -> Column[Any]:
    """Return a copy of ``before``, part of no table, with ``changes``."""
    after = before._copy()
    _change(after, changes)
    return after


def _change(column: Column[Any], changes: dict[str, Any]) -> None:
    for attribute, value in changes.items():
        _SETTERS.get(attribute, setattr)(column, attribute, value)
    if "type" in changes and not isinstance(column.type, types.Integer):
        column.autoincrement = changes.get("autoincrement", False)


def _set_name(column: Column[Any], _: str, name: str) -> None:
    if column.key == column.name:
        column.key = name
    column.name = quoted_name(name, None)


def _set_type(column: Column[Any], _: str, value: Any) -> None:
    column.type = types.to_instance(value)


def _set_primary_key(column: Column[Any], _: str, value: bool) -> None:
    column.primary_key = value
    column.nullable = column.nullable and not value


def _set_default(column: Column[Any], attribute: str, value: Any) -> None:
    """Set a server default or onupdate; a plain value becomes a clause."""
    for_update = attribute == "server_onupdate"
    if value is not None and not isinstance(value, FetchedValue):
        value = DefaultClause(value, for_update=for_update)
    if isinstance(value, (Identity, Computed)):
        return _set_generated(column, type(value).__name__.lower(), value)
    setattr(column, attribute, value)
    if value is not None:
        value.column = column
    return None


def _set_generated(column: Column[Any], attribute: str, value: Any) -> None:
    """Set or drop an identity or a computed expression.

    SQLAlchemy keeps either in ``server_default`` also.
    """
    if attribute == "identity":
        # Without one it does not begin to count in another way.
        column.autoincrement = "auto" if value is not None else False
    if column.server_default is getattr(column, attribute):
        column.server_default = None
    if attribute == "computed" and column.server_onupdate is column.computed:
        column.server_onupdate = None
    setattr(column, attribute, None)
    if value is not None:
        value._copy()._set_parent_with_dispatch(column)


def _set_client_default(
    column: Column[Any], attribute: str, value: Any
) -> None:
    """Set ``default`` or ``onupdate``, which the database knows nothing of."""
    setattr(column, attribute, None)
    if isinstance(value, DefaultGenerator):
        value._set_parent_with_dispatch(column)
    elif value is not None:
        column_default = ColumnDefault(
            value, for_update=attribute == "onupdate"
        )
        column_default._set_parent_with_dispatch(column)


_SETTERS: dict[str, Callable[[Column[Any], str, Any], None]] = {
    "name": _set_name,
    "type": _set_type,
    "primary_key": _set_primary_key,
    "server_default": _set_default,
    "server_onupdate": _set_default,
    "identity": _set_generated,
    "computed": _set_generated,
    "default": _set_client_default,
    "onupdate": _set_client_default,
}
