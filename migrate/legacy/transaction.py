"""What one of the transactions of a change script has done so far."""

from __future__ import annotations

from migrate.exceptions import TransactionEndedError
from migrate.sqltext.effect import changes_nothing

__all__ = ["Transaction"]


class Transaction:
    """One stretch of work between a first statement and its end.

    :ivar is_clean: whether there is nothing to undo: it has only read, and
        no statement failed.
    :ivar is_lost: whether its work was undone for the sake of the others.
    """

    __slots__ = ("_is_single", "_was_clean", "is_clean", "is_lost", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_clean = self._was_clean = True
        self.is_lost = self._is_single = False

    def lose(self) -> None:
        """Note that its work is undone, and that it is to be ended."""
        self.is_clean = self.is_lost = True

    @property
    def has_only_failed(self) -> bool:
        """Whether all that it may have changed is by one that failed."""
        return self._was_clean and self._is_single

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
        # SQLite: "INSERT OR FAIL" keeps the rows before the wrong one.
        self._is_single = not (many or "FAIL" in statement.upper())

    def after(self, statement: str) -> None:
        """Note that it has been carried out."""
        self.is_clean = self._was_clean and changes_nothing(statement)
        self._is_single = False
