"""Proving change scripts: up, down and up again must leave no difference."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from migrate.binding import can_roll_back_ddl
from migrate.versioning.proof.stage import RealStage
from migrate.versioning.proof.stage import SealedStage
from migrate.versioning.proof.stage import refuse
from migrate.versioning.proof.stage import touched
from migrate.versioning.proof.stage import unconfirmed
from migrate.versioning.proof.trial import StuckError
from migrate.versioning.proof.trial import Trial
from migrate.versioning.proof.verdict import LeftAt
from migrate.versioning.proof.verdict import LeftHalfDone
from migrate.versioning.proof.verdict import RunningForReal
from migrate.versioning.running.deployment import deploying
from migrate.versioning.running.events import RunInterrupted
from migrate.versioning.running.sealed import sealed
from migrate.versioning.session.cancelling import cancellable
from migrate.versioning.tables import control_of
from migrate.versioning.tables import history_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine import Engine

    from migrate.versioning.history import History
    from migrate.versioning.lock import Lock
    from migrate.versioning.proof.verdict import Listener
    from migrate.versioning.proof.verdict import Verdict
    from migrate.versioning.repository import Repository
    from migrate.versioning.session.limits import Limits

__all__ = ["prove"]


def prove(
    engine: Engine,
    repository: Repository,
    versions: Sequence[int],
    *,
    listener: Listener,
    limits: Limits,
    is_confirmed: bool = False,
) -> list[Verdict]:
    """Test change scripts on a database, whatever version it is at.

    Where DDL can be rolled back everything happens in one transaction that
    is, and the database is as before.  Elsewhere the scripts run for real,
    each step with its version, and at the end the database is taken back to
    the version it was at.  The deployers' lock is held.

    :param versions: to be tested, in their order; they must exist.
    :param listener: is told of every event and verdict as it comes.
    :param is_confirmed: run for real also on tables that hold rows.
    :returns: a verdict for each version.
    :raises UnconfirmedError: before anything is run if the scripts name a
        table with rows, or at the first statement that does.
    :raises HalfDoneStepError: when an earlier step did not end.
    """
    with (
        deploying(engine, limits, listener) as (connection, lock),
        cancellable(connection),
    ):
        if can_roll_back_ddl(connection):
            return _proved_and_undone(
                connection, lock, repository, versions, listener
            )
        real = RealStage(connection, lock, control_of(repository))
        real.check()
        trial = Trial(real, repository, listener)
        return _proved_for_real(
            trial, real, versions, history_of(repository), is_confirmed
        )


def _proved_and_undone(
    connection: Connection,
    lock: Lock,
    repository: Repository,
    versions: Sequence[int],
    listener: Listener,
) -> list[Verdict]:
    with sealed(connection, lock):
        trial = Trial(SealedStage(connection), repository, listener)
        trial.start(versions[0])
        home = trial.at
        try:
            return trial.verdicts(versions)
        except KeyboardInterrupt:
            listener(RunInterrupted(home))
            raise


def _proved_for_real(
    trial: Trial,
    stage: RealStage,
    versions: Sequence[int],
    history: History | None,
    is_confirmed: bool,
) -> list[Verdict]:
    connection = stage.connection
    url = connection.engine.url.render_as_string(hide_password=True)
    trial.emit(RunningForReal(url))
    stage.is_controlled = trial.start(versions[0])
    home, rows = trial.at, {} if is_confirmed else trial.picture().rows
    connection.rollback()
    refuse(touched(trial.source(versions), rows))
    if history is not None and stage.is_controlled:
        stage.record_in(history)
    with unconfirmed(connection, rows):
        try:
            verdicts = trial.verdicts(versions)
        except KeyboardInterrupt:
            trial.emit(RunInterrupted(trial.at))
            raise
        with suppress(StuckError):
            trial.move(home)
    if trial.at != home:
        trial.emit(LeftAt(trial.at, home))
    remains = stage.what_remains()
    if remains:
        trial.emit(LeftHalfDone(remains))
    return verdicts
