"""SQL text inside a Table: the columns it mentions, and their new names.

Checks, computed columns, and the expressions and conditions of indexes may
be given as text, and reflection always gives text.  What is built of Column
objects follows a rename by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import TextClause
from sqlalchemy import literal_column
from sqlalchemy import text
from sqlalchemy.schema import CheckConstraint
from sqlalchemy.schema import Column
from sqlalchemy.schema import Index
from sqlalchemy.schema import Table
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnClause

__all__ = ["index_mentions", "mentions", "rename_in_texts"]

_TOKEN = re.compile(
    r"""
      '(?:[^']|'')*'                        # a string
    | "(?:[^"]|"")*" | `(?:[^`]|``)*`       # a quoted name
    | (?<![\w$.]) [^\W\d][\w$]* (?![\w$(])  # a name, of no function
    """,
    re.VERBOSE,
)


def mentions(element: Any, column: Column[Any]) -> bool:
    """Tell whether an expression or its text mentions ``column``."""
    if isinstance(element, str):
        return _names(element, column.name)
    return isinstance(element, ClauseElement) and any(
        each is column or _names(_text_of(each), column.name)
        for each in visitors.iterate(element)
    )


def index_mentions(index: Index, column: Column[Any]) -> bool:
    """Tell whether an expression or the condition mentions ``column``.

    Not whether it is one of the columns that the index has by itself.
    """
    return any(
        mentions(each, column)
        for each in (*index.expressions, *index.dialect_kwargs.values())
        if each is not column
    )


def rename_in_texts(table: Table, before: str, after: str, name: str) -> None:
    """Rename a column in all that is given as text.

    :param after: the new name.
    :param name: the same, quoted for the database where that is needed.
    """

    def reword(element: Any) -> Any:
        return _reworded(element, before, name)

    holders: list[Any] = [
        *(c for c in table.constraints if isinstance(c, CheckConstraint)),
        *(each.computed for each in table.c if each.computed is not None),
    ]
    for holder in holders:
        holder.sqltext = reword(holder.sqltext)
        if before in getattr(holder, "colnames", ()):
            holder.colnames = [
                after if each == before else each for each in holder.colnames
            ]
    for index in table.indexes:
        _reword_index(index, before, after, reword)


def _reword_index(
    index: Index, before: str, after: str, reword: Callable[[Any], Any]
) -> None:
    index.expressions = [reword(each) for each in index.expressions]
    for option, value in [*index.dialect_kwargs.items()]:
        changed: Any = reword(value)
        if isinstance(value, str) and not option.endswith("_where"):
            changed = value  # a method of access, a tablespace
        elif isinstance(value, dict):  # operator classes, lengths
            changed = {
                after if key == before else key: each
                for key, each in value.items()
            }
        elif isinstance(value, list):  # included columns
            changed = [after if each == before else each for each in value]
        if changed is not value:
            index.dialect_kwargs[option] = changed


def _reworded(element: Any, before: str, name: str) -> Any:
    if isinstance(element, str):
        return _renamed(element, before, name)
    if not isinstance(element, ClauseElement) or not any(
        _names(_text_of(each), before) for each in visitors.iterate(element)
    ):
        return element

    def exchange(each: Any, **options: object) -> Any:
        said = _text_of(each)
        if said is None or not _names(said, before):
            return None
        said = _renamed(said, before, name)
        if isinstance(each, TextClause):
            return text(said).bindparams(*each._bindparams.values())
        return literal_column(said, each.type)

    traverse: Any = visitors.replacement_traverse
    return traverse(element, {}, exchange)


def _text_of(element: Any) -> str | None:
    if isinstance(element, TextClause):
        return element.text
    if isinstance(element, ColumnClause) and element.is_literal:
        return str(element.name)
    return None


def _names(said: str | None, name: str) -> bool:
    return said is not None and any(
        _is_name(match.group(), name) for match in _TOKEN.finditer(said)
    )


def _renamed(said: str, before: str, name: str) -> str:
    """Exchange a name in SQL text, but not inside strings.

    A colon is written with a backslash there, or it begins a parameter.
    """
    escaped = re.sub(r"(?<!\\):", r"\\:", name)
    return _TOKEN.sub(
        lambda match: (
            escaped if _is_name(match.group(), before) else match.group()
        ),
        said,
    )


def _is_name(token: str, name: str) -> bool:
    """Tell whether a token is the name; in capitals it is so unquoted."""
    if token[0] == "'":
        return False
    if token[0] in '"`':
        quoted = token[1:-1].replace(token[0] * 2, token[0])
        return quoted.replace("\\:", ":") == name
    return token in (name, name.lower()) or token.lower() == name
