"""Steps from version to version, and the way that several make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from migrate.versioning.script import BaseScript
from migrate.versioning.vernum import VerNum

__all__ = ["Changeset", "Step"]


@dataclass(frozen=True)
class Step:
    """One script, and the versions before and after it."""

    start: VerNum
    end: VerNum
    script: BaseScript

    @property
    def operation(self) -> str:
        """``upgrade`` or ``downgrade``."""
        return "upgrade" if self.end > self.start else "downgrade"

    @property
    def direction(self) -> int:
        """1 for an upgrade, -1 for a downgrade."""
        return 1 if self.end > self.start else -1


class Changeset(dict[VerNum, Any]):
    """The scripts that lead from one version to another.

    A dict of {version before the step: script}, in running order.

    :param start: the version to begin at.
    :param changes: scripts, each one number on.
    :param step: 1 upwards, -1 downwards.
    """

    def __init__(self, start: Any, *changes: Any, step: int = 1) -> None:
        super().__init__()
        self.start = VerNum(start)
        self.end = self.start
        self.step = step
        for change in changes:
            self.add(change)

    def add(self, change: Any, end: Any = None) -> None:
        """Add the script that follows.

        :param end: the version it leads to, by default the next number.
        """
        self[self.end] = change
        self.end = self.end + self.step if end is None else VerNum(end)

    def steps(self) -> list[Step]:
        """Return the steps in running order."""
        return [
            Step(start, end, self[start])
            for start, end in pairwise([*self.keys(), self.end])
        ]

    def run(self, *p: Any, **k: Any) -> None:
        """Call ``run`` of each script with these arguments."""
        for _, script in self:
            script.run(*p, **k)

    # Iterating gives pairs, the rest lists: callers of old rely on it.

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items())

    def keys(self) -> list[VerNum]:  # type: ignore[override]  # a list
        """Return the versions before each step, in running order."""
        return sorted(super().keys(), reverse=self.step < 0)

    def values(self) -> list[Any]:  # type: ignore[override]  # a list
        """Return the scripts in running order."""
        return [self[key] for key in self.keys()]

    def items(self) -> Any:
        """Return pairs of version before the step and script."""
        return zip(self.keys(), self.values(), strict=True)
