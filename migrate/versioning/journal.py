"""How far a step is that the database cannot roll back.

Written into the marker row while the step runs, so that after a killed
process the next run can go on at the next statement of an SQL script, or say
what a Python script has done.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

from sqlalchemy import event
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from migrate.binding import can_roll_back_ddl

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from migrate.versioning.control import ControlTable
    from migrate.versioning.control import Marker

__all__ = ["Journal", "invalid_indexes"]

_KEPT = 20
_SHORT = 200
_ROWS_ONLY = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|REPLACE|MERGE)\b", re.IGNORECASE
)
_READS = re.compile(
    r"\s*(SELECT|SHOW|DESCRIBE|DESC|EXPLAIN|PRAGMA|SET|VALUES|ROLLBACK"
    r"|SAVEPOINT|RELEASE|COMMIT|BEGIN|START)\b",
    re.IGNORECASE,
)
# What may be half done although the server answered with an error: MySQL
# drops those of several tables that it finds (manual, DROP TABLE);
# PostgreSQL leaves an INVALID index (manual, CREATE INDEX, CONCURRENTLY).
_DOUBTFUL = re.compile(
    r"\s*DROP\b.*,|.*\bCONCURRENTLY\b", re.IGNORECASE | re.DOTALL
)


class Journal:
    """Records the statements of one step in its marker.

    :param connection: of the step, outside of any transaction.
    :param marker: as the table has it; says what an earlier run has done.
    """

    def __init__(
        self, connection: Connection, control: ControlTable, marker: Marker
    ) -> None:
        self._connection = connection
        self._control = control
        self.marker = marker
        self._hash = hashlib.sha256()

    # -- SQL scripts: exact, statement by statement

    def is_done(self, number: int, sql: str) -> bool:
        """Tell whether an earlier run has carried out statement ``number``.

        Statements are asked for in order, from 1.  The caller has checked
        with :meth:`matches` that their texts are the same as then.
        """
        self._hash.update(sql.encode() + b"\0")
        return number <= self.marker.done

    @contextmanager
    def statement(self, number: int, sql: str) -> Iterator[None]:
        """Record the statement that is carried out inside.

        Rows and journal commit together, so that they cannot disagree.
        Other statements commit by themselves: they are announced before and
        confirmed after, and only a death between the two leaves a doubt.
        """
        is_rows_only = bool(_ROWS_ONLY.match(sql)) and not can_roll_back_ddl(
            self._connection
        )
        if not is_rows_only:
            self._write(replace(self.marker, begun=_shortened(sql)))
        try:
            yield
        except DBAPIError as error:
            if not error.connection_invalidated and not _DOUBTFUL.match(sql):
                self._connection.rollback()
                self._write(replace(self.marker, begun=None))
            raise
        self._write(
            replace(
                self.marker,
                begun=None,
                done=number,
                digest=self._hash.hexdigest(),
                last=(_shortened(sql),),
            )
        )

    @staticmethod
    def matches(marker: Marker, texts: list[str]) -> bool:
        """Tell whether the first statements still are those that were done.

        True only if it is certain which these were.
        """
        digest = hashlib.sha256()
        for sql in texts[: marker.done]:
            digest.update(sql.encode() + b"\0")
        return (
            marker.begun is None
            and marker.done <= len(texts)
            and (not marker.done or digest.hexdigest() == marker.digest)
        )

    # -- Python scripts: what ran, for the person who has to mend it

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Record what is carried out inside, as it is sent.

        A statement that is no query is announced in the marker before it
        is sent, unless it changes rows only.
        """
        events = {
            "before_cursor_execute": self._before,
            "after_cursor_execute": self._after,
        }
        for name, listener in events.items():
            event.listen(self._connection, name, listener)
        try:
            yield
        finally:
            for name, listener in events.items():
                event.remove(self._connection, name, listener)

    def _before(
        self, connection: Connection, cursor: Any, statement: str, *rest: Any
    ) -> None:
        if _changes_schema(statement):
            self.marker = replace(self.marker, begun=_shortened(statement))
            self._control.update_marker(connection, self.marker)

    def _after(
        self, connection: Connection, cursor: Any, statement: str, *rest: Any
    ) -> None:
        if self._is_own(statement) or _READS.match(statement):
            return
        self.marker = replace(
            self.marker,
            begun=None,
            done=self.marker.done + 1,
            last=(*self.marker.last, _shortened(statement))[-_KEPT:],
        )

    def _is_own(self, statement: str) -> bool:
        return (
            statement.startswith("UPDATE")
            and self._control.table.name in statement.partition("SET")[0]
        )

    # -- after a failure

    @property
    def is_blank(self) -> bool:
        """Whether it is certain that nothing has been carried out.

        Of a statement that failed this mostly is.
        """
        begun = self.marker.begun
        return not self.marker.done and not (begun and _DOUBTFUL.match(begun))

    def save(self) -> None:
        """Write down how far the step came; commits."""
        self._write(self.marker)

    def _write(self, marker: Marker) -> None:
        self._control.update_marker(self._connection, marker)
        self._connection.commit()
        self.marker = marker


def invalid_indexes(connection: Connection) -> str:
    """Say which indexes PostgreSQL left INVALID, and how to drop them.

    ``CREATE INDEX CONCURRENTLY`` leaves one behind when it fails (manual,
    CREATE INDEX).  Empty when there is none.
    """
    if connection.dialect.name != "postgresql":
        return ""
    names = connection.scalars(
        text(
            "SELECT indexrelid::regclass::text FROM pg_index"
            " WHERE NOT indisvalid ORDER BY 1"
        )
    ).all()
    return "".join(
        f"; index {name} is INVALID, drop it with: DROP INDEX {name}"
        for name in names
    )


def _changes_schema(statement: str) -> bool:
    return not (_READS.match(statement) or _ROWS_ONLY.match(statement))


def _shortened(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _SHORT else plain[: _SHORT - 3] + "..."
