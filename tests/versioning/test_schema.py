from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Engine

from migrate.exceptions import DatabaseAlreadyControlledError
from migrate.exceptions import DatabaseNotControlledError
from migrate.exceptions import DatabaseUnreachableError
from migrate.exceptions import InvalidVersionError
from migrate.exceptions import MissingScriptError
from migrate.exceptions import StepConflictError
from migrate.exceptions import VersionNotFoundError
from migrate.versioning.repository import Repository
from migrate.versioning.running.events import Event
from migrate.versioning.running.events import StepDone
from migrate.versioning.schema import ControlledSchema

UP = "CREATE TABLE t{0} (a INTEGER)"
DOWN = "DROP TABLE t{0}"
PYTHON = """
def upgrade(migrate_engine):
    migrate_engine.execute("CREATE TABLE t{0} (a INTEGER)")


def downgrade(migrate_engine):
    migrate_engine.execute("DROP TABLE t{0}")
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Three versions; the second is in SQL."""
    repository = Repository.create(tmp_path / "shop", "shop")
    versions = tmp_path / "shop" / "versions"
    (versions / "001_a.py").write_text(PYTHON.format(1))
    (versions / "002_b_default_upgrade.sql").write_text(UP.format(2))
    (versions / "002_b_default_downgrade.sql").write_text(DOWN.format(2))
    (versions / "003_c.py").write_text(PYTHON.format(3))
    return Repository(repository.path)


@pytest.fixture
def schema(engine: Engine, repository: Repository) -> ControlledSchema:
    return ControlledSchema.create(engine, repository)


def tables(engine: Engine) -> set[str]:
    return {*inspect(engine).get_table_names()} - {"migrate_version"}


