from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from migrate.exceptions import InvalidRepositoryError
from migrate.exceptions import OldRepositoryError
from migrate.versioning import migrate_repository as command
from migrate.versioning.migrate_repository import migrate_repository
from migrate.versioning.repository import Repository

OLD = {
    "migrate.cfg": "[db_settings]\nrepository_id=x\nversion_table=y\n",
    "versions/__init__.py": "",
    "versions/1/__init__.py": "# licence\n\n",
    "versions/1/1.py": "one",
    "versions/1/1.pyc": "",
    "versions/1/__pycache__/1.cpython-313.pyc": "",
    "versions/2/2.postgres.upgrade.sql": "two up",
    "versions/2/2.postgres.downgrade.sql": "two down",
    "versions/2/2.ibm_db_sa.upgrade.sql": "two ibm",
    "versions/2/2.py": "two",
    "versions/10/10.default.upgrade.sql": "ten",
}
NEW = {
    "migrate.cfg": OLD["migrate.cfg"],
    "versions/__init__.py": "",
    "versions/001.py": "one",
    "versions/002.py": "two",
    "versions/002_ibm_db_sa_upgrade.sql": "two ibm",
    "versions/002_postgres_downgrade.sql": "two down",
    "versions/002_postgres_upgrade.sql": "two up",
    "versions/010_default_upgrade.sql": "ten",
}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    for name, content in OLD.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_scripts_get_their_new_names(old: Path) -> None:
    with pytest.raises(OldRepositoryError):
        Repository(old)

    migrate_repository(old)

    assert contents(old) == NEW
    assert sorted(map(int, Repository(old).versions.versions)) == [1, 2, 10]


def test_converting_again_changes_nothing(old: Path) -> None:
    migrate_repository(old)

    migrate_repository(old)

    assert contents(old) == NEW


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("versions/2/notes.txt", "x"),
        ("versions/2/3.sqlite.upgrade.sql", "x"),
        ("versions/2/2_x.py", "x"),
        ("versions/2/__init__.py", "x = 1"),
        ("versions/2/folder/2.py", "x"),
        ("versions/002.py", "x"),
    ],
)
def test_what_would_be_lost_stops_it_before_anything_is_done(
    old: Path, name: str, content: str
) -> None:
    (old / name).parent.mkdir(exist_ok=True)
    (old / name).write_text(content)

    with pytest.raises(InvalidRepositoryError, match="nothing was changed"):
        migrate_repository(old)

    assert contents(old) == OLD | {name: content}


@pytest.mark.parametrize("renames", range(6))
def test_interrupted_conversion_goes_on(
    old: Path, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    genuine = os.rename
    left = [None] * renames

    def interrupted(source: str, target: str) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop()
        genuine(source, target)

    monkeypatch.setattr(os, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        migrate_repository(old)
    monkeypatch.setattr(os, "rename", genuine)

    migrate_repository(old)

    assert contents(old) == NEW


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> object:
    monkeypatch.setattr(
        sys, "argv", ["migrate-repository", *map(str, arguments)]
    )
    try:
        return command.main()
    except SystemExit as error:
        return error.code


def test_command_is_silent_and_exits_with_0(
    old: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, old) == 0

    assert contents(old) == NEW
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--help"]])
def test_usage_is_on_standard_output(
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, *arguments) == 1

    out, err = capsys.readouterr()
    assert out.startswith("Usage: migrate-repository ")
    assert err == ""


def test_no_repository_is_one_line_on_standard_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, tmp_path) == 1

    assert capsys.readouterr() == (
        "",
        f"{str(tmp_path)!r} is no repository: it has no versions\n",
    )
