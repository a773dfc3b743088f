from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy.engine import Engine

from migrate.binding import can_roll_back_ddl
from migrate.versioning import api
from tests.command import Command

# Not to be rolled back on any database.
DIES = """
transactional = False

def upgrade(migrate_engine):
    migrate_engine.execute('CREATE TABLE half (id INTEGER)')
    raise RuntimeError('died')

def downgrade(migrate_engine):
    migrate_engine.execute('DROP TABLE half')
"""


@pytest.fixture
def manage(command: Command, tmp_path: Path, engine: Engine) -> Command:
    """The command for a repository whose first step dies half way."""
    folder = tmp_path / "shop"
    api.create(str(folder), "shop")
    (folder / "versions" / "001_dies.py").write_text(DIES)
    command.defaults = {"url": engine, "repository": str(folder)}
    command("version_control")
    return command


def test_half_done_step_stops_every_later_one(manage: Command) -> None:
    first = manage("upgrade")
    second = manage("upgrade")

    assert first.code == second.code == 1
    assert "what the upgrade to version 1 did before the error" in first.err
    assert "CREATE TABLE half" in second.error
    assert second.error.endswith("say at which version it is: resolve VERSION")
    assert manage("db_version").out == "0\n"


@pytest.mark.parametrize("version", [0, 1])
def test_resolved_step_stops_nothing(
    manage: Command, engine: Engine, version: int
) -> None:
    manage("upgrade")

    resolved = manage("resolve", version)
    number = manage("db_version")
    after = manage("downgrade", 0)

    assert (resolved.code, resolved.out, resolved.err) == (0, "", "")
    assert number.out == f"{version}\n"
    assert after.code == 0
    assert inspect(engine).has_table("half") is (version == 0)


def test_resolve_needs_a_half_done_step(manage: Command) -> None:
    done = manage("resolve", 1)

    assert done.code == 1
    assert done.error == (
        "migrate: error: no step of repository 'shop' is half done: the "
        "database is at version 0"
    )
    assert manage("db_version").out == "0\n"


def test_resolve_needs_a_version_of_the_repository(manage: Command) -> None:
    manage("upgrade")

    done = manage("resolve", 9)

    assert done.code == 1
    assert "version 9 is not in repository 'shop'" in done.error


def test_undone_step_needs_no_resolving(
    manage: Command, engine: Engine, tmp_path: Path
) -> None:
    if not can_roll_back_ddl(engine):
        pytest.skip("the database commits DDL")
    script = tmp_path / "shop" / "versions" / "001_dies.py"
    script.write_text(DIES.replace("transactional = False", ""))

    failed = manage("upgrade")
    script.write_text(DIES.partition("    raise")[0])

    assert "the database is at version 0" in failed.err
    assert manage("upgrade").out == "0 -> 1... \ndone\n"
