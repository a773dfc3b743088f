"""What one of the transactions of a change script has done so far."""

from __future__ import annotations

from migrate.exceptions import TransactionEndedError
from migrate.sqltext.effect import changes_nothing
from migrate.sqltext.kind import is_whole

__all__ = ["Transaction"]


class Transaction:
    """One stretch of work between a first statement and its end.

    :ivar is_clean: whether there is nothing to undo: it has only read, and
        no statement failed.
    :ivar is_lost: whether its work was undone for the sake of the others.
    :ivar is_shared: whether the work of others would be undone with it.
    """

    __slots__ = (
        "_single",
        "_was_clean",
        "is_clean",
        "is_lost",
        "is_shared",
        "name",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_clean = self._was_clean = True
        self.is_lost = self.is_shared = False
        self._single = ""

    def lose(self) -> None:
        """Note that its work is undone, and that it is to be ended."""
        self.is_clean = self.is_lost = True

    @property
    def has_only_failed(self) -> bool:
        """Whether all it may have changed is by one that failed as a whole."""
        return self._was_clean and is_whole(self._single)

    def leave(self) -> None:
        """Note that the statement that failed has left something."""
        self._single = ""

    def before(self, statement: str, *, many: bool = True) -> None:
        """Expect the worst of a statement.

        :param many: whether it may have been carried out in part.
        :raises TransactionEndedError: when its work is undone: the database
            would say the same of a connection of its own.
        """
        if self.is_lost:
            raise TransactionEndedError(
                "a statement of this transaction has failed, and its work "
                "is undone; roll it back before the next statement"
            )
        self._was_clean = self.is_clean
        self.is_clean = False
        self._single = "" if many else statement

    def after(self, statement: str) -> None:
        """Note that it has been carried out."""
        self.is_clean = self._was_clean and changes_nothing(statement)
        self._single = ""
