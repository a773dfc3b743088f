"""How far a step is that the database cannot roll back.

Written into the marker row while the step runs, so that after a killed
process the next run can go on at the next statement of an SQL script, or say
what a Python script has done.  The row is taken with the first statement
that may change anything: a step that did not come that far is run again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from migrate.versioning.journal.note import Note
from migrate.versioning.journal.statements import Statements
from migrate.versioning.journal.watch import Watch
from migrate.versioning.journal.wording import Wording

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from migrate.versioning.control.marker import Marker
    from migrate.versioning.control.markerrow import MarkerRow
    from migrate.versioning.journal.elsewhere import Elsewhere
    from migrate.versioning.journal.hearing import Hearing

__all__ = ["Journal"]


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
        wording = Wording(connection.engine)
        self.note = Note(connection, row, marker, is_marked=is_marked)
        self._statements = Statements(connection, self.note, wording, begin)
        self._watch = Watch(connection, self.note, wording, elsewhere, hearing)

    def is_done(self, number: int, sql: str) -> bool:
        """Tell whether an earlier run has carried out statement ``number``.

        Statements are asked for in order, from 1.  The caller has checked
        with :func:`.resumed` that their texts are the same as then.
        """
        return self._statements.is_done(number, sql)

    def statement(self, number: int, sql: str) -> AbstractContextManager[None]:
        """Record the statement of an SQL script that is carried out inside."""
        return self._statements.recorded(number, sql)

    def watching(self) -> AbstractContextManager[None]:
        """Record what a Python script carries out inside, as it is sent.

        A statement that is no query is announced in the marker before it
        is sent; of those that change rows only, the first.
        """
        return self._watch.watching()

    def close(self) -> None:
        """Commit the rows that were changed last."""
        self._statements.close()

    @property
    def is_elsewhere(self) -> bool:
        """Whether a row says that the step works elsewhere, too."""
        return self._watch.is_elsewhere

    @property
    def is_blank(self) -> bool:
        """Whether it is certain that nothing has been carried out."""
        marker = self.note.marker
        return self._watch.is_blank and not (
            marker.done or marker.begun or marker.elsewhere
        )

    def save(self) -> None:
        """Write down how far the step came; commits."""
        self._watch.say_late()
        self.note.write(self.note.marker)
