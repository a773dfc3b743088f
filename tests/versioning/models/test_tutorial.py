"""The rounds of a well-known tutorial, played as its scripts play them.

``db_create``, ``db_migrate``, ``db_upgrade`` and ``db_downgrade`` of an
application whose models grow.
"""

from __future__ import annotations

import types
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Column
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.engine import Engine

from migrate.versioning import api
from tests.versioning.models.catalogue import everything

LAST = 6


def models(round_: int) -> MetaData:
    """The application's models in one of its rounds."""
    metadata = MetaData()
    user = Table(
        "user",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("nickname", String(64), index=True, unique=True),
        Column("email", String(120), index=True, unique=True),
        Column("role", sa.SmallInteger, default=0),
    )
    if round_ == 0:
        return MetaData()
    if round_ >= 2:
        Table(
            "post",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("body", String(140)),
            Column("timestamp", sa.DateTime),
            Column("user_id", Integer, ForeignKey("user.id")),
        )
    if round_ >= 3:
        user.append_column(Column("about_me", String(140)))
        user.append_column(Column("last_seen", sa.DateTime))
    if round_ >= 4:
        Table(
            "followers",
            metadata,
            Column("follower_id", Integer, ForeignKey("user.id")),
            Column("followed_id", Integer, ForeignKey("user.id")),
        )
    if round_ >= 5:
        language = Column("language", String(5), nullable=False, default="en")
        metadata.tables["post"].append_column(language)
    if round_ >= 6:
        user.append_column(Column("team_id", Integer, ForeignKey("team.id")))
        Table("team", metadata, Column("id", Integer, primary_key=True))
    return metadata


class Application:
    """What the tutorial's scripts do, with the names that they have."""

    def __init__(self, url: URL, folder: Path) -> None:
        self.uri = url.render_as_string(hide_password=False)
        self.repo = str(folder / "db_repository")

    def db_create(self) -> None:
        api.create(self.repo, "database repository")
        api.version_control(self.uri, self.repo)

    def db_migrate(self, metadata: MetaData) -> str:
        v = api.db_version(self.uri, self.repo)
        migration = self.repo + f"/versions/{v + 1:03d}_migration.py"
        tmp_module = types.ModuleType("old_model")
        old_model = api.create_model(self.uri, self.repo)
        exec(old_model, tmp_module.__dict__)
        script = api.make_update_script_for_model(
            self.uri, self.repo, tmp_module.meta, metadata
        )
        with open(migration, "w") as file:
            file.write(script)
        api.upgrade(self.uri, self.repo)
        return script

    def db_downgrade(self) -> None:
        v = api.db_version(self.uri, self.repo)
        api.downgrade(self.uri, self.repo, v - 1)

    def differences(self, round_: int) -> str:
        diff = api.compare_model_to_db(self.uri, self.repo, models(round_))
        return str(diff)


@pytest.fixture
def application(database_url: URL, tmp_path: Path) -> Application:
    found = Application(database_url, tmp_path)
    found.db_create()
    return found


def test_tutorial_up_and_down_and_up_again(
    application: Application, engine: Engine
) -> None:
    seen = [everything(engine)]
    for round_ in range(1, LAST + 1):
        application.db_migrate(models(round_))
        assert application.differences(round_) == "No schema diffs"
        seen.append(everything(engine))

    for round_ in range(LAST - 1, -1, -1):
        application.db_downgrade()
        assert application.differences(round_) == "No schema diffs"
        assert everything(engine) == seen[round_]

    api.upgrade(application.uri, application.repo)  # db_upgrade
    assert everything(engine) == seen[LAST]


def test_upgraded_schema_is_that_of_create_all(
    application: Application, engine: Engine
) -> None:
    models(LAST).create_all(engine)
    wanted = everything(engine)
    models(LAST).drop_all(engine)

    for round_ in range(1, LAST + 1):
        application.db_migrate(models(round_))

    assert everything(engine) == wanted


def test_rows_get_the_default_of_a_new_column(
    application: Application, engine: Engine
) -> None:
    application.db_migrate(models(4))
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO post (id) VALUES (1)"))

    application.db_migrate(models(5))

    with engine.connect() as connection:
        found = connection.execute(text("SELECT language FROM post"))
        assert found.scalar_one() == "en"


def test_script_has_the_form_that_people_know(
    application: Application,
) -> None:
    application.db_migrate(models(2))

    script = application.db_migrate(models(3))

    assert "from sqlalchemy import *\nfrom migrate import *\n" in script
    assert "pre_meta = MetaData()\npost_meta = MetaData()\n" in script
    assert "user = Table('user', post_meta,\n" in script
    assert "pass\n" not in script
    assert (
        "    Column('role', SmallInteger, default=ColumnDefault(0)),\n"
        in script
    )
    assert (
        "    pre_meta.bind = migrate_engine\n"
        "    post_meta.bind = migrate_engine\n"
        "    post_meta.tables['user'].columns['about_me'].create()\n"
        "    post_meta.tables['user'].columns['last_seen'].create()\n"
    ) in script


def test_nothing_to_do_gives_a_script_that_does_nothing(
    application: Application, engine: Engine
) -> None:
    application.db_migrate(models(2))
    before = everything(engine)

    script = application.db_migrate(models(2))

    assert ".create()" not in script
    assert ".drop()" not in script
    assert everything(engine) == before


def test_one_repository_object_goes_up_and_down_twice(
    application: Application, engine: Engine
) -> None:
    application.db_migrate(models(1))
    application.db_migrate(models(3))
    before = everything(engine)
    schema = api.ControlledSchema(engine, application.repo)

    for _ in range(2):
        schema.upgrade(0)
        schema.upgrade(2)

    assert everything(engine) == before
