"""The commands that run change scripts, or show what would run."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from migrate.exceptions import KnownError
from migrate.exceptions import UsageError
from migrate.exceptions import VersionNotFoundError
from migrate.versioning.commands import options
from migrate.versioning.commands.opening import controlled
from migrate.versioning.commands.opening import repository_of
from migrate.versioning.script import PythonScript
from migrate.versioning.session.engine import engine_of
from migrate.versioning.verification import never_run

if TYPE_CHECKING:
    from migrate.versioning.commands.opening import Database
    from migrate.versioning.commands.opening import Folder
    from migrate.versioning.repository import Repository
    from migrate.versioning.schema import ControlledSchema

__all__ = [
    "downgrade",
    "test",
    "upgrade",
]

# The lines that people wait for come from the API, as they always did.
log = logging.getLogger("migrate.versioning.api")


def upgrade(
    url: Database,
    repository: Folder,
    version: int | str | None = None,
    **opts: object,
) -> None:
    """%prog upgrade URL REPOSITORY_PATH [VERSION] [--preview_py|--preview_sql]

    Bring the database to VERSION, or to the latest one.

    This runs upgrade() of each Python change script, or the SQL change
    scripts for this database, in the order of their numbers. Where the
    database can take back schema changes (SQLite, PostgreSQL) a script that
    fails leaves no trace; elsewhere what it did before the error remains.

    --preview_py           print the Python functions instead
    --preview_sql          print the SQL statements instead. Where the
                           database can take back schema changes, the
                           scripts run and are taken back, and take the
                           locks that the upgrade would take
    --lock_timeout=SECONDS how long to wait for another upgrade of this
                           database, 60 otherwise
    --ddl_lock_timeout=SECONDS, --statement_timeout=SECONDS
                           how long a statement may wait for a lock, and run
    --retries=N            try a step again that did not get its lock
    --allow_missing        go on although a change script is gone that the
                           history of the database knows as applied
    """
    with controlled(url, repository, opts) as schema:
        for warning in never_run(schema.repository):
            log.warning(warning)
        start, end = schema.version, options.number(version)
        if end is not None and end < start:
            raise KnownError(
                f"Cannot upgrade a database of version {start} to version "
                f"{end}. Try 'downgrade' instead."
            )
        _move(schema, end, opts)


def downgrade(
    url: Database, repository: Folder, version: int | str, **opts: object
) -> None:
    """%prog downgrade URL REPOSITORY_PATH VERSION [--preview_py|--preview_sql]

    Bring the database back to VERSION; 0 is the state before the first
    change script.

    This runs downgrade() of each Python change script, or the SQL change
    scripts for this database, from the latest to the earliest.

    --preview_py, --preview_sql, --lock_timeout=SECONDS,
    --ddl_lock_timeout=SECONDS, --statement_timeout=SECONDS, --retries=N
                           as for upgrade
    """
    with controlled(url, repository, opts) as schema:
        start = schema.version
        end = options.required_number(version, "downgrade")
        if end > start:
            raise KnownError(
                f"Cannot downgrade a database of version {start} to version "
                f"{end}. Try 'upgrade' instead."
            )
        _move(schema, end, opts)


def test(
    url: Database,
    repository: Folder,
    version: int | str | None = None,  # noqa: PT028  # a command, no test
    **opts: object,
) -> None:
    """%prog test URL REPOSITORY_PATH [VERSION] [--all] [--yes]

    Prove the change script of VERSION, or of the latest one: upgrade,
    downgrade, see that the schema is the one before, upgrade again, see that
    it is the one after the first upgrade. A difference is printed.

    The database may be at any version, and is as it was afterwards: SQLite
    and PostgreSQL take back all that was done. Other databases cannot, so
    that the scripts run for real: use a copy.

    --all                  prove every version, from the first to the latest
    --yes                  run for real also on tables that hold rows
    --lock_timeout=SECONDS, --ddl_lock_timeout=SECONDS,
    --statement_timeout=SECONDS
                           as for upgrade
    """
    from migrate.versioning.proof import prove
    from migrate.versioning.session.database import left_missing
    from migrate.versioning.terminal import judgement  # imports SQLAlchemy

    found = repository_of(repository)
    is_all = options.flag(opts, "all")
    versions = _versions_to_test(found, version, is_all)
    tell = judgement.tell_briefly if is_all else judgement.tell
    with engine_of(url, opts) as engine, left_missing(engine):
        verdicts = prove(
            engine,
            found,
            versions,
            listener=tell,
            limits=options.limits(opts),
            is_confirmed=options.flag(opts, "yes"),
        )
    judgement.judge(verdicts, is_all=is_all)


def _move(
    schema: ControlledSchema, end: int | None, opts: Mapping[str, Any]
) -> None:
    """Run the steps to ``end``, or show them."""
    if options.flag(opts, "preview_py"):
        _show_python(schema, end)
    elif options.flag(opts, "preview_sql"):
        _show_sql(schema, end)
    else:
        from migrate.versioning.terminal.progress import (
            tell,  # imports SQLAlchemy
        )

        schema.upgrade(
            end,
            listener=tell,
            allow_missing=options.flag(opts, "allow_missing"),
        )


def _show_python(schema: ControlledSchema, end: int | None) -> None:
    from migrate.versioning.terminal.progress import (
        tell_start,  # imports SQLAlchemy
    )

    sources = []
    for step in schema.changeset(end).steps():
        if not isinstance(step.script, PythonScript):
            raise UsageError(
                "Python source can be only displayed for python migration "
                "files"
            )
        function = getattr(step.script.module, step.operation)
        sources.append((step, inspect.getsource(function)))
    for step, text in sources:
        tell_start(step)
        log.info(text)


def _show_sql(schema: ControlledSchema, end: int | None) -> None:
    from migrate.versioning.running.preview import (
        preview,  # imports SQLAlchemy
    )
    from migrate.versioning.terminal.progress import tell_start

    steps = schema.changeset(end).steps()
    for step, statements in preview(schema.engine, steps):
        tell_start(step)
        for statement in statements:
            log.info("%s\n", statement)


def _versions_to_test(
    repository: Repository, version: object, is_all: bool
) -> list[int]:
    if is_all and version is not None:
        raise UsageError("test takes a VERSION or --all, not both")
    _refuse_empty(repository)
    if is_all:
        every = map(int, repository.versions.versions)
        return sorted(number for number in every if number > 0)
    number = options.number(version)
    if number == 0:
        raise VersionNotFoundError(
            "version 0 is the database before the first change script: "
            "there is nothing to test"
        )
    return [int(repository.version(number).version)]


def _refuse_empty(repository: Repository) -> None:
    if repository.latest == 0:
        raise VersionNotFoundError(
            f"repository {repository.path!r} has no change script yet; add "
            "one with: script DESCRIPTION"
        )
