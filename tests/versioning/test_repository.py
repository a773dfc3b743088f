from __future__ import annotations

import os
from pathlib import Path

import pytest

from migrate.exceptions import InvalidRepositoryError
from migrate.exceptions import InvalidVersionError
from migrate.exceptions import MissingScriptError
from migrate.exceptions import VersionNotFoundError
from migrate.versioning.repository import Repository
from migrate.versioning.steps import Changeset


@pytest.mark.parametrize(
    ("lacking", "message"),
    [
        ("repo", "it is not there"),
        ("repo/migrate.cfg", "it has no migrate.cfg"),
        ("repo/versions", "it has no versions"),
    ],
)
def test_folder_that_is_no_repository(
    tmp_path: Path, repository: Repository, lacking: str, message: str
) -> None:
    os.rename(tmp_path / lacking, tmp_path / "away")

    with pytest.raises(InvalidRepositoryError, match=message):
        Repository(tmp_path / "repo")


def test_file_is_no_repository(tmp_path: Path) -> None:
    (tmp_path / "x").touch()

    with pytest.raises(InvalidRepositoryError, match="it is a file"):
        Repository(tmp_path / "x")


def test_versions_that_are_a_file(repository: Repository) -> None:
    os.remove(Path(repository.path) / "versions" / "__init__.py")
    os.rmdir(Path(repository.path) / "versions")
    (Path(repository.path) / "versions").touch()

    with pytest.raises(InvalidRepositoryError, match="Not a directory"):
        Repository(repository.path)


def test_repositories_are_equal_by_folder(repository: Repository) -> None:
    same = Repository(repository.path + os.sep)

    assert repository == same
    assert hash(repository) == hash(same)
    assert repository != repository.path


def test_scripts_are_numbered_by_the_settings(tmp_path: Path) -> None:
    plain = Repository.create(tmp_path / "a", "a")
    timed = Repository.create(
        tmp_path / "b", "b", use_timestamp_numbering="True"
    )

    for repository in (plain, timed):
        repository.create_script("x")
        repository.create_script_sql("sqlite", "y")

    assert sorted(map(int, plain.versions.versions)) == [1, 2]
    assert min(map(int, timed.versions.versions)) > 20250101000000
    assert len(timed.versions.versions) == 2


# -- planning


def way(changeset: Changeset) -> list[tuple[int, int, str]]:
    return [
        (int(step.start), int(step.end), os.path.basename(str(step.script)))
        for step in changeset.steps()
    ]


def fill(repository: Repository, *names: str) -> Repository:
    for name in names:
        (Path(repository.path) / "versions" / name).touch()
    return Repository(repository.path)


def test_way_up_and_down(repository: Repository) -> None:
    filled = fill(repository, "001_a.py", "002_b.py", "003_c.py")

    assert way(filled.changeset("sqlite", 0)) == [
        (0, 1, "001_a.py"),
        (1, 2, "002_b.py"),
        (2, 3, "003_c.py"),
    ]
    assert way(filled.changeset("sqlite", "3", "1")) == [
        (3, 2, "003_c.py"),
        (2, 1, "002_b.py"),
    ]
    assert filled.changeset("sqlite", 2, 2) == {}


def test_direction_chooses_the_script(repository: Repository) -> None:
    filled = fill(
        repository,
        "001_a_sqlite_upgrade.sql",
        "001_a_sqlite_downgrade.sql",
    )

    assert way(filled.changeset("sqlite", 0)) == [
        (0, 1, "001_a_sqlite_upgrade.sql")
    ]
    assert way(filled.changeset("sqlite", 1, 0)) == [
        (1, 0, "001_a_sqlite_downgrade.sql")
    ]


@pytest.mark.parametrize(
    ("start", "end", "missing"),
    [(0, None, 3), (2, 4, 3), (4, 2, 3), (4, 9, 5), (0, 10**14, 3), (9, 0, 9)],
)
def test_numbers_in_a_row_have_no_gaps(
    repository: Repository, start: int, end: int | None, missing: int
) -> None:
    filled = fill(repository, "001_a.py", "002_b.py", "004_d.py")

    with pytest.raises(VersionNotFoundError) as caught:
        filled.changeset("sqlite", start, end)

    assert str(caught.value).startswith(
        f"\"Database schema file with version {missing} doesn't exist."
    )


def test_missing_script_of_a_database_is_found_when_planning(
    repository: Repository,
) -> None:
    filled = fill(repository, "001_a.py", "002_b_mysql_upgrade.sql")

    with pytest.raises(MissingScriptError, match="version 2 has no upgrade"):
        filled.changeset("sqlite", 0)


@pytest.mark.parametrize("end", [-1, "x", ""])
def test_versions_that_are_no_numbers(
    repository: Repository, end: object
) -> None:
    with pytest.raises(ValueError, match="is not a whole number from 0"):
        repository.changeset("sqlite", 0, end)


TIMES = ["20260101000000_a.py", "20260102000000_b.py", "20260301000000_c.py"]
A, B, C = 20260101000000, 20260102000000, 20260301000000


@pytest.fixture
def timed(tmp_path: Path) -> Repository:
    made = Repository.create(
        tmp_path / "timed", "shop", use_timestamp_numbering="True"
    )
    return fill(made, *TIMES)


@pytest.mark.parametrize(
    ("start", "end", "numbers"),
    [
        (0, None, [(0, A), (A, B), (B, C)]),
        (A, C, [(A, B), (B, C)]),
        (C, A, [(C, B), (B, A)]),
        (C, 0, [(C, B), (B, A), (A, 0)]),
        (B, B, []),
        (0, 0, []),
    ],
)
def test_timestamps_have_gaps(
    timed: Repository,
    start: int,
    end: int | None,
    numbers: list[tuple[int, int]],
) -> None:
    plan = timed.changeset("sqlite", start, end)

    assert [step[:2] for step in way(plan)] == numbers
    changed = {max(pair) for pair in numbers}
    assert {int(step[2][:14]) for step in way(plan)} == changed
    assert [int(key) for key in plan.keys()] == [n[0] for n in numbers]  # noqa: SIM118  # iterating gives pairs


@pytest.mark.parametrize(
    ("start", "end"), [(0, B + 1), (A, B - 1), (C, B - 1), (C + 1, 0)]
)
def test_timestamps_that_do_not_exist(
    timed: Repository, start: int, end: int
) -> None:
    with pytest.raises(VersionNotFoundError):
        timed.changeset("sqlite", start, end)


@pytest.mark.parametrize(("version", "number"), [(None, 0), ("0", 0), (1, 1)])
def test_number_of_a_version(
    repository: Repository, version: object, number: int
) -> None:
    repository.create_script("one")

    assert Repository(repository.path).number(version) == number


@pytest.mark.parametrize("version", [2, "2", "", "one", -1])
def test_number_that_no_version_has(
    repository: Repository, version: object
) -> None:
    repository.create_script("one")

    with pytest.raises(InvalidVersionError):
        Repository(repository.path).number(version)
