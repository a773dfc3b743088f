"""INSERT, UPDATE and DELETE, as 1.x let them be built."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.sql import _dml_constructors as dml
from sqlalchemy.sql.selectable import TableClause

from migrate.legacy.arguments import listed
from migrate.legacy.arguments import set_statement_bind
from migrate.legacy.patching import Patch
from migrate.legacy.patching import in_place
from migrate.legacy.patching import wrap

__all__ = ["PATCHES"]


def insert(
    original: Callable[..., Any],
    table: Any,
    values: Any = None,
    inline: bool = False,
    **kwargs: Any,
) -> Any:
    """Removed in 2.0; ``values=`` and ``inline=``."""
    return _with_dml(original(table), None, values, inline, **kwargs)


def update(
    original: Callable[..., Any],
    table: Any,
    whereclause: Any = None,
    values: Any = None,
    inline: bool = False,
    **kwargs: Any,
) -> Any:
    """Removed in 2.0; ``whereclause``, ``values=`` and ``inline=``."""
    return _with_dml(original(table), whereclause, values, inline, **kwargs)


def delete(
    original: Callable[..., Any],
    table: Any,
    whereclause: Any = None,
    **kwargs: Any,
) -> Any:
    """Removed in 2.0; ``whereclause``."""
    return _with_dml(original(table), whereclause, None, False, **kwargs)


def _with_dml(
    statement: Any,
    whereclause: Any,
    values: Any,
    inline: bool,
    *,
    bind: Any = None,
    prefixes: Any = None,
    returning: Any = None,
    return_defaults: Any = False,
    preserve_parameter_order: bool = False,
    **dialect_options: Any,
) -> Any:
    if whereclause is not None:
        statement = statement.where(whereclause)
    if values is not None and preserve_parameter_order:
        statement = statement.ordered_values(*values)
    elif values is not None:
        statement = statement.values(values)
    if inline:
        statement = statement.inline()
    for prefix in listed(prefixes):
        statement = statement.prefix_with(prefix)
    if returning is not None:
        statement = statement.returning(*listed(returning))
    if return_defaults:
        columns = [] if return_defaults is True else listed(return_defaults)
        statement = statement.return_defaults(*columns)
    if dialect_options:
        statement = statement.with_dialect_options(**dialect_options)
    return set_statement_bind(statement, bind)


PATCHES: list[Patch] = [
    in_place(dml.insert, "insert(table, values=, inline=)", insert),
    in_place(dml.update, "update(table, whereclause, values=)", update),
    in_place(dml.delete, "delete(table, whereclause)", delete),
    wrap(TableClause, "table.insert(values=, inline=)", insert),
    wrap(TableClause, "table.update(whereclause, values=)", update),
    wrap(TableClause, "table.delete(whereclause)", delete),
]
