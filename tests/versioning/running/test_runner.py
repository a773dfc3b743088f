from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from contextlib import nullcontext
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import OperationalError

from migrate import legacy
from migrate.binding import can_roll_back_ddl
from migrate.driver import send
from migrate.exceptions import HalfDoneStepError
from migrate.exceptions import StepConflictError
from migrate.exceptions import TransactionEndedError
from migrate.versioning.control.marker import Marker
from migrate.versioning.control.markerrow import MarkerRow
from migrate.versioning.control.table import ControlTable
from migrate.versioning.lock import lock_for
from migrate.versioning.repository import Step
from migrate.versioning.running.events import Event
from migrate.versioning.running.events import StepDone
from migrate.versioning.running.events import StepFailed
from migrate.versioning.running.events import StepStarted
from migrate.versioning.running.runner import Runner
from migrate.versioning.script.base import StatementJournal
from migrate.versioning.vernum import VerNum

CONTROL = ControlTable("migrate_version", "shop")


@dataclass(frozen=True)
class Script:
    """A change script that is a function."""

    work: Callable[[Connection, int], None]
    transactional: bool = True

    opt_out = "opt out"

    def run(
        self,
        connection: Connection,
        direction: int,
        journal: StatementJournal | None = None,
    ) -> None:
        with journal.watching() if journal else nullcontext():
            self.work(connection, direction)

    def __str__(self) -> str:
        return "001_script.py"


def step(
    work: Callable[[Connection, int], None],
    start: int = 0,
    end: int = 1,
    *,
    transactional: bool = True,
) -> Step:
    script: Any = Script(work, transactional)
    return Step(VerNum(start), VerNum(end), script)


def create_table(connection: Connection, direction: int) -> None:
    connection.execute(text("CREATE TABLE made (a INTEGER)"))
    connection.execute(text("INSERT INTO made VALUES (1)"))


def create_table_and_fail(connection: Connection, direction: int) -> None:
    create_table(connection, direction)
    raise RuntimeError("in the middle")


def nothing(connection: Connection, direction: int) -> None:
    pass


@pytest.fixture
def controlled(engine: Engine) -> Engine:
    with engine.begin() as connection:
        CONTROL.insert(connection, "shop", 0)
    return engine


def run(engine: Engine, *steps: Step) -> tuple[list[bool], list[Event]]:
    events: list[Event] = []
    with engine.connect() as connection:
        lock = lock_for(connection, 0.1)
        runner = Runner(connection, CONTROL, lock, events.append)
        with lock.session(), lock.held():
            done = [runner.run(each) for each in steps]
    return done, events


def state(engine: Engine) -> tuple[int, bool]:
    """The version, and whether the table of the script is there."""
    with engine.connect() as connection:
        version = CONTROL.version(connection)
        return version, inspect(connection).has_table("made")


@pytest.mark.parametrize("transactional", [True, False])
def test_step_commits_script_and_version(
    controlled: Engine, transactional: bool
) -> None:
    one = step(create_table, transactional=transactional)

    done, events = run(controlled, one)

    assert done == [True]
    assert events == [StepStarted(one), StepDone(one)]
    assert state(controlled) == (1, True)
    with controlled.connect() as connection:
        assert CONTROL.marker_row.read(connection) is None
        assert connection.scalar(text("SELECT count(*) FROM made")) == 1


def test_failed_step_leaves_nothing_where_ddl_rolls_back(
    controlled: Engine,
) -> None:
    if not can_roll_back_ddl(controlled):
        pytest.skip("DDL cannot be rolled back")
    one = step(create_table_and_fail)

    with pytest.raises(RuntimeError, match="in the middle"):
        run(controlled, one)

    assert state(controlled) == (0, False)
    assert run(controlled, step(create_table))[0] == [True]


def test_failed_step_is_reported_with_its_error(controlled: Engine) -> None:
    one = step(create_table_and_fail)
    events: list[Event] = []

    with (
        controlled.connect() as connection,
        lock_for(connection).session(),
        pytest.raises(RuntimeError) as caught,
    ):
        Runner(connection, CONTROL, lock_for(connection), events.append).run(
            one
        )

    assert events == [
        StepStarted(one),
        StepFailed(one, caught.value, can_roll_back_ddl(controlled)),
    ]


def test_step_that_commits_behind_our_back_is_not_said_to_be_undone(
    controlled: Engine,
) -> None:
    if not can_roll_back_ddl(controlled):
        pytest.skip("DDL cannot be rolled back")

    def commit(connection: Connection, direction: int) -> None:
        with legacy.style(connection) as script:
            cursor = script.raw_connection().cursor()
            cursor.execute("CREATE TABLE made (a INTEGER)")
            cursor.connection.commit()

    one = step(commit)
    events: list[Event] = []

    with (
        controlled.connect() as connection,
        lock_for(connection).session(),
        pytest.raises(TransactionEndedError) as caught,
    ):
        Runner(connection, CONTROL, lock_for(connection), events.append).run(
            one
        )

    assert events[1:] == [StepFailed(one, caught.value, False)]
    assert state(controlled) == (0, True)


