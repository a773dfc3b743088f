"""Mistakes at the command line: one line that helps, and nothing changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.engine import Engine

from migrate.versioning import api
from tests.command import Command
from tests.command import Outcome

SCRIPT = """
from sqlalchemy import Column, Integer, MetaData, Table

def account(migrate_engine):
    meta = MetaData(bind=migrate_engine)
    return Table('account', meta, Column('id', Integer, primary_key=True))

def upgrade(migrate_engine):
    account(migrate_engine).create()

def downgrade(migrate_engine):
    account(migrate_engine).drop()
"""
SECRET = "wr0ng-pa55word"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository 'shop' of one version in the current directory."""
    monkeypatch.chdir(tmp_path)
    api.create("shop", "shop")
    api.script("add account", "shop")
    (tmp_path / "shop/versions/001_add_account.py").write_text(SCRIPT)
    return Path("shop")


@pytest.fixture
def manage(command: Command, repository: Path, engine: Engine) -> Command:
    command.defaults = {"repository": str(repository), "url": engine}
    return command


@pytest.fixture
def on_sqlite(
    command: Command, repository: Path, sqlite_engine: Engine
) -> Command:
    command.defaults = {"repository": str(repository), "url": sqlite_engine}
    return command


@pytest.fixture
def write(repository: Path) -> Callable[[str], Path]:
    """Write the second change script."""

    def write(source: str) -> Path:
        path = repository / "versions" / "002_more.py"
        path.write_text(source)
        return path

    return write


def refused(done: Outcome, pattern: str) -> bool:
    """Tell whether a command ended with one fitting line and exit code 1."""
    assert done.code == 1
    assert "Traceback" not in done.err
    assert re.fullmatch(f"migrate: error: {pattern}", done.error), done.err
    return True


def tables(engine: Engine) -> list[str]:
    return sorted(inspect(engine).get_table_names())


@pytest.mark.parametrize(
    "words",
    [
        ("db_version",),
        ("upgrade",),
        ("downgrade", "0"),
        ("drop_version_control",),
    ],
    ids=str,
)
def test_uncontrolled_database(
    manage: Command, engine: Engine, words: tuple[str, ...]
) -> None:
    done = manage(*words)

    reason = "(no table 'migrate_version'|no file)"
    assert refused(done, f".*{reason}.*version_control.*")
    assert tables(engine) == []


def test_database_already_controlled(manage: Command, engine: Engine) -> None:
    manage("version_control", "1")

    done = manage("version_control")

    assert refused(done, ".*already.*'shop'.*")
    assert manage("db_version").out == "1\n"


def test_database_controlled_by_another_repository(
    manage: Command, engine: Engine
) -> None:
    api.create("other", "other")
    api.version_control(engine, "other")

    done = manage("upgrade")

    assert refused(done, ".*no row of repository 'shop'.*version_control.*")
    assert tables(engine) == ["migrate_version"]


@pytest.mark.parametrize("version", ["9", "abc", "-1", "", "1.5"])
def test_version_control_at_an_impossible_version(
    manage: Command, engine: Engine, version: str
) -> None:
    done = manage("version_control", "--", version)

    assert refused(done, f".*version.*{re.escape(version)}.*")
    assert tables(engine) == []


@pytest.mark.parametrize(
    ("statement", "pattern"),
    [
        (
            "DELETE FROM migrate_version",
            ".*'migrate_version'.*no row of repository 'shop'.*",
        ),
        (
            "UPDATE migrate_version SET version = NULL",
            ".*'shop' the version None, expected a whole number.*",
        ),
        (
            "UPDATE migrate_version SET version = -3",
            ".*'shop' the version -3, expected a whole number.*",
        ),
        (
            "ALTER TABLE migrate_version RENAME COLUMN version TO v",
            r".*has the columns \['repository_id', 'repository_path', 'v'\]"
            r".*expected.*",
        ),
    ],
)
def test_damaged_control_table(
    manage: Command, engine: Engine, statement: str, pattern: str
) -> None:
    manage("version_control")
    with engine.begin() as connection:
        connection.execute(text(statement))

    done = manage("upgrade")

    assert refused(done, pattern)
    assert tables(engine) == ["migrate_version"]


def test_missing_number(on_sqlite: Command, repository: Path) -> None:
    versions = repository / "versions"
    (versions / "003_late.py").write_text(SCRIPT)
    on_sqlite("version_control")

    done = on_sqlite("upgrade")

    assert refused(done, "Database schema file with version 2 doesn't exist.")
    assert on_sqlite("db_version").out == "0\n"


@pytest.mark.parametrize("timestamps", ["True", "False"])
def test_database_ahead_of_the_repository(
    on_sqlite: Command, repository: Path, timestamps: str
) -> None:
    config = repository / "migrate.cfg"
    numbering = "use_timestamp_numbering="
    config.write_text(
        config.read_text().replace(
            f"{numbering}False", f"{numbering}{timestamps}"
        )
    )
    later = repository / "versions" / "002_later.py"
    later.write_text("def upgrade(engine): pass\n")
    on_sqlite("version_control")
    on_sqlite("upgrade")
    later.unlink()

    done = on_sqlite("upgrade")

    assert refused(
        done,
        "Database schema file with version 2 doesn't exist. The database is "
        "at version 2, and repository '.*' ends at 1: is it an older "
        r"copy\?",
    )


