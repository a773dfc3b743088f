"""Which tables a statement may change, told from its text.

The rule is that of doubt: what is not known to be harmless may change any.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["ALL", "changed_tables"]

#: What a statement changes that may change any table.
ALL = frozenset({"*"})

_FIRST_WORD = re.compile(
    r"\s*(?:SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|SHOW|DESCRIBE"
    r"|SAVEPOINT|RELEASE\s+SAVEPOINT)\b",
    re.IGNORECASE,
)
_READING_PRAGMA = re.compile(
    r"\s*PRAGMA\s+(?:\w+\.)?(?:table_x?info|index_x?info|index_list"
    r"|foreign_key_list|table_list)\(|\s*PRAGMA\s+(?:\w+\.)?\w+\s*\Z",
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
# Rows that are the schema (SQLite).
_CATALOGUE = re.compile(
    r"(?:UPDATE|DELETE\s+FROM|INSERT\s+INTO)\s+\S*sqlite_(?:master|schema)",
    re.IGNORECASE,
)
# The name of the table, which looks like that of a function.
_INSERT = re.compile(r"\s*INSERT\s+INTO\s+[^\s(]+\s*\(", re.IGNORECASE)
_INTO = re.compile(r"\bINTO\b", re.IGNORECASE)


# A table's name, in group 1; before it may stand that of its schema.
_NAME = r'(?:(?:"[^"]+"|`[^`]+`|\w+)\.)?("[^".]+"|`[^`.]+`|\w+)(?=[\s(]|\Z)'
_CHANGES_ONE = re.compile(
    r"\s*(?:"
    r"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    r"|DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?"
    r"|ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?"
    r"|CREATE\s+(?:UNIQUE\s+)?INDEX\s+[^\s.(]+\s+ON\s+(?:ONLY\s+)?"
    r"|DROP\s+INDEX\s+[^\s.(]+\s+ON\s+"
    rf"){_NAME}(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
# What other tables show, or what has tables of its own.
_REACHES_OTHERS = re.compile(
    r"\b(?:RENAME|CASCADE|ATTACH|DETACH|INHERITS?|PARTITIONS?|EXCHANGE"
    r"|SCHEMA|LIKE|OF|SELECT|WITH|EXECUTE)\b|\A\s*,",
    re.IGNORECASE,
)
_FOREIGN_KEY_ACTION = re.compile(
    r"\bON\s+(?:DELETE|UPDATE)\s+CASCADE\b", re.IGNORECASE
)
# What may be computed for each row there is.
_COMPUTED = re.compile(r"\b(?:DEFAULT|USING|AS)\b(.*)", re.I | re.DOTALL)
# MySQL: gives a column a new definition, and maybe a new name.
_CHANGE_COLUMN = re.compile(
    r"\bCHANGE\s+(?:COLUMN\s+)?(\S+)\s+(\S+)", re.IGNORECASE
)


@lru_cache(maxsize=256)
def changed_tables(sql: str) -> frozenset[str]:
    """Return the names of the tables that ``sql`` may change, or :data:`ALL`.

    In lower case, without schema and quotes.  Of rows it does not speak.
    Several statements in one text may change all, and so does a call of a
    function which is not known: on PostgreSQL that may do anything.

    >>> changed_tables("SELECT a, count(*) FROM t WHERE b IN (1, 2)")
    frozenset()
    >>> changed_tables('ALTER TABLE "a b".T ADD c INTEGER')
    frozenset({'t'})
    >>> changed_tables("SELECT AddGeometryColumn('t', 'g')") is ALL
    True
    >>> changed_tables("ALTER TABLE t RENAME a TO b") is ALL
    True
    """
    if ";" in sql:
        return ALL
    if _leaves_tables_alone(sql):
        return frozenset()
    found = _CHANGES_ONE.match(sql)
    if found is None or _reaches_others(found["rest"]):
        return ALL
    return frozenset({found[1].strip('"`').lower()})


def _reaches_others(rest: str) -> bool:
    computed = _COMPUTED.search(rest)
    return (
        _REACHES_OTHERS.search(_FOREIGN_KEY_ACTION.sub("", rest)) is not None
        or any(old != new for old, new in _CHANGE_COLUMN.findall(rest))
        or (computed is not None and not _calls_harmless(computed[1]))
    )


def _leaves_tables_alone(sql: str) -> bool:
    if _CATALOGUE.search(sql):
        return False
    if _READING_PRAGMA.match(sql):
        return True
    if not _FIRST_WORD.match(sql):
        return False
    sql, inserts = _INSERT.subn("(", sql, count=1)
    if not inserts and _INTO.search(sql):
        return False
    return _calls_harmless(sql)


def _calls_harmless(sql: str) -> bool:
    return all(_is_harmless(name.lower()) for name in _CALL.findall(sql))


def _is_harmless(name: str) -> bool:
    return name in _HARMLESS_CALLS or name.startswith(("pg_catalog.", "pg_"))
