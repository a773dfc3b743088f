"""PostgreSQL: a query of pg_catalog for each kind of object.

Each of them gives rows for :func:`fact_of`.  A name that PostgreSQL made up
(it ends as in the manual's CREATE TABLE: ``_pkey``, ``_key1``, ...) is NULL,
and so is not compared; nor is where a sequence stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from migrate.versioning.picture.base import Fact
from migrate.versioning.picture.base import fact_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["facts"]

# Objects of extensions are the extension's affair.
_OURS = """
  n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.deptype = 'e'
                  AND e.classid = '{catalog}'::regclass
                  AND e.objid = {oid})
"""
_NAME = "CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || "

_SCHEMAS = """
SELECT 'schema' AS kind, n.nspname AS name,
       obj_description(n.oid, 'pg_namespace') AS comment
FROM pg_namespace n
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""
_EXTENSIONS = """
SELECT 'extension' AS kind, extname AS name, extversion AS version
FROM pg_extension
"""
_RELATIONS = """
SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
       WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind,
       {name} c.relname AS name,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END
         AS definition,
       CASE c.relpersistence WHEN 'u' THEN 'yes' END AS unlogged,
       CASE WHEN c.relrowsecurity THEN 'yes' END AS row_security,
       CASE WHEN c.relforcerowsecurity THEN 'yes' END AS forced_row_security,
       array_to_string(c.reloptions, ', ') AS options,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END
         AS partitions,
       pg_get_expr(c.relpartbound, c.oid) AS partition,
       (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY inhseqno)
        FROM pg_inherits i WHERE i.inhrelid = c.oid) AS parents,
       obj_description(c.oid, 'pg_class') AS comment
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {ours}
"""
_COLUMNS = """
SELECT 'column' AS kind, a.attname AS name, {name} c.relname AS table_name,
       format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN a.attnotnull THEN 'no' ELSE 'yes' END AS nullable,
       CASE WHEN EXISTS
            (SELECT FROM pg_depend u
             JOIN pg_class s ON s.oid = u.refobjid AND s.relkind = 'S'
             JOIN pg_depend o ON o.classid = 'pg_class'::regclass
               AND o.objid = s.oid AND o.refobjid = c.oid
               AND o.refobjsubid = a.attnum AND o.deptype = 'a'
             WHERE u.classid = 'pg_attrdef'::regclass AND u.objid = d.oid
             AND s.relname ~ '_seq\\d*$')
            THEN 'nextval(its sequence)'
            ELSE pg_get_expr(d.adbin, d.adrelid) END AS "default",
       CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default'
       END AS identity,
       CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual'
       END AS generated,
       (SELECT o.collname FROM pg_collation o
        WHERE o.oid = a.attcollation AND o.oid <> t.typcollation)
         AS collation,
       CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END
         AS storage,
       col_description(c.oid, a.attnum) AS comment
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped
  AND c.relkind IN ('r', 'p', 'f') AND {ours}
"""
# NOT NULL, a constraint by itself from 18 on, is a detail of the column.
_CONSTRAINTS = """
SELECT 'constraint' AS kind,
       CASE WHEN k.conname ~ '_(pkey|key|fkey|check|excl)\\d*$' THEN NULL
            ELSE k.conname END AS name,
       {name} c.relname AS table_name,
       pg_get_constraintdef(k.oid) AS definition,
       obj_description(k.oid, 'pg_constraint') AS comment
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND {ours}
"""
_INDEXES = """
SELECT 'index' AS kind,
       CASE WHEN x.relname ~ '_(idx|key|pkey)\\d*$' THEN NULL
            ELSE x.relname END AS name,
       {name} c.relname AS table_name,
       regexp_replace(pg_get_indexdef(i.indexrelid),
                      ' INDEX .* ON (ONLY )?[^ ]+ USING ', ' INDEX USING ')
         AS definition,
       CASE WHEN NOT i.indisvalid THEN 'yes' END AS invalid,
       CASE WHEN i.indisreplident THEN 'yes' END AS replica_identity,
       array_to_string(x.reloptions, ', ') AS options,
       obj_description(x.oid, 'pg_class') AS comment
FROM pg_index i
JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {ours} AND NOT EXISTS
  (SELECT FROM pg_constraint k
   WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
"""
_TRIGGERS = """
SELECT 'trigger' AS kind, t.tgname AS name, {name} c.relname AS table_name,
       pg_get_triggerdef(t.oid) AS definition,
       CASE WHEN t.tgenabled <> 'O' THEN t.tgenabled::text END AS enabled,
       obj_description(t.oid, 'pg_trigger') AS comment
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND {ours}
"""
_RULES = """
SELECT 'rule' AS kind, r.rulename AS name, {name} c.relname AS table_name,
       pg_get_ruledef(r.oid) AS definition
FROM pg_rewrite r
JOIN pg_class c ON c.oid = r.ev_class
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN' AND {ours}
"""
_POLICIES = """
SELECT 'policy' AS kind, p.polname AS name, {name} c.relname AS table_name,
       p.polcmd::text AS command, p.polpermissive AS permissive,
       (SELECT string_agg(r::regrole::text, ', ') FROM unnest(p.polroles) r)
         AS roles,
       pg_get_expr(p.polqual, p.polrelid) AS using,
       pg_get_expr(p.polwithcheck, p.polrelid) AS with_check
FROM pg_policy p
JOIN pg_class c ON c.oid = p.polrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {ours}
"""
_SEQUENCES = """
SELECT 'sequence' AS kind,
       CASE WHEN o.oid IS NOT NULL AND c.relname ~ '_seq\\d*$' THEN a.attname
            ELSE {name} c.relname END AS name,
       CASE WHEN o.oid IS NOT NULL THEN {owner} o.relname END AS table_name,
       format_type(s.seqtypid, NULL) AS type, s.seqincrement AS increment,
       s.seqmin AS minimum, s.seqmax AS maximum, s.seqstart AS start,
       s.seqcache AS cache, s.seqcycle AS cycle,
       obj_description(c.oid, 'pg_class') AS comment
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass
     AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
     AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_class o ON o.oid = d.refobjid
LEFT JOIN pg_namespace m ON m.oid = o.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum = d.refobjsubid
WHERE {ours}
"""
_TYPES = """
SELECT CASE t.typtype WHEN 'e' THEN 'enum type' WHEN 'd' THEN 'domain'
       WHEN 'r' THEN 'range type' ELSE 'type' END AS kind,
       {name} t.typname AS name,
       (SELECT string_agg(quote_literal(l.enumlabel), ', '
                          ORDER BY l.enumsortorder)
        FROM pg_enum l WHERE l.enumtypid = t.oid) AS labels,
       (SELECT string_agg(a.attname || ' '
                          || format_type(a.atttypid, a.atttypmod), ', '
                          ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = t.typrelid
        AND NOT a.attisdropped) AS attributes,
       CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod)
       END AS base,
       t.typdefault AS "default",
       CASE WHEN t.typnotnull THEN 'no' END AS nullable,
       (SELECT string_agg(pg_get_constraintdef(k.oid), ', '
                          ORDER BY k.conname)
        FROM pg_constraint k WHERE k.contypid = t.oid) AS constraints,
       obj_description(t.oid, 'pg_type') AS comment
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c') AND {ours}
"""
_FUNCTIONS = """
SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate'
       ELSE 'function' END AS kind,
       {name} p.proname || '(' || pg_get_function_identity_arguments(p.oid)
         || ')' AS name,
       CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END
         AS definition,
       obj_description(p.oid, 'pg_proc') AS comment
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE {ours}
"""
_QUERIES = (
    (_SCHEMAS, "pg_namespace", "n.oid"),
    (_EXTENSIONS, "pg_extension", ""),
    (_RELATIONS, "pg_class", "c.oid"),
    (_COLUMNS, "pg_class", "c.oid"),
    (_CONSTRAINTS, "pg_class", "c.oid"),
    (_INDEXES, "pg_class", "c.oid"),
    (_TRIGGERS, "pg_class", "c.oid"),
    (_RULES, "pg_class", "c.oid"),
    (_POLICIES, "pg_class", "c.oid"),
    (_SEQUENCES, "pg_class", "c.oid"),
    (_TYPES, "pg_type", "t.oid"),
    (_FUNCTIONS, "pg_proc", "p.oid"),
)
_STATEMENTS = tuple(
    text(
        query.replace("{ours}", _OURS)
        .replace("{catalog}", catalog)
        .replace("{oid}", oid)
        .replace("{name}", _NAME)
        .replace("{owner}", _NAME.replace("n.", "m."))
        .replace("::", "\\:\\:")
    )
    for query, catalog, oid in _QUERIES
)


def facts(connection: Connection) -> list[Fact]:
    """Read the schema.

    With an empty ``search_path``, as pg_dump does it: names in definitions
    are then spelled the same whatever a script has set.
    """
    with connection.begin_nested() as savepoint:
        connection.execute(text("SET LOCAL search_path TO pg_catalog"))
        found = [
            fact_of(row)
            for statement in _STATEMENTS
            for row in connection.execute(statement).mappings()
        ]
        savepoint.rollback()
    return found
