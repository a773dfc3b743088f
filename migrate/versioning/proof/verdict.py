"""What a test of change scripts finds, and what it tells meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from migrate.versioning.running.events import LockWaiting
from migrate.versioning.running.events import RunInterrupted
from migrate.versioning.running.events import StepDone
from migrate.versioning.running.events import StepStarted

__all__ = [
    "Assumed",
    "Event",
    "Failed",
    "Irreversible",
    "LeftAt",
    "LeftHalfDone",
    "Listener",
    "Moving",
    "Proved",
    "RunningForReal",
    "Untested",
    "Verdict",
]


@dataclass(frozen=True)
class Proved:
    """Up, down and up again leave no difference."""

    version: int


@dataclass(frozen=True)
class Irreversible:
    """The upgrade works, and the script says that nothing undoes it."""

    version: int
    reason: str


@dataclass(frozen=True)
class Untested:
    """The version was not tried, and this is why."""

    version: int
    reason: str


@dataclass(frozen=True)
class Failed:
    """The script has a fault.

    :ivar differences: what is not as it was, a line each.
    :ivar error: what the script raised.
    """

    version: int
    reason: str
    differences: tuple[str, ...] = ()
    error: Exception | None = None


@dataclass(frozen=True)
class RunningForReal:
    """The database cannot roll back: what follows is done to it."""

    database: str


@dataclass(frozen=True)
class Assumed:
    """The database is not under control and taken to be at ``version``."""

    version: int


@dataclass(frozen=True)
class Moving:
    """The database is taken to the version before the one to be tested."""

    start: int
    end: int


@dataclass(frozen=True)
class LeftHalfDone:
    """A step failed that was run for real; what it did remains.

    :ivar reason: what is known of it.
    """

    reason: str


@dataclass(frozen=True)
class LeftAt:
    """The database could not be taken back to where it was."""

    version: int
    home: int


Verdict: TypeAlias = Proved | Irreversible | Untested | Failed
Event: TypeAlias = (
    Assumed
    | LeftAt
    | LeftHalfDone
    | LockWaiting
    | Moving
    | RunInterrupted
    | RunningForReal
    | StepDone
    | StepStarted
    | Verdict
)
Listener: TypeAlias = Callable[[Event], None]
