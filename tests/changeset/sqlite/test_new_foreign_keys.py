"""Foreign keys over rows that do not hold."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import Table
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection

from migrate import ForeignKeyConstraint
from migrate import binding
from migrate.exceptions import ExistingRowsError
from migrate.exceptions import NotSupportedError

SCHEMA = """
CREATE TABLE parent (id INTEGER PRIMARY KEY, x INTEGER);
CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, p INTEGER,
    CONSTRAINT u UNIQUE ("a"), CONSTRAINT f FOREIGN KEY(p) REFERENCES parent);
INSERT INTO parent VALUES (1, 1), (9, 7);
INSERT INTO t VALUES (1, 1, 1), (2, 7, NULL);
"""


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        for statement in SCHEMA.split(";"):
            connection.exec_driver_sql(statement)
        connection.commit()
        yield connection
    engine.dispose()


@pytest.fixture
def t(connection: Connection) -> Table:
    metadata = MetaData()
    metadata.bind = connection  # type: ignore[attr-defined]
    Table("parent", metadata, autoload_with=connection)
    return Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a", Integer),
        Column("p", Integer),
    )


def stored(connection: Connection) -> str:
    text = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE name = 't'"
    ).scalar()
    return " ".join(str(text).split())


def to_parent(t: Table, column: str, name: str) -> ForeignKeyConstraint:
    parent = t.metadata.tables["parent"]
    return ForeignKeyConstraint(
        [t.c.a], [parent.c[column]], name=name, ondelete=None
    )


def run(
    connection: Connection, t: Table, *, script: bool, keys: bool, column: str
) -> None:
    connection.exec_driver_sql(f"PRAGMA foreign_keys = {int(keys)}")
    with ExitStack() as stack:
        if script:
            stack.enter_context(binding.running(connection))
        to_parent(t, column, "g").create()


@pytest.mark.parametrize(("script", "keys"), [(0, 0), (0, 1), (1, 1)])
@pytest.mark.parametrize(
    ("column", "error", "message"),
    [
        ("id", ExistingRowsError, "1 row that refer to no row of table 'par"),
        ("x", NotSupportedError, "refer to a primary key"),
    ],
)
def test_foreign_key_that_does_not_hold_is_refused(
    connection: Connection,
    t: Table,
    script: int,
    keys: int,
    column: str,
    error: type[Exception],
    message: str,
) -> None:
    before = stored(connection)

    with pytest.raises(error, match=message):
        run(connection, t, script=bool(script), keys=bool(keys), column=column)

    assert stored(connection) == before


@pytest.mark.parametrize(
    ("column", "message"),
    [("id", "(rowid 2): change or"), ("x", "refer to a primary key")],
)
def test_scripts_may_add_it_as_long_as_nobody_enforces_it(
    connection: Connection,
    t: Table,
    caplog: pytest.LogCaptureFixture,
    column: str,
    message: str,
) -> None:
    with caplog.at_level(logging.WARNING):
        run(connection, t, script=True, keys=False, column=column)

    assert "CONSTRAINT g FOREIGN KEY(a)" in stored(connection)
    assert [message in record.getMessage() for record in caplog.records] == [
        True
    ]
    assert caplog.records[0].getMessage().endswith("(foreign keys are off)")
