"""What happens while steps run, for whoever listens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import TypeAlias

if TYPE_CHECKING:
    from migrate.versioning.steps import Step

__all__ = [
    "Event",
    "Listener",
    "LockWaiting",
    "RunInterrupted",
    "StepDone",
    "StepFailed",
    "StepRetried",
    "StepStarted",
]


@dataclass(frozen=True)
class LockWaiting:
    """Another deployer is at work; we wait for it."""

    holder: str


@dataclass(frozen=True)
class StepStarted:
    """The script of a step is about to run."""

    step: Step


@dataclass(frozen=True)
class StepDone:
    """A step and its version are committed."""

    step: Step


@dataclass(frozen=True)
class StepFailed:
    """A step ended with an error.

    :ivar is_undone: nothing of it remains.
    :ivar blockers: who held the lock that it did not get, if that is why.
    :ivar is_committed: the error came too late to stop it; None: it came
        with the commit, and the database could not be asked.
    """

    step: Step
    # A driver's may quote a password.
    error: BaseException = field(repr=False)
    is_undone: bool
    blockers: tuple[str, ...] = ()
    is_committed: bool | None = False


@dataclass(frozen=True)
class RunInterrupted:
    """A signal ended the run between two steps, or before the first.

    :ivar version: that the database is at.
    """

    version: int


@dataclass(frozen=True)
class StepRetried:
    """A failed step will be tried again in ``pause`` seconds.

    It was undone, and failed because a statement did not get its lock.
    """

    step: Step
    pause: float


Event: TypeAlias = (
    LockWaiting
    | RunInterrupted
    | StepStarted
    | StepDone
    | StepFailed
    | StepRetried
)
Listener: TypeAlias = Callable[[Event], None]
