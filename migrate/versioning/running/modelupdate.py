"""Making a database look like a model, under the lock of the deployers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.binding import can_roll_back_ddl
from migrate.exceptions import ModelUpdateError
from migrate.versioning.genmodel import ModelGenerator
from migrate.versioning.journal.remains import invalid_indexes
from migrate.versioning.running.commit import commit
from migrate.versioning.running.deployment import deploying
from migrate.versioning.schemadiff import getDiffOfModelAgainstDatabase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import MetaData
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine import Engine

    from migrate.versioning.control.table import ControlTable
    from migrate.versioning.session.limits import Limits

__all__ = ["update"]


def update(
    engine: Engine,
    model: MetaData,
    control: ControlTable,
    version: int,
    limits: Limits,
    exclude: Iterable[str],
) -> None:
    """Carry out what a database lacks, and set its version.

    What differs is found out under the lock.  Where the database can roll
    DDL back, all is one transaction with the version.  Elsewhere what was
    done before an error stays; the version is set at the end, and who
    calls this again goes on.

    :param version: the one that the model belongs to.
    :param exclude: names of tables to leave alone.
    :raises HalfDoneStepError: an earlier step did not end.
    :raises ModelUpdateError: an error of the database, with what was done.
    """
    with deploying(engine, limits) as (connection, lock):
        lock.begin()
        start, marker = control.locked_state(connection)
        if marker is not None:
            remains = invalid_indexes(connection)
            raise control.half_done(marker, remains)
        diff = getDiffOfModelAgainstDatabase(model, connection, exclude)
        generator = ModelGenerator(diff, connection)
        if can_roll_back_ddl(connection):
            generator.apply(connection)
        else:
            connection.rollback()
            with lock.alone(), lock.autocommit():
                _apply_for_good(generator, connection)
            lock.begin()
        control.move(connection, start, version)
        commit(connection)


def _apply_for_good(generator: ModelGenerator, connection: Connection) -> None:
    done: list[str] = []
    try:
        generator.apply(connection, done.append)
    except Exception as error:
        if not done:
            raise
        raise ModelUpdateError(
            f"{len(done)} change(s) are done and stay, for "
            f"{connection.dialect.name} cannot roll them back: "
            f"{'; '.join(done)}; then: {error}; remove the cause and call "
            "update_db_from_model again, it goes on from there"
        ) from error
