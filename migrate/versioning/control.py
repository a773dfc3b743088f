"""The control table: which version of which repository a database has.

A row per repository.  While a step runs that the database could not roll
back, a second row, the *marker*, says which; it is gone when the step is done.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from dataclasses import dataclass
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
from sqlalchemy import bindparam
from sqlalchemy import delete
from sqlalchemy import exists
from sqlalchemy import insert
from sqlalchemy import inspect
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError

from migrate.exceptions import DatabaseAlreadyControlledError
from migrate.exceptions import DatabaseNotControlledError
from migrate.exceptions import DatabaseUnreachableError
from migrate.exceptions import HalfDoneStepError
from migrate.exceptions import NothingToResolveError
from migrate.exceptions import StepConflictError
from migrate.versioning.secret import shown

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine import Engine

__all__ = ["ControlTable", "Marker", "unreachable"]

_ID_LENGTH = 250
_MARKER_SUFFIX = " (step under way)"


@dataclass(frozen=True)
class Marker:
    """What is known of a step that cannot be rolled back.

    :ivar operation: ``upgrade`` or ``downgrade``.
    :ivar script: its path.
    :ivar started: when, ISO 8601 in UTC.
    :ivar deployer: who runs it: ``user@host, pid 17``.
    :ivar done: how many statements have been carried out.
    :ivar digest: SHA-256 over their texts; empty if the script cannot be
        resumed (Python).
    :ivar begun: the statement that was sent last, and of which it is not
        known whether it was carried out; None when that is known.
    :ivar last: the last statements carried out, shortened.
    """

    operation: str
    start: int
    end: int
    script: str
    started: str
    deployer: str = ""
    done: int = 0
    digest: str = ""
    begun: str | None = None
    last: tuple[str, ...] = ()

    def is_of(self, operation: str, start: int, end: int) -> bool:
        """Tell whether this marks the given step."""
        return (self.operation, self.start, self.end) == (
            operation,
            start,
            end,
        )


class ControlTable:
    """Reads and writes the rows of one repository; commits nothing.

    :param name: of the table, ``migrate_version`` unless configured.
    :param repository_id: of the repository, at most 250 characters.
    :param is_wide: versions may pass 2**31 (timestamps): a new table gets
        a BIGINT.
    """

    def __init__(
        self, name: str, repository_id: str, *, is_wide: bool = False
    ) -> None:
        self.repository_id = repository_id
        version = BigInteger().with_variant(Integer(), "sqlite")
        self.table = Table(
            name,
            MetaData(),
            Column("repository_id", String(_ID_LENGTH), primary_key=True),
            Column("repository_path", Text),
            Column("version", version if is_wide else Integer()),
        )

    # -- reading

    def version(self, connection: Connection) -> int:
        """Read the version, from 0.

        :raises DatabaseNotControlledError: no table, no row, or a row that
            holds no version.
        """
        return self._read(connection, self._select)

    def locked_version(self, connection: Connection) -> int:
        """Read the version and lock the row until the transaction ends.

        On SQLite the transaction itself is the lock.
        """
        return self._read(connection, self._select_for_update)

    def _read(self, connection: Connection, statement: Any) -> int:
        try:
            rows = connection.execute(statement, self._key).all()
        except DBAPIError as error:
            connection.rollback()
            raise self._unreadable(connection, error) from error
        if not rows:
            raise DatabaseNotControlledError(
                f"{self._where(connection)} has no row of repository "
                f"{self.repository_id!r}; put the database under control "
                "with the command version_control"
            )
        version = rows[0][0]
        if not isinstance(version, int) or version < 0:
            raise DatabaseNotControlledError(
                f"{self._where(connection)} gives repository "
                f"{self.repository_id!r} the version {version!r}, expected "
                "a whole number from 0; mend the row by hand"
            )
        return version

    def _unreadable(
        self, connection: Connection, error: DBAPIError
    ) -> DatabaseNotControlledError:
        if error.connection_invalidated:
            return unreachable(connection.engine, error)
        inspector = inspect(connection)
        if not inspector.has_table(self.table.name):
            return DatabaseNotControlledError(
                f"{_shown(connection)} is not under version control: it has "
                f"no table {self.table.name!r}; put it under control with "
                "the command version_control"
            )
        found = [
            column["name"] for column in inspector.get_columns(self.table.name)
        ]
        return DatabaseNotControlledError(
            f"{self._where(connection)} has the columns {found}, expected "
            f"{[column.name for column in self.table.columns]}; it is not a "
            "control table, or was changed by hand"
        )

    def _where(self, connection: Connection) -> str:
        return f"table {self.table.name!r} of {_shown(connection)}"

    # -- writing

    def insert(self, connection: Connection, path: str, version: int) -> None:
        """Make the table if it is missing, and the row.

        :raises DatabaseAlreadyControlledError: when there is a row.
        """
        self.table.create(connection, checkfirst=True)
        found = connection.scalar(self._select_any, self._key)
        if found is not None:
            raise self._already_controlled(connection)
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
            f"{_shown(connection)} is already under control of repository "
            f"{self.repository_id!r}; see its version with db_version"
        )

    def move(self, connection: Connection, start: int, end: int) -> None:
        """Set the version from ``start`` to ``end``, if it is ``start``.

        :raises StepConflictError: when it is not: somebody else was here.
        """
        result = connection.execute(
            self._update, {**self._key, "start": start, "end": end}
        )
        if result.rowcount != 1:
            raise StepConflictError(
                f"the version of repository {self.repository_id!r} is no "
                f"longer {start}: somebody else changed it while the step "
                f"to {end} ran; see where it stands with db_version"
            )

    def remove(self, connection: Connection) -> None:
        """Remove the row, and the table when that was its last one.

        :raises DatabaseNotControlledError: when there is no such row.
        """
        self.version(connection)
        connection.execute(
            delete(self.table).where(self._id == bindparam("id")), self._key
        )
        if not connection.scalar(select(exists().select_from(self.table))):
            self.table.drop(connection)

    # -- the marker

    def marker(self, connection: Connection) -> Marker | None:
        """Read which step is under way, if one is."""
        text = connection.scalar(
            select(self.table.c.repository_path).where(
                self._id == self._marker_id
            )
        )
        return _parsed(text) if text is not None else None

    def mark(self, connection: Connection, marker: Marker) -> None:
        """Say that a step begins; the caller commits.

        :raises HalfDoneStepError: when another one has not ended.
        """
        found = self.marker(connection)
        if found is not None:
            raise self.half_done(found)
        connection.execute(
            insert(self.table),
            {
                "repository_id": self._marker_id,
                "repository_path": json.dumps(asdict(marker)),
                "version": marker.start,
            },
        )

    def update_marker(self, connection: Connection, marker: Marker) -> None:
        """Say how far the step is; the caller commits."""
        connection.execute(
            update(self.table)
            .where(self._id == self._marker_id)
            .values(repository_path=bindparam("journal")),
            {"journal": json.dumps(asdict(marker))},
        )

    def unmark(self, connection: Connection) -> None:
        """Say that the step has ended; the caller commits."""
        connection.execute(
            delete(self.table).where(self._id == self._marker_id)
        )

    def resolve(self, connection: Connection, version: int) -> Marker:
        """Say that a half-done step was mended, and the version now.

        :returns: what was known of the step.
        :raises NothingToResolveError: when no step is half done.
        """
        start = self.locked_version(connection)
        marker = self.marker(connection)
        if marker is None:
            raise NothingToResolveError(
                f"no step of repository {self.repository_id!r} is half "
                f"done: the database is at version {start}"
            )
        self.unmark(connection)
        if version != start:
            self.move(connection, start, version)
        return marker

    def half_done(
        self, marker: Marker, remains: str = ""
    ) -> HalfDoneStepError:
        """Return the error that a step left half done deserves.

        :param remains: what else is known of it.
        """
        known = f"{marker.done} statements are done"
        if marker.last:
            known += f", the last: {marker.last[-1]}"
        if marker.begun:
            known += f"; this one may be done or not: {marker.begun}"
        return HalfDoneStepError(
            f"the {marker.operation} from version {marker.start} to "
            f"{marker.end} ({marker.script}, started {marker.started} by "
            f"{marker.deployer or 'an unknown deployer'}) of repository "
            f"{self.repository_id!r} did not end, and the database could "
            f"not roll it back: {known}{remains}; mend the schema by hand, "
            "then say at which version it is: resolve VERSION"
        )

    @cached_property
    def _marker_id(self) -> str:
        plain = self.repository_id + _MARKER_SUFFIX
        if len(plain) <= _ID_LENGTH:
            return plain
        digest = hashlib.sha256(self.repository_id.encode()).hexdigest()
        return f"{self.repository_id[:150]}.. {digest}{_MARKER_SUFFIX}"

    # -- statements, made once

    @property
    def _id(self) -> Column[str]:
        return self.table.c.repository_id

    @cached_property
    def _key(self) -> dict[str, str]:
        return {"id": self.repository_id}

    @cached_property
    def _select(self) -> Any:
        return select(self.table.c.version).where(self._id == bindparam("id"))

    @cached_property
    def _select_for_update(self) -> Any:
        return self._select.with_for_update()

    @cached_property
    def _select_any(self) -> Any:
        return select(self._id).where(self._id == bindparam("id"))

    @cached_property
    def _update(self) -> Any:
        return (
            update(self.table)
            .where(self._id == bindparam("id"))
            .where(self.table.c.version == bindparam("start"))
            .values(version=bindparam("end"))
        )


def _parsed(text: str) -> Marker:
    """Read a marker; one damaged by hand still says that there is one."""
    try:
        fields = json.loads(text)
        return Marker(**{**fields, "last": tuple(fields.get("last", ()))})
    except (TypeError, ValueError):
        return Marker("step", 0, 0, text[:200], "at an unknown time")


def unreachable(engine: Engine, error: DBAPIError) -> DatabaseUnreachableError:
    """Return the error that a refused or broken connection deserves."""
    # PyMySQL and mysqlclient give a number and a text.
    words: tuple[Any, ...] = getattr(error.orig, "args", ())
    is_numbered = len(words) == 2 and isinstance(words[0], int)
    reason = f"{words[1]} ({words[0]})" if is_numbered else str(error.orig)
    return DatabaseUnreachableError(
        f"cannot read database {shown(engine.url)}: "
        + " ".join(reason.split())
    )


def _shown(connection: Connection) -> str:
    return f"database {shown(connection.engine.url)}"
