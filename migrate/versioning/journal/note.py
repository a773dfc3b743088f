"""The marker of the step under way: what it is, and what its row says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.exceptions import HalfDoneStepError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from migrate.versioning.control.marker import Marker
    from migrate.versioning.control.markerrow import MarkerRow

__all__ = ["Note"]


class Note:
    """Keeps the marker of one step and its row together.

    :param connection: of the step.
    :ivar marker: how far the step is; may be ahead of the row.
    :ivar is_marked: whether this step has taken the row.
    """

    def __init__(
        self,
        connection: Connection,
        row: MarkerRow,
        marker: Marker,
        *,
        is_marked: bool,
    ) -> None:
        self._connection = connection
        self._row = row
        self.marker = marker
        self.is_marked = is_marked
        self._said: Marker | None = None

    @property
    def is_said(self) -> bool:
        """Whether the row is certain to say that the step is under way."""
        return self._said is not None

    @property
    def is_behind(self) -> bool:
        """Whether the row is certain to say less than the marker."""
        return self._said is not None and self._said != self.marker

    def doubt(self) -> None:
        """Be no longer certain of what the row says."""
        self._said = None

    def write(self, marker: Marker) -> None:
        """Write the row; commits."""
        before = self.marker
        try:
            if not self._connection.in_transaction():
                self._connection.begin()
            self.put(marker)
            self._connection.commit()
        except BaseException:
            self.doubt()
            self.marker = before
            raise

    def put(self, marker: Marker) -> None:
        """Write the row, in whatever transaction there is.

        :raises HalfDoneStepError: when another step has the row.
        """
        self.doubt()
        write = self._row.write if self.is_marked else self._row.mark
        self.is_marked = True  # even if the answer does not arrive
        try:
            write(self._connection, marker)
        except HalfDoneStepError:
            self.is_marked = False
            raise
        self._said = self.marker = marker
