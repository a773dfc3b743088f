"""The numbers of versions, and which one comes next."""

from __future__ import annotations

from functools import total_ordering
from typing import Any

from migrate.exceptions import VersionNumberError

__all__ = ["HIGHEST", "VerNum", "timestamp_after"]

#: What a column of 64 bits holds.
HIGHEST = 2**63 - 1
_TIMESTAMP = "%Y%m%d%H%M%S"


@total_ordering
class VerNum:
    """The number of a version: whole, from 0, and 0 is the empty database.

    :param value: anything that ``int()`` takes.
    :raises VersionNumberError: (a ValueError) when it is negative, or text
        that is no number.
    :raises TypeError: for None and the like.

    Compares with anything ``int()`` takes.  It hashes as its text, so that
    a dict of versions is asked for ``'1'``, not for ``1``.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        try:
            self.value = int(value)
        except ValueError:
            self.value = -1
        if self.value < 0:
            raise VersionNumberError(
                f"version {value!r} is not a whole number from 0"
            )

    def __add__(self, value: Any) -> VerNum:
        return VerNum(self.value + int(value))

    def __sub__(self, value: Any) -> VerNum:
        return VerNum(self.value - int(value))

    def __eq__(self, value: object) -> bool:
        return self.value == int(value)  # type: ignore[call-overload,no-any-return]  # its error is the promise

    def __lt__(self, value: Any) -> bool:
        return self.value < int(value)

    def __hash__(self) -> int:
        return hash(str(self.value))

    def __int__(self) -> int:
        return self.value

    def __index__(self) -> int:
        return self.value

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return f"<VerNum({self.value})>"


def timestamp_after(latest: int) -> int:
    """Return the number of a new version by the time of day, in UTC.

    Where that is not above ``latest``: the second after it.
    """
    from datetime import datetime  # only to number a new version
    from datetime import timedelta
    from datetime import timezone

    now = int(datetime.now(timezone.utc).strftime(_TIMESTAMP))
    if now > latest:
        return now
    try:
        moment = datetime.strptime(str(latest), _TIMESTAMP)
    except ValueError:
        return latest + 1
    return int((moment + timedelta(seconds=1)).strftime(_TIMESTAMP))
