from __future__ import annotations

import os
from pathlib import Path

import pytest

from migrate.exceptions import InvalidRepositoryError
from migrate.versioning.repository import Repository


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "No section: 'db_settings'"),
        (b"nonsense", "no section headers"),
        (b"[db_settings]\nversion_table=x\n", "No option 'repository_id'"),
        (b"[db_settings]\nrepository_id=x\n", "No option 'version_table'"),
        (
            b"[db_settings]\nrepository_id=x\nversion_table=y\n"
            b"use_timestamp_numbering=maybe\n",
            "String is not true/false: 'maybe'",
        ),
        (
            b"[db_settings]\nrepository_id=x\nrepository_id=y\n",
            "already exists",
        ),
        (b"[db_settings]\nrepository_id=\xe9\n", "can't decode byte 0xe9"),
    ],
)
def test_damaged_settings_are_named(
    repository: Repository, content: bytes, message: str
) -> None:
    path = Path(repository.path) / "migrate.cfg"
    path.write_bytes(content)

    with pytest.raises(InvalidRepositoryError) as caught:
        Repository(repository.path)

    assert str(caught.value).startswith(f"{str(path)!r}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_settings_that_are_a_folder(repository: Repository) -> None:
    os.remove(Path(repository.path) / "migrate.cfg")
    (Path(repository.path) / "migrate.cfg").mkdir()

    with pytest.raises(InvalidRepositoryError, match="Is a directory"):
        Repository(repository.path)


def test_settings_of_the_old_library_with_a_lone_percent_sign(
    repository: Repository,
) -> None:
    (Path(repository.path) / "migrate.cfg").write_text(
        "[db_settings]\nrepository_id=50% off\nversion_table=a%%b\n"
        "required_dbs=[]\n",
        encoding="utf-8-sig",
    )

    reread = Repository(repository.path)

    assert reread.id == "50% off"
    assert reread.version_table == "a%b"
    assert reread.use_timestamp_numbering is False