@pytest.mark.parametrize(
    ("settings", "pattern"),
    [
        ("version_table=", ".*version_table is empty: name a table"),
        (
            "version_table=v\nhistory_table= V",
            ".* and history_table are both 'v': name two tables",
        ),
    ],
)
def test_names_of_tables(
    on_sqlite: Command, repository: Path, settings: str, pattern: str
) -> None:
    (repository / "migrate.cfg").write_text(
        f"[db_settings]\nrepository_id=x\n{settings}\n"
    )

    assert refused(on_sqlite("version_control"), pattern)


@pytest.mark.parametrize(
    ("make", "pattern"),
    [
        (lambda path: None, ".*'nowhere'.*not there.*"),
        (lambda path: path.touch(), ".*'nowhere'.*it is a file.*"),
        (lambda path: path.mkdir(), ".*'nowhere'.*migrate.cfg.*"),
    ],
)
@pytest.mark.parametrize("word", ["version", "upgrade"])
def test_no_repository(
    on_sqlite: Command,
    make: Callable[[Path], None],
    pattern: str,
    word: str,
) -> None:
    make(Path("nowhere"))

    assert refused(on_sqlite(word, "--repository=nowhere"), pattern)


def test_broken_configuration(on_sqlite: Command, repository: Path) -> None:
    (repository / "migrate.cfg").write_text("[db_settings\nx")

    assert refused(on_sqlite("version"), ".*migrate.cfg.*")


def test_theme_outside_of_the_templates(on_sqlite: Command) -> None:
    done = on_sqlite("script", "x", "--templates_theme=../..")

    assert refused(done, r".*'\.\./\.\.'.*")


def test_path_in_a_description(on_sqlite: Command, repository: Path) -> None:
    before = sorted(repository.rglob("*"))

    done = on_sqlite("script", "../../x")

    assert refused(done, r".*'\.\./\.\./x'.*")
    assert sorted(repository.rglob("*")) == before


@pytest.mark.parametrize(
    ("source", "pattern"),
    [
        ("def upgrade(", "PATH, line 1: .*never closed.*"),
        ("import nosuch", "PATH, line 1: ModuleNotFoundError: .*'nosuch'"),
        ("", "PATH: module '002_more' has no attribute 'upgrade'"),
        (
            "def upgrade(): pass",
            "upgrade/downgrade functions must accept engine parameter "
            r"\(since version 0.5.4\).*",
        ),
        (
            "def upgrade(e):\n    raise RuntimeError('no such\\n user')",
            "PATH, line 2: RuntimeError: no such user",
        ),
        (
            "def upgrade(e):\n    e.execute('SELECT nosuch')",
            r"PATH, line 2: .*nosuch.* \[SQL: SELECT nosuch\]",
        ),
    ],
    ids=["syntax", "import", "no upgrade", "no argument", "raises", "sql"],
)
def test_script_that_fails(
    manage: Command,
    engine: Engine,
    write: Callable[[str], Path],
    source: str,
    pattern: str,
) -> None:
    path = write(source)
    manage("version_control", "1")

    done = manage("upgrade")

    assert refused(done, pattern.replace("PATH", re.escape(str(path))))
    assert manage("db_version").out == "1\n"
    assert tables(engine) == ["migrate_version"]


def test_script_without_downgrade(
    on_sqlite: Command, write: Callable[[str], Path]
) -> None:
    path = write("def upgrade(e): pass")
    on_sqlite("version_control", "2")

    done = on_sqlite("downgrade", "1")

    assert refused(
        done,
        "Function 'downgrade' is not defined in this script "
        rf"\({re.escape(str(path))}\)",
    )
    assert on_sqlite("db_version").out == "2\n"


def test_failed_script_says_where_the_database_stands(
    on_sqlite: Command,
    sqlite_engine: Engine,
    write: Callable[[str], Path],
) -> None:
    write(SCRIPT.replace("'account'", "'more'") + "    1 / 0\n")
    write(
        "def upgrade(e):\n"
        "    e.execute('CREATE TABLE more (a INTEGER)')\n"
        "    1 / 0\n"
    )
    on_sqlite("version_control")

    done = on_sqlite("upgrade")

    assert done.out == "0 -> 1... \ndone\n1 -> 2... \n"
    assert "the database is at version 1" in done.err
    assert refused(done, ".*line 3: ZeroDivisionError: division by zero")
    assert tables(sqlite_engine) == ["account", "migrate_version"]


