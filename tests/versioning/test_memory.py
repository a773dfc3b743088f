"""What one script of a run has read of the tables, the next ones know."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from migrate.versioning.repository import Repository
from migrate.versioning.schema import ControlledSchema

MAKE = "CREATE TABLE t (a INTEGER PRIMARY KEY)"
LOOK = """
from sqlalchemy import MetaData, Table

def upgrade(migrate_engine):
    table = Table("t", MetaData(bind=migrate_engine), autoload=True)
    print(",".join(table.c.keys()))
"""
ADD = """
def upgrade(migrate_engine):
    migrate_engine.execute("ALTER TABLE t ADD b INTEGER")
"""
Write = Callable[[str, str], None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "shop"
    Repository.create(path, "shop")
    return path


@pytest.fixture
def write(path: Path) -> Write:
    """Add the next change script: ``write(".sql", text)``."""

    def write(extension: str, text: str) -> None:
        count = len(list((path / "versions").glob("[0-9]*")))
        name = f"{count + 1:03}_do"
        if extension == ".sql":
            name += "_default_upgrade"
        (path / "versions" / f"{name}{extension}").write_text(text)

    return write


def upgrade(engine: Engine, path: Path) -> list[str]:
    """Upgrade; return what was asked of the catalogue."""
    asked: list[str] = []

    def note(statement: str) -> None:
        words = ("PRAGMA main.", "pg_catalog", "SHOW CREATE")
        if any(word in statement for word in words):
            asked.append(statement)

    def sent(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        note(statement)

    def connected(driver: Any, record: object) -> None:
        # There tables are read past SQLAlchemy and its events.
        if hasattr(driver, "set_trace_callback"):
            driver.set_trace_callback(note)

    ControlledSchema.create(engine, str(path), 0)
    listeners = {"before_cursor_execute": sent, "connect": connected}
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    ControlledSchema(engine, str(path)).upgrade()
    for name, listener in listeners.items():
        event.remove(engine, name, listener)
    return asked


def test_the_second_script_reads_no_table_again(
    engine: Engine, path: Path, tmp_path: Path, write: Write
) -> None:
    write(".sql", MAKE)
    write(".py", LOOK)
    once = upgrade(engine, path)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE t")
        connection.exec_driver_sql("DROP TABLE migrate_version")
    for _ in range(3):
        write(".py", LOOK)

    again = upgrade(engine, path)

    assert 0 < len(again) <= len(once)


@pytest.mark.parametrize(("extension", "change"), [
    (".py", ADD),
    (".sql", "ALTER TABLE t ADD b INTEGER;"),
])  # fmt: skip
def test_a_script_sees_what_those_before_it_did(
    engine: Engine,
    path: Path,
    write: Write,
    capsys: pytest.CaptureFixture[str],
    extension: str,
    change: str,
) -> None:
    write(".sql", MAKE)
    write(".py", LOOK)
    write(extension, change)
    write(".py", LOOK)

    upgrade(engine, path)

    assert capsys.readouterr().out.split() == ["a", "a,b"]