def stored(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT * FROM migrate_version"))
        return [tuple(row) for row in found]


def test_create_writes_one_row(engine: Engine, repository: Repository) -> None:
    schema = ControlledSchema.create(engine, repository, 2)

    assert schema.version == 2
    assert stored(engine) == [("shop", repository.path, 2)]
    assert inspect(engine).get_table_names() == ["migrate_version"]


def test_create_twice_is_refused(
    schema: ControlledSchema, repository: Repository
) -> None:
    with pytest.raises(DatabaseAlreadyControlledError):
        ControlledSchema.create(schema.engine, repository)


@pytest.mark.parametrize("version", [4, -1, "", "x", "999"])
def test_create_at_a_version_that_is_none(
    engine: Engine, repository: Repository, version: object
) -> None:
    with pytest.raises(InvalidVersionError):
        ControlledSchema.create(engine, repository, version)  # type: ignore[arg-type]

    assert inspect(engine).get_table_names() == []


def test_upgrade_and_downgrade(schema: ControlledSchema) -> None:
    events: list[Event] = []

    schema.upgrade(listener=events.append)
    after_upgrade = tables(schema.engine)
    schema.upgrade(1)

    assert [
        (int(each.step.start), int(each.step.end))
        for each in events
        if isinstance(each, StepDone)
    ] == [(0, 1), (1, 2), (2, 3)]
    assert after_upgrade == {"t1", "t2", "t3"}
    assert tables(schema.engine) == {"t1"}
    assert schema.version == 1
    assert stored(schema.engine)[0][2] == 1


def test_upgrade_to_the_present_version_does_nothing(
    schema: ControlledSchema,
) -> None:
    events: list[Event] = []

    schema.upgrade(0, listener=events.append)

    assert events == []


def test_missing_version_is_found_before_anything_runs(
    schema: ControlledSchema,
) -> None:
    with pytest.raises(VersionNotFoundError, match="version 4 doesn't exist"):
        schema.upgrade(4)

    assert tables(schema.engine) == set()


def test_missing_script_is_found_before_anything_runs(
    engine: Engine, repository: Repository
) -> None:
    versions = Path(repository.path) / "versions"
    (versions / "003_c.py").rename(versions / "003_c_oracle_upgrade.sql")
    schema = ControlledSchema.create(engine, repository.path)

    with pytest.raises(MissingScriptError, match="--version=3"):
        schema.upgrade()

    assert tables(engine) == set()


def test_error_in_a_script_keeps_the_versions_before(
    schema: ControlledSchema, repository: Repository
) -> None:
    script = Path(repository.path) / "versions" / "003_c.py"
    script.write_text(PYTHON.format(1))  # t1 is there already

    with pytest.raises(Exception, match="t1"):
        ControlledSchema(schema.engine, repository.path).upgrade()

    assert tables(schema.engine) == {"t1", "t2"}
    assert stored(schema.engine)[0][2] == 2


def test_deployer_that_planned_from_an_old_version_does_what_is_left(
    schema: ControlledSchema, repository: Repository
) -> None:
    late = ControlledSchema(schema.engine, repository)
    schema.upgrade(2)
    events: list[Event] = []

    late.upgrade(listener=events.append)

    assert [
        int(each.step.end) for each in events if isinstance(each, StepDone)
    ] == [3]
    assert late.version == 3
    assert tables(schema.engine) == {"t1", "t2", "t3"}


def test_late_deployer_never_goes_back(
    schema: ControlledSchema, repository: Repository
) -> None:
    late = ControlledSchema(schema.engine, repository)
    schema.upgrade(3)

    late.upgrade(2)

    assert late.version == 3
    assert tables(schema.engine) == {"t1", "t2", "t3"}


def test_runchange_runs_one_script(schema: ControlledSchema) -> None:
    (change,) = schema.changeset(1).values()

    schema.runchange(0, change, 1)

    assert schema.version == 1
    assert tables(schema.engine) == {"t1"}


def test_runchange_from_another_version_is_refused(
    schema: ControlledSchema,
) -> None:
    (change,) = schema.changeset(1).values()

    with pytest.raises(InvalidVersionError, match="1 is not 0"):
        schema.runchange(1, change, 1)


def test_update_repository_table_compares_and_sets(
    schema: ControlledSchema,
) -> None:
    schema.update_repository_table(0, 2)

    assert stored(schema.engine)[0][2] == 2
    with pytest.raises(StepConflictError):
        schema.update_repository_table(0, 1)


def test_drop_leaves_the_schema(schema: ControlledSchema) -> None:
    schema.upgrade()

    schema.drop()

    assert sorted(inspect(schema.engine).get_table_names()) == [
        "t1",
        "t2",
        "t3",
    ]
    with pytest.raises(DatabaseNotControlledError):
        schema.drop()


def test_uncontrolled_database(engine: Engine, repository: Repository) -> None:
    with pytest.raises(
        DatabaseNotControlledError,
        match=r"(no table 'migrate_version'|no file)",
    ):
        ControlledSchema(engine, repository)

    assert not Path(engine.url.database or "").exists()


def test_unreachable_database(repository: Repository, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/no/such/folder/db")

    with pytest.raises(DatabaseUnreachableError, match="unable to open"):
        ControlledSchema(engine, repository)


def test_equality_is_repository_and_version(
    schema: ControlledSchema, repository: Repository
) -> None:
    same = ControlledSchema(schema.engine, repository.path)

    assert schema == same
    same.upgrade(1)
    assert schema != same


def test_repository_with_timestamps(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "stamps"
    Repository.create(path, "stamps", use_timestamp_numbering="True")
    for number in (20260101000000, 20261231235959):
        script = path / "versions" / f"{number}_x.py"
        script.write_text(PYTHON.format(number))
    schema = ControlledSchema.create(engine, str(path))

    schema.upgrade()
    upgraded = schema.version
    schema.upgrade(20260101000000)

    assert upgraded == 20261231235959
    assert tables(engine) == {"t20260101000000"}
    schema.upgrade(0)
    assert tables(engine) == set()
