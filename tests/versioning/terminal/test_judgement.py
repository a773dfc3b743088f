"""The words of ``test``, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.versioning.repository import Repository
from tests.command import Command

FIVE_LINES = "Upgrading...\ndone\nDowngrading...\ndone\nSuccess\n"
GOOD = ("CREATE TABLE t{n} (a INTEGER);", "DROP TABLE t{n};")
FORGETFUL = (GOOD[0], "SELECT 1;")
ONE_WAY = (
    "def upgrade(e):\n    e.execute('CREATE TABLE w (a INTEGER)')\n"
    "def downgrade(e):\n    raise NotImplementedError('data is gone')\n"
)


@pytest.fixture
def on_sqlite(command: Command, sqlite_url: str, tmp_path: Path) -> Command:
    Repository.create(tmp_path / "shop", "shop")
    command.defaults = {
        "url": sqlite_url,
        "repository": str(tmp_path / "shop"),
    }
    return command


def write(command: Command, *scripts: tuple[str, str] | str) -> None:
    versions = Path(str(command.defaults["repository"])) / "versions"
    for n, script in enumerate(scripts, start=1):
        if isinstance(script, str):
            (versions / f"{n:03}_x.py").write_text(script)
            continue
        for operation, sql in zip(
            ("upgrade", "downgrade"), script, strict=True
        ):
            name = f"{n:03}_x_default_{operation}.sql"
            (versions / name).write_text(sql.format(n=n))


def test_good_script_has_the_five_lines(on_sqlite: Command) -> None:
    write(on_sqlite, GOOD)

    done = on_sqlite("test")

    assert (done.code, done.out, done.err) == (0, FIVE_LINES, "")


def test_moving_to_the_version_before_is_said(on_sqlite: Command) -> None:
    write(on_sqlite, GOOD, GOOD, GOOD)
    on_sqlite("version_control")
    on_sqlite("upgrade")

    done = on_sqlite("test", "1")

    assert done.code == 0
    assert done.out == "Moving from version 3 to 0...\n" + FIVE_LINES
    assert on_sqlite("db_version").out == "3\n"


def test_difference_is_shown_and_fails(on_sqlite: Command) -> None:
    write(on_sqlite, FORGETFUL)

    done = on_sqlite("test")

    assert done.code == 1
    assert "Success" not in done.out
    assert done.err == (
        "1: failed: after upgrade and downgrade the schema is another one\n"
        "  + table t1\n"
        "migrate: error: version 1 failed: after upgrade and downgrade the "
        "schema is another one\n"
    )


@pytest.mark.parametrize("words", [["test"], ["test", "--all"]])
def test_error_of_a_script_is_said_once(
    on_sqlite: Command, words: list[str]
) -> None:
    write(on_sqlite, ("SELECT nonsense;", ""))

    done = on_sqlite(*words)

    assert done.code == 1
    assert done.err.count("no such column: nonsense") == 1


def test_many_differences_are_cut_short(on_sqlite: Command) -> None:
    upgrade = "".join(f"CREATE TABLE u{i} (a INTEGER);" for i in range(30))
    write(on_sqlite, (upgrade, ""))

    done = on_sqlite("test")

    assert done.err.count("+ table") == 20
    assert "... 10 more" in done.err


def test_irreversible_version_is_said_and_no_failure(
    on_sqlite: Command,
) -> None:
    write(on_sqlite, ONE_WAY)

    done = on_sqlite("test")

    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "Upgrading...\ndone\nDowngrading...\nirreversible: the downgrade of "
        "version 1 raises NotImplementedError: data is gone\n"
    )


def test_all_has_a_line_for_each_version(on_sqlite: Command) -> None:
    write(on_sqlite, GOOD, ONE_WAY, GOOD)

    done = on_sqlite("test", "--all")

    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "1: proved\n"
        "2: irreversible: the downgrade of version 2 raises "
        "NotImplementedError: data is gone\n"
        "3: proved\nSuccess\n"
    )


def test_all_counts_the_failures(on_sqlite: Command) -> None:
    write(on_sqlite, GOOD, FORGETFUL, GOOD, FORGETFUL)

    done = on_sqlite("test", "--all")

    assert done.code == 1
    assert done.out == "1: proved\n3: proved\n"
    assert done.error == "migrate: error: 2 of 4 versions failed: 2, 4"


def test_nothing_tested_is_no_success(on_sqlite: Command) -> None:
    write(on_sqlite, ("-- migrate: no-transaction\nSELECT 1;", ""))

    done = on_sqlite("test")

    assert done.code == 1
    assert done.error == (
        "migrate: error: nothing was tested: version 1 must run outside a "
        "transaction, so it would change this database; test it on a copy: "
        "upgrade the copy to 1, downgrade it to 0, upgrade it to 1"
    )


def test_version_and_all_exclude_each_other(on_sqlite: Command) -> None:
    write(on_sqlite, GOOD)

    done = on_sqlite("test", "1", "--all")

    assert done.code == 2
    assert "test takes a VERSION or --all, not both" in done.err


def test_unknown_version_is_refused(on_sqlite: Command) -> None:
    write(on_sqlite, GOOD)

    done = on_sqlite("test", "7")

    assert done.code == 1
    assert "version 7 doesn't exist" in done.err
