"""Which tables a statement may change, told from its text.

The rule is that of doubt: what is not known to be harmless may change any.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from migrate.sqltext.kind import only_reads

__all__ = [
    "ALL",
    "NOTHING",
    "Effect",
    "calls_unknown",
    "changes_nothing",
    "effect_of",
    "reads_pragma",
]


class Effect(NamedTuple):
    """What a statement may do to the definitions of tables.

    :ivar table: the one it may change, in lower case, without schema and
        quotes; empty if none.
    :ivar is_remade: the table is another one now, or its columns have other
        names.
    :ivar index_name: one that is gone or has another name, in lower case; of a
        table that the statement does not name.
    :ivar makes_type: there is a type more.
    """

    table: str = ""
    is_remade: bool = False
    index_name: str = ""
    makes_type: bool = False


NOTHING = Effect()
#: Any table may be another one now.
ALL = Effect("*", is_remade=True)

_FIRST_WORD = re.compile(
    r"\s*(?:SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|SHOW|DESCRIBE"
    r"|SAVEPOINT|RELEASE)\b",
    re.IGNORECASE,
)
_READING_PRAGMA = re.compile(
    r"\s*PRAGMA\s+(?:\w+\.)?(?:table_x?info|index_x?info|index_list"
    r"|foreign_key_list|table_list)\(|\s*PRAGMA\s+(?:\w+\.)?\w+\s*\Z",
    re.IGNORECASE,
)
# From the beginning of each name: to try each of its letters takes long.
_CALL = re.compile(r"(?<![\w.])([\w.]+)\s*\(")
_HARMLESS_CALLS = frozenset(
    {
        "abs",
        "and",
        "any",
        "array",
        "array_agg",
        "as",
        "avg",
        "bool_and",
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
        "current_setting",
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
        "json_build_object",
        "into",
        "join",
        "lateral",
        "length",
        "limit",
        "lower",
        "max",
        "min",
        "nextval",
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
_INSERT = re.compile(
    r"\s*INSERT\s+INTO\s+[^\s(]+(?:\s*\(|\s+(?=VALUES\b|SELECT\b))",
    re.IGNORECASE,
)
_INTO = re.compile(r"\bINTO\b", re.IGNORECASE)


# A table's name; before it may stand that of its schema.
_NAME = (
    r'(?:(?:"[^"]+"|`[^`]+`|\w+)\.)?'
    r'(?P<table>"[^".]+"|`[^`.]+`|\w+)(?=[\s(]|\Z)'
)
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
_REMAKES = re.compile(
    r"\s*(?:(?:CREATE|DROP)\s+TABLE\b|ALTER\s+TABLE\b.*\bRENAME\b)",
    re.IGNORECASE | re.DOTALL,
)
_RENAMES_COLUMN = re.compile(
    r"\bRENAME\s+(?:COLUMN\s+)?(?!TO\b)\S+\s+TO\b", re.IGNORECASE
)
# Of an index alone, as PostgreSQL and SQLite have it.
_CHANGES_INDEX = re.compile(
    rf"\s*(?:DROP\s+INDEX\s+(?:IF\s+EXISTS\s+)?{_NAME}\s*;?\s*\Z"
    rf"|ALTER\s+INDEX\s+{_NAME.replace('<table>', '<index>')}"
    r"\s+RENAME\s+TO\s+\S+\s*\Z)",
    re.IGNORECASE,
)
_MAKES_TYPE = re.compile(
    rf"\s*CREATE\s+TYPE\s+{_NAME}\s+AS\s+ENUM\s*\(", re.IGNORECASE
)
# What other tables show, or what has tables of its own.
_REACHES_OTHERS = re.compile(
    r"\b(?:RENAME|CASCADE|ATTACH|DETACH|INHERITS?|PARTITIONS?|EXCHANGE"
    r"|SET\s+SCHEMA|IN\s+TABLESPACE|LIKE|OF|SELECT|WITH|EXECUTE)\b|\A\s*,",
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
def effect_of(sql: str) -> Effect:
    """Return what ``sql`` may do to tables; changed rows do not count.

    Several statements in one text may change all, and so does a call of a
    function which is not known: on PostgreSQL that may do anything.

    >>> effect_of("SELECT a, count(*) FROM t WHERE b IN (1, 2)") == NOTHING
    True
    >>> effect_of('ALTER TABLE "a b".T ADD c INTEGER') == Effect("t")
    True
    >>> effect_of("SELECT AddGeometryColumn('t', 'g')") is ALL
    True
    >>> effect_of("ALTER TABLE t RENAME TO u") is ALL
    True
    """
    if ";" in sql.rstrip("; \n"):
        return ALL
    if _leaves_tables_alone(sql):
        return NOTHING
    found = _CHANGES_ONE.match(sql)
    if found is None:
        return _effect_on_no_table(sql)
    if _reaches_others(found["rest"]):
        return ALL
    return Effect(
        _bare(found["table"]), is_remade=_REMAKES.match(sql) is not None
    )


def _effect_on_no_table(sql: str) -> Effect:
    if index := _CHANGES_INDEX.match(sql):
        return Effect(index_name=_bare(index["table"] or index["index"]))
    return Effect(makes_type=True) if _MAKES_TYPE.match(sql) else ALL


def _bare(name: str) -> str:
    return name.strip('"`').lower()


def calls_unknown(sql: str) -> bool:
    """Tell whether it calls a function that may do anything.

    >>> calls_unknown("SELECT max(a) FROM t"), calls_unknown("SELECT f()")
    (False, True)
    """
    return not _calls_harmless(sql)


@lru_cache(maxsize=256)
def changes_nothing(sql: str) -> bool:
    """Tell whether it reads, or begins or ends a transaction, and no more.

    >>> changes_nothing("SELECT max(a) FROM t"), changes_nothing("SELECT f()")
    (True, False)
    """
    return only_reads(sql) and not calls_unknown(sql)


def _reaches_others(rest: str) -> bool:
    rest = _RENAMES_COLUMN.sub("", rest)
    computed = _COMPUTED.search(rest)
    return (
        _REACHES_OTHERS.search(_FOREIGN_KEY_ACTION.sub("", rest)) is not None
        or any(old != new for old, new in _CHANGE_COLUMN.findall(rest))
        or (computed is not None and not _calls_harmless(computed[1]))
    )


def _leaves_tables_alone(sql: str) -> bool:
    if _CATALOGUE.search(sql):
        return False
    if reads_pragma(sql):
        return True
    if not _FIRST_WORD.match(sql):
        return False
    sql, inserts = _INSERT.subn("(", sql, count=1)
    if not inserts and _INTO.search(sql):
        return False
    return _calls_harmless(sql)


def reads_pragma(sql: str) -> bool:
    """Tell whether this is one of SQLite's questions, that changes nothing.

    >>> reads_pragma("PRAGMA main.table_info(t)")
    True
    >>> reads_pragma("PRAGMA foreign_keys = ON")
    False
    """
    return _READING_PRAGMA.match(sql) is not None


def _calls_harmless(sql: str) -> bool:
    return all(_is_harmless(name.lower()) for name in _CALL.findall(sql))


def _is_harmless(name: str) -> bool:
    return name in _HARMLESS_CALLS or name.startswith(("pg_catalog.", "pg_"))
