"""What a Python script carries out, for the person who may have to mend it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

from sqlalchemy.exc import DBAPIError

from migrate.sqltext.effect import changes_nothing
from migrate.sqltext.kind import changes_rows_only
from migrate.sqltext.kind import is_whole
from migrate.sqltext.kind import only_reads
from migrate.sqltext.kind import rolls_back
from migrate.versioning.journal.remains import has_unsafe_tables
from migrate.versioning.journal.remains import is_undone
from migrate.versioning.session.second import has_second
from migrate.watching import ELSEWHERE
from migrate.watching import watched

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from migrate.versioning.journal.elsewhere import Elsewhere
    from migrate.versioning.journal.hearing import Hearing
    from migrate.versioning.journal.note import Note
    from migrate.versioning.journal.wording import Wording

__all__ = ["Watch"]

_KEPT = 20


class Watch:
    """Records the statements of a Python script, as they are sent.

    :param connection: of the step.
    :param note: of the step.
    :param wording: of statements in the marker.
    :param elsewhere: says what is done past ``connection``.
    :param hearing: tells what is done on it.
    """

    def __init__(
        self,
        connection: Connection,
        note: Note,
        wording: Wording,
        elsewhere: Elsewhere,
        hearing: Hearing,
    ) -> None:
        self._connection = connection
        self._note = note
        self._wording = wording
        self._elsewhere = elsewhere
        self._hearing = hearing
        self._sent: str | None = None
        self._thread = threading.get_ident()
        self._is_unsaid = False

    @property
    def is_elsewhere(self) -> bool:
        """Whether a row says that the step works elsewhere, too."""
        return self._elsewhere.is_said

    @property
    def is_blank(self) -> bool:
        """Whether nothing was sent of which the marker does not tell."""
        return not (self._sent or self._is_unsaid or self.is_elsewhere)

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
            self._elsewhere.say(replace(self._note.marker, begun=statement))
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
            self._note.doubt()
        if changes_nothing(statement):
            return
        self._settle()
        self.say_late()
        if not self._note.is_said or _is_announced(statement):
            announced = replace(
                self._note.marker, begun=self._wording.shortened(statement)
            )
            self._note.put(announced)
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

    def say_late(self) -> None:
        """Take in that another thread has worked elsewhere."""
        if self._is_unsaid:
            self._is_unsaid = False
            self._note.marker = replace(self._note.marker, elsewhere=ELSEWHERE)
            self._note.doubt()

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
            self._note.doubt()  # a routine may roll back
        self._count(self._wording.shortened(statement))

    def _count(self, statement: str) -> None:
        marker = self._note.marker
        self._note.marker = replace(
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
        self._note.doubt()  # a deadlock rolls everything back
        is_lost = error is not None and error.connection_invalidated
        if not is_lost and is_undone(self._connection, sent):
            self._note.marker = replace(self._note.marker, begun=None)
        elif error is None:  # what comes next is not to hide it
            self._count(
                f"{self._wording.shortened(sent)} (failed, maybe in part)"
            )


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
