"""The API as applications of the old library call it."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy import inspect as inspector_of
from sqlalchemy.engine import Engine

from migrate.exceptions import DatabaseNotControlledError
from migrate.exceptions import KnownError
from migrate.exceptions import UsageError
from migrate.exceptions import VersionNotFoundError
from migrate.versioning import api
from migrate.versioning import shell
from migrate.versioning.repository import Repository
from migrate.versioning.vernum import VerNum

SIGNATURES = {
    "help": "(cmd=None, **opts)",
    "create": "(repository, name, **opts)",
    "script": "(description, repository, **opts)",
    "script_sql": "(database, description, repository, **opts)",
    "version": "(repository, **opts)",
    "db_version": "(url, repository, **opts)",
    "source": "(version, dest=None, repository=None, **opts)",
    "version_control": "(url, repository, version=None, **opts)",
    "upgrade": "(url, repository, version=None, **opts)",
    "downgrade": "(url, repository, version, **opts)",
    "drop_version_control": "(url, repository, **opts)",
    "manage": "(file, **opts)",
    "test": "(url, repository, version=None, **opts)",
    "compare_model_to_db": "(url, repository, model, **opts)",
    "create_model": "(url, repository, **opts)",
    "make_update_script_for_model": (
        "(url, repository, oldmodel, model, **opts)"
    ),
    "update_db_from_model": "(url, repository, model, **opts)",
}

TABLE = """
from sqlalchemy import Column, Integer, MetaData, Table

def account(migrate_engine):
    meta = MetaData(bind=migrate_engine)
    return Table('account', meta, Column('id', Integer, primary_key=True))

def upgrade(migrate_engine):
    account(migrate_engine).create()

def downgrade(migrate_engine):
    account(migrate_engine).drop()
