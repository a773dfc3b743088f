"""Constraints as old scripts add them: again, unnamed, over bad rows."""

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
from sqlalchemy import inspect
from sqlalchemy.engine import Connection

from migrate import ForeignKeyConstraint
from migrate import UniqueConstraint
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


def test_same_unique_constraint_again_is_taken_and_goes_with_it(
    connection: Connection, t: Table
) -> None:
    before = stored(connection)

    UniqueConstraint("a", table=t, name="u").create()

    assert stored(connection) == before.replace(
        "parent)", "parent, CONSTRAINT u UNIQUE (a))"
    )

    UniqueConstraint("a", table=t, name="u").drop()

    assert "UNIQUE" not in stored(connection)
    connection.exec_driver_sql("INSERT INTO t VALUES (3, 7, NULL)")


def test_same_foreign_key_again_is_taken_and_goes_with_it(
    connection: Connection, t: Table
) -> None:
    connection.exec_driver_sql("DELETE FROM t WHERE a = 7")
    to_parent(t, "id", "g").create()
    before = stored(connection)

    to_parent(t, "id", "g").create()

    assert stored(connection).count("CONSTRAINT g FOREIGN KEY(a)") == 2
    assert stored(connection).startswith(before[:-1])

    to_parent(t, "id", "g").drop()

    assert "CONSTRAINT g" not in stored(connection)


def test_unique_column_is_not_when_its_constraint_is_dropped(
    connection: Connection, t: Table
) -> None:
    connection.exec_driver_sql("ALTER TABLE t ADD COLUMN q INTEGER")
    t.append_column(Column("q", Integer))
    UniqueConstraint("q", table=t).create()
    UniqueConstraint("q", table=t).create()

    UniqueConstraint("q", table=t).drop()

    assert "UNIQUE (q)" not in stored(connection)


@pytest.mark.parametrize("column", ["id", "p"])
def test_other_constraint_of_the_name_is_refused(
    t: Table, column: str
) -> None:
    with pytest.raises(NotSupportedError, match="already has a constraint"):
        UniqueConstraint(column, table=t, name="u").create()


def test_name_nobody_asked_for_is_not_stored(
    connection: Connection, t: Table
) -> None:
    unique = UniqueConstraint(t.c.p)

    unique.create()
    unique.drop()
    unique.create()

    assert unique.name == "t_p_key"
    assert stored(connection).endswith("parent, UNIQUE (p))")


def test_name_that_was_asked_for_is_stored(
    connection: Connection, t: Table
) -> None:
    UniqueConstraint(t.c.p, name="t_p_key").create()

    assert stored(connection).endswith("CONSTRAINT t_p_key UNIQUE (p))")


def test_key_to_its_own_table_may_be_given_the_wrong_way_round(
    connection: Connection, t: Table
) -> None:
    connection.exec_driver_sql(
        "CREATE TABLE tree (id INTEGER PRIMARY KEY, up INTEGER REFERENCES "
        "tree (id), p INTEGER REFERENCES parent)"
    )
    tree = Table("tree", t.metadata, autoload_with=connection)

    ForeignKeyConstraint([tree.c.id], [tree.c.up]).drop()

    left = inspect(connection).get_foreign_keys("tree")
    assert [key["constrained_columns"] for key in left] == [["p"]]


def test_key_to_another_table_is_not_looked_for_backwards(t: Table) -> None:
    parent = t.metadata.tables["parent"]

    with pytest.raises(NotSupportedError, match="constraint on a;"):
        ForeignKeyConstraint([t.c.a], [parent.c.id]).drop()


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
