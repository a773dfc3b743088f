"""The commands around the history: what a person sees."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy.engine import Engine

from migrate.versioning import api
from migrate.versioning.lock import lock_for
from tests.command import Command

SCRIPT = """
def upgrade(migrate_engine):
    migrate_engine.execute("CREATE TABLE t{0} (a INTEGER)")

def downgrade(migrate_engine):
    migrate_engine.execute("DROP TABLE t{0}")
"""


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    api.create(str(folder), "shop")
    with (folder / "migrate.cfg").open("a") as file:
        file.write("\nhistory_table=migrate_history\nlock_timeout=0.1\n")
    for number in (1, 2):
        script = folder / "versions" / f"{number:03}_t.py"
        script.write_text(SCRIPT.format(number))
    return folder / "versions"


@pytest.fixture
def manage(command: Command, versions: Path, engine: Engine) -> Command:
    command.defaults = {"url": engine, "repository": str(versions.parent)}
    command("version_control")
    command("upgrade", 1)
    return command


def test_verify_is_silent_in_good_order(manage: Command) -> None:
    done = manage("verify")

    assert (done.code, done.out, done.err) == (0, "", "")


def test_verify_prints_a_line_per_finding(
    manage: Command, versions: Path
) -> None:
    with (versions / "001_t.py").open("a") as file:
        file.write("# later thought\n")

    done = manage("verify")

    assert done.code == 1
    assert done.out.startswith("version 1 (001_t.py) was edited after")
    assert done.out.count("\n") == 1
    assert "1 of the things" in done.error


def test_repair_prints_what_it_recorded(
    manage: Command, versions: Path
) -> None:
    with (versions / "001_t.py").open("a") as file:
        file.write("# later thought\n")

    assert manage("repair").out == "version 1\n"
    assert manage("verify").code == 0
    assert manage("repair").out == ""


def test_upgrade_without_an_applied_script_must_be_told(
    manage: Command, versions: Path
) -> None:
    (versions / "001_t.py").unlink()

    refused = manage("upgrade")
    told = manage("upgrade", "--allow_missing")

    assert refused.code == 1
    assert refused.error.endswith("--allow_missing")
    assert told.code == 0


def test_deployer_that_waits_in_vain_has_its_own_exit_code(
    manage: Command, engine: Engine
) -> None:
    with engine.connect() as connection:
        lock = lock_for(connection)
        with lock.session(), lock.held():
            lock.begin()
            done = manage("upgrade")
            connection.rollback()

    assert done.code == 3
    assert "did not finish within 0.1 seconds" in done.error
    assert manage("upgrade").code == 0


# -- version 0


def test_script_of_version_0_is_told_and_not_run(
    manage: Command, versions: Path, engine: Engine
) -> None:
    (versions / "000_first.py").write_text(SCRIPT.format(0))
    (versions / "000_old_default_upgrade.sql").write_text("nonsense")

    upgraded = manage("upgrade")
    verified = manage("verify")

    said = "is never run: version 0 is the database before the first"
    assert upgraded.code == 0
    assert upgraded.out == "1 -> 2... \ndone\n"
    assert [line.split()[:4] for line in upgraded.err.splitlines()] == [
        [name, "is", "never", "run:"]
        for name in ("000_first.py", "000_old_default_upgrade.sql")
    ]
    assert verified.code == 1
    assert verified.out.count(said) == verified.out.count("\n") == 2
    assert inspect(engine).has_table("t2")
    assert not inspect(engine).has_table("t0")


def test_script_of_version_0_is_not_tested(
    manage: Command, versions: Path
) -> None:
    (versions / "000_first.py").write_text(SCRIPT.format(0))

    every = manage("test", "--all")
    only = manage("test", "0")

    assert (every.code, every.out) == (0, "1: proved\n2: proved\nSuccess\n")
    assert only.code == 1
    assert "there is nothing to test" in only.error
