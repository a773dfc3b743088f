"""Rows as mappings.

Access that 2.x refuses works on every row while a scope is open.  Where both
generations accept a form and mean different things (``'name' in row``), the
meaning is 1.4's for a running change script only, told by the context.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.engine import Row
from sqlalchemy.engine.row import BaseRow

from migrate import binding
from migrate.legacy.patching import Patch
from migrate.legacy.patching import add
from migrate.legacy.patching import wrap

__all__ = ["PATCHES"]

_by_place: Callable[[Row[Any], Any], Any] = vars(BaseRow)["__getitem__"]


def get_value(self: Row[Any], key: Any) -> Any:
    """Removed in 2.0; a value by column name or column object."""
    if isinstance(key, (int, slice)):
        return _by_place(self, key)
    return self._mapping[key]


def keys(self: Row[Any]) -> list[str]:
    """Removed in 2.0; the names of the columns."""
    return [str(name) for name in self._fields]


def values(self: Row[Any]) -> list[Any]:
    """Removed in 2.0; the values, in the order of the columns."""
    return list(self)


def items(self: Row[Any]) -> list[tuple[str, Any]]:
    """Removed in 2.0; pairs of name and value."""
    return list(zip(self._fields, self, strict=False))


def has_key(self: Row[Any], key: Any) -> bool:
    """Removed in 2.0; whether the row has a column of that name."""
    return key in self._mapping


class _Method:
    """A method that leaves room for a column of the same name.

    2.x gives the column, so the method is for those rows which have none,
    and for running change scripts.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self._function = function

    def __get__(self, row: Row[Any] | None, owner: type) -> Any:
        if row is None:
            return self
        name = self._function.__name__
        if name in row._fields and binding.running_bind() is None:
            return row._mapping[name]
        return self._function.__get__(row, owner)


def has_value(original: Callable[..., bool], self: Row[Any], key: Any) -> bool:
    """2.0 looks among the values; in a change script, among the names."""
    if binding.running_bind() is None:
        return original(self, key)
    return key in self._mapping


PATCHES: list[Patch] = [
    add(Row, "row['name'], row[table.c.name]", get_value, "__getitem__"),
    wrap(Row, "'name' in row", has_value, "__contains__"),
    *(
        add(Row, f"row.{function.__name__}()", _Method(function))
        for function in (keys, values, items, has_key)
    ),
]
