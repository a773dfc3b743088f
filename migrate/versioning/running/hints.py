"""What to do about an error that the step's transaction is the reason of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from migrate.driver import code_of

__all__ = ["with_way_round"]

# PostgreSQL: active_sql_transaction.
_INSIDE_TRANSACTION = "25001"
# The others say it in words: SQLite's VACUUM, SQL Server's error 226.
_SAYS_INSIDE = re.compile(
    r"\b(within|inside)( an?)?( \S+)? transaction\b", re.IGNORECASE
)


@contextmanager
def with_way_round(opt_out: str) -> Iterator[None]:
    """Say with an error how its statement can be run.

    :param opt_out: how the script asks for no transaction.
    """
    try:
        yield
    except DBAPIError as error:
        if _refuses_transaction(error):
            error.add_detail(
                f"the step runs in a transaction; {opt_out} if this has to "
                "be outside of one"
            )
        elif _waits_for_step(error):
            error.add_detail(
                "the step itself holds the lock, and another connection of "
                "the script waits for it: use migrate_engine"
            )
        raise


def _refuses_transaction(error: DBAPIError) -> bool:
    code = code_of(error)
    if code is not None:
        return code == _INSIDE_TRANSACTION
    return _SAYS_INSIDE.search(str(error.orig)) is not None


def _waits_for_step(error: DBAPIError) -> bool:
    """Tell it of SQLite, where one connection writes at a time."""
    return str(error.orig) == "database is locked"
