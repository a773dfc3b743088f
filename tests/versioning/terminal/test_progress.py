from __future__ import annotations

import logging
from pathlib import Path

import pytest

from migrate.versioning.repository import Step
from migrate.versioning.running import events
from migrate.versioning.script import PythonScript
from migrate.versioning.terminal.progress import tell
from migrate.versioning.vernum import VerNum


@pytest.fixture
def step(tmp_path: Path) -> Step:
    path = tmp_path / "002_x.py"
    path.touch()
    return Step(VerNum(1), VerNum(2), PythonScript(path))


def told(caplog: pytest.LogCaptureFixture, event: events.Event) -> list[str]:
    """Each line with the initial of its level."""
    with caplog.at_level(logging.INFO, "migrate"):
        tell(event)
    return [f"{r.levelname[0]} {r.getMessage()}" for r in caplog.records]


def test_step(caplog: pytest.LogCaptureFixture, step: Step) -> None:
    tell_started = told(caplog, events.StepStarted(step))
    tell_done = told(caplog, events.StepDone(step))

    assert tell_started == ["I 1 -> 2... "]
    assert tell_done[1:] == ["I done"]


@pytest.mark.parametrize(
    ("is_undone", "line"),
    [
        (
            True,
            "W nothing of the upgrade to version 2 remains: the database is "
            "at version 1",
        ),
        (
            False,
            "W what the upgrade to version 2 did before the error remains; "
            "the database counts as version 1",
        ),
    ],
)
def test_failed_step_says_where_the_database_stands(
    caplog: pytest.LogCaptureFixture, step: Step, is_undone: bool, line: str
) -> None:
    event = events.StepFailed(step, RuntimeError(), is_undone)

    assert told(caplog, event) == [line]


@pytest.mark.parametrize(
    ("is_committed", "line"),
    [
        (
            True,
            "W the upgrade to version 2 was done before the error: the "
            "database is at version 2",
        ),
        (
            None,
            "W the error came while the upgrade to version 2 was committed: "
            "see with db_version whether it was",
        ),
    ],
)
def test_error_of_a_commit_claims_nothing_that_is_not_known(
    caplog: pytest.LogCaptureFixture,
    step: Step,
    is_committed: bool | None,
    line: str,
) -> None:
    event = events.StepFailed(step, RuntimeError(), False, (), is_committed)

    assert told(caplog, event) == [line]


def test_interrupted_run_says_where_the_database_stands(
    caplog: pytest.LogCaptureFixture,
) -> None:
    line = told(caplog, events.RunInterrupted(3))

    assert line == ["W the database is at version 3"]


def test_blockers_are_named(
    caplog: pytest.LogCaptureFixture, step: Step
) -> None:
    event = events.StepFailed(step, RuntimeError(), True, ("pid 7", "pid 8"))

    assert told(caplog, event)[0] == "W blocked by pid 7; pid 8"


def test_retry_is_announced(
    caplog: pytest.LogCaptureFixture, step: Step
) -> None:
    event = events.StepRetried(step, 1.234)

    assert told(caplog, event) == ["W trying again in 1.2 seconds"]


def test_waiting_names_the_holder(caplog: pytest.LogCaptureFixture) -> None:
    event = events.LockWaiting("pid 7 on host x")

    assert told(caplog, event) == [
        "W waiting for pid 7 on host x, which is at work"
    ]
