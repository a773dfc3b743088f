"""What the log says while versions are tested, and how the test ends."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from migrate.exceptions import UnprovenScriptError
from migrate.versioning.proof import verdict as verdicts
from migrate.versioning.running import events
from migrate.versioning.terminal import progress

if TYPE_CHECKING:
    from migrate.versioning.proof.verdict import Event
    from migrate.versioning.proof.verdict import Verdict

__all__ = ["judge", "tell", "tell_briefly"]

# The lines that people wait for come from the API, as they always did.
log = logging.getLogger("migrate.versioning.api")

_MOST_LINES = 20


def tell(event: Event) -> None:
    """Tell the log of an event in the test of one version."""
    match event:
        case events.StepStarted(step):
            is_up = step.direction > 0
            log.info("Upgrading..." if is_up else "Downgrading...")
        case events.StepDone():
            log.info("done")
        case verdicts.Irreversible(_, reason):
            log.info("irreversible: %s", reason)
        case verdicts.Failed(version, reason, error=error) if error:
            # The error itself is raised in the end.
            log.warning("%s: failed: %s", version, reason)
        case verdicts.Proved() | verdicts.Untested():
            pass
        case _:
            _tell_any(event)


def tell_briefly(event: Event) -> None:
    """Tell the log of an event in the test of many versions."""
    match event:
        case events.StepStarted() | events.StepDone() | verdicts.Moving():
            pass
        case verdicts.Proved(version):
            log.info("%s: proved", version)
        case verdicts.Irreversible(version, reason):
            log.info("%s: irreversible: %s", version, reason)
        case verdicts.Untested(version, reason):
            log.warning("%s: not tested: %s", version, reason)
        case _:
            _tell_any(event)


def _tell_any(event: Event) -> None:
    match event:
        case verdicts.Failed(version, reason, differences, error):
            because = f": {_first_line(error)}" if error else ""
            log.warning("%s: failed: %s%s", version, reason, because)
            for line in differences[:_MOST_LINES]:
                log.warning("  %s", line)
            if len(differences) > _MOST_LINES:
                log.warning("  ... %s more", len(differences) - _MOST_LINES)
        case verdicts.Moving(start, end):
            log.info("Moving from version %s to %s...", start, end)
        case verdicts.Assumed(version):
            log.warning(
                "the database is not under version control: it is taken to "
                "be at version %s",
                version,
            )
        case verdicts.RunningForReal(database):
            log.warning(
                "%s cannot take back what is tried: the scripts run for real",
                database,
            )
        case verdicts.LeftAt(version, home):
            log.warning(
                "the database was at version %s and is at version %s now",
                home,
                version,
            )
        case verdicts.LeftHalfDone(reason):
            log.warning("%s", reason)
        case events.LockWaiting() | events.RunInterrupted():
            progress.tell(event)


def _first_line(error: Exception) -> str:
    text = f"{type(error).__name__}: {error}"
    return text.partition("\n")[0]


def judge(found: Sequence[Verdict], *, is_all: bool) -> None:
    """End the test: say that it succeeded, or raise.

    :raises Exception: what the script raised, unless all were tested.
    :raises UnprovenScriptError: when a version failed, or none was tested.
    """
    failed = [one for one in found if isinstance(one, verdicts.Failed)]
    untested = [one for one in found if isinstance(one, verdicts.Untested)]
    if failed and failed[0].error is not None and not is_all:
        raise failed[0].error
    if failed:
        raise UnprovenScriptError(_failure(failed, len(found)))
    if len(untested) == len(found):
        raise UnprovenScriptError(f"nothing was tested: {untested[0].reason}")
    if is_all or isinstance(found[0], verdicts.Proved):
        log.info("Success")


def _failure(failed: Sequence[verdicts.Failed], number: int) -> str:
    if number == 1:
        return f"version {failed[0].version} failed: {failed[0].reason}"
    versions = ", ".join(str(one.version) for one in failed)
    return f"{len(failed)} of {number} versions failed: {versions}"
