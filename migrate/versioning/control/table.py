"""The control table: which version of which repository a database has.

A row per repository.  While a step runs that the database could not roll
back, a second row, the *marker*, says which (:mod:`.markerrow`), and a third
one, if need be, that it works elsewhere, too (:mod:`.elsewhere`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import Text
from sqlalchemy import and_
from sqlalchemy import bindparam
from sqlalchemy import case
from sqlalchemy import delete
from sqlalchemy import exists
from sqlalchemy import insert
from sqlalchemy import inspect
from sqlalchemy import literal
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError

from migrate.driver import Prepared
from migrate.exceptions import DatabaseAlreadyControlledError
from migrate.exceptions import DatabaseNotControlledError
from migrate.exceptions import HalfDoneStepError
from migrate.exceptions import InvalidNameError
from migrate.exceptions import NothingToResolveError
from migrate.exceptions import StepConflictError
from migrate.versioning.control.marker import elsewhere_id
from migrate.versioning.control.marker import marker_id
from migrate.versioning.control.markerrow import PARKED
from migrate.versioning.control.markerrow import MarkerRow
from migrate.versioning.control.unreadable import check_open
from migrate.versioning.control.unreadable import unreadable
from migrate.versioning.session.database import described
from migrate.versioning.session.database import schema_of
from migrate.versioning.session.limits import is_lock_timeout

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from migrate.versioning.control.marker import Marker

__all__ = ["ControlTable"]

_ID_LENGTH = 250
_INTEGER_MAX = 2**31 - 1


class ControlTable:
    """Reads and writes the rows of one repository; commits nothing.

    :param name: of the table, ``migrate_version`` unless configured.
    :param repository_id: of the repository, at most 250 characters.
    :param is_wide: versions may pass 2**31 (timestamps): a new table gets
        a BIGINT.
    """

    def __init__(
        self,
        name: str,
        repository_id: str,
        *,
        is_wide: bool = False,
        schema: str | None = None,
    ) -> None:
        self.repository_id = repository_id
        self._is_wide = is_wide
        version = BigInteger().with_variant(Integer(), "sqlite")
        self.table = Table(
            name,
            MetaData(schema=schema),
            Column("repository_id", String(_ID_LENGTH), primary_key=True),
            Column("repository_path", Text),
            Column("version", version if is_wide else Integer()),
        )
        self.marker_row, self.elsewhere_row = (
            MarkerRow(
                self.table, repository_id, id_of(repository_id, _ID_LENGTH)
            )
            for id_of in (marker_id, elsewhere_id)
        )

    def qualified(self, connection: Connection) -> ControlTable:
        """Return the same table, named together with its schema.

        A change script may change where names are looked for (``SET
        search_path``, ``USE``); the control table stays what it is.
        """
        return ControlTable(
            self.table.name,
            self.repository_id,
            is_wide=self._is_wide,
            schema=schema_of(connection, self.table.name),
        )

    # -- reading

    def version(self, connection: Connection) -> int:
        """Read the version, from 0.

        :raises DatabaseNotControlledError: no table, no row, or a row that
            holds no version.
        """
        return self.state(connection)[0]

    def state(self, connection: Connection) -> tuple[int, Marker | None]:
        """Read version and marker.

        :raises DatabaseNotControlledError: see :meth:`version`.
        """
        return self._read(connection, self._select)

    def locked_state(
        self, connection: Connection
    ) -> tuple[int, Marker | None]:
        """Read version and marker, and lock the rows.

        Until the transaction ends; on SQLite it is itself the lock.
        """
        return self._read(connection, self._select_for_update)

    def _read(
        self, connection: Connection, statement: Any
    ) -> tuple[int, Marker | None]:
        rows = self._rows(connection, statement)
        return self._checked(connection, rows), self._marker_in(rows)

    def marker(self, connection: Connection) -> Marker | None:
        """Read the marker alone, whatever else is wrong."""
        return self._marker_in(self._rows(connection, self._select))

    def _marker_in(self, rows: dict[str, tuple[Any, Any]]) -> Marker | None:
        own, elsewhere = (
            MarkerRow.marker_in(*rows[row.id]) if row.id in rows else None
            for row in (self.marker_row, self.elsewhere_row)
        )
        if elsewhere is None:
            return own
        begun = elsewhere.begun or elsewhere.script  # one damaged by hand
        known = own or replace(elsewhere, begun=None)
        return replace(known, elsewhere=begun)

    def _rows(
        self, connection: Connection, statement: Any
    ) -> dict[str, tuple[Any, Any]]:
        """Return {repository id: (version, path)}."""
        try:
            rows = connection.execute(statement, self._all_keys).all()
        except DBAPIError as error:
            if is_lock_timeout(error):
                raise
            connection.rollback()
            raise unreadable(connection, self.table, error) from error
        found = {row[0]: (row[1], row[2]) for row in rows}
        if len(found) < len(rows):  # the table has lost its key
            raise DatabaseNotControlledError(
                f"{self._where(connection)} has {len(rows)} rows of "
                f"repository {self.repository_id!r}, expected one; remove "
                "the wrong ones by hand"
            )
        return found

    def _checked(
        self, connection: Connection, rows: dict[str, tuple[Any, Any]]
    ) -> int:
        if self.repository_id not in rows:
            raise DatabaseNotControlledError(
                f"{self._where(connection)} has no row of repository "
                f"{self.repository_id!r}; put the database under control "
                "with the command version_control"
            )
        version = rows[self.repository_id][0]
        if not isinstance(version, int) or version < 0:
            raise DatabaseNotControlledError(
                f"{self._where(connection)} gives repository "
                f"{self.repository_id!r} the version {version!r}, expected "
                "a whole number from 0; mend the row by hand"
            )
        return version

    def _where(self, connection: Connection) -> str:
        return f"table {self.table.name!r} of {described(connection.engine)}"

    # -- writing

    def insert(self, connection: Connection, path: str, version: int) -> None:
        """Make the table if it is missing, and the row.

        :raises DatabaseAlreadyControlledError: when there is a row.
        :raises InvalidNameError: when the id does not fit into the column.
        """
        if len(self.repository_id) > _ID_LENGTH:
            raise InvalidNameError(
                f"repository_id {self.repository_id!r} in migrate.cfg has "
                f"{len(self.repository_id)} characters, at most {_ID_LENGTH} "
                "can be stored"
            )
        check_open(connection, self.table)
        self.table.create(connection, checkfirst=True)
        if self.repository_id in self._rows(connection, self._select):
            raise self._already_controlled(connection)
        self._fit(connection, version)
        try:
            connection.execute(
                insert(self.table),
                {
                    "repository_id": self.repository_id,
                    "repository_path": path,
                    "version": version,
                },
            )
        except IntegrityError as error:
            raise self._already_controlled(connection) from error

    def _already_controlled(
        self, connection: Connection
    ) -> DatabaseAlreadyControlledError:
        return DatabaseAlreadyControlledError(
            f"{described(connection.engine)} is already under control of "
            f"repository {self.repository_id!r}; see its version with "
            "db_version"
        )

    def move(self, connection: Connection, start: int, end: int) -> None:
        """Set the version from ``start`` to ``end``, if it is ``start``.

        :raises StepConflictError: when it is not: somebody else was here.
        """
        self._fit(connection, end)
        parameters = {**self._key, "start": start, "end": end}
        if self._update.execute(connection, parameters) != 1:
            raise self._moved_by_others(start, end)

    def move_and_park(
        self, connection: Connection, start: int, end: int
    ) -> None:
        """Set the version like :meth:`move`, and park the marker's row.

        :raises StepConflictError: see :meth:`move`.
        """
        self._fit(connection, end)
        parameters = {**self._keys, "start": start, "end": end}
        if self._update_and_park.execute(connection, parameters) < 2:
            raise self._moved_by_others(start, end)

    def _moved_by_others(self, start: int, end: int) -> StepConflictError:
        return StepConflictError(
            f"the version of repository {self.repository_id!r} is no "
            f"longer {start}: somebody else changed it while the step "
            f"to {end} ran; see where it stands with db_version"
        )

    def _fit(self, connection: Connection, version: int) -> None:
        """Widen the column of versions for the first timestamp."""
        if version <= _INTEGER_MAX or connection.dialect.name == "sqlite":
            return
        name, column = self.table.name, self.table.c.version
        (stored,) = (
            each["type"]
            for each in inspect(connection).get_columns(
                name, schema=self.table.schema
            )
            if each["name"] == column.name
        )
        if isinstance(stored, Integer) and not isinstance(stored, BigInteger):
            # Only once in the life of a database.
            from migrate.changeset.databases import editor_for
            from migrate.changeset.operations import AlterColumn

            after: Column[Any] = Column(column.name, BigInteger())
            operation = AlterColumn(
                self.table, column, after, frozenset({"type"})
            )
            editor_for(connection.dialect).run(connection, operation)

    def remove(self, connection: Connection) -> None:
        """Remove the row, and the table when that was its last one.

        :raises DatabaseNotControlledError: when there is no such row.
        :raises HalfDoneStepError: while a step is half done.
        """
        _, marker = self.locked_state(connection)
        if marker is not None:
            raise self.half_done(marker)
        self._remove_markers(connection)
        connection.execute(
            delete(self.table).where(self._id == bindparam("id")), self._key
        )
        if not connection.scalar(select(exists().select_from(self.table))):
            self.table.drop(connection)

    # -- the marker

    def resolve(self, connection: Connection, version: int) -> Marker:
        """Say that a half-done step was mended, and the version now.

        :returns: what was known of the step.
        :raises NothingToResolveError: when no step is half done.
        """
        start, marker = self.locked_state(connection)
        if marker is None:
            raise NothingToResolveError(
                f"no step of repository {self.repository_id!r} is half "
                f"done: the database is at version {start}"
            )
        self._remove_markers(connection)
        if version != start:
            self.move(connection, start, version)
        return marker

    def _remove_markers(self, connection: Connection) -> None:
        for row in (self.marker_row, self.elsewhere_row):
            row.remove(connection)

    def half_done(
        self, marker: Marker, remains: str = ""
    ) -> HalfDoneStepError:
        """Return the error of a step of this repository left half done.

        :param remains: what else is known of it.
        """
        return marker.half_done(self.repository_id, remains)

    # -- statements, made once

    @property
    def _id(self) -> Column[str]:
        return self.table.c.repository_id

    @cached_property
    def _key(self) -> dict[str, str]:
        return {"id": self.repository_id}

    @cached_property
    def _keys(self) -> dict[str, str]:
        return {"id": self.repository_id, "marker_id": self.marker_row.id}

    @cached_property
    def _all_keys(self) -> dict[str, str]:
        return {**self._keys, "elsewhere_id": self.elsewhere_row.id}

    @cached_property
    def _select(self) -> Any:
        columns = self.table.c
        return select(
            columns.repository_id, columns.version, columns.repository_path
        ).where(self._id.in_([bindparam(name) for name in self._all_keys]))

    @cached_property
    def _select_for_update(self) -> Any:
        return self._select.with_for_update()

    @cached_property
    def _update(self) -> Prepared:
        return Prepared(
            update(self.table)
            .where(self._id == bindparam("id"))
            .where(self.table.c.version == bindparam("start"))
            .values(version=bindparam("end"))
        )

    @cached_property
    def _update_and_park(self) -> Prepared:
        own = self._id == bindparam("id")
        marker = self._id == bindparam("marker_id")
        wide = self.table.c.version.type
        end = bindparam("end", type_=wide)
        stands = self.table.c.version == bindparam("start")
        return Prepared(
            update(self.table)
            .where(or_(and_(own, stands), marker))
            .values(version=case((own, end), else_=literal(PARKED, wide)))
        )
