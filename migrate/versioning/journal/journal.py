"""How far a step is that the database cannot roll back.

Written into the marker row while the step runs, so that after a killed
process the next run can go on at the next statement of an SQL script, or say
what a Python script has done.  The row is taken with the first statement
that may change anything: a step that did not come that far is run again.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

from sqlalchemy.exc import DBAPIError

from migrate.binding import can_roll_back_ddl
from migrate.exceptions import ScriptError
from migrate.sqltext.control import control_in
from migrate.sqltext.effect import changes_nothing
from migrate.sqltext.kind import changes_rows_only
from migrate.sqltext.kind import is_whole
from migrate.sqltext.kind import only_reads
from migrate.sqltext.kind import rolls_back
from migrate.versioning.journal.note import Note
from migrate.versioning.journal.remains import has_unsafe_tables
from migrate.versioning.secret import hidden_in_sql
from migrate.versioning.secret import secrets_in
from migrate.versioning.session.second import has_second
from migrate.watching import ELSEWHERE
from migrate.watching import watched

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from migrate.versioning.control.marker import Marker
    from migrate.versioning.control.markerrow import MarkerRow
    from migrate.versioning.journal.elsewhere import Elsewhere
    from migrate.versioning.journal.hearing import Hearing

__all__ = ["Journal"]

_KEPT = 20
_SHORT = 200
_ENDS = {"commit", "rollback", "hand over"}


class Journal:
    """Records the statements of one step in its marker row.

    :param connection: of the step, outside of any transaction; inside,
        statements commit by themselves.
    :param marker: what the row has, or is to have; says what an earlier run
        has done.
    :param elsewhere: says what is done past ``connection``.
    :param hearing: tells what is done on it.
    :param begin: begins a transaction on ``connection``.
    :param is_marked: whether the row has it already.
    :ivar note: what the row says of the step.
    """

    def __init__(
        self,
        connection: Connection,
        row: MarkerRow,
        marker: Marker,
        elsewhere: Elsewhere,
        hearing: Hearing,
        begin: Callable[[], object],
        *,
        is_marked: bool = False,
    ) -> None:
        self.note = Note(connection, row, marker, is_marked=is_marked)
        self._connection = connection
        self._elsewhere = elsewhere
        self._hearing = hearing
        self._begin = begin
        self._hash = hashlib.sha256()
        self._secrets = secrets_in({"url": connection.engine})
        self._ahead: Marker | None = None
        # What was done when the script began the transaction that it is in.
        self._outside: Marker | None = None
        self._sent: str | None = None
        self._short = "", ""
        self._thread = threading.get_ident()
        self._is_unsaid = False

    # -- SQL scripts: exact, statement by statement

    def is_done(self, number: int, sql: str) -> bool:
        """Tell whether an earlier run has carried out statement ``number``.

        Statements are asked for in order, from 1.  The caller has checked
        with :func:`.resumed` that their texts are the same as then.
        """
        self._hash.update(sql.encode() + b"\0")
        return number <= self.note.marker.done

    @contextmanager
    def statement(self, number: int, sql: str) -> Iterator[None]:
        """Record the statement that is carried out inside.

        Those in a row that change rows are one transaction with the journal,
        so that the two cannot disagree.  Others commit by themselves: they
        are announced before, and confirmed with what is written next; only a
        death between the two leaves a doubt.  A transaction of the script is
        done with its COMMIT, or not at all.
        """
        done = replace(
            self.note.marker,
            begun=None,
            done=number,
            digest=self._hash.hexdigest(),
            last=(self._shortened(sql),),
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
            self.note.marker = done

    def close(self) -> None:
        """Commit the rows that were changed last."""
        if self._ahead is not None:
            self.note.write(self._ahead)
            self._ahead = None

    def _begins(self, sql: str) -> bool:
        """Tell whether a transaction begins; MySQL's would not hold DDL."""
        return (
            can_roll_back_ddl(self._connection) and _control_in(sql) == "begin"
        )

    @contextmanager
    def _beginning(self) -> Iterator[None]:
        self.save()
        outside = self.note.marker
        yield
        self._outside = outside

    @contextmanager
    def _inside(self, sql: str, done: Marker) -> Iterator[None]:
        control = _control_in(sql)
        try:
            if control == "commit":
                self.note.put(done)
            yield
        except BaseException:
            self.note.marker, self._outside = self._outside or done, None
            self.note.doubt()
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
            if self.note.is_behind:
                self.save()
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
        self.note.write(replace(self.note.marker, begun=self._shortened(sql)))
        try:
            yield
        except DBAPIError as error:
            if not error.connection_invalidated:
                with suppress(DBAPIError):
                    self._end_transaction()
                    if self._did_nothing(sql):
                        self.note.write(replace(self.note.marker, begun=None))
            raise

    def _did_nothing(self, sql: str) -> bool:
        """Tell whether it is certain that the failed statement is undone."""
        return is_whole(sql) and not (
            changes_rows_only(sql) and has_unsafe_tables(self._connection)
        )

    def _end_transaction(self) -> None:
        """Leave the transaction that the script itself may have begun."""
        if self._connection.invalidated:  # to execute would connect again
            return
        self._connection.rollback()
        if self._connection.dialect.name == "postgresql":
            # In autocommit the driver does not know of it.
            self._connection.exec_driver_sql("ROLLBACK")

    # -- Python scripts: what ran, for the person who has to mend it

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Record what is carried out inside, as it is sent.

        A statement that is no query is announced in the marker before it
        is sent; of those that change rows only, the first.
        """
        try:
            with (
                self._hearing.told(self._before, self._after),
                watched(self._bare),
            ):
                yield
            self._settle()
        except Exception as error:
            refusal = _refusal_in(error, self._sent)
            if refusal is not None:
                self._settle(refusal)
            raise
        finally:
            self._elsewhere.close()

    @contextmanager
    def _bare(self, statement: str) -> Iterator[None]:
        """Record what is carried out past the events."""
        if statement is ELSEWHERE and self._elsewhere.is_possible:
            self._elsewhere.say(replace(self.note.marker, begun=statement))
            yield
            return
        if statement is ELSEWHERE and self._belongs_to_another_thread():
            self._is_unsaid = True
            yield
            return
        self._before(self._connection, None, statement)
        yield
        self._after(self._connection, None, statement)

    def _before(
        self, connection: Connection, cursor: Any, statement: str, *rest: Any
    ) -> None:
        # With the connection lost, nothing is carried out on it.
        if self._connection.invalidated:
            return
        if rolls_back(statement):
            self.note.doubt()
        if changes_nothing(statement):
            return
        self._settle()
        self._say_late()
        if not self.note.is_said or _is_announced(statement):
            announced = replace(
                self.note.marker, begun=self._shortened(statement)
            )
            self.note.put(announced)
            if self._outlives(connection, statement):
                self._elsewhere.say(announced)
        self._sent = statement

    def _belongs_to_another_thread(self) -> bool:
        """Tell whether the connection is not to be used by this thread.

        By several at once it may be to a SQLite file only.
        """
        return self._thread != threading.get_ident() and not has_second(
            self._connection.engine
        )

    def _say_late(self) -> None:
        """Take in that another thread has worked elsewhere."""
        if self._is_unsaid:
            self._is_unsaid = False
            self.note.marker = replace(self.note.marker, elsewhere=ELSEWHERE)
            self.note.doubt()

    def _outlives(self, connection: Connection, statement: str) -> bool:
        """Tell whether rows may remain of which the marker is rolled back."""
        return (
            changes_rows_only(statement)
            and getattr(connection, "has_begun", True)
            and has_unsafe_tables(self._connection)
        )

    def _after(
        self, connection: Connection, cursor: Any, statement: str, *rest: Any
    ) -> None:
        if changes_nothing(statement):
            return
        self._sent = None
        if not is_whole(statement):
            self.note.doubt()  # a routine may roll back
        self._count(self._shortened(statement))

    def _count(self, statement: str) -> None:
        marker = self.note.marker
        self.note.marker = replace(
            marker,
            begun=None,
            done=marker.done + 1,
            last=(*marker.last, statement)[-_KEPT:],
        )

    def _settle(self, error: DBAPIError | None = None) -> None:
        """Judge the statement that was sent and gave no result.

        :param error: of the database, that ended the script with it; None
            if the script caught it, and goes on.
        """
        sent, self._sent = self._sent, None
        if sent is None:
            return
        self.note.doubt()  # a deadlock rolls everything back
        is_lost = error is not None and error.connection_invalidated
        if not is_lost and self._did_nothing(sent):
            self.note.marker = replace(self.note.marker, begun=None)
        elif error is None:  # what comes next is not to hide it
            self._count(f"{self._shortened(sent)} (failed, maybe in part)")

    # -- at the end

    @property
    def is_elsewhere(self) -> bool:
        """Whether a row says that the step works elsewhere, too."""
        return self._elsewhere.is_said

    @property
    def is_blank(self) -> bool:
        """Whether it is certain that nothing has been carried out."""
        return not (
            self.note.marker.done
            or self.note.marker.begun
            or self._sent
            or self.is_elsewhere
            or self._is_unsaid
            or self.note.marker.elsewhere
        )

    def save(self) -> None:
        """Write down how far the step came; commits."""
        self._say_late()
        self.note.write(self.note.marker)

    def _shortened(self, sql: str) -> str:
        # Asked for before a statement, and after it.
        asked, short = self._short
        if sql != asked:
            # The control table is no place for passwords that a script sets.
            short = " ".join(hidden_in_sql(sql, self._secrets).split())
            if len(short) > _SHORT:
                short = short[: _SHORT - 3] + "..."
            self._short = sql, short
        return short


def _control_in(sql: str) -> str | None:
    try:
        return control_in(sql)
    except ScriptError:
        return "hand over"  # PREPARE TRANSACTION


def _refusal_in(error: Exception, sent: str | None) -> DBAPIError | None:
    """Return the database's error, of which a script may have made its own.

    :param sent: what gave no result; of anything else says an error behind
        that of the script nothing.
    """
    if isinstance(error, DBAPIError):
        return error
    behind: BaseException | None = error
    seen: list[BaseException] = []
    while behind is not None and behind not in seen:
        if isinstance(behind, DBAPIError) and behind.statement == sent:
            return behind
        seen.append(behind)
        behind = behind.__cause__ or behind.__context__
    return None


def _is_announced(statement: str) -> bool:
    """Tell whether it is worth being named, whatever ran before."""
    return not (
        changes_rows_only(statement)
        or only_reads(statement)
        or statement is ELSEWHERE
    )
