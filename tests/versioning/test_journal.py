"""Steps that cannot be rolled back: what a next run knows and does."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from migrate.exceptions import HalfDoneStepError
from migrate.versioning.repository import Repository
from migrate.versioning.schema import ControlledSchema

NO_TRANSACTION = "-- migrate: no-transaction\n"
THREE = "CREATE TABLE a (x INTEGER);\n{0};\nINSERT INTO a VALUES (2);\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    Repository.create(tmp_path / "shop", "shop")
    versions = tmp_path / "shop" / "versions"
    (versions / "001_a_default_downgrade.sql").touch()
    return versions / "001_a_default_upgrade.sql"


def controlled(engine: Engine, script: Path) -> ControlledSchema:
    return ControlledSchema.create(engine, str(script.parent.parent))


def run(schema: ControlledSchema) -> None:
    """Upgrade with the files as they are now."""
    ControlledSchema(schema.engine, schema.repository.path).upgrade()


def values(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return [*connection.scalars(text("SELECT x FROM a ORDER BY x"))]


def test_sql_script_goes_on_after_the_statements_that_are_done(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    script.write_text(NO_TRANSACTION + THREE.format("INSERT INTO nosuch"))
    with pytest.raises(DBAPIError):
        run(schema)

    script.write_text(
        NO_TRANSACTION + THREE.format("INSERT INTO a VALUES (1)")
    )
    run(schema)

    assert values(engine) == [1, 2]
    schema.load()
    assert schema.version == 1


def test_sql_script_edited_where_it_is_done_is_refused(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    script.write_text(NO_TRANSACTION + THREE.format("INSERT INTO nosuch"))
    with pytest.raises(DBAPIError):
        run(schema)

    script.write_text(NO_TRANSACTION + "CREATE TABLE b (x INTEGER);")
    with pytest.raises(HalfDoneStepError, match="1 statement"):
        run(schema)

    assert not inspect(engine).has_table("b")


def test_step_that_did_nothing_leaves_no_marker(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    script.write_text(NO_TRANSACTION + "CREATE NONSENSE;")
    with pytest.raises(DBAPIError):
        run(schema)

    script.write_text(NO_TRANSACTION + "CREATE TABLE a (x INTEGER);")
    run(schema)

    assert values(engine) == []


def test_python_script_is_refused_with_what_it_has_done(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    python = script.with_name("001_a.py")
    (script.parent / "001_a_default_downgrade.sql").unlink()
    python.write_text(
        "transactional = False\n\n\n"
        "def upgrade(migrate_engine):\n"
        "    migrate_engine.execute('CREATE TABLE a (x INTEGER)')\n"
        "    migrate_engine.execute('CREATE TABLE b (x INTEGER)')\n"
        "    raise ValueError('enough')\n"
    )
    with pytest.raises(ValueError, match="enough"):
        run(schema)

    with pytest.raises(
        HalfDoneStepError,
        match=r"2 statement.s. are done .*the last: CREATE TABLE b .*resolve",
    ):
        run(schema)

    assert {"a", "b"} < {*inspect(engine).get_table_names()}


def test_python_script_that_did_nothing_can_be_mended_and_run_again(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    python = script.with_name("001_a.py")
    (script.parent / "001_a_default_downgrade.sql").unlink()
    body = (
        "transactional = False\n\n\n"
        "def upgrade(migrate_engine):\n"
        "    migrate_engine.execute('{}')\n"
    )
    python.write_text(body.format("CREATE NONSENSE"))
    with pytest.raises(DBAPIError):
        run(schema)

    python.write_text(body.format("CREATE TABLE a (x INTEGER)"))
    run(schema)

    assert values(engine) == []


def test_cursor_of_the_driver_is_recorded(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    for file in script.parent.glob("001_*"):
        file.unlink()
    (script.parent / "001_a.py").write_text(
        "transactional = False\n"
        "def upgrade(migrate_engine):\n"
        "    raw = migrate_engine.raw_connection()\n"
        "    cursor = raw.cursor()\n"
        "    cursor.execute('CREATE TABLE a (x INTEGER)')\n"
        "    raw.commit()\n"
        "    cursor.execute('CREATE TABLE b (x INTEGER)')\n"
        "    raw.commit()\n"
        "    raise RuntimeError\n"
    )
    with pytest.raises(RuntimeError):
        run(schema)

    with pytest.raises(HalfDoneStepError) as caught:
        run(schema)

    assert "2 statement(s) are done" in str(caught.value)
    assert "CREATE TABLE b (x INTEGER)" in str(caught.value)
