"""The marker's row of the control table.

It is made by the first step of a run that needs it, lies *parked* between
steps, and is removed at the end.  One that a killed process has left parked
says as much as none.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy import delete
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from migrate.driver import Prepared
from migrate.versioning.control.marker import Marker

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

__all__ = ["PARKED", "MarkerRow"]

#: The version in a row that marks no step.
PARKED = -1


class MarkerRow:
    """Reads and writes the marker of one repository; commits nothing.

    :param table: the control table.
    :ivar id: that of the row.
    """

    def __init__(self, table: Table, repository_id: str, row_id: str) -> None:
        self._table = table
        self._repository_id = repository_id
        self.id = row_id

    def read(self, connection: Connection) -> Marker | None:
        """Read which step is under way, if one is."""
        row = connection.execute(self._select, self._key).first()
        return None if row is None else self.marker_in(*row)

    @staticmethod
    def marker_in(version: object, journal: object) -> Marker | None:
        """Return what a row says; None if it is parked."""
        return None if version == PARKED else Marker.from_text(journal)

    def mark(self, connection: Connection, marker: Marker) -> None:
        """Say that a step is under way, which none was.

        :raises HalfDoneStepError: when another one has not ended.
        """
        if self._take.execute(connection, self._filled(marker)):
            return
        try:
            self._add(connection, marker)
        except IntegrityError as error:
            connection.rollback()
            other = self.read(connection) or marker
            raise other.half_done(self._repository_id) from error

    def write(self, connection: Connection, marker: Marker) -> None:
        """Say how far the step is that this process has marked.

        The row may be gone: with a transaction that the script rolled back.
        """
        if not self._write.execute(connection, self._filled(marker)):
            self._add(connection, marker)

    def park(self, connection: Connection) -> None:
        """Say that no step is under way; the row stays for the next."""
        self._park.execute(connection, self._key)

    def remove(self, connection: Connection) -> None:
        """Remove the row, whatever it says."""
        Prepared(self._delete).execute(connection, self._key)

    def take_back(self, connection: Connection, marker: Marker) -> None:
        """Remove the row if it is of the same run of the same step."""
        found = self.read(connection)
        if found is not None and found.is_of_run(marker):
            self.remove(connection)

    def remove_parked(self, connection: Connection) -> None:
        """Remove the row unless a step is under way."""
        gone = self._delete.where(self._is_parked)
        Prepared(gone).execute(connection, self._key)

    def _add(self, connection: Connection, marker: Marker) -> None:
        row = {
            "repository_id": self.id,
            "repository_path": marker.to_text(),
            "version": marker.start,
        }
        self._insert.execute(connection, row)

    def _filled(self, marker: Marker) -> dict[str, Any]:
        return {
            **self._key,
            "start": marker.start,
            "journal": marker.to_text(),
        }

    # -- statements, made once

    @cached_property
    def _key(self) -> dict[str, str]:
        return {"marker_id": self.id}

    @cached_property
    def _is_own(self) -> Any:
        return self._table.c.repository_id == bindparam("marker_id")

    @cached_property
    def _is_parked(self) -> Any:
        return self._table.c.version == PARKED

    @cached_property
    def _select(self) -> Any:
        columns = self._table.c
        return select(columns.version, columns.repository_path).where(
            self._is_own
        )

    @cached_property
    def _insert(self) -> Prepared:
        return Prepared(insert(self._table))

    @cached_property
    def _update(self) -> Any:
        return (
            update(self._table)
            .where(self._is_own)
            .values(
                version=bindparam("start"),
                repository_path=bindparam("journal"),
            )
        )

    @cached_property
    def _write(self) -> Prepared:
        return Prepared(self._update)

    @cached_property
    def _take(self) -> Prepared:
        return Prepared(self._update.where(self._is_parked))

    @cached_property
    def _park(self) -> Prepared:
        park = update(self._table).where(self._is_own)
        return Prepared(park.values(version=PARKED))

    @property
    def _delete(self) -> Any:
        return delete(self._table).where(self._is_own)
