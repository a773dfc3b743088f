"""What people and their scripts read from the command line."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy import text

from migrate.versioning import api
from migrate.versioning.repository import Repository
from tests.command import Command

SCRIPT = """
from sqlalchemy import Column, Integer, MetaData, Table

meta = MetaData()
account = Table('account', meta, Column('id', Integer, primary_key=True))

def upgrade(migrate_engine):
    meta.bind = migrate_engine
    account.create()

def downgrade(migrate_engine):
    meta.bind = migrate_engine
    account.drop()
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A repository 'r' of one version in the current directory."""
    monkeypatch.chdir(tmp_path)
    api.create("r", "shop")
    api.script("add account", "r")
    (tmp_path / "r" / "versions" / "001_add_account.py").write_text(SCRIPT)
    return "r"


@pytest.fixture
def manage(command: Command, repository: str, sqlite_url: str) -> Command:
    """The command with the defaults that a manage.py has."""
    command.defaults = {
        "repository": repository,
        "url": sqlite_url,
        "debug": "False",
    }
    return command


def test_silent_commands(command: Command, sqlite_url: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(Path(sqlite_url.removeprefix("sqlite:///")).parent)
        for words in (
            ("create", "q", "shop"),
            ("manage", "m.py", "--repository=q"),
            ("script", "one", "q"),
            ("script_sql", "sqlite", "two", "q"),
            ("source", "1", "out.py", "--repository=q"),
            ("version_control", sqlite_url, "q"),
            ("drop_version_control", sqlite_url, "q"),
        ):
            done = command(*words)
            assert (done.code, done.out, done.err) == (0, "", ""), words


def test_version(manage: Command) -> None:
    assert manage("version").out == "1\n"
    assert manage("v").out == "1\n"


def test_source(manage: Command) -> None:
    assert manage("source", "1").out == SCRIPT + "\n"


def test_upgrade_and_downgrade(manage: Command) -> None:
    manage("vc")

    assert manage("upgrade").out == "0 -> 1... \ndone\n"
    assert manage("dbv").out == "1\n"
    assert manage("downgrade", "0").out == "1 -> 0... \ndone\n"


def test_upgrade_to_the_present_version_says_nothing(manage: Command) -> None:
    manage("vc", "1")

    done = manage("upgrade")

    assert (done.code, done.out, done.err) == (0, "", "")


def test_test(manage: Command) -> None:
    assert manage("test").out == (
        "Upgrading...\ndone\nDowngrading...\ndone\nSuccess\n"
    )


def test_quiet_prints_not_even_the_result(manage: Command) -> None:
    done = manage("version", "-q")

    assert (done.code, done.out, done.err) == (0, "", "")


def test_debug_prints_more(manage: Command) -> None:
    done = manage("version", "-d")

    assert done.code == 0
    assert done.out.endswith("\n1\n")
    assert "Loading repository r" in done.out


@pytest.mark.parametrize("value", [True, "True"])
def test_disable_logging_as_keyword_of_main(
    manage: Command, value: object
) -> None:
    assert manage("version", disable_logging=value).out == ""


def test_second_call_prints_once(manage: Command) -> None:
    manage("version_control")
    manage("upgrade")

    assert manage("downgrade", "0").out == "1 -> 0... \ndone\n"


def test_root_logger_is_left_alone(manage: Command) -> None:
    before = [*logging.getLogger().handlers]

    manage("version")

    assert logging.getLogger().handlers == before


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("nosuch",), 2, "Invalid command nosuch"),
        (("_x",), 2, "Invalid command _x"),
        (("help", "nosuch"), 2, "Invalid command nosuch"),
        (
            ("create",),
            2,
            "Not enough arguments for command create: name not specified",
        ),
        (("version", "y"), 2, "Too many arguments for command version: y"),
        (("create", "x"), 2, "The path r already exists"),
        (("version", "-x"), 2, "no such option: -x"),
        (("upgrade", "-1"), 2, "no such option: -1"),
        (
            ("source", "9"),
            1,
            "Database schema file with version 9 doesn't exist.",
        ),
        (
            ("upgrade", "3"),
            1,
            "Database schema file with version 2 doesn't exist.",
        ),
        (
            ("upgrade", "--", "-1"),
            1,
            "version '-1' is not a whole number from 0",
        ),
        (("upgrade", "abc"), 1, "version 'abc' is not a whole number from 0"),
        (
            ("downgrade", "5"),
            2,
            "Cannot downgrade a database of version 0 to version 5. "
            "Try 'upgrade' instead.",
        ),
        (
            ("downgrade",),
            2,
            "Not enough arguments for command downgrade: "
            "version not specified",
        ),
    ],
)
def test_error_line_and_exit_code(
    manage: Command, words: tuple[str, ...], code: int, error: str
) -> None:
    manage("version_control")

    done = manage(*words)

    assert (done.code, done.out) == (code, "")
    assert done.error == f"migrate: error: {error}"


def test_wrong_usage_shows_the_usage_first(command: Command) -> None:
    done = command("version")

    lines = done.err.splitlines()
    assert lines[0] == "Usage: migrate version REPOSITORY_PATH"
    assert lines[-2:] == [
        "",
        "migrate: error: Not enough arguments for command version: "
        "repository not specified",
    ]


def test_source_without_repository(command: Command) -> None:
    done = command("source", "1")

    assert done.code == 2
    assert done.error == "migrate: error: A repository must be specified"


def test_upgrade_below_the_present_version(manage: Command) -> None:
    manage("version_control", "1")

    done = manage("upgrade", "0")

    assert done.code == 2
    assert done.error == (
        "migrate: error: Cannot upgrade a database of version 1 to version "
        "0. Try 'downgrade' instead."
    )


def test_preview_py(manage: Command) -> None:
    manage("version_control")

    done = manage("upgrade", "--preview_py")

    assert done.out == (
        "0 -> 1... \n"
        "def upgrade(migrate_engine):\n"
        "    meta.bind = migrate_engine\n"
        "    account.create()\n\n"
    )
    assert manage("db_version").out == "0\n"


def test_preview_py_of_an_sql_script(manage: Command) -> None:
    manage("version_control", "1")
    manage("script_sql", "sqlite", "two")

    done = manage("upgrade", "--preview_py")

    assert (done.code, done.out) == (2, "")
    assert done.error == (
        "migrate: error: Python source can be only displayed for python "
        "migration files"
    )


def test_help_prints_to_standard_output(command: Command) -> None:
    done = command("help", "upgrade")

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: migrate upgrade URL REPOSITORY_PATH")


OLD_MANAGE_FILES = {
    "plain": """\
