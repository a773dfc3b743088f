"""Whether a database, its history and its repository fit together."""

from __future__ import annotations

from collections.abc import Iterator
from os.path import basename
from typing import TYPE_CHECKING

from migrate.exceptions import MissingAppliedScriptError
from migrate.exceptions import MissingScriptError
from migrate.exceptions import VersionNotFoundError
from migrate.versioning.vernum import VerNum

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Connection

    from migrate.versioning.control.table import ControlTable
    from migrate.versioning.history import History
    from migrate.versioning.history import Record
    from migrate.versioning.repository import Repository
    from migrate.versioning.script import BaseScript

__all__ = ["findings", "never_run", "refuse_missing", "repair"]


def findings(
    connection: Connection,
    repository: Repository,
    control: ControlTable,
    history: History | None,
) -> list[str]:
    """Return a sentence for each thing that is wrong; writes nothing.

    Without a history only the control table can be judged.

    :raises DatabaseNotControlledError: when the version cannot be read.
    """
    version = control.version(connection)
    found = [*_control_findings(connection, repository, control, version)]
    found += never_run(repository)
    if history is not None:
        applied = history.applied(connection)
        database = connection.dialect.name
        found += _applied_findings(repository, applied, database)
        found += _new_below(
            repository, applied, history.baseline(connection), version
        )
    return found


def never_run(repository: Repository) -> Iterator[str]:
    """Give a sentence for each file that no upgrade ever comes to."""
    zero = repository.versions.versions.get(VerNum(0))
    for name in zero.names if zero is not None else ():
        yield (
            f"{name} is never run: version 0 is the database before the "
            "first change script; give it a number from 1"
        )


def refuse_missing(
    repository: Repository, applied: Mapping[int, Record]
) -> None:
    """See that the repository has every applied script.

    :raises MissingAppliedScriptError: naming the first that it has not.
    """
    present = {int(number) for number in repository.versions.versions}
    for version, record in applied.items():
        if version not in present:
            raise MissingAppliedScriptError(
                f"version {version} ({record.script}) was applied and is "
                f"gone from repository {repository.id!r}; bring the file "
                "back, or go on without it: --allow_missing"
            )


def repair(
    connection: Connection, repository: Repository, history: History
) -> list[int]:
    """Record the present text of every applied script.

    :returns: the versions whose records changed, in order.
    """
    database = connection.dialect.name
    repaired = []
    for version in history.applied(connection):
        script = _script_of(repository, version, database)
        if script is not None and history.repair(connection, version, script):
            repaired.append(version)
    return repaired


def _control_findings(
    connection: Connection,
    repository: Repository,
    control: ControlTable,
    version: int,
) -> Iterator[str]:
    marker = control.marker(connection)
    if marker is not None:
        yield str(control.half_done(marker))
    present = {int(number) for number in repository.versions.versions}
    if version and version not in present:
        yield (
            f"the database is at version {version}, which repository "
            f"{repository.id!r} does not have (latest is {repository.latest})"
        )


def _applied_findings(
    repository: Repository, applied: Mapping[int, Record], database: str
) -> Iterator[str]:
    for version, record in applied.items():
        then = f"applied {record.started:%Y-%m-%d %H:%M:%S} UTC"
        script = _script_of(repository, version, database)
        if script is None:
            yield (
                f"version {version} ({record.script}, {then}) is gone from "
                f"repository {repository.id!r}"
            )
            continue
        if script.checksum != record.checksum:
            yield (
                f"version {version} ({basename(script.path)}) was edited "
                f"after it was {then}: SHA-256 {record.checksum[:12]}.. "
                f"then, {script.checksum[:12]}.. now"
            )
        elif basename(script.path) != record.script:
            yield (
                f"version {version} was renamed from {record.script} to "
                f"{basename(script.path)} after it was {then}"
            )


def _script_of(
    repository: Repository, version: int, database: str
) -> BaseScript | None:
    """Return what would upgrade to ``version``; None if it is gone."""
    try:
        return repository.version(version).script(database, "upgrade")
    except (VersionNotFoundError, MissingScriptError):
        return None


def _new_below(
    repository: Repository,
    applied: Mapping[int, Record],
    baseline: int | None,
    version: int,
) -> Iterator[str]:
    if baseline is None:
        return
    for number in sorted(map(int, repository.versions.versions)):
        if baseline < number <= version and number not in applied:
            yield (
                f"version {number} was never applied, though the database "
                f"is at version {version}"
            )
