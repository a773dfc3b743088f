"""What kind of statement a text is, for recovery and for previews.

Judged by the first words, after comments.  Where a doubt remains the answer
is the careful one.
"""

from __future__ import annotations

import re

from migrate.sqltext.comments import bare

__all__ = [
    "asks_catalogue",
    "changes_rows_only",
    "commits_by_itself",
    "is_query",
    "is_table_lock",
    "is_whole",
    "only_reads",
    "rolls_back",
    "selects_rows",
    "sets_session",
    "stays_in_transaction",
]

_ROWS = re.compile(r"(INSERT|UPDATE|DELETE|REPLACE|MERGE)\b", re.IGNORECASE)
_READS = re.compile(
    r"(SHOW|DESCRIBE|DESC|EXPLAIN(?!.*\bANALY[SZ]E\b)|PRAGMA|SET|VALUES|ROLLBACK|SAVEPOINT"
    r"|RELEASE|COMMIT|BEGIN(?!\s+NOT\b)|START|(UN)?LOCK\s+TABLES?)\b|SELECT\b(?!.*\bINTO\b)",
    re.IGNORECASE | re.DOTALL,
)
_ONE_OBJECT = re.compile(
    r"(CREATE|ALTER|TRUNCATE|GRANT|REVOKE|COMMENT|SET|DROP)\b", re.IGNORECASE
)
_ONE_BY_ONE = re.compile(
    r"DROP\b(.*,|\s+(DATABASE|SCHEMA)\b)"
    r"|CREATE\s+OR\s+REPLACE\s+(TEMPORARY\s+)?(TABLE|DATABASE|SCHEMA)\b"
    r"|(CREATE|ALTER)\s+(OR\s+REPLACE\s+)?(USER|ROLE)\b.*,"
    r"|(GRANT|REVOKE)\b.*\b(TO|FROM)\b.*,",
    re.IGNORECASE | re.DOTALL,
)
_SESSION = re.compile(
    r"(SET|USE|PREPARE|LOCK|DECLARE|/\*M?!\d*\s*SET"
    r"|CREATE\s+(OR\s+REPLACE\s+)?(LOCAL\s+|GLOBAL\s+)?TEMP\w*)\b|.*@\w+\s*:=",
    re.IGNORECASE | re.DOTALL,
)
_QUERY = re.compile(
    r"(SELECT|SHOW|DESC|DESCRIBE|EXPLAIN(?!.*\bANALY[SZ]E\b)|TABLE|VALUES)\b",
    re.IGNORECASE | re.DOTALL,
)
_CATALOGUE = re.compile(
    r"PRAGMA\s+(\w+\.)?\w+\s*(\(|$)|SHOW\b|DESC(RIBE)?\b"
    r"|SELECT\b.*\b(pg_catalog|pg_class|information_schema"
    r"|sqlite_(temp_)?(master|schema))\b",
    re.IGNORECASE | re.DOTALL,
)
_COMMITS = re.compile(
    r"(ALTER|CREATE|DROP|RENAME|TRUNCATE|GRANT|REVOKE|OPTIMIZE"
    r"|ANALYZE\s+((LOCAL|NO_WRITE_TO_BINLOG)\s+)?TABLE)\b"
    r"(?!\s+(OR\s+REPLACE\s+)?TEMPORARY\b)",
    re.IGNORECASE,
)
_TABLE_LOCK = re.compile(r"(UN)?LOCK\s+TABLES?\b", re.IGNORECASE)
_SELECTS_ROWS = re.compile(r"SELECT\b.*\bFROM\b", re.IGNORECASE | re.DOTALL)


def changes_rows_only(sql: str) -> bool:
    """Tell whether it changes rows, and can be rolled back with them."""
    return bool(_ROWS.match(_words(sql)))


def only_reads(sql: str) -> bool:
    """Tell whether it reads, locks, or begins or ends a transaction.

    A function in a SELECT may do more; nobody can see that from here.
    """
    return bool(_READS.match(_words(sql)))


def rolls_back(sql: str) -> bool:
    """Tell whether it undoes what was done before it, or a part of it."""
    return bare(sql)[:8].upper() == "ROLLBACK"


def is_whole(sql: str) -> bool:
    """Tell whether an error of the server means that nothing was done.

    Not of a DROP of several objects (MySQL drops those that it finds,
    manual, DROP TABLE) or of a whole database, of a CREATE OR REPLACE TABLE
    (MariaDB drops the old one before, manual, CREATE TABLE), of rights given
    to several users, of an index built CONCURRENTLY (PostgreSQL leaves it
    INVALID, manual, CREATE INDEX), of calls of routines.
    """
    bare = _words(sql)
    if re.search(r"\bCONCURRENTLY\b", bare, re.IGNORECASE):
        return False
    if _ONE_BY_ONE.match(bare):
        return False
    return bool(
        _ONE_OBJECT.match(bare) or _ROWS.match(bare) or _READS.match(bare)
    )


def sets_session(sql: str) -> bool:
    """Tell whether later statements may depend on it in this session."""
    return bool(_SESSION.match(_words(sql)))


def commits_by_itself(sql: str) -> bool:
    """Tell whether MySQL commits before it and after.

    As in the section "Statements That Cause an Implicit Commit" of its
    manual, the frequent ones.
    """
    return bool(_COMMITS.match(_words(sql)))


def stays_in_transaction(sql: str) -> bool:
    """Tell whether a transaction is certain to be there after it."""
    return changes_rows_only(sql) or is_query(sql)


def is_query(sql: str) -> bool:
    """Tell whether it asks for rows, and may be sent where nothing else is."""
    return bool(_QUERY.match(bare(sql)))


def is_table_lock(sql: str) -> bool:
    """Tell whether it is MySQL's ``LOCK TABLES`` or ``UNLOCK TABLES``."""
    return bool(_TABLE_LOCK.match(bare(sql)))


def asks_catalogue(sql: str) -> bool:
    """Tell whether it asks what tables there are, and how they are made."""
    return bool(_CATALOGUE.match(bare(sql)))


def selects_rows(sql: str) -> bool:
    """Tell whether it is a SELECT from tables.

    One without FROM is there for the functions that it calls.
    """
    return bool(_SELECTS_ROWS.match(bare(sql)))


def _words(sql: str) -> str:
    return bare(sql, keeps_hints=True)
