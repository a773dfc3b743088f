"""What kind of statement a text is, as far as recovery must know.

Judged by the first words, after comments.  Where a doubt remains the answer
is the careful one.
"""

from __future__ import annotations

import re

__all__ = [
    "changes_rows_only",
    "is_whole",
    "only_reads",
    "sets_session",
]

_COMMENTS = re.compile(
    r"(?:\s+|--[^\n]*(?:\n|\Z)|#[^\n]*(?:\n|\Z)|/\*(?!M?!).*?(?:\*/|\Z))*",
    re.DOTALL,
)
_ROWS = re.compile(r"(INSERT|UPDATE|DELETE|REPLACE|MERGE)\b", re.IGNORECASE)
_READS = re.compile(
    r"(SHOW|DESCRIBE|DESC|EXPLAIN|PRAGMA|SET|VALUES|ROLLBACK|SAVEPOINT"
    r"|RELEASE|COMMIT|BEGIN|START)\b|SELECT\b(?!.*\bINTO\b)",
    re.IGNORECASE | re.DOTALL,
)
_ONE_OBJECT = re.compile(
    r"(CREATE|ALTER|TRUNCATE|GRANT|REVOKE|COMMENT|SET|DROP(?!.*,))\b",
    re.IGNORECASE | re.DOTALL,
)
_SESSION = re.compile(
    r"(SET|USE|PREPARE|LOCK|DECLARE|/\*M?!\d*\s*SET"
    r"|CREATE\s+(OR\s+REPLACE\s+)?(LOCAL\s+|GLOBAL\s+)?TEMP\w*)\b|.*@\w+\s*:=",
    re.IGNORECASE | re.DOTALL,
)


def changes_rows_only(sql: str) -> bool:
    """Tell whether it changes rows, and can be rolled back with them."""
    return bool(_ROWS.match(_bare(sql)))


def only_reads(sql: str) -> bool:
    """Tell whether it reads, or begins or ends a transaction.

    A function in a SELECT may do more; nobody can see that from here.
    """
    return bool(_READS.match(_bare(sql)))


def is_whole(sql: str) -> bool:
    """Tell whether an error of the server means that nothing was done.

    Not of a DROP of several objects (MySQL drops those that it finds,
    manual, DROP TABLE), of an index built CONCURRENTLY (PostgreSQL leaves it
    INVALID, manual, CREATE INDEX), of calls of routines.
    """
    bare = _bare(sql)
    if re.search(r"\bCONCURRENTLY\b", bare, re.IGNORECASE):
        return False
    return bool(
        _ONE_OBJECT.match(bare) or _ROWS.match(bare) or _READS.match(bare)
    )


def sets_session(sql: str) -> bool:
    """Tell whether later statements may depend on it in this session."""
    return bool(_SESSION.match(_bare(sql)))


def _bare(sql: str) -> str:
    match = _COMMENTS.match(sql)
    return sql[match.end() :] if match else sql
