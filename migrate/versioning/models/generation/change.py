"""A change and its reverse, as lines of a change script."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["POST", "PRE", "Change", "ascii_only"]

#: The variables with the model before the upgrade, and after it.
PRE, POST = "pre_meta", "post_meta"


@dataclass(frozen=True)
class Change:
    """What to do, and how to take it back."""

    up: tuple[str, ...]
    down: tuple[str, ...]

    @classmethod
    def of(cls, up: Iterable[str] | str, down: Iterable[str] | str) -> Change:
        """Make one of lines, or of a line each."""
        return cls(_lines(up), _lines(down))

    def reversed(self) -> Change:
        """Return the change that goes the other way."""
        return Change(self.down, self.up)


def _lines(given: Iterable[str] | str) -> tuple[str, ...]:
    lines = (given,) if isinstance(given, str) else given
    return tuple(ascii_only(line) for line in lines)


def ascii_only(code: str) -> str:
    """Escape what is not ASCII, in the strings that it stands in.

    Applications write code to files in whatever encoding is usual.
    """
    return code.encode("ascii", "backslashreplace").decode()
