"""The statements of an SQL script, recorded one by one and exactly."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from migrate.binding import can_roll_back_ddl
from migrate.exceptions import ScriptError
from migrate.sqltext.control import control_in
from migrate.sqltext.kind import changes_rows_only
from migrate.versioning.journal.remains import has_unsafe_tables
from migrate.versioning.journal.remains import is_undone

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from migrate.versioning.control.marker import Marker
    from migrate.versioning.journal.note import Note
    from migrate.versioning.journal.wording import Wording

__all__ = ["Statements"]

_ENDS = {"commit", "rollback", "hand over"}


class Statements:
    """Records where an SQL script is, so that it can be gone on with.

    :param connection: of the step, outside of any transaction; inside,
        statements commit by themselves.
    :param note: of the step; says what an earlier run has done.
    :param wording: of statements in the marker.
    :param begin: begins a transaction on ``connection``.
    """

    def __init__(
        self,
        connection: Connection,
        note: Note,
        wording: Wording,
        begin: Callable[[], object],
    ) -> None:
        self._connection = connection
        self._note = note
        self._wording = wording
        self._begin = begin
        self._hash = hashlib.sha256()
        # What is done, once the rows that are changed now are committed.
        self._ahead: Marker | None = None
        # What was done when the script began the transaction that it is in.
        self._outside: Marker | None = None

    def is_done(self, number: int, sql: str) -> bool:
        """Tell whether an earlier run has carried out statement ``number``.

        Statements are asked for in order, from 1.  The caller has checked
        with :func:`.resumed` that their texts are the same as then.
        """
        self._hash.update(sql.encode() + b"\0")
        return number <= self._note.marker.done

    @contextmanager
    def recorded(self, number: int, sql: str) -> Iterator[None]:
        """Record the statement that is carried out inside.

        Those in a row that change rows are one transaction with the journal,
        so that the two cannot disagree.  Others commit by themselves: they
        are announced before, and confirmed with what is written next; only a
        death between the two leaves a doubt.  A transaction of the script is
        done with its COMMIT, or not at all.
        """
        done = replace(
            self._note.marker,
            begun=None,
            done=number,
            digest=self._hash.hexdigest(),
            last=(self._wording.shortened(sql),),
        )
        joins_rows = self._joins_rows(sql)
        if self._outside is not None:
            way = self._inside(sql, done)
        elif self._begins(sql):
            way = self._beginning()
        else:
            way = self._among_rows() if joins_rows else self._announced(sql)
        with way:
            yield
        if joins_rows:
            self._ahead = done
        else:
            self._note.marker = done

    def close(self) -> None:
        """Commit the rows that were changed last."""
        if self._ahead is not None:
            self._note.write(self._ahead)
            self._ahead = None

    def _begins(self, sql: str) -> bool:
        """Tell whether a transaction begins; MySQL's would not hold DDL."""
        return (
            can_roll_back_ddl(self._connection) and _control_in(sql) == "begin"
        )

    @contextmanager
    def _beginning(self) -> Iterator[None]:
        self._note.write(self._note.marker)
        outside = self._note.marker
        yield
        self._outside = outside

    @contextmanager
    def _inside(self, sql: str, done: Marker) -> Iterator[None]:
        control = _control_in(sql)
        try:
            if control == "commit":
                self._note.put(done)
            yield
        except BaseException:
            self._note.marker, self._outside = self._outside or done, None
            self._note.doubt()
            with suppress(DBAPIError):
                self._end_transaction()
            raise
        if control in _ENDS:
            self._outside = None

    def _joins_rows(self, sql: str) -> bool:
        return (
            changes_rows_only(sql)
            and not can_roll_back_ddl(self._connection)
            and not has_unsafe_tables(self._connection)
        )

    @contextmanager
    def _among_rows(self) -> Iterator[None]:
        if self._ahead is None:
            if self._note.is_behind:
                self._note.write(self._note.marker)
            self._connection.commit()
            self._begin()
        try:
            yield
        except BaseException:
            self._ahead = None
            with suppress(DBAPIError):
                self._end_transaction()
            raise

    @contextmanager
    def _announced(self, sql: str) -> Iterator[None]:
        self.close()
        self._note.write(
            replace(self._note.marker, begun=self._wording.shortened(sql))
        )
        try:
            yield
        except DBAPIError as error:
            if not error.connection_invalidated:
                with suppress(DBAPIError):
                    self._end_transaction()
                    if is_undone(self._connection, sql):
                        self._note.write(
                            replace(self._note.marker, begun=None)
                        )
            raise

    def _end_transaction(self) -> None:
        """Leave the transaction that the script itself may have begun."""
        if self._connection.invalidated:  # to execute would connect again
            return
        self._connection.rollback()
        if self._connection.dialect.name == "postgresql":
            # In autocommit the driver does not know of it.
            self._connection.exec_driver_sql("ROLLBACK")


def _control_in(sql: str) -> str | None:
    try:
        return control_in(sql)
    except ScriptError:
        return "hand over"  # PREPARE TRANSACTION
