"""What can be done with a repository and a database; the commands.

Every function named in ``__all__`` is a command of the shell, its docstring
is the help of that command, and its parameters are what the command takes.
Progress is told to the log of this module, results are returned.

Nothing that needs SQLAlchemy is imported before a database is asked for.
"""

from __future__ import annotations

import inspect
import logging
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import Any
from typing import NoReturn
from typing import TypeAlias

from migrate.exceptions import KnownError
from migrate.exceptions import NotSupportedError
from migrate.exceptions import PathFoundError
from migrate.exceptions import UsageError
from migrate.exceptions import VerificationError
from migrate.exceptions import VersionNotFoundError
from migrate.versioning import options
from migrate.versioning.engine import engine_of
from migrate.versioning.repository import Repository
from migrate.versioning.script import PythonScript
from migrate.versioning.vernum import VerNum

if TYPE_CHECKING:
    from os import PathLike

    from sqlalchemy.engine import URL
    from sqlalchemy.engine import Engine

    from migrate.versioning.schema import ControlledSchema
    from migrate.versioning.version import Version

    Database: TypeAlias = str | URL | Engine
    Folder: TypeAlias = str | PathLike[str] | Repository

log = logging.getLogger(__name__)

command_desc = {
    "help": "explain a command",
    "create": "make an empty repository of change scripts",
    "script": "add an empty Python change script",
    "script_sql": "add empty SQL change scripts for one database",
    "version": "print the latest version of a repository",
    "db_version": "print the version a database is at",
    "source": "print the Python change script of a version",
    "version_control": "put a database under control of a repository",
    "upgrade": "bring a database to a later version",
    "downgrade": "bring a database back to an earlier version",
    "resolve": "say where a database is after a step died half way",
    "verify": "look for what does not fit between database and repository",
    "repair": "record the present text of the applied change scripts",
    "drop_version_control": "release a database from control",
    "modernize": "rewrite old change scripts in today's forms",
    "manage": "write a script that calls this program with your defaults",
    "test": "prove a version on a database: up, down and up again",
    "compare_model_to_db": "show how a database differs from a model",
    "create_model": "print a database as a Python model",
    "make_update_script_for_model": (
        "print a change script from an old model to a new one"
    ),
    "update_db_from_model": "make a database look like a model",
}

__all__ = list(command_desc)


def __getattr__(name: str) -> Any:
    # Applications import these from here.
    if name == "ControlledSchema":
        from migrate.versioning.schema import ControlledSchema

        return ControlledSchema
    if name == "SqlScript":
        from migrate.versioning.script import SqlScript

        return SqlScript
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def help(cmd: str | None = None, **opts: object) -> str:
    """%prog help COMMAND

    Explain COMMAND: what it does and which words and options it takes.
    """
    if cmd is None:
        raise UsageError(None)
    if cmd not in command_desc:
        raise UsageError(f"'{cmd}' isn't a valid command. Try 'help COMMAND'")
    text = inspect.getdoc(globals()[cmd]) or ""
    return text.replace("%prog", sys.argv[0])


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
        _repository(repository).create_script(what, **opts)


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
        _repository(repository).create_script_sql(
            options.text("database", database), what, **opts
        )


def version(repository: Folder, **opts: object) -> VerNum:
    """%prog version REPOSITORY_PATH

    Print the latest version that the repository has scripts for.
    """
    return _repository(repository).latest


def db_version(url: Database, repository: Folder, **opts: object) -> int:
    """%prog db_version URL REPOSITORY_PATH

    Print the version of the repository that the database is at.

    URL is a database URL of SQLAlchemy.
    """
    with _controlled(url, repository, opts) as controlled:
        return controlled.version


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
    text = _repository(repository).version(number).script().source()
    if dest is None:
        return text
    with open(options.path("dest", dest), "w", encoding="utf-8") as file:
        file.write(text)
    return None


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
    with _controlled(url, repository, opts) as controlled:
        start, end = controlled.version, options.number(version)
        if end is not None and end < start:
            raise KnownError(
                f"Cannot upgrade a database of version {start} to version "
                f"{end}. Try 'downgrade' instead."
            )
        _move(controlled, end, opts)


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
    with _controlled(url, repository, opts) as controlled:
        start = controlled.version
        end = options.required_number(version, "downgrade")
        if end > start:
            raise KnownError(
                f"Cannot downgrade a database of version {start} to version "
                f"{end}. Try 'upgrade' instead."
            )
        _move(controlled, end, opts)


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
    from migrate.versioning import judgement  # imports SQLAlchemy
    from migrate.versioning.database import left_missing
    from migrate.versioning.proof import prove

    found = _repository(repository)
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
        found = _repository(repository)
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
    with _controlled(url, repository, opts) as controlled:
        controlled.resolve(options.required_number(version, "resolve"))


