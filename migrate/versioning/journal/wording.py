"""The words in which the marker tells of a statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.versioning.secret import hidden_in_sql
from migrate.versioning.secret import secrets_in

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

__all__ = ["Wording"]

_SHORT = 200


class Wording:
    """Shortens statements, and leaves passwords out.

    The control table is no place for those that a script sets.

    :param engine: whose password is left out wherever it stands.
    """

    def __init__(self, engine: Engine) -> None:
        self._secrets = secrets_in({"url": engine})
        self._last = "", ""

    def shortened(self, sql: str) -> str:
        """Return ``sql`` in one line of at most 200 characters."""
        # Asked for before a statement, and after it.
        asked, short = self._last
        if sql != asked:
            short = " ".join(hidden_in_sql(sql, self._secrets).split())
            if len(short) > _SHORT:
                short = short[: _SHORT - 3] + "..."
            self._last = sql, short
        return short
