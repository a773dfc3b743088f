"""The marker: what the control table says of a step under way."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from types import NoneType
from typing import TYPE_CHECKING

from migrate.exceptions import HalfDoneStepError
from migrate.versioning.control.deployer import deployer
from migrate.versioning.control.deployer import utc_now

if TYPE_CHECKING:
    from migrate.versioning.steps import Step

__all__ = ["Marker", "elsewhere_id", "marker_id"]

_SUFFIX = " (step under way)"
_ELSEWHERE = "(elsewhere) ", " (step elsewhere)"


@dataclass(frozen=True)
class Marker:
    """What is known of a step that cannot be rolled back.

    :ivar operation: ``upgrade`` or ``downgrade``.
    :ivar script: its path.
    :ivar started: when, ISO 8601 in UTC.
    :ivar deployer: who runs it: ``user@host, pid 17``.
    :ivar done: how many statements have been carried out.
    :ivar digest: SHA-256 over their texts; empty if the script cannot be
        resumed (Python).
    :ivar begun: the statement that was sent last, and of which it is not
        known whether it was carried out; None when that is known.
    :ivar last: the last statements carried out, shortened.
    :ivar elsewhere: what was begun past the connection of the step; None if
        nothing was.
    """

    operation: str
    start: int
    end: int
    script: str
    started: str
    deployer: str = ""
    done: int = 0
    digest: str = ""
    begun: str | None = None
    last: tuple[str, ...] = ()
    elsewhere: str | None = None

    @classmethod
    def of(cls, step: Step) -> Marker:
        """Begin it: ``step`` is under way from now on."""
        return cls(
            operation=step.operation,
            start=int(step.start),
            end=int(step.end),
            script=str(step.script),
            started=f"{utc_now():%Y-%m-%dT%H:%M:%S}+00:00",
            deployer=deployer(),
        )

    def is_of(self, operation: str, start: int, end: int) -> bool:
        """Tell whether this marks the given step."""
        return (self.operation, self.start, self.end) == (
            operation,
            start,
            end,
        )

    def is_of_run(self, other: Marker) -> bool:
        """Tell whether both are of one run of one step."""
        return self.is_of(other.operation, other.start, other.end) and (
            self.started == other.started and self.deployer == other.deployer
        )

    def to_text(self) -> str:
        """Return it as the control table stores it."""
        return json.dumps(vars(self))

    @classmethod
    def from_text(cls, journal: object) -> Marker:
        """Read it; one damaged by hand still says that there is one."""
        try:
            fields = json.loads(str(journal))
            last = tuple(fields.pop("last", ()))
            found: Marker | None = cls(last=last, **fields)
        except (TypeError, ValueError, AttributeError, RecursionError):
            found = None
        if found is None or not found._is_sound():
            return cls("step", 0, 0, str(journal)[:200], "at an unknown time")
        return found

    def _is_sound(self) -> bool:
        """Tell whether each field is what it is declared to be."""
        numbers = (self.start, self.end, self.done)
        texts = (self.operation, self.script, self.started, self.deployer)
        return (
            all(type(one) is int and one >= 0 for one in numbers)
            and all(isinstance(one, str) for one in (*texts, self.digest))
            and isinstance(self.begun, (str, NoneType))
            and isinstance(self.elsewhere, (str, NoneType))
            and all(isinstance(one, str) for one in self.last)
        )

    def half_done(
        self, repository_id: str, remains: str = ""
    ) -> HalfDoneStepError:
        """Return the error that a step left half done deserves.

        :param remains: what else is known of it.
        """
        known = f"{self.done} statement(s) are done"
        if not self.digest:
            known = f"at least {known} (changes of rows are not recorded)"
        if self.last:
            known += f", the last: {self.last[-1].rstrip(';')}"
        for begun in filter(None, (self.begun, self.elsewhere)):
            known += f"; this one may be done or not: {begun.rstrip(';')}"
        return HalfDoneStepError(
            f"the {self.operation} from version {self.start} to "
            f"{self.end} ({self.script}, started {self.started} by "
            f"{self.deployer or 'an unknown deployer'}) of repository "
            f"{repository_id!r} did not end, and the database could "
            f"not roll it back: {known}{remains}; mend the schema by hand, "
            "then say at which version it is: resolve VERSION"
        )


def marker_id(repository_id: str, longest: int) -> str:
    """Return the id of the marker's row, of at most ``longest`` characters."""
    return _short_id("", repository_id, _SUFFIX, longest)


def elsewhere_id(repository_id: str, longest: int) -> str:
    """Return the id of the row that says that a step works elsewhere.

    It stands before the repository's in the order of the ids: a transaction
    that has asked InnoDB for a marker that is not there keeps the others
    from adding rows behind it (manual, InnoDB Locking, gap locks).
    """
    return _short_id(_ELSEWHERE[0], repository_id, _ELSEWHERE[1], longest)


def _short_id(
    prefix: str, repository_id: str, suffix: str, longest: int
) -> str:
    plain = prefix + repository_id + suffix
    if len(plain) <= longest:
        return plain
    digest = hashlib.sha256(repository_id.encode()).hexdigest()
    return f"{prefix}{repository_id[:150]}.. {digest}{suffix}"
