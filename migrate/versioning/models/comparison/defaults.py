"""Server defaults: their text, and whether two give the same value."""

from __future__ import annotations

from decimal import Decimal
from decimal import InvalidOperation
from typing import Any

from sqlalchemy import Boolean
from sqlalchemy import String
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import Column
from sqlalchemy.schema import Computed
from sqlalchemy.schema import DefaultClause
from sqlalchemy.schema import Identity
from sqlalchemy.types import TypeEngine

from migrate.versioning.models.comparison.escaping import sql_of
from migrate.versioning.models.comparison.escaping import undoubled
from migrate.versioning.models.comparison.expressions import bare
from migrate.versioning.models.comparison.expressions import same_expression
from migrate.versioning.models.comparison.types import spelled

__all__ = ["default_sql", "is_counting", "same_default"]

_NOW = ("current_timestamp", "getdate", "localtimestamp", "now", "sysdate")
_TRUTH = {"1": "1", "t": "1", "true": "1", "0": "0", "f": "0", "false": "0"}


def default_sql(column: Column[Any], dialect: Dialect) -> str | None:
    """Return the server default as CREATE TABLE spells it."""
    if not isinstance(column.server_default, DefaultClause):
        return None
    argument: Any = column.server_default.arg
    if isinstance(argument, str):
        nothing: Any = None  # as SQLAlchemy itself makes one to ask
        compiler = dialect.ddl_compiler(dialect, nothing)
        return undoubled(
            str(compiler.render_default_string(argument)), dialect
        )
    return sql_of(argument, dialect)


def is_counting(column: Column[Any]) -> bool:
    """Tell whether SQLAlchemy has the database count up this column."""
    table = column.table
    return table is not None and table._autoincrement_column is column


def same_default(
    one: Column[Any], other: Column[Any], dialect: Dialect
) -> bool:
    """Tell whether two columns have the same server default."""
    if _is_left_out(one) or _is_left_out(other):
        return True
    first, second = (default_sql(each, dialect) for each in (one, other))
    first, second = _meant(first), _meant(second)
    if first == second:
        return True
    if first is None or second is None:
        return _counts(first or second, one, other)
    kind = _kind(one.type, dialect), _kind(other.type, dialect)
    values = _value(first, kind), _value(second, kind)
    if None not in values:
        return values[0] == values[1]
    if any(values):
        return False
    if _is_now(first) and _is_now(second):
        return _is_updated(first) == _is_updated(second)
    return same_expression(first, second, ())


def _is_left_out(column: Column[Any]) -> bool:
    """Tell whether what it is filled by is compared elsewhere, or unknown."""
    default = column.server_default
    return default is not None and (
        isinstance(default, (Computed, Identity))
        or not isinstance(default, DefaultClause)
    )


def _meant(sql: str | None) -> str | None:
    plain = None if sql is None else bare(sql)
    return None if plain is None or plain.upper() == "NULL" else plain


def _counts(sql: str | None, *columns: Column[Any]) -> bool:
    """Tell whether it is the sequence of a column that counts."""
    return str(sql).lower().startswith("nextval(") and any(
        is_counting(column) or getattr(column.default, "is_sequence", False)
        for column in columns
    )


def _kind(type_: TypeEngine[Any], dialect: Dialect) -> str:
    if issubclass(type_._type_affinity or object, String):
        return "text"
    spelling = spelled(type_, dialect) or ""
    is_truth = issubclass(type_._type_affinity or object, Boolean)
    return "truth" if is_truth or spelling == "TINYINT(1)" else "other"


def _value(sql: str, kinds: tuple[str, str]) -> object:
    """Return the value of a literal; None if it is an expression.

    >>> _value("'1.50'", ("other", "other")) == _value("1.5", ("", ""))
    True
    """
    text = sql
    if sql[:1] == "'" and sql[-1:] == "'" and len(sql) > 1:
        text = sql[1:-1].replace("''", "'").replace("\\\\", "\\")
        if "text" in kinds:
            return "text", text
    if "truth" in kinds and text.lower() in _TRUTH:
        return "truth", _TRUTH[text.lower()]
    try:
        return "number", Decimal(text.strip())
    except InvalidOperation:
        pass
    if text.lower() in ("true", "false"):
        return "truth", _TRUTH[text.lower()]
    # PostgreSQL and MySQL complete the time of a date.
    moment = text.replace("T", " ").removesuffix(" 00:00:00")
    return None if text is sql else ("text", moment)


def _is_now(sql: str) -> bool:
    return sql.lower().startswith(_NOW)


def _is_updated(sql: str) -> bool:
    return " on update " in sql.lower()
