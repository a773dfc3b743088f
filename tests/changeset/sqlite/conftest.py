from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool

Connect = Callable[..., sqlite3.Connection]
SCHEMA = """
CREATE TABLE other (id INTEGER PRIMARY KEY, x INTEGER UNIQUE);
INSERT INTO other VALUES (1, 1), (2, 2);
CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, m INTEGER, u INTEGER,
    k INTEGER, f INTEGER, c INTEGER DEFAULT 5);
CREATE INDEX by_k ON t (k);
CREATE VIEW v AS SELECT k FROM t;
WITH RECURSIVE i(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM i LIMIT 50)
INSERT INTO t SELECT i, iif(i % 10, i, NULL), i, i / 2, i, i, i FROM i;
"""


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Open databases with the sqlite3 module; closed after the test."""
    with ExitStack() as stack:

        def connect(
            path: Path | str = ":memory:", **options: object
        ) -> sqlite3.Connection:
            opened = sqlite3.connect(path, **options)  # type: ignore[call-overload]  # passed on
            stack.enter_context(closing(opened))
            return opened  # type: ignore[no-any-return]  # see above

        yield connect


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "app.db"
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    connection.close()
    return path


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def keys_on(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA foreign_keys = ON")

    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
