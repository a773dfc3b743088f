"""What says that a step works past the connection on which it is recorded.

A change script in a transaction of its own has the marker in it: when its
process dies, both are gone.  What it did on another connection, or in a table
that knows no transactions, is not.  So that is said in a row of its own, by a
connection of its own, before it is done.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from migrate.versioning.session.limits import Limits
from migrate.versioning.session.limits import limited
from migrate.versioning.session.second import has_second
from migrate.versioning.session.second import second_session

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from migrate.versioning.control.marker import Marker
    from migrate.versioning.control.markerrow import MarkerRow

__all__ = ["Elsewhere"]

_PATIENT = Limits(ddl_lock_timeout=10)
"""Of a script that has locked the control table itself."""


class Elsewhere:
    """Says so once in a step; threads of the script may say it, too.

    :param engine: of the connection on which the step runs.
    :param row: the marker's, of what is elsewhere.
    :ivar is_said: whether the row is certain to be there.
    """

    def __init__(self, engine: Engine, row: MarkerRow) -> None:
        self._engine = engine
        self._row = row
        self._lock = threading.Lock()
        self._is_over = False
        self.is_said = False

    @property
    def is_possible(self) -> bool:
        """Whether there is a second connection that can write.

        SQLite has one writer at a time.
        """
        return self._engine.dialect.name != "sqlite" and has_second(
            self._engine
        )

    def say(self, marker: Marker) -> None:
        """Write what the step is about to do; commits.

        :raises sqlalchemy.exc.DBAPIError: when it cannot; nothing must be
            done then.
        """
        with self._lock:
            if self.is_said or self._is_over:
                return
            with (
                second_session(self._engine) as second,
                limited(second, _PATIENT),
                second.begin(),
            ):
                self._row.write(second, marker)
            self.is_said = True

    def close(self) -> None:
        """Say nothing any more: the script has ended, its threads may not."""
        with self._lock:
            self._is_over = True
