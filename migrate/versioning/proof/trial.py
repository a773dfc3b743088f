"""The test of a few versions: getting there, the round trip, the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import inspect

from migrate.exceptions import DatabaseNotControlledError
from migrate.exceptions import MissingScriptError
from migrate.exceptions import UnconfirmedError
from migrate.versioning import picture
from migrate.versioning.picture import differences
from migrate.versioning.proof.verdict import Assumed
from migrate.versioning.proof.verdict import Failed
from migrate.versioning.proof.verdict import Irreversible
from migrate.versioning.proof.verdict import Moving
from migrate.versioning.proof.verdict import Proved
from migrate.versioning.proof.verdict import Untested
from migrate.versioning.running.events import StepDone
from migrate.versioning.running.events import StepStarted
from migrate.versioning.script import PythonScript
from migrate.versioning.tables import control_of

if TYPE_CHECKING:
    from migrate.versioning.picture import Picture
    from migrate.versioning.proof.stage import Stage
    from migrate.versioning.proof.verdict import Listener
    from migrate.versioning.proof.verdict import Verdict
    from migrate.versioning.repository import Repository
    from migrate.versioning.steps import Step

__all__ = ["StuckError", "Trial"]


class StuckError(Exception):
    """A step does not lead on.

    :ivar version: whose script it is.
    :ivar error: what the script raised; None if it said itself that it
        cannot, or was not run.
    """

    def __init__(
        self,
        version: int,
        reason: str,
        error: Exception | None = None,
        *,
        is_irreversible: bool = False,
    ) -> None:
        super().__init__(reason)
        self.version = version
        self.reason = reason
        self.error = error
        self.is_irreversible = is_irreversible


class Trial:
    """The test of a few versions on one stage.

    :ivar at: the version that the schema is at.
    """

    def __init__(
        self, stage: Stage, repository: Repository, emit: Listener
    ) -> None:
        self.emit = emit
        self.at = 0
        self._stage = stage
        self._connection = stage.connection
        self._repository = repository
        self._versions = sorted(int(v) for v in repository.versions.versions)
        self._stuck: dict[tuple[int, int], StuckError] = {}

    # -- where the database stands

    def start(self, first: int) -> bool:
        """Find out the version; tell whether the database is controlled.

        If it is not, an empty one is at the version before all, mostly 0,
        and any other is taken to be at the version before ``first``, as the
        old library took every one.
        """
        control = control_of(self._repository)
        if inspect(self._connection).has_table(control.table.name):
            with suppress(DatabaseNotControlledError):
                self.at = control.version(self._connection)
                return True
        if self.picture().rows:
            self.at = self._below(first)
            self.emit(Assumed(self.at))
        else:
            self.at = self._below(self._versions[0])
        return False

    def picture(self) -> Picture:
        """Take a picture, without the tables of this package."""
        repository = self._repository
        own = [repository.version_table, repository.history_table]
        with self._stage.reading():
            return picture.take(
                self._connection, without=[name for name in own if name]
            )

    def source(self, versions: Sequence[int]) -> str:
        """Return the text of all scripts that a test of these may run."""
        low = min(self.at, self._below(versions[0]))
        high = max(self.at, versions[-1])
        texts = []
        for version in self._versions:
            if low < version <= high:
                scripts = self._repository.version(version)
                for operation in ("upgrade", "downgrade"):
                    with suppress(MissingScriptError):
                        name = self._connection.dialect.name
                        texts.append(scripts.script(name, operation).source())
        return "\n".join(texts)

    def _below(self, version: int) -> int:
        # A repository may begin anywhere: its older scripts were made one.
        is_timestamp = self._repository.use_timestamp_numbering
        nothing = 0 if is_timestamp else max(0, version - 1)
        return max((v for v in self._versions if v < version), default=nothing)

    # -- going there

    def move(self, end: int) -> None:
        """Take the schema to a version.

        :raises StuckError: at a step that does not lead on.
        """
        while self.at < end:
            above = (v for v in self._versions if v > self.at)
            self._run(self._step(self.at, min(above, default=end)))
        while self.at > end:
            self._run(self._step(self.at, self._below(self.at)))

    def _step(self, start: int, end: int) -> Step:
        name = self._connection.dialect.name
        try:
            (step,) = self._repository.changeset(name, start, end).steps()
        except MissingScriptError as error:
            if end > start:
                raise
            raise _no_downgrade(start) from error
        # Loaded anew: what the module has made of itself in an earlier run
        # is not there either when upgrade and downgrade are commands.
        step = replace(step, script=type(step.script)(step.script.path))
        if end < start and _lacks_downgrade(step):
            raise _no_downgrade(start)
        return step

    def _run(self, step: Step) -> None:
        """Run a step; once it led nowhere it is not run again."""
        way = int(step.start), int(step.end)
        if way in self._stuck:
            raise self._stuck[way]
        try:
            self._attempt(step)
        except StuckError as stuck:
            self._stuck[way] = stuck
            raise
        self.at = int(step.end)

    def _attempt(self, step: Step) -> None:
        try:
            if not self._stage.can_run(step):
                raise _not_to_be_tried(step)
            self._stage.run(step)
        except (StuckError, UnconfirmedError):
            raise
        except NotImplementedError as error:
            raise _irreversible(step, error) from error
        except Exception as error:
            if self._connection.invalidated:
                raise
            raise _failed(step, error) from error

    # -- verdicts

    def verdicts(self, versions: Sequence[int]) -> list[Verdict]:
        """Test one version after the other, as far as they can be reached."""
        verdicts = []
        for version in versions:
            verdicts.append(self._verdict(version))
            self.emit(verdicts[-1])
        return verdicts

    def _verdict(self, version: int) -> Verdict:
        below = self._below(version)
        if self.at != below:
            self.emit(Moving(self.at, below))
        try:
            self.move(below)
            return self._tested(version, below)
        except StuckError as stuck:
            if stuck.error is not None and stuck.version == version:
                return Failed(version, stuck.reason, error=stuck.error)
            return Untested(version, stuck.reason)

    def _tested(self, version: int, below: int) -> Verdict:
        up = self._step(below, version)
        before = self.picture()
        self._run_visibly(up)
        upgraded = self.picture()
        with self._stage.undoing() as is_undone:
            try:
                verdict = self._round(up, before, upgraded)
            except StuckError as stuck:
                verdict = _verdict_on_downgrade(version, stuck)
        if is_undone:
            self.at = version
        return verdict

    def _round(self, up: Step, before: Picture, upgraded: Picture) -> Verdict:
        version = int(up.end)
        self._run_visibly(self._step(version, int(up.start)))
        restored = self.picture()
        lines = differences(before, restored, upgraded.implicit)
        if lines:
            reason = "after upgrade and downgrade the schema is another one"
            return Failed(version, reason, tuple(lines))
        self._run(self._step(int(up.start), version))
        lines = differences(upgraded, self.picture())
        if lines:
            reason = "the second upgrade makes another schema than the first"
            return Failed(version, reason, tuple(lines))
        return Proved(version)

    def _run_visibly(self, step: Step) -> None:
        self.emit(StepStarted(step))
        self._run(step)
        self.emit(StepDone(step))


def _lacks_downgrade(step: Step) -> bool:
    script = step.script
    return isinstance(script, PythonScript) and not callable(
        getattr(script.module, "downgrade", None)
    )


def _verdict_on_downgrade(version: int, stuck: StuckError) -> Verdict:
    if stuck.is_irreversible:
        return Irreversible(version, stuck.reason)
    if stuck.error is not None:
        return Failed(version, stuck.reason, error=stuck.error)
    return Untested(version, stuck.reason)


# -- why a step does not lead on


def _no_downgrade(version: int) -> StuckError:
    return StuckError(
        version, f"version {version} has no downgrade", is_irreversible=True
    )


def _irreversible(step: Step, error: NotImplementedError) -> StuckError:
    said = f": {error}" if str(error) else ""
    return StuckError(
        _version(step),
        f"the {step.operation} of version {_version(step)} raises "
        f"{type(error).__name__}{said}",
        None if step.direction < 0 else error,
        is_irreversible=step.direction < 0,
    )


def _failed(step: Step, error: Exception) -> StuckError:
    return StuckError(
        _version(step),
        f"the {step.operation} of version {_version(step)} fails",
        error,
    )


def _not_to_be_tried(step: Step) -> StuckError:
    version = _version(step)
    below = min(int(step.start), int(step.end))
    return StuckError(
        version,
        f"version {version} must run outside a transaction, so it would "
        "change this database; test it on a copy: upgrade the copy to "
        f"{version}, downgrade it to {below}, upgrade it to {version}",
    )


def _version(step: Step) -> int:
    return max(int(step.start), int(step.end))
