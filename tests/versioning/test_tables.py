from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import BigInteger
from sqlalchemy import create_mock_engine

from migrate.exceptions import InvalidNameError
from migrate.versioning.repository import Repository
from migrate.versioning.tables import check_names
from migrate.versioning.tables import control_of
from migrate.versioning.tables import history_of


def configured(repository: Repository, **settings: str) -> Repository:
    with (Path(repository.path) / "migrate.cfg").open("a") as file:
        file.writelines(f"\n{key}={value}" for key, value in settings.items())
    return Repository(repository.path)


def with_version_table(path: Path, name: str) -> Repository:
    return Repository.create(path / "named", "shop", version_table=name)


@pytest.mark.parametrize(
    ("dialect", "name", "reason"),
    [
        ("postgresql", "x" * 63, None),
        ("postgresql", "x" * 64, "64 bytes of 63"),
        ("postgresql", "\N{EURO SIGN}" * 22, "66 bytes of 63"),
        ("mysql", "\N{EURO SIGN}" * 64, None),
        ("mysql", "x" * 65, "65 characters of 64"),
        ("mysql", "x\N{PILE OF POO}", "has the character"),
        ("mariadb", "x" * 65, "65 characters of 64"),
        ("sqlite", "\N{PILE OF POO}" * 200, None),
    ],
)
def test_names_that_a_database_takes(
    tmp_path: Path, dialect: str, name: str, reason: str | None
) -> None:
    drivers = {"mysql": "+pymysql", "mariadb": "+pymysql", "sqlite": ""}
    driver = drivers.get(dialect, "+psycopg2")
    engine = create_mock_engine(f"{dialect}{driver}://", lambda *a, **k: None)
    repository = with_version_table(tmp_path, name)

    if reason is None:
        check_names(engine, repository)  # type: ignore[arg-type]  # a mock
    else:
        with pytest.raises(
            InvalidNameError, match=f"{reason}.*version_table in migrate.cfg"
        ):
            check_names(engine, repository)  # type: ignore[arg-type]  # a mock


def test_history_is_kept_if_migrate_cfg_names_its_table(
    repository: Repository,
) -> None:
    kept = history_of(configured(repository, history_table="past"))

    assert history_of(repository) is None
    assert kept is not None
    assert kept.table.name == "past"


def test_control_table_of_timestamps_is_wide(tmp_path: Path) -> None:
    timed = Repository.create(
        tmp_path / "timed", "shop", use_timestamp_numbering="True"
    )

    assert isinstance(control_of(timed).table.c.version.type, BigInteger)
