"""The history table: which scripts were run, when, by whom, and their text.

Kept only where ``history_table`` in migrate.cfg names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from os.path import basename
from os.path import isfile
from typing import TYPE_CHECKING
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import Text
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import inspect
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from migrate.driver import Prepared
from migrate.exceptions import HistoryTableError
from migrate.versioning.control.deployer import deployer
from migrate.versioning.control.deployer import utc_now
from migrate.versioning.script import BaseScript
from migrate.versioning.session.database import described
from migrate.versioning.session.database import other_columns

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from migrate.versioning.control.marker import Marker
    from migrate.versioning.control.table import ControlTable
    from migrate.versioning.lock import Lock
    from migrate.versioning.steps import Step

__all__ = ["BASELINE", "History", "Record"]

BASELINE = "baseline"
"""The operation of a record that says: up to here, nothing is known."""


@dataclass(frozen=True)
class Record:
    """One run of one script.

    :ivar version: the number of the script, in both directions.
    :ivar operation: ``upgrade``, ``downgrade`` or :data:`BASELINE`.
    :ivar script: its file name.
    :ivar checksum: SHA-256 of its text; line endings do not count.
    :ivar started: in UTC, without a time zone.
    :ivar duration: in milliseconds.
    :ivar deployer: ``user@host, pid 17``.
    """

    version: int
    operation: str
    script: str
    checksum: str
    started: datetime
    duration: int
    deployer: str
    success: bool

    @classmethod
    def of(
        cls,
        step: Step,
        started: datetime,
        duration: int,
        *,
        success: bool,
    ) -> Record:
        """Describe how ``step`` went."""
        return cls(
            version=max(int(step.start), int(step.end)),
            operation=step.operation,
            script=basename(str(step.script)),
            checksum=_checksum(step.script),
            started=started,
            duration=duration,
            deployer=deployer(),
            success=success,
        )

    @classmethod
    def baseline(cls, version: int) -> Record:
        """Describe that nothing is known up to ``version``."""
        return cls._by_hand(BASELINE, version)

    @classmethod
    def of_resolved(cls, marker: Marker, version: int) -> Record:
        """Describe that a half-done step was mended by hand.

        :param version: that the database is at now.
        """
        if version == marker.end:
            number = max(marker.start, marker.end)
            return cls._by_hand(marker.operation, number, marker.script)
        if version == marker.start:
            return cls._by_hand("resolve", version)
        return cls.baseline(version)

    @classmethod
    def _by_hand(
        cls, operation: str, version: int, script: str = ""
    ) -> Record:
        return cls(
            version=version,
            operation=operation,
            script=basename(script),
            checksum=BaseScript(script).checksum if isfile(script) else "",
            started=utc_now(),
            duration=0,
            deployer=deployer(),
            success=True,
        )


class History:
    """Reads and writes the records of one repository; commits nothing.

    :param name: of the table.
    """

    def __init__(
        self, name: str, repository_id: str, schema: str | None = None
    ) -> None:
        self._repository_id = repository_id
        self.table = Table(
            name,
            MetaData(schema=schema),
            Column("id", Integer, primary_key=True),
            Column("repository_id", String(250), nullable=False),
            Column("version", BigInteger, nullable=False),
            Column("operation", String(20), nullable=False),
            Column("description", Text),
            Column("script", Text),
            Column("checksum", String(64)),
            Column("started", DateTime, nullable=False),
            Column("duration_ms", Integer),
            Column("deployer", Text),
            Column("success", Boolean, nullable=False),
        )

    def in_schema(self, schema: str | None) -> History:
        """Return the same table, named together with its schema."""
        return History(self.table.name, self._repository_id, schema)

    def prepared(
        self, connection: Connection, lock: Lock, control: ControlTable
    ) -> History:
        """Return the same table, in the schema of the control table, made.

        In a transaction of its own, which is committed.

        :raises DatabaseNotControlledError: when there is no version.
        """
        lock.begin()
        history = self.in_schema(control.table.schema)
        version = control.version(connection)
        history.prepare(connection, Record.baseline(version))
        connection.commit()
        return history

    def prepare(self, connection: Connection, baseline: Record) -> None:
        """Make the table if it is missing, and begin the records.

        :param baseline: what they begin with, unless at version 0.
        :raises HistoryTableError: when there is a table of other columns.
        """
        self.table.create(connection, checkfirst=True)
        own = self.table.c.repository_id == self._repository_id
        # Asks for every column: no step may run that cannot be recorded.
        every = select(self.table).where(own).subquery()
        with self._ours(connection):
            count = connection.scalar(select(func.count()).select_from(every))
        if baseline.version and not count:
            self.add(connection, baseline)

    def add(self, connection: Connection, record: Record) -> None:
        """Write one record."""
        values = {**vars(record)}
        values["duration_ms"] = values.pop("duration")
        values["repository_id"] = self._repository_id
        values["description"] = _description(record.script)
        self._insert.execute(connection, values)

    @cached_property
    def _insert(self) -> Prepared:
        columns = [each.name for each in self.table.c if each.name != "id"]
        return Prepared(insert(self.table).inline(), columns)

    def applied(self, connection: Connection) -> Mapping[int, Record]:
        """Return {version: its last upgrade}, of those not taken back.

        Ordered by version.  Empty when there is no table.
        """
        found: dict[int, Record] = {}
        for record in self.records(connection):
            if not record.success:
                continue
            if record.operation == "upgrade":
                found[record.version] = record
            elif record.operation == "downgrade":
                found.pop(record.version, None)
        return dict(sorted(found.items()))

    def baseline(self, connection: Connection) -> int | None:
        """Return the version up to which nothing is known.

        0 if all is known, None if nothing is: there are no records.
        """
        records = self.records(connection)
        if not records:
            return None
        return max(
            (each.version for each in records if each.operation == BASELINE),
            default=0,
        )

    def records(self, connection: Connection) -> list[Record]:
        """Return all records in the order in which they were written.

        :raises HistoryTableError: when the table has other columns.
        """
        name, schema = self.table.name, self.table.schema
        if not inspect(connection).has_table(name, schema=schema):
            return []
        columns = self.table.c
        statement = (
            select(
                columns.version,
                columns.operation,
                columns.script,
                columns.checksum,
                columns.started,
                columns.duration_ms,
                columns.deployer,
                columns.success,
            )
            .where(columns.repository_id == self._repository_id)
            .order_by(columns.id)
        )
        with self._ours(connection):
            rows = connection.execute(statement)
        return [Record(*row) for row in rows]

    @contextmanager
    def _ours(self, connection: Connection) -> Iterator[None]:
        """Say of a table that is none of ours what it is."""
        try:
            yield
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            connection.rollback()
            wrong = other_columns(inspect(connection), self.table)
            if not wrong:
                raise
            raise HistoryTableError(
                f"table {self.table.name!r} of {described(connection.engine)} "
                f"{wrong}; it is not a history table: name another with "
                "history_table in migrate.cfg"
            ) from error

    def repair(
        self, connection: Connection, version: int, script: BaseScript
    ) -> bool:
        """Record the present text and name of an applied script.

        :returns: whether that changed anything.
        """
        before = self.applied(connection).get(version)
        name, checksum = basename(str(script)), _checksum(script)
        if before is None or (before.script, before.checksum) == (
            name,
            checksum,
        ):
            return False
        columns = self.table.c
        last = (
            select(func.max(columns.id))
            .where(columns.repository_id == self._repository_id)
            .where(columns.version == version)
            .where(columns.operation == "upgrade")
            .where(columns.success)
        )
        connection.execute(
            update(self.table)
            .where(columns.id == connection.scalar(last))
            .values(script=name, checksum=checksum)
        )
        return True


def _checksum(script: BaseScript) -> str:
    # A script that is no file (a test's, an application's) has no text.
    checksum: Any = getattr(script, "checksum", "")
    return str(checksum)


def _description(file_name: str) -> str:
    words = file_name.partition(".")[0].lstrip("0123456789").strip("_")
    return words.replace("_", " ")
