"""MySQL and MariaDB: a query of information_schema for each kind of object.

Each of them gives rows for :func:`fact_of`.  A name that the server made up
is NULL, and so is not compared; nor is where AUTO_INCREMENT stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from migrate.versioning.picture.base import Fact
from migrate.versioning.picture.base import fact_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["facts"]

_TABLES = """
SELECT CASE t.table_type WHEN 'VIEW' THEN 'view'
       WHEN 'SEQUENCE' THEN 'sequence' ELSE 'table' END AS kind,
       t.table_name AS name, v.view_definition AS definition,
       t.engine AS engine, t.table_collation AS collation,
       t.create_options AS options,
       CASE t.table_type WHEN 'VIEW' THEN NULL ELSE t.table_comment END
         AS comment
FROM information_schema.tables t
LEFT JOIN information_schema.views v
  ON v.table_schema = t.table_schema AND v.table_name = t.table_name
WHERE t.table_schema = DATABASE()
"""
_COLUMNS = """
SELECT 'column' AS kind, c.column_name AS name, c.table_name AS table_name,
       c.column_type AS type,
       CASE c.is_nullable WHEN 'NO' THEN 'no' ELSE 'yes' END AS nullable,
       CASE WHEN c.column_default = '' THEN '(empty)'
            ELSE c.column_default END AS `default`,
       c.extra AS extra, c.collation_name AS collation,
       c.generation_expression AS `generated`, c.column_comment AS comment
FROM information_schema.columns c
JOIN information_schema.tables t
  ON t.table_schema = c.table_schema AND t.table_name = c.table_name
WHERE c.table_schema = DATABASE()
  AND t.table_type NOT IN ('VIEW', 'SEQUENCE')
"""
# An index without a name is called like its first column, or that with a
# number.  One that was made for a foreign key stays when that is dropped.
_INDEXES = """
SELECT CASE index_name WHEN 'PRIMARY' THEN 'primary key' ELSE 'index' END
         AS kind,
       CASE WHEN MAX(made_up) OR index_name = 'PRIMARY' THEN NULL
            ELSE index_name END AS name,
       table_name AS table_name,
       CONCAT(CASE WHEN MAX(non_unique) = 0 AND index_name <> 'PRIMARY'
              THEN 'UNIQUE (' ELSE '(' END,
              GROUP_CONCAT(part ORDER BY seq_in_index SEPARATOR ', '), ')')
         AS definition,
       CASE MAX(index_type) WHEN 'BTREE' THEN NULL ELSE MAX(index_type) END
         AS method,
       MAX(index_comment) AS comment,
       MAX(non_unique) AND MAX(of_key) AS is_implicit
FROM (SELECT table_name AS table_name, index_name AS index_name,
             seq_in_index AS seq_in_index, non_unique AS non_unique,
             index_type AS index_type, index_comment AS index_comment,
             CONCAT(COALESCE(column_name, 'expression'),
                    COALESCE(CONCAT('(', sub_part, ')'), ''),
                    CASE collation WHEN 'D' THEN ' DESC' ELSE '' END) AS part,
             seq_in_index = 1 AND (index_name = column_name
               OR index_name REGEXP CONCAT('^', column_name, '_[0-9]+$'))
               AS made_up,
             EXISTS (SELECT 1 FROM information_schema.key_column_usage k
                     WHERE k.table_schema = DATABASE()
                     AND k.table_name = i.table_name
                     AND k.referenced_table_name IS NOT NULL
                     AND (k.constraint_name = i.index_name
                          OR k.column_name = i.index_name)) AS of_key
      FROM information_schema.statistics i
      WHERE table_schema = DATABASE()) s
GROUP BY table_name, index_name
"""
_FOREIGN_KEYS = """
SELECT 'foreign key' AS kind,
       CASE WHEN k.constraint_name REGEXP '_ibfk_[0-9]+$' THEN NULL
            ELSE k.constraint_name END AS name,
       k.table_name AS table_name,
       CONCAT('(', GROUP_CONCAT(k.column_name
                     ORDER BY k.ordinal_position SEPARATOR ', '),
              ') REFERENCES ', MAX(k.referenced_table_name), ' (',
              GROUP_CONCAT(k.referenced_column_name
                     ORDER BY k.ordinal_position SEPARATOR ', '),
              ') ON UPDATE ', MAX(r.update_rule),
              ' ON DELETE ', MAX(r.delete_rule)) AS definition
FROM information_schema.key_column_usage k
JOIN information_schema.referential_constraints r
  ON r.constraint_schema = k.constraint_schema
  AND r.table_name = k.table_name
  AND r.constraint_name = k.constraint_name
WHERE k.table_schema = DATABASE() AND k.referenced_table_name IS NOT NULL
GROUP BY k.table_name, k.constraint_name
"""
_CHECKS_OF_MARIADB = """
SELECT 'check' AS kind,
       CASE WHEN level = 'Column' OR constraint_name REGEXP '^CONSTRAINT_'
            THEN NULL ELSE constraint_name END AS name,
       table_name AS table_name, check_clause AS definition
FROM information_schema.check_constraints
WHERE constraint_schema = DATABASE()
"""
_CHECKS_OF_MYSQL = """
SELECT 'check' AS kind,
       CASE WHEN t.constraint_name REGEXP '_chk_[0-9]+$' THEN NULL
            ELSE t.constraint_name END AS name,
       t.table_name AS table_name, c.check_clause AS definition
FROM information_schema.table_constraints t
JOIN information_schema.check_constraints c
  ON c.constraint_schema = t.constraint_schema
  AND c.constraint_name = t.constraint_name
WHERE t.table_schema = DATABASE()
"""
_TRIGGERS = """
SELECT 'trigger' AS kind, trigger_name AS name,
       event_object_table AS table_name,
       CONCAT(action_timing, ' ', event_manipulation, ' ', action_statement)
         AS definition
FROM information_schema.triggers WHERE trigger_schema = DATABASE()
"""
_ROUTINES = """
SELECT LOWER(routine_type) AS kind, routine_name AS name,
       dtd_identifier AS returns, routine_definition AS definition,
       routine_comment AS comment
FROM information_schema.routines WHERE routine_schema = DATABASE()
"""
_EVENTS = """
SELECT 'event' AS kind, event_name AS name, event_definition AS definition,
       CONCAT_WS(' ', execute_at, interval_value, interval_field) AS schedule,
       status AS status
FROM information_schema.events WHERE event_schema = DATABASE()
"""
_QUERIES = (
    _TABLES,
    _COLUMNS,
    _INDEXES,
    _FOREIGN_KEYS,
    _TRIGGERS,
    _ROUTINES,
    _EVENTS,
)
_HAS_CHECKS = """
SELECT COUNT(*) FROM information_schema.tables
WHERE table_schema = 'information_schema'
  AND table_name = 'CHECK_CONSTRAINTS'
"""


def facts(connection: Connection) -> list[Fact]:
    """Read the schema."""
    queries = [*_QUERIES, *_check_queries(connection)]
    return [
        fact_of(row)
        for query in queries
        for row in connection.execute(text(query)).mappings()
    ]


def _check_queries(connection: Connection) -> list[str]:
    if not connection.scalar(text(_HAS_CHECKS)):
        return []  # MySQL before 8.0.16 reads checks and forgets them
    if getattr(connection.dialect, "is_mariadb", False):
        return [_CHECKS_OF_MARIADB]
    return [_CHECKS_OF_MYSQL]
