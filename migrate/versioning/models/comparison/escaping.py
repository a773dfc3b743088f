"""SQL as an argument of ``text()``, and back."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.engine import Dialect
from sqlalchemy.sql.elements import TextClause

__all__ = ["literal_text", "sql_of", "undoubled"]


def literal_text(sql: str) -> str:
    r"""Return ``sql`` so that ``text()`` finds no bound parameters in it.

    >>> print(literal_text("' :a' || b::text"))
    ' \:a' || b::text
    """
    return re.sub(r"(?<![:\w\\]):(?=\w+(?![:\w]))", r"\\:", sql)


def sql_of(clause: Any, dialect: Dialect) -> str:
    """Spell an expression, without the names of tables."""
    if isinstance(clause, TextClause) and not any(
        each.value is not None for each in clause._bindparams.values()
    ):
        # What looks like a parameter is none: reflection does not escape it.
        return re.sub(r"\\(:\w)", r"\1", clause.text)
    nothing: Any = None  # as SQLAlchemy itself makes one to ask
    compiler = dialect.ddl_compiler(dialect, nothing).sql_compiler
    text = str(
        compiler.process(clause, include_table=False, literal_binds=True)
    )
    return undoubled(text, dialect)


def undoubled(sql: str, dialect: Dialect) -> str:
    """Take back what is done to percent signs for the driver."""
    doubled = dialect.identifier_preparer._double_percents
    return sql.replace("%%", "%") if doubled else sql
