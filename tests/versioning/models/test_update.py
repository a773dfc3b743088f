"""update_db_from_model: under the lock, all or nothing where that can be."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from migrate.binding import can_roll_back_ddl
from migrate.exceptions import DatabaseNotControlledError
from migrate.exceptions import ExistingRowsError
from migrate.exceptions import HalfDoneStepError
from migrate.exceptions import LockTimeoutError
from migrate.exceptions import ModelUpdateError
from migrate.versioning import api
from migrate.versioning.running.deployment import deploying
from migrate.versioning.session.limits import Limits
from tests.versioning.models.catalogue import everything
from tests.versioning.models.test_tutorial import models


@pytest.fixture
def repository(database_url: URL, tmp_path: Path) -> str:
    folder = str(tmp_path / "repo")
    api.create(folder, "shop")
    for description in ("one", "two"):
        api.script(description, folder)
    api.version_control(database_url, folder)
    return folder


def refused(engine: Engine) -> MetaData:
    """A model whose first change is fine, and whose last is not."""
    metadata = MetaData()
    Table("a", metadata, Column("id", Integer, primary_key=True))
    Table(
        "b",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("x", String(9), nullable=False),
    )
    with engine.begin() as connection:
        Table("b", MetaData(), Column("id", Integer)).create(connection)
        connection.execute(text("INSERT INTO b VALUES (NULL)"))
    return metadata


def test_schema_and_version_follow_the_model(
    repository: str, engine: Engine
) -> None:
    for round_ in (2, 6, 3, 0, 1):
        api.update_db_from_model(engine, repository, models(round_))

        diff = api.compare_model_to_db(engine, repository, models(round_))
        assert str(diff) == "No schema diffs"
        assert api.db_version(engine, repository) == 2


def test_model_of_the_caller_stays_as_it_is(
    repository: str, engine: Engine
) -> None:
    model = models(4)
    before = {key: [*t.columns] for key, t in model.tables.items()}
    keys = [{*table.constraints} for table in model.tables.values()]

    api.update_db_from_model(engine, repository, models(2))
    api.update_db_from_model(engine, repository, model)

    assert before == {key: [*t.columns] for key, t in model.tables.items()}
    assert keys == [{*table.constraints} for table in model.tables.values()]


def test_error_leaves_no_trace_or_says_what_stays(
    repository: str, engine: Engine
) -> None:
    model = refused(engine)
    before = everything(engine)

    if can_roll_back_ddl(engine):
        with pytest.raises((DBAPIError, ExistingRowsError)):
            api.update_db_from_model(engine, repository, model)
        assert everything(engine) == before
        assert api.db_version(engine, repository) == 0
        return
    with pytest.raises(ModelUpdateError, match="cannot roll them back") as e:
        api.update_db_from_model(engine, repository, model)
    assert "post_meta.tables['a'].create()" in str(e.value)
    assert everything(engine) > before
    assert api.db_version(engine, repository) == 0
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM b"))
    api.update_db_from_model(engine, repository, model)
    assert not api.compare_model_to_db(engine, repository, model)
    assert api.db_version(engine, repository) == 2


def test_database_has_to_be_under_control(
    engine: Engine, tmp_path: Path
) -> None:
    folder = str(tmp_path / "repo")
    api.create(folder, "shop")
    models(1).create_all(engine)
    before = everything(engine)

    with pytest.raises(DatabaseNotControlledError):
        api.update_db_from_model(engine, folder, MetaData())

    assert everything(engine) == before


def test_one_deployer_at_a_time(repository: str, engine: Engine) -> None:
    with deploying(engine, Limits()) as (_, lock):
        lock.begin()
        with pytest.raises(LockTimeoutError):
            api.update_db_from_model(
                engine, repository, models(1), lock_timeout="0"
            )

    assert not everything(engine)


def test_half_done_step_is_refused(repository: str, engine: Engine) -> None:
    if can_roll_back_ddl(engine):
        pytest.skip("no step is left half done here")
    Path(repository, "versions", "001_one.py").write_text(
        "def upgrade(migrate_engine):\n"
        "    migrate_engine.execute('CREATE TABLE half (id INT)')\n"
        "    raise ValueError('x')\n"
    )
    with pytest.raises(ValueError, match="x"):
        api.upgrade(engine, repository)

    with pytest.raises(HalfDoneStepError):
        api.update_db_from_model(engine, repository, models(1))
