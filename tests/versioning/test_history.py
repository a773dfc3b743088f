"""The history of a database, and what verify and repair make of it."""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta
from datetime import timezone
from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Engine

from migrate.exceptions import HalfDoneStepError
from migrate.exceptions import HistoryTableError
from migrate.exceptions import MissingAppliedScriptError
from migrate.exceptions import NothingToResolveError
from migrate.exceptions import NotSupportedError
from migrate.versioning.repository import Repository
from migrate.versioning.schema import ControlledSchema

SCRIPT = """
def upgrade(migrate_engine):
    migrate_engine.execute("CREATE TABLE t{0} (a INTEGER)")


def downgrade(migrate_engine):
    migrate_engine.execute("DROP TABLE t{0}")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "shop"
    Repository.create(path, "shop")
    with (path / "migrate.cfg").open("a") as file:
        file.write("\nhistory_table=migrate_history\n")
    for number in (1, 2, 3):
        write(path, number, SCRIPT.format(number))
    return path


def write(path: Path, number: int, source: str) -> Path:
    script = path / "versions" / f"{number:03}_add_t{number}.py"
    script.write_text(source)
    return script


def schema(engine: Engine, path: Path) -> ControlledSchema:
    """Look at the files as they are now."""
    return ControlledSchema(engine, str(path))


def controlled(engine: Engine, path: Path, version: int = 0) -> None:
    ControlledSchema.create(engine, str(path), version)


def records(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT version, operation, description, success"
                " FROM migrate_history ORDER BY id"
            )
        )
        return [(row[0], row[1], row[2], bool(row[3])) for row in rows]


def test_no_history_without_the_setting(engine: Engine, path: Path) -> None:
    config = path / "migrate.cfg"
    config.write_text(config.read_text().replace("history_table", "x"))
    controlled(engine, path)

    schema(engine, path).upgrade()

    assert not inspect(engine).has_table("migrate_history")


def test_table_of_another_is_named_before_a_script_runs(
    engine: Engine, path: Path
) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE migrate_history (id INTEGER, version INTEGER)")
        )
        connection.execute(text("INSERT INTO migrate_history VALUES (1, 2)"))
    controlled(engine, path)
    message = (
        r"table 'migrate_history' of database .* has the columns "
        r"\['id', 'version'\], expected \['id', 'repository_id', .*\]; it is "
        r"not a history table: name another with history_table in migrate.cfg$"
    )

    with pytest.raises(HistoryTableError, match=message):
        schema(engine, path).verify()
    with pytest.raises(HistoryTableError, match=message):
        schema(engine, path).upgrade(allow_missing=True)

    assert not inspect(engine).has_table("t1")
    assert schema(engine, path).version == 0


def test_every_step_is_recorded(engine: Engine, path: Path) -> None:
    controlled(engine, path)

    schema(engine, path).upgrade(2)
    schema(engine, path).upgrade(1)

    assert records(engine) == [
        (1, "upgrade", "add t1", True),
        (2, "upgrade", "add t2", True),
        (2, "downgrade", "add t2", True),
    ]
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT started, duration_ms, deployer FROM migrate_history")
        ).first()
    assert row is not None
    started = row.started
    if isinstance(started, str):
        started = datetime.fromisoformat(started)
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    assert now - timedelta(minutes=5) < started <= now
    assert 0 <= row.duration_ms < 60_000
    assert "@" in row.deployer


def test_failed_step_is_recorded_as_such(engine: Engine, path: Path) -> None:
    controlled(engine, path)
    write(path, 1, "def upgrade(migrate_engine):\n    raise ValueError\n")

    with pytest.raises(ValueError):  # noqa: PT011 - the script's own
        schema(engine, path).upgrade()

    assert records(engine) == [(1, "upgrade", "add t1", False)]
    assert schema(engine, path).version == 0


def test_history_that_begins_late_knows_that_it_does(
    engine: Engine, path: Path
) -> None:
    controlled(engine, path, 1)

    schema(engine, path).upgrade()

    assert [row[:2] for row in records(engine)] == [
        (1, "baseline"),
        (2, "upgrade"),
        (3, "upgrade"),
    ]
    assert schema(engine, path).verify() == []


def test_verify_finds_nothing_in_good_order(
    engine: Engine, path: Path
) -> None:
    controlled(engine, path)
    schema(engine, path).upgrade()

    assert schema(engine, path).verify() == []


def test_verify_ignores_line_endings(engine: Engine, path: Path) -> None:
    controlled(engine, path)
    schema(engine, path).upgrade()

    script = path / "versions" / "001_add_t1.py"
    script.write_bytes(script.read_bytes().replace(b"\n", b"\r\n"))

    assert schema(engine, path).verify() == []


def test_verify_names_an_edited_script(engine: Engine, path: Path) -> None:
    controlled(engine, path)
    schema(engine, path).upgrade()
    write(path, 2, SCRIPT.format(2) + "# later thought\n")

    (found,) = schema(engine, path).verify()

    assert "version 2 (002_add_t2.py) was edited after" in found


def test_verify_names_a_renamed_script(engine: Engine, path: Path) -> None:
    controlled(engine, path)
    schema(engine, path).upgrade()
    script = path / "versions" / "002_add_t2.py"
    script.rename(script.with_name("002_other.py"))

    (found,) = schema(engine, path).verify()

    assert "renamed from 002_add_t2.py to 002_other.py" in found


def test_verify_names_a_script_that_is_gone(
    engine: Engine, path: Path
) -> None:
    controlled(engine, path)
    schema(engine, path).upgrade()
    (path / "versions" / "002_add_t2.py").unlink()

    (found,) = schema(engine, path).verify()

    assert "version 2 (002_add_t2.py" in found
    assert "is gone" in found


def test_verify_names_a_new_script_below_the_version(
    engine: Engine, path: Path
) -> None:
    controlled(engine, path)
    script = path / "versions" / "002_add_t2.py"
    config = path / "migrate.cfg"
    config.write_text(
        config.read_text().replace(
            "use_timestamp_numbering=False", "use_timestamp_numbering=True"
        )
    )
    source = script.read_text()
    script.unlink()
    schema(engine, path).upgrade()
    script.write_text(source)

    (found,) = schema(engine, path).verify()

    assert "version 2 was never applied" in found


def test_verify_names_a_version_that_is_unknown(
    engine: Engine, path: Path
) -> None:
    controlled(engine, path)
    with engine.begin() as connection:
        connection.execute(text("UPDATE migrate_version SET version = 9"))

    (found,) = schema(engine, path).verify()

    assert "version 9, which repository 'shop' does not have" in found


def test_upgrade_refuses_when_an_applied_script_is_gone(
    engine: Engine, path: Path
) -> None:
    controlled(engine, path)
    schema(engine, path).upgrade(2)
    (path / "versions" / "001_add_t1.py").unlink()

    with pytest.raises(MissingAppliedScriptError, match="--allow_missing"):
        schema(engine, path).upgrade()

    assert schema(engine, path).version == 2
    schema(engine, path).upgrade(allow_missing=True)
    assert schema(engine, path).version == 3


def test_repair_records_the_present_text(engine: Engine, path: Path) -> None:
    controlled(engine, path)
    schema(engine, path).upgrade()
    write(path, 2, SCRIPT.format(2) + "# later thought\n")

    repaired = schema(engine, path).repair()

    assert repaired == [2]
    assert schema(engine, path).verify() == []
    assert schema(engine, path).repair() == []


def test_repair_without_a_history_is_refused(
    engine: Engine, path: Path
) -> None:
    config = path / "migrate.cfg"
    config.write_text(config.read_text().replace("history_table", "x"))
    controlled(engine, path)

    with pytest.raises(NotSupportedError, match="history_table"):
        schema(engine, path).repair()


HALF = """
transactional = False


