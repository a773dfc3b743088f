"""Alter copies of a database, and die at every statement of it.

Run as a program: ``victim.py FOLDER WAY``.  For each statement N of the
alteration FOLDER gets ``N.db``, a copy of ``base.db`` whose alteration was
killed before that statement was executed, and at last ``end.db``, where it
was not.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from migrate.changeset.databases.sqlite import SQLiteEditor
from migrate.changeset.sqlite.alteration import Features
from tests.changeset.sqlite.alterations import NEUTRAL
from tests.changeset.sqlite.alterations import model

WAYS = {
    "exchange": Features(),
    "twelve steps": Features(write_schema=False, drop_column=False),
}


def alter(path: Path, way: str, last: int | None) -> int:
    """Alter the database; die before statement ``last``.

    :returns: how many statements there were.
    """
    count = 0

    def die(*_: object) -> None:
        nonlocal count
        count += 1
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)

    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    five = next(each for each in NEUTRAL if each.name == "five at once")
    SQLiteEditor.features = WAYS[way]
    with engine.connect() as connection:
        # So few pages in memory that the file is written in the middle.
        connection.exec_driver_sql("PRAGMA cache_size = 5")
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        # SQLite itself tells of statements: of our questions too, and of
        # those that triggers carry out.
        driver: Any = connection.connection.dbapi_connection
        driver.set_trace_callback(die)
        run(connection, way, five.operations(model()))
    return count


def run(connection: Connection, way: str, operations: object) -> None:
    """Exchange inside a transaction; twelve steps in one of their own."""
    if way == "exchange":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    for operation in operations:  # type: ignore[attr-defined]
        SQLiteEditor().run(connection, operation)
    connection.exec_driver_sql("SELECT 1")
    connection.commit()


def main(folder: Path, way: str) -> None:
    base = folder / "base.db"
    end = folder / "end.db"
    shutil.copyfile(base, end)
    for last in range(1, alter(end, way, None) + 1):
        copy = folder / f"{last}.db"
        shutil.copyfile(base, copy)
        child = os.fork()
        if not child:
            alter(copy, way, last)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
