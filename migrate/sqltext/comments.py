"""Where the first word of a statement stands."""

from __future__ import annotations

import re

__all__ = ["bare"]

_BLANK = r"\s+|;|--[^\n]*(?:\n|\Z)|#[^\n]*(?:\n|\Z)"
_BEFORE = re.compile(rf"(?:{_BLANK}|/\*.*?(?:\*/|\Z))*", re.DOTALL)
# MySQL and MariaDB carry out what stands in /*! ... */ and /*M! ... */.
_BEFORE_HINTS = re.compile(
    rf"(?:{_BLANK}|/\*(?!M?!).*?(?:\*/|\Z))*", re.DOTALL
)


def bare(sql: str, *, keeps_hints: bool = False) -> str:
    r"""Return a statement from its first word on.

    :param keeps_hints: a comment that MySQL carries out counts as a word.

    >>> bare("-- why\n; SELECT 1 -- what")
    'SELECT 1 -- what'
    """
    before = (_BEFORE_HINTS if keeps_hints else _BEFORE).match(sql)
    return sql[before.end() :] if before else sql