def upgrade(migrate_engine):
    migrate_engine.execute("CREATE TABLE t1 (a INTEGER)")
    raise ValueError
"""


@pytest.mark.parametrize("version", [0, 1])
def test_resolve_says_where_a_half_done_step_stands(
    engine: Engine, path: Path, version: int
) -> None:
    controlled(engine, path)
    write(path, 1, HALF)
    with pytest.raises(ValueError):  # noqa: PT011 - the script's own
        schema(engine, path).upgrade()
    (finding,) = schema(engine, path).verify()
    assert "did not end" in finding
    with pytest.raises(HalfDoneStepError):
        schema(engine, path).upgrade()

    schema(engine, path).resolve(version)

    assert schema(engine, path).version == version
    assert schema(engine, path).verify() == []


def test_resolve_without_a_half_done_step_is_refused(
    engine: Engine, path: Path
) -> None:
    controlled(engine, path)

    with pytest.raises(NothingToResolveError, match="no step"):
        schema(engine, path).resolve(1)

    assert schema(engine, path).version == 0


def test_invalid_index_is_named(engine: Engine, path: Path) -> None:
    if engine.name != "postgresql":
        pytest.skip("only PostgreSQL builds indexes concurrently")
    controlled(engine, path)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE twice (a INTEGER)"))
        connection.execute(text("INSERT INTO twice VALUES (1), (1)"))
    script = path / "versions" / "001_add_t1.py"
    script.unlink()
    for way in ("upgrade", "downgrade"):
        (path / "versions" / f"001_i_default_{way}.sql").write_text(
            "-- migrate: no-transaction\n"
            "CREATE UNIQUE INDEX CONCURRENTLY ix ON twice (a)"
        )
    with pytest.raises(Exception, match="ix"):
        schema(engine, path).upgrade()

    with pytest.raises(
        HalfDoneStepError, match=r"index ix is INVALID.* CONCURRENTLY ix"
    ):
        schema(engine, path).upgrade()
