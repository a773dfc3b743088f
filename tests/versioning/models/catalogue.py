"""What a database holds, asked by its driver: neither our code nor
SQLAlchemy's reflection takes part."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy.engine import Engine

__all__ = ["everything"]

_EXCLUDED = ("migrate_version", "sqlite_sequence")
_Ask = Callable[..., list[tuple[Any, ...]]]


def everything(engine: Engine) -> set[tuple[Any, ...]]:
    """Return a tuple for each column, key and index; names of keys are left
    out, which the database may choose."""
    raw: Any = engine.raw_connection()
    try:
        cursor = raw.cursor()

        def ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
            cursor.execute(sql, values) if values else cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()]

        return {*_QUESTIONS[engine.dialect.name](ask)}
    finally:
        raw.close()


def _sqlite(ask: _Ask) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for (name,) in ask("SELECT name FROM sqlite_master WHERE type = 'table'"):
        if name in _EXCLUDED:
            continue
        quoted = '"' + name.replace('"', '""') + '"'
        for _, column, type_, notnull, default, key in ask(
            f"PRAGMA table_info({quoted})"
        ):
            required = bool(notnull or key)
            found.append((name, column, type_, required, default, key))
        for _, _, other, one, two, update, delete, _ in ask(
            f"PRAGMA foreign_key_list({quoted})"
        ):
            found.append((name, "fk", one, other, two, update, delete))
        for _, index, unique, origin, partial in ask(
            f"PRAGMA index_list({quoted})"
        ):
            inside = index.replace('"', '""')
            columns = ask(f'PRAGMA index_xinfo("{inside}")')
            parts = tuple((c[2], c[3]) for c in columns if c[5])
            title = index if origin == "c" else origin
            found.append((name, "index", title, unique, partial, parts))
    for name, sql in ask("SELECT name, sql FROM sqlite_master"):
        checks = len(re.findall(r"\bCHECK\b", sql or ""))
        if checks and name not in _EXCLUDED:
            found.append((name, "checks", checks))
    return found


def _postgresql(ask: _Ask) -> list[tuple[Any, ...]]:
    found = ask(
        "SELECT n.nspname, c.relname, a.attname,"
        " format_type(a.atttypid, a.atttypmod), a.attnotnull,"
        " pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated,"
        " col_description(c.oid, a.attnum), obj_description(c.oid)"
        " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " LEFT JOIN pg_attrdef d"
        " ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
        " WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind = 'r'"
        " AND n.nspname !~ '^(pg_|information_schema)'"
    )
    found += ask(
        "SELECT c.relname, k.contype, pg_get_constraintdef(k.oid)"
        " FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
        " WHERE k.contype IN ('p', 'u', 'f', 'c')"
        " AND k.connamespace::regnamespace::text !~ '^(pg_|inform)'"
    )
    found += ask(
        "SELECT tablename, indexname, indexdef FROM pg_indexes"
        " WHERE schemaname !~ '^(pg_|information_schema)'"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    )
    found += ask(
        "SELECT t.typname, string_agg(e.enumlabel, ',' ORDER BY"
        " e.enumsortorder) FROM pg_enum e"
        " JOIN pg_type t ON t.oid = e.enumtypid GROUP BY 1"
    )
    return [row for row in found if not {*row} & {*_EXCLUDED}]


def _mysql(ask: _Ask) -> list[tuple[Any, ...]]:
    found = ask(
        "SELECT table_name, column_name, column_type, is_nullable,"
        " column_default, extra, column_comment, column_key"
        " FROM information_schema.columns WHERE table_schema = DATABASE()"
    )
    found += ask(
        "SELECT table_name, table_comment FROM information_schema.tables"
        " WHERE table_schema = DATABASE()"
    )
    found += ask(
        "SELECT k.table_name, k.column_name, k.referenced_table_name,"
        " k.referenced_column_name, r.update_rule, r.delete_rule"
        " FROM information_schema.key_column_usage k"
        " JOIN information_schema.referential_constraints r"
        " ON r.constraint_name = k.constraint_name"
        " AND r.constraint_schema = k.constraint_schema"
        " AND r.table_name = k.table_name"
        " WHERE k.table_schema = DATABASE()"
    )
    found += ask(
        "SELECT table_name, GROUP_CONCAT(column_name ORDER BY seq_in_index),"
        " non_unique FROM information_schema.statistics"
        " WHERE table_schema = DATABASE() GROUP BY table_name, index_name,"
        " non_unique"
    )
    found += ask(
        "SELECT table_name, check_clause"
        " FROM information_schema.check_constraints"
        " WHERE constraint_schema = DATABASE()"
    )
    return [row for row in found if row[0] not in _EXCLUDED]


_QUESTIONS = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "mysql": _mysql,
    "mariadb": _mysql,
}
