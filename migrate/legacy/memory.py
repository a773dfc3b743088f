"""What a step knows of the database, until a statement may have changed it.

The rule is that of doubt: whatever takes a cursor empties the memory, and only
a statement that is known to leave every table as it is brings it back.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from typing import TypeVar

from sqlalchemy import inspect
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.engine.reflection import ObjectKind
from sqlalchemy.engine.reflection import ObjectScope

__all__ = ["Memory", "leaves_tables_alone"]

_T = TypeVar("_T")

_FIRST_WORD = re.compile(
    r"\s*(?:SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|SHOW|DESCRIBE"
    r"|SAVEPOINT|RELEASE\s+SAVEPOINT)\b",
    re.IGNORECASE,
)
_READING_PRAGMA = re.compile(
    r"\s*PRAGMA\s+(?:\w+\.)?(?:table_x?info|index_x?info|index_list"
    r"|foreign_key_list|table_list)\(",
    re.IGNORECASE,
)
_CALL = re.compile(r"([\w.]+)\s*\(")
_HARMLESS_CALLS = frozenset(
    {
        "abs",
        "and",
        "any",
        "array",
        "array_agg",
        "as",
        "avg",
        "by",
        "case",
        "cast",
        "char",
        "char_length",
        "character",
        "coalesce",
        "concat",
        "count",
        "current_date",
        "current_timestamp",
        "decimal",
        "distinct",
        "else",
        "exists",
        "filter",
        "from",
        "generate_subscripts",
        "generate_series",
        "group",
        "having",
        "ifnull",
        "in",
        "int",
        "into",
        "join",
        "lateral",
        "length",
        "limit",
        "lower",
        "max",
        "min",
        "not",
        "now",
        "nullif",
        "numeric",
        "on",
        "or",
        "over",
        "replace",
        "row_number",
        "select",
        "set",
        "some",
        "string_agg",
        "substr",
        "substring",
        "sum",
        "table",
        "then",
        "trim",
        "union",
        "unnest",
        "upper",
        "values",
        "varchar",
        "when",
        "where",
        "with",
        "xor",
    }
)
# The name of the table, which looks like that of a function.
_INSERT = re.compile(r"\s*INSERT\s+INTO\s+[^\s(]+\s*\(", re.IGNORECASE)
_INTO = re.compile(r"\bINTO\b", re.IGNORECASE)


@lru_cache(maxsize=256)
def leaves_tables_alone(sql: str) -> bool:
    """Whether ``sql`` surely changes no table's definition.

    Not: several statements in one text, or a call of a function which is
    not known -- that may do anything on PostgreSQL.

    >>> leaves_tables_alone("SELECT a, count(*) FROM t WHERE b IN (1, 2)")
    True
    >>> leaves_tables_alone("SELECT AddGeometryColumn('t', 'g')")
    False
    >>> leaves_tables_alone("SELECT 1; DROP TABLE t")
    False
    """
    if ";" in sql:
        return False
    if _READING_PRAGMA.match(sql):
        return True
    if not _FIRST_WORD.match(sql):
        return False
    sql, inserts = _INSERT.subn("(", sql, count=1)
    if not inserts and _INTO.search(sql):
        return False
    return all(_is_harmless(name.lower()) for name in _CALL.findall(sql))


def _is_harmless(name: str) -> bool:
    return name in _HARMLESS_CALLS or name.startswith(("pg_catalog.", "pg_"))


class _Copies(dict[Any, Any]):
    """Gives copies, so that a Table may do as it likes with what it gets."""

    def __getitem__(self, key: Any) -> Any:
        return copy.deepcopy(super().__getitem__(key))

    def get(self, key: Any, default: Any = None) -> Any:
        """Return a copy of a value."""
        if key not in self:
            return default
        return self[key]


class Memory:
    """Reflection on one connection, as long as it is true."""

    def __init__(self) -> None:
        self._known: dict[str | None, Any] = {}
        self._asked: dict[str | None, set[str]] = {}
        self._doubts = 0

    def doubt(self) -> None:
        """Forget all: somebody may change the database now."""
        self._doubts += 1
        self._known = {}
        self._asked = {}

    def keeping(
        self, run: Callable[[], _T], is_known: Callable[[_T], bool]
    ) -> _T:
        """Run one statement; if it is known to be harmless, forget nothing."""
        before, known, asked = self._doubts, self._known, self._asked
        result = run()
        if self._doubts == before + 1 and is_known(result):
            self._known, self._asked = known, asked
        return result

    def reflection(
        self, bind: Engine | Connection, name: str, schema: str | None
    ) -> Any:
        """Give what is known of tables, for SQLAlchemy to read and add to.

        The first table of a schema is read alone; the second has the whole
        schema read, where that takes no more statements than one table.
        """
        inspector = inspect(bind)
        asked = {*self._asked.get(schema, ()), name}
        info = self._known.get(schema)
        if info is None or (schema, name) not in info.columns:
            whole = len(asked) > 1 and inspector.dialect._overrides_default(
                "get_multi_columns"
            )
            info = _read(inspector, schema, None if whole else [name], info)
        self._known[schema], self._asked[schema] = info, asked
        return info


def _read(
    inspector: Any, schema: str | None, names: list[str] | None, known: Any
) -> Any:
    info = inspector._get_reflection_info(
        schema,
        filter_names=names,
        kind=ObjectKind.ANY,
        scope=ObjectScope.ANY,
        _reflect_info=known,
    )
    for field, tables in vars(info).items():
        if not isinstance(tables, _Copies):
            setattr(info, field, _Copies(tables or {}))
    return info
