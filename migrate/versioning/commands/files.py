"""The commands on the files of a repository; none needs a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from migrate.exceptions import KnownError
from migrate.exceptions import PathFoundError
from migrate.exceptions import UsageError
from migrate.versioning.commands import options
from migrate.versioning.commands.opening import repository_of
from migrate.versioning.repository import Repository

if TYPE_CHECKING:
    from migrate.versioning.commands.opening import Folder
    from migrate.versioning.vernum import VerNum

__all__ = [
    "create",
    "manage",
    "modernize",
    "script",
    "script_sql",
    "source",
    "version",
]


def create(repository: str, name: str, **opts: object) -> None:
    """%prog create REPOSITORY_PATH NAME [--version_table=TABLE]

    Make an empty repository of change scripts in a new folder.

    NAME tells the repository apart from others in a database that several
    of them control. It must not change later.

    --version_table=TABLE  name of the control table in the databases; it is
                           'migrate_version' otherwise
    --use_timestamp_numbering=True
                           number scripts by the time (UTC) of their making
                           instead of 1, 2, 3: for many people who add
                           scripts at once
    --templates_path=FOLDER, --templates_theme=THEME
                           where your own templates are

    Any other option becomes a default in the manage.py of the repository.
    """
    options.check_templates(opts)
    folder = options.path("repository", repository)
    with _path_must_be_free():
        Repository.create(folder, name, **opts)


def script(description: str, repository: Folder, **opts: object) -> None:
    """%prog script DESCRIPTION REPOSITORY_PATH

    Add an empty Python change script under the next free version number.

    %prog script "add account table" makes the file
    REPOSITORY_PATH/versions/001_add_account_table.py in an empty
    repository.
    """
    options.check_templates(opts)
    what = options.text("description", description)
    with _path_must_be_free():
        repository_of(repository).create_script(what, **opts)


def script_sql(
    database: str, description: str, repository: Folder, **opts: object
) -> None:
    """%prog script_sql DATABASE DESCRIPTION REPOSITORY_PATH [--version=N]

    Add two empty SQL change scripts, for upgrade and downgrade.

    DATABASE is the one that they are written for (postgresql, mysql,
    sqlite, oracle, ...), or 'default' for every database that has no
    scripts of its own.

    %prog script_sql sqlite "add age" makes the files
    001_add_age_sqlite_upgrade.sql and 001_add_age_sqlite_downgrade.sql in
    an empty repository.

    --version=N            add the scripts to version N, which may have
                           scripts for other databases, instead of making
                           a new one
    """
    opts["version"] = options.number(opts.get("version"))
    options.check_templates(opts)
    what = options.text("description", description)
    with _path_must_be_free():
        repository_of(repository).create_script_sql(
            options.text("database", database), what, **opts
        )


def version(repository: Folder, **opts: object) -> VerNum:
    """%prog version REPOSITORY_PATH

    Print the latest version that the repository has scripts for.
    """
    return repository_of(repository).latest


def source(
    version: int | str,
    dest: str | None = None,
    repository: Folder | None = None,
    **opts: object,
) -> str | None:
    """%prog source VERSION [DESTINATION] --repository=REPOSITORY_PATH

    Print the Python change script of VERSION, or write it to the file
    DESTINATION if that is given.
    """
    if repository is None:
        raise UsageError("A repository must be specified")
    number = options.required_number(version, "source")
    text = repository_of(repository).version(number).script().source()
    if dest is None:
        return text
    with open(options.path("dest", dest), "w", encoding="utf-8") as file:
        file.write(text)
    return None


def manage(file: str, **opts: object) -> None:
    """%prog manage FILENAME [--OPTION=VALUE...]

    Write a Python script that calls this program with your defaults.

    After
        %prog manage manage.py --repository=shop --url=sqlite:///shop.db
    these two do the same:
        python manage.py db_version
        %prog db_version --repository=shop --url=sqlite:///shop.db

    --templates_path=FOLDER, --templates_theme=THEME
                           where your own templates are
    """
    options.check_templates(opts)
    Repository.create_manage_file(options.path("file", file), **opts)


def modernize(repository: Folder, **opts: object) -> str | None:
    """%prog modernize REPOSITORY_PATH [--write]

    Show how the Python files of the repository look without what only
    Python 2 and SQLAlchemy 1.x understand, as the differences to what is
    there. Layout and comments stay.

    What cannot be rewritten with certainty is left and listed, with file,
    line and reason. The scripts are read, never run, and no database is
    needed.

    This needs more packages: pip install 'remigrate[modernize]'

    --write                rewrite the files, and print their names
    """
    from migrate.modernize import modernize  # few need it

    path = repository_of(repository).path
    text = modernize(path, write=options.flag(opts, "write"))
    return text.rstrip("\n") or None


@contextmanager
def _path_must_be_free() -> Iterator[None]:
    try:
        yield
    except PathFoundError as error:
        raise KnownError(f"The path {error} already exists") from error