#!/usr/bin/env python
from migrate.versioning.shell import main

if __name__ == '__main__':
    main(repository={repository!r}, url={url!r}, debug='False')
""",
    "before 0.6.1": """\
#!/usr/bin/env python
from migrate.versioning.shell import main
main(url={url!r}, repository={repository!r})
""",
}


@pytest.mark.parametrize("form", [*OLD_MANAGE_FILES])
def test_old_manage_file(
    form: str, repository: str, sqlite_url: str, tmp_path: Path
) -> None:
    (tmp_path / "manage.py").write_text(
        OLD_MANAGE_FILES[form].format(repository=repository, url=sqlite_url)
    )
    api.version_control(sqlite_url, repository)

    done = subprocess.run(
        [sys.executable, "manage.py", "upgrade"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(api.__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "0 -> 1... \ndone\n",
        "",
    )


def test_shell_runs_as_a_module(repository: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "migrate.versioning.shell", "version", "r"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(api.__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


def test_engine_as_default_of_main(
    command: Command, repository: str, sqlite_url: str
) -> None:
    engine = create_engine(sqlite_url)

    command("version_control", url=engine, repository=repository)
    command("upgrade", url=engine, repository=repository)

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM account")) == 0
    engine.dispose()


def test_nothing_to_do_costs_no_import_of_the_orm(tmp_path: Path) -> None:
    """Nor of what only a step needs, and Python's collector is as before."""
    repository = tmp_path / "repo"
    url = f"sqlite:///{tmp_path / 'app.db'}"
    Repository.create(repository, "repo")
    program = f"""
import gc, sys
from migrate.versioning.shell import main
before = gc.get_threshold()
main(["version_control", {url!r}, {str(repository)!r}])
main(["upgrade", {url!r}, {str(repository)!r}])
assert gc.get_threshold() == before
for name in (
    "sqlalchemy.orm", "migrate.legacy", "migrate.versioning.running.runner"
):
    assert name not in sys.modules, name
"""

    subprocess.run([sys.executable, "-c", program], check=True)
