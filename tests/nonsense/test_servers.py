"""The bad control rows of the corpus, on every server that takes them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from migrate.versioning import api
from tests.nonsense import oracle
from tests.nonsense import stage
from tests.nonsense.corpus import Case
from tests.nonsense.corpus import texts

CASES = texts("control")
BATCHES = [CASES[i : i + 17] for i in range(0, len(CASES), 17)]
COMMANDS = ("upgrade", "verify", "test")
#: What the first of them says where a server reads an input otherwise.
OTHER_WORDS = {
    # It is rounded.
    "UPDATE migrate_version SET version = 1.5": "version 2",
    # A number is no name to PostgreSQL.
    "DROP TABLE migrate_version; CREATE VIEW migrate_version AS SELECT "
    "1 repository_id, 2 repository_path, 3 version": "'migrate_version'",
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stage")
    stage.build(folder)
    return folder / "shop"


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: str(batch[0]))
def test_control_rows_written_by_hand(
    engine: Engine, repository: Path, batch: list[Case]
) -> None:
    if engine.name == "sqlite":
        pytest.skip("fed to SQLite with the rest of the corpus")
    wrong, taken = [], 0
    for case in batch:
        reset(engine, repository)
        if feed(engine, case):
            taken += 1
            found = judged(case, engine, repository)
            wrong += [f"{case}: {one}" for one in found]

    assert wrong == []
    assert taken > len(batch) / 3


def reset(engine: Engine, repository: Path) -> None:
    """Make the database that of version 1 again."""
    found = inspect(engine)
    with engine.begin() as connection:
        for view in found.get_view_names():
            connection.execute(text(f"DROP VIEW {view}"))
        for table in found.get_table_names():
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("CREATE TABLE account (id INTEGER)"))
    api.version_control(engine, str(repository), 1)


def feed(engine: Engine, case: Case) -> bool:
    """Run the statements of a case; False where they damage nothing.

    Because the server refuses one, or keeps what they say as it was.
    """
    before = snapshot(engine)
    try:
        with engine.begin() as connection:
            for statement in case.text.split("; "):
                connection.exec_driver_sql(statement)
    except DBAPIError:
        return False
    return snapshot(engine) != before


def judged(case: Case, engine: Engine, repository: Path) -> list[str]:
    """Return what is wrong with how commands end on the database."""
    found = []
    defaults = {"url": engine, "repository": str(repository)}
    for place, command in enumerate(COMMANDS):
        before = snapshot(engine)
        done = stage.run([command], defaults)
        found += oracle.judge(done, before, snapshot(engine))
        if place == 0:
            named = OTHER_WORDS.get(case.text, case.named)
            if done.code != case.code:
                found.append(f"exit code {done.code}, not {case.code}")
            if named not in done.error:
                found.append(f"{done.error!r} does not name {named!r}")
    return found


def snapshot(engine: Engine) -> dict[str, object]:
    """Return the columns and rows of all tables."""
    found = inspect(engine)
    tables: dict[str, object] = {}
    with engine.connect() as connection:
        for name in found.get_table_names():
            columns = [str(each["type"]) for each in found.get_columns(name)]
            rows = connection.execute(text(f"SELECT * FROM {name}"))
            tables[name] = (columns, sorted(map(str, rows)))
    return tables