"""


@pytest.fixture
def repository(tmp_path: Path) -> str:
    """A repository with one version, which makes a table."""
    path = tmp_path / "repository"
    api.create(str(path), "shop")
    api.script("add account", str(path))
    (path / "versions" / "001_add_account.py").write_text(TABLE)
    return str(path)


def tables(engine: Engine) -> list[str]:
    return sorted(inspector_of(engine).get_table_names())


def test_every_command_is_listed() -> None:
    assert set(SIGNATURES) <= set(api.__all__)
    assert api.__all__ == list(api.command_desc)


def test_star_import_gives_the_commands() -> None:
    namespace: dict[str, object] = {}

    exec("from migrate.versioning.api import *", namespace)

    assert set(SIGNATURES) <= set(namespace)


@pytest.mark.parametrize("name", [*SIGNATURES])
def test_signature(name: str) -> None:
    signature = inspect.signature(getattr(api, name))

    parameters = [
        parameter.replace(annotation=parameter.empty)
        for parameter in signature.parameters.values()
    ]
    bare = inspect.Signature(parameters)
    assert str(bare) == SIGNATURES[name]


@pytest.mark.parametrize(
    "name",
    ["Repository", "ControlledSchema", "VerNum", "PythonScript", "SqlScript"],
)
def test_classes_are_importable_from_the_api(name: str) -> None:
    assert inspect.isclass(getattr(api, name))


@pytest.mark.parametrize(
    ("short", "name"),
    [
        ("s", "script"),
        ("vc", "version_control"),
        ("dbv", "db_version"),
        ("v", "version"),
    ],
)
def test_alias(short: str, name: str) -> None:
    shell.alias_setup()

    assert getattr(api, short) is getattr(api, name) is shell.alias[short]


def test_unknown_attribute_is_an_attribute_error() -> None:
    assert not hasattr(api, "nosuch")


def test_help_names_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/migrate"])

    assert api.help("version").startswith("/usr/bin/migrate version ")


def test_help_of_nothing_and_of_an_unknown_command_are_usage_errors() -> None:
    with pytest.raises(UsageError):
        api.help()
    with pytest.raises(
        UsageError, match=r"^'x' isn't a valid command. Try 'help COMMAND'$"
    ):
        api.help("x")


def test_create_on_an_existing_path(tmp_path: Path) -> None:
    with pytest.raises(
        KnownError, match=rf"^The path {tmp_path} already exists$"
    ):
        api.create(str(tmp_path), "shop")


def test_version_is_a_vernum(repository: str) -> None:
    assert isinstance(api.version(repository), VerNum)
    assert api.version(repository=repository) == 1


def test_round_with_a_url(sqlite_url: str, repository: str) -> None:
    api.version_control(sqlite_url, repository)
    before = api.db_version(sqlite_url, repository)
    api.upgrade(sqlite_url, repository)
    after = api.db_version(url=sqlite_url, repository=repository)

    assert (before, after) == (0, 1)
    assert isinstance(after, int)


def test_round_with_an_engine(engine: Engine, repository: str) -> None:
    api.version_control(engine, repository)
    api.test(engine, repository)
    api.upgrade(engine, repository, 1)
    upgraded = tables(engine)
    api.downgrade(engine, repository, "0")
    api.drop_version_control(engine, repository)

    assert upgraded == ["account", "migrate_version"]
    assert tables(engine) == []


def test_repository_may_be_an_object(
    sqlite_engine: Engine, repository: str
) -> None:
    folder = Repository(repository)

    api.version_control(sqlite_engine, folder)
    api.upgrade(sqlite_engine, folder)

    assert api.db_version(sqlite_engine, folder) == 1


def test_passed_engine_is_not_disposed(repository: str) -> None:
    engine = create_engine("sqlite://")  # lives in its one connection

    api.version_control(engine, repository)
    api.upgrade(engine, repository)

    assert api.db_version(engine, repository) == 1
    engine.dispose()


def test_connection_is_refused(sqlite_engine: Engine, repository: str) -> None:
    with (
        sqlite_engine.connect() as connection,
        pytest.raises(
            ValueError,
            match=r"^you need to pass either an existing engine or a "
            "database uri$",
        ),
    ):
        api.db_version(connection, repository)  # type: ignore[arg-type]  # the point


def test_unknown_keywords_are_ignored(
    sqlite_url: str, repository: str
) -> None:
    api.version_control(sqlite_url, repository, nosuch=1)
    api.upgrade(sqlite_url, repository, nosuch=1)

    assert api.db_version(sqlite_url, repository, nosuch=1) == 1


def test_version_control_at_a_version(
    sqlite_url: str, repository: str
) -> None:
    api.version_control(sqlite_url, repository, 1)

    assert api.db_version(sqlite_url, repository) == 1


def test_uncontrolled_database(sqlite_url: str, repository: str) -> None:
    with pytest.raises(DatabaseNotControlledError):
        api.db_version(sqlite_url, repository)


def test_wrong_direction(sqlite_url: str, repository: str) -> None:
    api.version_control(sqlite_url, repository, 1)

    with pytest.raises(
        KnownError,
        match=r"^Cannot upgrade a database of version 1 to version 0. "
        r"Try 'downgrade' instead.$",
    ):
        api.upgrade(sqlite_url, repository, 0)
    with pytest.raises(
        KnownError,
        match=r"^Cannot downgrade a database of version 1 to version 2. "
        r"Try 'upgrade' instead.$",
    ):
        api.downgrade(sqlite_url, repository, 2)


@pytest.mark.parametrize("version", ["-1", -1, "abc", ""])
def test_version_that_is_no_number_is_a_value_error(
    sqlite_url: str, repository: str, version: object
) -> None:
    api.version_control(sqlite_url, repository)

    with pytest.raises(ValueError, match="is not a whole number from 0"):
        api.upgrade(sqlite_url, repository, version)  # type: ignore[arg-type]  # the point


def test_version_past_the_latest(sqlite_url: str, repository: str) -> None:
    api.version_control(sqlite_url, repository)

    with pytest.raises(VersionNotFoundError):
        api.upgrade(sqlite_url, repository, 2)
    assert api.db_version(sqlite_url, repository) == 0


def test_downgrade_to_none_does_not_upgrade(
    sqlite_url: str, repository: str
) -> None:
    api.version_control(sqlite_url, repository)

    with pytest.raises(UsageError):
        api.downgrade(sqlite_url, repository, None)  # type: ignore[arg-type]  # the point
    assert api.db_version(sqlite_url, repository) == 0


def test_test_needs_no_version_table(engine: Engine, repository: str) -> None:
    api.test(engine, repository)

    assert tables(engine) == []


def test_source(repository: str, tmp_path: Path) -> None:
    destination = tmp_path / "copy.py"

    text = api.source(1, repository=repository)
    nothing = api.source(1, str(destination), repository)

    assert (text, nothing) == (TABLE, None)
    assert destination.read_text() == TABLE


def test_source_without_repository() -> None:
    with pytest.raises(UsageError, match=r"^A repository must be specified$"):
        api.source(1)


def test_drop_version_control_leaves_other_repositories_alone(
    sqlite_url: str, repository: str, tmp_path: Path
) -> None:
    other = str(tmp_path / "other")
    api.create(other, "other")
    api.version_control(sqlite_url, repository, 1)
    api.version_control(sqlite_url, other)

    api.drop_version_control(sqlite_url, other)

    assert api.db_version(sqlite_url, repository) == 1
