"""What SQLAlchemy took for a statement's part without being told.

Text in WHERE, FROM and the list of columns (1.3 warned, 1.4 refused some),
and a SELECT inside a FROM (1.4 warned).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import TextClause
from sqlalchemy.exc import CompileError
from sqlalchemy.sql import coercions
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnClause

from migrate.legacy.constructs import implicit_subquery
from migrate.legacy.patching import Patch
from migrate.legacy.patching import wrap

__all__ = ["PATCHES"]

_IS_NAME = re.compile(r"\w+$")


def _literal_coercion(
    original: Callable[..., Any],
    self: Any,
    element: Any,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Removed in 1.4; a string stands for SQL text where SQL may stand."""
    if isinstance(element, str) and issubclass(TextClause, self._role_class):
        return TextClause(element)
    return original(self, element, *args, **kwargs)


def where_text(
    original: Callable[..., Any], self: Any, element: str, *args: Any
) -> Any:
    """Removed in 1.4; a string in WHERE, HAVING, ``and_()`` is SQL text."""
    return TextClause(element)


def column_text(
    original: Callable[..., Any], self: Any, element: str, *args: Any
) -> Any:
    """Removed in 1.4; a string among the columns is a name or SQL text."""
    return ColumnClause(element, is_literal=not _IS_NAME.match(element))


def visit_textual_label_reference(
    original: Callable[..., str],
    self: SQLCompiler,
    element: Any,
    *args: Any,
    **kwargs: Any,
) -> str:
    """Removed in 1.4; ORDER BY and GROUP BY of SQL text in a string."""
    try:
        return original(self, element, *args, **kwargs)
    except CompileError:
        kwargs.pop("within_columns_clause", None)
        kwargs.pop("render_label_as_label", None)
        return str(self.process(TextClause(element.element), **kwargs))


def from_select(
    original: Callable[..., Any],
    self: Any,
    element: Any,
    resolved: Any,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Deprecated in 1.4; a SELECT in FROM becomes a subquery by itself."""
    if resolved._is_select_base and not kwargs.get("explicit_subquery"):
        return implicit_subquery(resolved)
    if resolved._is_text_clause:
        return resolved
    return original(self, element, resolved, *args, **kwargs)


PATCHES: list[Patch] = [
    wrap(SQLCompiler, "order_by('a DESC')", visit_textual_label_reference),
    wrap(coercions._NoTextCoercion, "select_from('t')", _literal_coercion),
    wrap(
        coercions._CoerceLiterals,
        "text in a clause",
        where_text,
        "_text_coercion",
    ),
    wrap(
        coercions.WhereHavingImpl,
        "where('a = 1')",
        where_text,
        "_text_coercion",
    ),
    wrap(
        coercions.ColumnsClauseImpl,
        "select(['a', 'count(*)'])",
        column_text,
        "_text_coercion",
    ),
    wrap(
        coercions.FromClauseImpl,
        "select_from(select), join(select, ...)",
        from_select,
        "_implicit_coercions",
    ),
]