def test_failed_test_leaves_nothing(
    on_sqlite: Command,
    write: Callable[[str], Path],
    sqlite_engine: Engine,
) -> None:
    write(
        "def upgrade(e):\n    e.execute('CREATE TABLE more (a INTEGER)')\n"
        "def downgrade(e):\n    1 / 0\n"
    )

    done = on_sqlite("test")

    assert done.out == (
        "Moving from version 0 to 1...\nUpgrading...\ndone\nDowngrading...\n"
    )
    assert "2: failed: the downgrade of version 2 fails" in done.err
    assert tables(sqlite_engine) == []
    assert refused(done, ".*line 4: ZeroDivisionError: division by zero")


def test_test_of_an_empty_repository(
    command: Command, repository: Path, sqlite_url: str
) -> None:
    (repository / "versions" / "001_add_account.py").unlink()

    done = command("test", sqlite_url, "shop")

    assert refused(
        done, "repository 'shop' has no change script yet; add one with: .*"
    )


@pytest.mark.parametrize("version", ["abc", "-1", ""])
def test_sql_script_for_an_impossible_version(
    on_sqlite: Command, version: str
) -> None:
    done = on_sqlite("script_sql", "sqlite", "x", f"--version={version}")

    assert refused(done, f"version '{version}' is not a whole number from 0")


def test_unknown_engine_argument(on_sqlite: Command) -> None:
    done = on_sqlite("db_version", "--url=sqlite://", "--engine_arg_x=1")

    assert refused(done, r"Invalid argument\(s\) 'x' sent to.*")


def test_debug_shows_the_traceback(
    on_sqlite: Command, write: Callable[[str], Path]
) -> None:
    write("def upgrade(e):\n    1 / 0\n")
    on_sqlite("version_control", "1")

    done = on_sqlite("upgrade", "--debug")

    assert "Traceback" in done.err
    assert done.error.endswith("line 2: ZeroDivisionError: division by zero")


@pytest.mark.parametrize(
    ("url", "pattern"),
    [
        ("garbage", ".*Could not parse SQLAlchemy URL.*"),
        ("nosuch://host/x", ".*sqlalchemy.dialects:nosuch; expected .*"),
        (f"postgresql://me:{SECRET}@host:abc/x", ".*'abc'.*"),
        ("oracle+cx_oracle://host/x", ".*'cx_Oracle'; install this driver.*"),
        (
            "sqlite:///no/such/folder/x.db",
            "cannot read database sqlite:///no/such/folder/x.db: unable to "
            "open database file",
        ),
        (
            f"postgresql+psycopg2://me:{SECRET}@127.0.0.1:1/x",
            ".*[Cc]onnection refused.*",
        ),
        (
            f"postgresql+psycopg2://127.0.0.1:1/x?user=me&password={SECRET}",
            ".*[Cc]onnection refused.*",
        ),
        (
            f"mysql+pymysql://me:{SECRET}@127.0.0.1:1/x",
            r"cannot read database mysql\+pymysql://me:\*\*\*@127.0.0.1:1/x: "
            r"Can't connect to MySQL server on .* \(2003\)",
        ),
    ],
    ids=lambda value: str(value).partition(":")[0],
)
@pytest.mark.parametrize("debug", [(), ("--debug",)], ids=["", "debug"])
def test_unreachable_database(
    command: Command,
    repository: Path,
    url: str,
    pattern: str,
    debug: tuple[str, ...],
) -> None:
    done = command("upgrade", url, "shop", *debug)

    assert done.code == 1
    assert re.fullmatch(f"migrate: error: {pattern}", done.error), done.err
    assert SECRET not in done.out + done.err


@pytest.mark.parametrize("debug", [(), ("--debug",)], ids=["", "debug"])
def test_refused_password(
    command: Command,
    repository: Path,
    database_url: URL,
    debug: tuple[str, ...],
) -> None:
    if database_url.get_backend_name() == "sqlite":
        pytest.skip("SQLite has no passwords")
    url = database_url.set(username="nosuchuser", password=SECRET)
    given = url.render_as_string(hide_password=False)

    done = command("upgrade", given, "shop", *debug)

    assert done.code == 1
    assert re.fullmatch(
        "migrate: error: .*(denied|does not exist|authentication).*",
        done.error,
    ), done.err
    assert SECRET not in done.out + done.err


def test_password_is_not_shown_by_wrong_usage(command: Command) -> None:
    done = command("version", "r", f"postgresql://me:{SECRET}@host/x")

    assert done.code == 2
    assert "Too many arguments" in done.error
    assert SECRET not in done.err


def test_password_in_the_text_of_an_error_of_a_script(
    command: Command, repository: Path, write: Callable[[str], Path]
) -> None:
    write(f"def upgrade(e):\n    raise RuntimeError('{SECRET}')\n")
    engine = create_engine("sqlite:///app.db")
    command.defaults = {
        "repository": "shop",
        "url": engine,
        "engine_dict": {"connect_args": {"password": SECRET}},
    }
    command("version_control", "1")

    done = command("upgrade", "--debug")

    assert done.error.endswith("RuntimeError: ***")
    assert SECRET not in done.out + done.err
    engine.dispose()