def verify(url: Database, repository: Folder, **opts: object) -> None:
    """%prog verify URL REPOSITORY_PATH

    Look for what does not fit between the database and the repository.

    Found are a step left half done, a version that the repository does not
    have and, where history_table is set in migrate.cfg, applied change
    scripts that were edited, renamed or are gone, and new ones below the
    version of the database. Each is a line; with any, the exit code is 1.
    Nothing is changed.
    """
    with _controlled(url, repository, opts) as controlled:
        found = controlled.verify()
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
    with _controlled(url, repository, opts) as controlled:
        for number in controlled.repair():
            log.info("version %s", number)


def drop_version_control(
    url: Database, repository: Folder, **opts: object
) -> None:
    """%prog drop_version_control URL REPOSITORY_PATH

    Release the database from control of the repository.

    This removes the row of the repository from the control table, and the
    table with the last row. Nothing else changes.
    """
    with _controlled(url, repository, opts) as controlled:
        controlled.drop()


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

    path = _repository(repository).path
    text = modernize(path, write=options.flag(opts, "write"))
    return text.rstrip("\n") or None


def compare_model_to_db(
    url: Database, repository: Folder, model: object, **opts: object
) -> object:
    """%prog compare_model_to_db URL REPOSITORY_PATH MODEL

    Print how the database differs from a model.

    MODEL names a MetaData: package.module:attribute.
    """
    _not_yet("compare_model_to_db")


def create_model(url: Database, repository: Folder, **opts: object) -> object:
    """%prog create_model URL REPOSITORY_PATH [--declarative=True]

    Print the tables of the database as Python code.
    """
    _not_yet("create_model")


def make_update_script_for_model(
    url: Database,
    repository: Folder,
    oldmodel: object,
    model: object,
    **opts: object,
) -> object:
    """%prog make_update_script_for_model URL REPOSITORY_PATH OLDMODEL MODEL

    Print a change script that leads from one model to another.

    OLDMODEL and MODEL each name a MetaData: package.module:attribute.
    """
    _not_yet("make_update_script_for_model")


def update_db_from_model(
    url: Database, repository: Folder, model: object, **opts: object
) -> object:
    """%prog update_db_from_model URL REPOSITORY_PATH MODEL

    Make the tables of the database those of a model, and set its version to
    the latest of the repository.

    MODEL names a MetaData: package.module:attribute.
    """
    _not_yet("update_db_from_model")


# The short names of the shell, which old code uses as functions too.
s = script
vc = version_control
dbv = db_version
v = version


def _move(
    controlled: ControlledSchema, end: int | None, opts: Mapping[str, Any]
) -> None:
    """Run the steps to ``end``, or show them."""
    if options.flag(opts, "preview_py"):
        _show_python(controlled, end)
    elif options.flag(opts, "preview_sql"):
        _show_sql(controlled, end)
    else:
        from migrate.versioning.progress import tell  # imports SQLAlchemy

        controlled.upgrade(
            end,
            listener=tell,
            allow_missing=options.flag(opts, "allow_missing"),
        )


def _versions_to_test(
    repository: Repository, version: object, is_all: bool
) -> list[int]:
    if is_all and version is not None:
        raise UsageError("test takes a VERSION or --all, not both")
    latest = _latest(repository)
    if is_all:
        return sorted(int(each) for each in repository.versions.versions)
    if version is None:
        return [int(latest.version)]
    return [int(repository.version(options.number(version)).version)]


def _show_python(controlled: ControlledSchema, end: int | None) -> None:
    from migrate.versioning.progress import tell_start  # imports SQLAlchemy

    sources = []
    for step in controlled.changeset(end).steps():
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


def _show_sql(controlled: ControlledSchema, end: int | None) -> None:
    from migrate.versioning.preview import preview  # imports SQLAlchemy
    from migrate.versioning.progress import tell_start

    steps = controlled.changeset(end).steps()
    for step, statements in preview(controlled.engine, steps):
        tell_start(step)
        for statement in statements:
            log.info("%s\n", statement)


@contextmanager
def _controlled(
    url: Database, repository: Folder, opts: Mapping[str, Any]
) -> Iterator[ControlledSchema]:
    from migrate.versioning.schema import ControlledSchema

    with engine_of(url, opts) as engine:
        found = _repository(repository)
        limits = options.limits(opts, found.lock_timeout)
        yield ControlledSchema(engine, found, limits=limits)


def _latest(repository: Repository) -> Version:
    if repository.latest == 0:
        raise VersionNotFoundError(
            f"repository {repository.path!r} has no change script yet; add "
            "one with: script DESCRIPTION"
        )
    return repository.version()


def _repository(repository: Folder) -> Repository:
    if isinstance(repository, Repository):
        return repository
    return Repository(options.path("repository", repository))


@contextmanager
def _path_must_be_free() -> Iterator[None]:
    try:
        yield
    except PathFoundError as error:
        raise KnownError(f"The path {error} already exists") from error


def _not_yet(command: str) -> NoReturn:
    raise NotSupportedError(
        f"{command} comes in a later release: this one has no comparison of "
        "models and databases; write the change script by hand"
    )
