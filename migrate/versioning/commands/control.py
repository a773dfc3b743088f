"""The commands on what a database holds of its version; none runs a script."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from migrate.exceptions import VerificationError
from migrate.versioning.commands import options
from migrate.versioning.commands.opening import controlled
from migrate.versioning.commands.opening import repository_of
from migrate.versioning.session.engine import engine_of

if TYPE_CHECKING:
    from migrate.versioning.commands.opening import Database
    from migrate.versioning.commands.opening import Folder

__all__ = [
    "db_version",
    "drop_version_control",
    "repair",
    "resolve",
    "verify",
    "version_control",
]

# The lines that people wait for come from the API, as they always did.
log = logging.getLogger("migrate.versioning.api")


def db_version(url: Database, repository: Folder, **opts: object) -> int:
    """%prog db_version URL REPOSITORY_PATH

    Print the version of the repository that the database is at.

    URL is a database URL of SQLAlchemy.
    """
    with controlled(url, repository, opts) as schema:
        return schema.version


def version_control(
    url: Database,
    repository: Folder,
    version: int | str | None = None,
    **opts: object,
) -> None:
    """%prog version_control URL REPOSITORY_PATH [VERSION]

    Put the database under control of the repository.

    This makes the control table, or adds a row to it if other repositories
    control the database too. Nothing else changes.

    VERSION is the version that the database is at already, 0 if it is
    empty. Nothing checks that it is.
    """
    from migrate.versioning.schema import ControlledSchema

    with engine_of(url, opts) as engine:
        found = repository_of(repository)
        ControlledSchema.create(
            engine,
            found,
            options.number(version),
            limits=options.limits(opts, found.lock_timeout),
        )


def resolve(
    url: Database, repository: Folder, version: int | str, **opts: object
) -> None:
    """%prog resolve URL REPOSITORY_PATH VERSION

    Say that the database is at VERSION after a step died half way.

    Where the database cannot take back schema changes (MySQL, MariaDB,
    Oracle), a step that did not end stops every later one. Mend the schema
    by hand until it is that of VERSION, then say so with this command. It
    changes the control table only.
    """
    with controlled(url, repository, opts) as schema:
        schema.resolve(options.required_number(version, "resolve"))


def verify(url: Database, repository: Folder, **opts: object) -> None:
    """%prog verify URL REPOSITORY_PATH

    Look for what does not fit between the database and the repository.

    Found are a step left half done, a version that the repository does not
    have, a change script of version 0, which is never run, and, where
    history_table is set in migrate.cfg, applied change scripts that were
    edited, renamed or are gone, and new ones below the version of the
    database. Each is a line; with any, the exit code is 1. Nothing is
    changed.
    """
    with controlled(url, repository, opts) as schema:
        found = schema.verify()
    for finding in found:
        log.info(finding)
    if found:
        raise VerificationError(
            f"{len(found)} of the things that verify looks at do not fit"
        )


def repair(url: Database, repository: Folder, **opts: object) -> None:
    """%prog repair URL REPOSITORY_PATH

    Record the present text of every applied change script in the history.

    For scripts that were edited on purpose after they were applied: verify
    is content afterwards. Prints the versions whose records changed. Needs
    history_table in migrate.cfg; the schema stays as it is.
    """
    with controlled(url, repository, opts) as schema:
        for number in schema.repair():
            log.info("version %s", number)


def drop_version_control(
    url: Database, repository: Folder, **opts: object
) -> None:
    """%prog drop_version_control URL REPOSITORY_PATH

    Release the database from control of the repository.

    This removes the row of the repository from the control table, and the
    table with the last row. Nothing else changes.
    """
    with controlled(url, repository, opts) as schema:
        schema.drop()
