"""A process that dies in the middle leaves all or nothing."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.changeset.sqlite.features import Feature
from tests.changeset.sqlite.victim import WAYS

FEATURE = Feature(
    "much",
    column="c INTEGER UNIQUE CHECK (c < 100000) -- c\n",
    more=(
        "CREATE TABLE child (p INTEGER REFERENCES t ON DELETE CASCADE)",
        "INSERT INTO child VALUES (7), (14)",
        "CREATE VIEW v AS SELECT c FROM t",
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM child; END",
        "CREATE UNIQUE INDEX one ON t (c, n) WHERE c > 3",
    ),
)


def content(path: Path) -> tuple[list[object], list[object]]:
    """What is stored: the schema, and the rows of every table."""
    connection = sqlite3.connect(path)
    schema = connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2"
    ).fetchall()
    rows = [
        connection.execute(f'SELECT rowid, * FROM "{name}"').fetchall()
        for kind, name, *_ in schema
        if kind == "table"
    ]
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert not connection.execute("PRAGMA foreign_key_check").fetchall()
    connection.close()
    return schema, rows


@pytest.fixture(params=["delete", "wal"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "base.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode = {request.param}")
    for statement in FEATURE.schema():
        connection.execute(statement)
    connection.execute("DROP TRIGGER r")
    connection.executemany(
        "INSERT INTO t (id, n, u, k, f, c) VALUES (?, ?, ?, ?, 1, ?)",
        [(i, "text" * 20, i, i, i) for i in range(100, 1000)],
    )
    connection.execute(FEATURE.more[3])
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@pytest.mark.parametrize("way", WAYS)
def test_killed_alteration_is_undone_or_done(base: Path, way: str) -> None:
    before = content(base)

    subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.changeset.sqlite.victim",
            str(base.parent),
            way,
        ],
        check=True,
        cwd=Path(__file__).parents[3],
    )

    after = content(base.with_name("end.db"))
    assert after != before
    killed = [
        path
        for path in base.parent.glob("*.db")
        if path.stem not in ("base", "end")
    ]
    undone = [path for path in killed if content(path) == before]
    assert len(undone) >= 40
    # What follows the COMMIT comes too late.
    late = {int(path.stem) for path in killed} - {
        int(path.stem) for path in undone
    }
    assert late == {*range(len(undone) + 1, len(killed) + 1)}
    for number in late:
        assert content(base.with_name(f"{number}.db")) == after
