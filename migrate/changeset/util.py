"""Names that scripts and applications import; see COMPATIBILITY in docs.

``fk_column_names`` is used by migrations of OpenStack projects, the flags by
scripts that ran on several releases of SQLAlchemy.
"""

from __future__ import annotations

from sqlalchemy.schema import ForeignKeyConstraint

__all__ = ["SQLA_07", "SQLA_08", "SQLA_09", "SQLA_10", "fk_column_names"]

SQLA_07 = SQLA_08 = SQLA_09 = SQLA_10 = True


def fk_column_names(constraint: ForeignKeyConstraint) -> list[str]:
    """Return the names of the columns on the constraint's own side."""
    return [column.name for column in constraint.columns]