@pytest.mark.parametrize("transactional", [True, False])
def test_half_done_step_is_refused_by_name(
    controlled: Engine, transactional: bool
) -> None:
    if transactional and can_roll_back_ddl(controlled):
        pytest.skip("the step is rolled back")
    one = step(create_table_and_fail, transactional=transactional)
    with pytest.raises(RuntimeError):
        run(controlled, one)

    with pytest.raises(
        HalfDoneStepError, match=r"from version 0 to 1 \(001_script.py"
    ):
        run(controlled, step(create_table, transactional=transactional))

    assert state(controlled)[0] == 0


def test_marker_whose_answer_was_lost_is_not_said_to_be_undone(
    controlled: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    if controlled.name == "sqlite":
        pytest.skip("there is no server that could cut the connection")
    suicide = {
        "postgresql": "SELECT pg_terminate_backend(pg_backend_pid())",
        "mysql": "KILL CONNECTION_ID()",
    }[controlled.name]
    mark = MarkerRow.mark

    def mark_and_die(
        self: MarkerRow, connection: Connection, marker: Marker
    ) -> None:
        mark(self, connection, marker)
        send(connection, suicide)

    def work(connection: Connection, direction: int) -> None:
        # As 1.x style does it: on a connection of another engine.
        with legacy.style(connection, transactional=False) as script:
            script.execute("CREATE TABLE made (a INT)")  # type: ignore[attr-defined]

    monkeypatch.setattr(MarkerRow, "mark", mark_and_die)
    events: list[Event] = []
    with controlled.connect() as connection:
        lock = lock_for(connection, 0.1)
        runner = Runner(connection, CONTROL, lock, events.append)
        with (
            pytest.raises(DBAPIError),
            lock.session(),
            lock.held(),
            closing(runner),
        ):
            runner.run(step(work, transactional=False))

    assert isinstance(events[-1], StepFailed)
    assert not events[-1].is_undone
    monkeypatch.undo()
    with pytest.raises(HalfDoneStepError, match="done or not: CREATE TABLE"):
        run(controlled, step(create_table, transactional=False))


def test_marker_of_another_run_is_not_taken_back(
    connection: Connection,
) -> None:
    CONTROL.insert(connection, "shop", 0)
    mine = Marker("upgrade", 0, 1, "001_script.py", "now", "me, pid 1")
    theirs = replace(mine, deployer="they, pid 2")
    CONTROL.marker_row.mark(connection, theirs)

    CONTROL.marker_row.take_back(connection, mine)
    assert CONTROL.marker_row.read(connection) == theirs

    CONTROL.marker_row.take_back(connection, theirs)
    assert CONTROL.marker_row.read(connection) is None


def test_step_from_another_version_is_not_run(controlled: Engine) -> None:
    done, events = run(controlled, step(create_table, 1, 2))

    assert done == [False]
    assert events == []
    assert state(controlled) == (0, False)


def test_version_moved_behind_our_back_undoes_the_step(
    controlled: Engine,
) -> None:
    def move_version(connection: Connection, direction: int) -> None:
        create_table(connection, direction)
        CONTROL.move(connection, 0, 7)

    with pytest.raises(StepConflictError):
        run(controlled, step(move_version))

    if can_roll_back_ddl(controlled):
        assert state(controlled) == (0, False)


def test_version_moved_between_steps_keeps_the_next_from_being_kept(
    controlled: Engine,
) -> None:
    """By somebody who does not ask for the lock, such as the old library."""

    def moved_after(event: Event) -> None:
        if isinstance(event, StepDone):
            with controlled.begin() as other:
                CONTROL.move(other, 1, 7)

    with controlled.connect() as connection:
        lock = lock_for(connection, 0.1)
        runner = Runner(connection, CONTROL, lock, moved_after)
        with lock.session(), lock.held():
            assert runner.run(step(nothing))
            with suppress(StepConflictError):
                assert not runner.run(step(create_table, 1, 2))

    if can_roll_back_ddl(controlled):
        assert state(controlled) == (7, False)


def test_step_from_elsewhere_is_not_run_after_another_one(
    controlled: Engine,
) -> None:
    done, _ = run(controlled, step(nothing), step(create_table, 5, 6))

    assert done == [True, False]
    assert state(controlled) == (1, False)


def test_version_is_asked_for_again_after_a_failed_step(
    controlled: Engine,
) -> None:
    def fail(connection: Connection, direction: int) -> None:
        raise RuntimeError("in the middle")

    with controlled.connect() as connection:
        lock = lock_for(connection, 0.1)
        runner = Runner(connection, CONTROL, lock, lambda event: None)
        with lock.session(), lock.held(), closing(runner):
            assert runner.run(step(nothing))
            with pytest.raises(RuntimeError):
                runner.run(step(fail, 1, 2))
            with controlled.begin() as other:
                CONTROL.move(other, 1, 7)

            assert not runner.run(step(create_table, 1, 2))

    assert state(controlled) == (7, False)


def test_version_is_asked_for_once_where_the_lock_keeps_others_out(
    controlled: Engine,
) -> None:
    asked: list[str] = []

    @event.listens_for(controlled, "before_cursor_execute")
    def note(*arguments: Any) -> None:
        if arguments[2].startswith("SELECT migrate_version"):
            asked.append(arguments[2])

    run(controlled, step(nothing), step(nothing, 1, 2), step(nothing, 2, 3))

    with controlled.connect() as connection:
        is_alone = lock_for(connection).keeps_others_out
    assert len(asked) == (1 if is_alone else 3)


def test_downgrade_runs_in_the_other_direction(controlled: Engine) -> None:
    directions: list[int] = []

    def record(connection: Connection, direction: int) -> None:
        directions.append(direction)

    done, _ = run(controlled, step(record), step(record, 1, 0))

    assert done == [True, True]
    assert directions == [1, -1]
    assert state(controlled)[0] == 0


def test_keyboard_interrupt_undoes_the_step(controlled: Engine) -> None:
    def interrupt(connection: Connection, direction: int) -> None:
        create_table(connection, direction)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(controlled, step(interrupt))

    assert state(controlled)[0] == 0
    if can_roll_back_ddl(controlled):
        assert state(controlled) == (0, False)


def test_application_that_begins_by_event_is_served(
    sqlite_engine: Engine,
) -> None:
    @event.listens_for(sqlite_engine, "connect")
    def no_implicit_begin(driver: object, record: object) -> None:
        driver.isolation_level = None  # type: ignore[attr-defined]

    @event.listens_for(sqlite_engine, "begin")
    def explicit_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    with sqlite_engine.begin() as connection:
        CONTROL.insert(connection, "shop", 0)
    with pytest.raises(RuntimeError):
        run(sqlite_engine, step(create_table_and_fail))
    done, _ = run(sqlite_engine, step(create_table))

    assert done == [True]
    assert state(sqlite_engine) == (1, True)


@pytest.mark.parametrize("is_late", [False, True], ids=["before", "after"])
def test_error_in_the_commit_tells_whether_the_step_is_done(
    controlled: Engine, is_late: bool
) -> None:
    events: list[Event] = []

    class Interrupted(Connection):
        def commit(self) -> None:
            if is_late:
                super().commit()
            if events:
                raise KeyboardInterrupt
            super().commit()

    with Interrupted(controlled) as connection:
        lock = lock_for(connection)
        runner = Runner(connection, CONTROL, lock, events.append)
        with (
            pytest.raises(KeyboardInterrupt),
            lock.session(),
            lock.held(),
        ):
            runner.run(step(create_table))

    failed = events[-1]
    assert isinstance(failed, StepFailed)
    if can_roll_back_ddl(controlled):
        assert (failed.is_committed, failed.is_undone) == (
            is_late,
            not is_late,
        )
    else:
        # Interrupted with the first commit in the step, that of the rows.
        assert (failed.is_committed, failed.is_undone) == (False, False)


def test_commit_that_the_server_still_carries_out_is_waited_for(
    controlled: Engine,
) -> None:
    if controlled.name == "sqlite":
        pytest.skip("SQLite commits in the process that asks it to")
    events: list[Event] = []
    ghost = controlled.connect()
    ghost.begin()
    commits = threading.Timer(0.3, ghost.commit)

    class Lost(Connection):
        """Its last commit is on the way when the connection breaks."""

        def commit(self) -> None:
            if commits.ident or CONTROL.version(self) == 0:
                super().commit()
                return
            super().rollback()
            CONTROL.move(ghost, 0, 1)
            commits.start()
            raise KeyboardInterrupt

    with Lost(controlled) as connection:
        lock = lock_for(connection)
        runner = Runner(connection, CONTROL, lock, events.append)
        with pytest.raises(KeyboardInterrupt), lock.session(), lock.held():
            runner.run(step(create_table))
    commits.join()
    ghost.close()

    failed = events[-1]
    assert isinstance(failed, StepFailed)
    assert failed.is_committed


def test_commit_that_a_reader_blocks_leaves_nothing_to_commit(
    sqlite_engine: Engine,
) -> None:
    with sqlite_engine.begin() as connection:
        CONTROL.insert(connection, "shop", 0)
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    events: list[Event] = []

    with (
        sqlite_engine.connect() as reader,
        sqlite_engine.connect() as connection,
    ):
        reader.exec_driver_sql("BEGIN")
        reader.execute(text("SELECT * FROM migrate_version")).all()
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
        connection.rollback()
        lock = lock_for(connection)
        runner = Runner(connection, CONTROL, lock, events.append)
        with lock.session(), lock.held(), pytest.raises(OperationalError):
            runner.run(step(create_table))
        reader.rollback()
        connection.commit()

    failed = events[-1]
    assert isinstance(failed, StepFailed)
    assert failed.is_undone
    assert not inspect(sqlite_engine).has_table("made")
