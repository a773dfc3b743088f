"""What the log says while steps run."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migrate.versioning.running.events import Event
    from migrate.versioning.steps import Step

__all__ = ["tell", "tell_start"]

# The lines that people wait for come from the API, as they always did.
log = logging.getLogger("migrate.versioning.api")


def tell(event: Event) -> None:
    """Tell the log of an event, in the words of the shell."""
    # Whoever emits an event has imported it; a run without steps has not.
    from migrate.versioning.running import events

    match event:
        case events.StepStarted(step):
            tell_start(step)
        case events.StepDone():
            log.info("done")
        case events.LockWaiting(holder):
            log.warning("waiting for %s, which is at work", holder)
        case events.StepFailed(step, _, is_undone, blockers, is_committed):
            if blockers:
                log.warning("blocked by %s", "; ".join(blockers))
            log.warning(_where_it_stands(step, is_undone, is_committed))
        case events.RunInterrupted(version):
            log.warning("the database is at version %s", version)
        case events.StepRetried(_, pause):
            log.warning("trying again in %.1f seconds", pause)


def tell_start(step: Step) -> None:
    """Tell the log that a step begins, or that it would."""
    log.info("%s -> %s... ", step.start, step.end)


def _where_it_stands(
    step: Step, is_undone: bool, is_committed: bool | None
) -> str:
    if is_committed:
        return (
            f"the {step.operation} to version {step.end} was done before "
            f"the error: the database is at version {step.end}"
        )
    if is_committed is None:
        return (
            f"the error came while the {step.operation} to version "
            f"{step.end} was committed: see with db_version whether it was"
        )
    if is_undone:
        return (
            f"nothing of the {step.operation} to version {step.end} "
            f"remains: the database is at version {step.start}"
        )
    return (
        f"what the {step.operation} to version {step.end} did before the "
        f"error remains; the database counts as version {step.start}"
    )
