"""The daily round of the tutorial, as a user types it, on every database."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy.engine import URL
from sqlalchemy.engine import Engine

import migrate

ROOT = Path(migrate.__file__).parent.parent

ADD_ACCOUNT_TABLE = """\
from sqlalchemy import Table, Column, Integer, String, MetaData

meta = MetaData()

account = Table(
    'account', meta,
    Column('id', Integer, primary_key=True),
    Column('login', String(40)),
    Column('passwd', String(40)),
)

def upgrade(migrate_engine):
    # Upgrade operations go here. Don't create your own engine; bind
    # migrate_engine to your metadata
    meta.bind = migrate_engine
    account.create()

def downgrade(migrate_engine):
    # Operations to reverse the above upgrade go here.
    meta.bind = migrate_engine
    account.drop()
"""

ADD_EMAIL_COLUMN = """\
from sqlalchemy import Table, MetaData, String, Column

def upgrade(migrate_engine):
    meta = MetaData(bind=migrate_engine)
    account = Table('account', meta, autoload=True)
    emailc = Column('email', String(128))
    emailc.create(account)

def downgrade(migrate_engine):
    meta = MetaData(bind=migrate_engine)
    account = Table('account', meta, autoload=True)
    account.c.email.drop()
"""

TEST = "Upgrading...\ndone\nDowngrading...\ndone\nSuccess\n"


class User:
    """Somebody at a command line in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def migrate(self, *words: str) -> subprocess.CompletedProcess[str]:
        program = shutil.which("migrate", path=Path(sys.executable).parent)
        if program is None:
            pytest.skip("the console script 'migrate' is not installed")
        return self._run(program, *words)

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self._run(sys.executable, "manage.py", *words)

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )


def says(done: subprocess.CompletedProcess[str], text: str) -> bool:
    """Tell whether a command succeeded with ``text`` and nothing else."""
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout == text


def proves(done: subprocess.CompletedProcess[str], engine: Engine) -> bool:
    """Tell whether ``test`` succeeded, and where warned that it is real."""
    assert done.stdout == TEST
    warning = done.stderr.partition("cannot take back")[1]
    return done.returncode == 0 and bool(warning) == (engine.name == "mysql")


def columns(engine: Engine, table: str) -> dict[str, str]:
    found = inspect(engine).get_columns(table)
    return {column["name"]: str(column["type"]) for column in found}


def tables(engine: Engine) -> list[str]:
    return sorted(inspect(engine).get_table_names())


def test_round(database_url: URL, engine: Engine, tmp_path: Path) -> None:
    user = User(tmp_path)
    url = database_url.render_as_string(hide_password=False)
    versions = tmp_path / "my_repo" / "versions"

    assert says(user.migrate("create", "my_repo", "Example project"), "")
    assert says(
        user.migrate(
            "manage", "manage.py", "--repository=my_repo", f"--url={url}"
        ),
        "",
    )

    assert says(user.manage("version_control"), "")
    assert tables(engine) == ["migrate_version"]
    assert columns(engine, "migrate_version") == {
        "repository_id": "VARCHAR(250)",
        "repository_path": "TEXT",
        "version": "INTEGER",
    }
    key = inspect(engine).get_pk_constraint("migrate_version")
    assert key["constrained_columns"] == ["repository_id"]

    assert says(user.manage("script", "add account table"), "")
    script = versions / "001_add_account_table.py"
    assert script.exists()
    script.write_text(ADD_ACCOUNT_TABLE)
    assert proves(user.manage("test"), engine)
    assert tables(engine) == ["migrate_version"]
    assert says(user.manage("version"), "1\n")
    assert says(user.manage("db_version"), "0\n")
    assert says(user.manage("upgrade"), "0 -> 1... \ndone\n")
    assert says(user.manage("db_version"), "1\n")
    assert [*columns(engine, "account")] == ["id", "login", "passwd"]

    assert says(user.manage("script", "add email column"), "")
    (versions / "002_add_email_column.py").write_text(ADD_EMAIL_COLUMN)
    assert proves(user.manage("test"), engine)
    assert says(user.manage("upgrade"), "1 -> 2... \ndone\n")
    assert columns(engine, "account")["email"] == "VARCHAR(128)"

    assert says(user.manage("script_sql", "mysql", "add_age"), "")
    assert sorted(path.name for path in versions.glob("003*")) == [
        "003_add_age_mysql_downgrade.sql",
        "003_add_age_mysql_upgrade.sql",
    ]
    tested = user.manage("test")
    if engine.name == "mysql":
        assert proves(tested, engine)
    else:
        assert (tested.returncode, tested.stdout) == (1, "")
        assert tested.stderr == (
            "manage.py: error: version 3 has no upgrade script for "
            f"{engine.name!r} (there are: 003_add_age_mysql_downgrade.sql, "
            "003_add_age_mysql_upgrade.sql); make one with: "
            f"script_sql {engine.name} add_age --version=3\n"
        )

    assert says(
        user.manage("downgrade", "0"),
        "2 -> 1... \ndone\n1 -> 0... \ndone\n",
    )
    assert says(user.manage("drop_version_control"), "")
    assert tables(engine) == []


def test_missing_script_is_made_with_the_command_that_the_error_names(
    sqlite_url: str, tmp_path: Path
) -> None:
    user = User(tmp_path)
    user.migrate("create", "my_repo", "Example project")
    user.migrate(
        "manage", "manage.py", "--repository=my_repo", f"--url={sqlite_url}"
    )
    user.manage("version_control")
    user.manage("script_sql", "mysql", "add age")

    refused = user.manage("upgrade")
    command = refused.stderr.rpartition("make one with: ")[2].split()
    made = user.manage(*command)
    upgraded = user.manage("upgrade")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert says(made, "")
    assert says(upgraded, "0 -> 1... \ndone\n")
