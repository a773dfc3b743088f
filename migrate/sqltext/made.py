"""Which one object a statement makes or drops, told from its text."""

from __future__ import annotations

import re
from typing import NamedTuple

from migrate.sqltext.comments import bare

__all__ = ["Made", "made_in"]


class Made(NamedTuple):
    """One table, column or index, and what becomes of it.

    :ivar kind: ``table``, ``column`` or ``index``.
    :ivar schema: as the text has it, empty if it has none.
    :ivar table: the name of the table, or of the one that it belongs to.
    :ivar name: of the column or index; of a table, empty.
    :ivar is_dropped: it is dropped, and nothing else is done.
    """

    kind: str
    schema: str
    table: str
    name: str
    is_dropped: bool


#: A name with a space or a quote in it is one of which we are not certain.
_ONE = r"(?:\"[^\"\s]+\"|`[^`\s]+`|\w+)"
_TABLE = rf"(?:(?P<schema>{_ONE})\s*\.\s*)?(?P<table>{_ONE})(?=[\s(;]|\Z)"
_NAME = rf"(?P<name>{_ONE})(?=[\s(;]|\Z)"
_IF = r"(?:IF\s+(?:NOT\s+)?EXISTS\s+)?"
_INDEX = r"(?:(?:UNIQUE|FULLTEXT|SPATIAL)\s+)?INDEX\s+"
_KEY = r"(?:(?:UNIQUE|FULLTEXT|SPATIAL)\s+)?(?:INDEX|KEY)\s+"
_END = r"\s*(?:RESTRICT|CASCADE)?\s*;?\s*\Z"
#: Of ALTER TABLE, what stands in the place of a column.
_NO_COLUMN = (
    r"(?!(?:CHECK|COLUMN|CONSTRAINT|FOREIGN|FULLTEXT|IF|INDEX|KEY|PARTITION"
    r"|PERIOD|PRIMARY|SPATIAL|SYSTEM|UNIQUE)\b)"
)
_ALTER = rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?{_TABLE}\s+"
_FORMS = [
    (kind, is_dropped, re.compile(pattern, re.IGNORECASE))
    for kind, is_dropped, pattern in (
        ("table", False, rf"CREATE\s+TABLE\s+{_IF}{_TABLE}"),
        ("table", True, rf"DROP\s+TABLE\s+{_IF}{_TABLE}{_END}"),
        (
            "index",
            False,
            rf"CREATE\s+{_INDEX}(?:CONCURRENTLY\s+)?{_IF}{_NAME}\s+ON\s+"
            rf"(?:ONLY\s+)?{_TABLE}",
        ),
        ("index", True, rf"DROP\s+INDEX\s+{_IF}{_NAME}\s+ON\s+{_TABLE}{_END}"),
        ("index", False, rf"{_ALTER}ADD\s+{_KEY}{_IF}{_NAME}\s*\("),
        ("index", True, rf"{_ALTER}DROP\s+(?:INDEX|KEY)\s+{_IF}{_NAME}{_END}"),
        (
            "column",
            False,
            rf"{_ALTER}ADD\s+(?:COLUMN\s+)?{_IF}{_NO_COLUMN}{_NAME}\s",
        ),
        (
            "column",
            True,
            rf"{_ALTER}DROP\s+(?:COLUMN\s+)?{_IF}{_NO_COLUMN}{_NAME}{_END}",
        ),
    )
]


def made_in(sql: str) -> Made | None:
    """Return the object; None if the text is of another form.

    Of several things that a statement does, the first one made counts; where
    it does more than to drop one object, it is of another form.

    >>> made_in("ALTER TABLE `s`.t ADD c INT, ADD d INT")
    Made(kind='column', schema='s', table='t', name='c', is_dropped=False)
    >>> made_in("DROP TABLE t;")
    Made(kind='table', schema='', table='t', name='', is_dropped=True)
    >>> made_in("DROP TABLE t, u"), made_in("ALTER TABLE t ADD CHECK (a > 1)")
    (None, None)
    """
    text = bare(sql)
    for kind, is_dropped, form in _FORMS:
        found = form.match(text)
        if found is not None:
            groups = {"name": "", **found.groupdict("")}
            schema, table, name = (
                groups[one].strip('"`') for one in ("schema", "table", "name")
            )
            return Made(kind, schema, table, name, is_dropped)
    return None
