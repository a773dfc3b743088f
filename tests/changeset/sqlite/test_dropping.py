"""Dropping a column: what goes with it, and what keeps it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import Column
from sqlalchemy import MetaData
from sqlalchemy import Table
from sqlalchemy import UniqueConstraint
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection
from sqlalchemy.pool import StaticPool

from migrate.changeset import operations as ops
from migrate.changeset.databases.sqlite import SQLiteEditor
from migrate.changeset.sqlite.alteration import Features
from migrate.exceptions import NotSupportedError
from tests.changeset.sqlite.alterations import added
from tests.changeset.sqlite.alterations import model


class Old(SQLiteEditor):
    features = Features(drop_column=False)


class Oldest(SQLiteEditor):
    features = Features(drop_column=False, write_schema=False)


@pytest.fixture
def raw() -> Iterator[sqlite3.Connection]:
    raw = sqlite3.connect(":memory:")
    raw.execute("PRAGMA foreign_keys = ON")
    yield raw
    raw.close()


@pytest.fixture
def connection(raw: sqlite3.Connection) -> Iterator[Connection]:
    engine = create_engine(
        "sqlite://", creator=lambda: raw, poolclass=StaticPool
    )
    with engine.connect() as connection:
        yield connection


EDITORS = [SQLiteEditor, Old, Oldest]
GOES = [
    ("n INTEGER", (), "", []),
    ("n INTEGER NOT NULL CHECK (n > 0) DEFAULT 1", (), "", []),
    ("n INTEGER CHECK (n > k)", (), "", []),
    (
        "n INTEGER REFERENCES other",
        (),
        "",
        [],
    ),
    ("n INTEGER UNIQUE", (), "", []),
    (
        "n INTEGER",
        ("CONSTRAINT one UNIQUE (k, n)",),
        "",
        ["constraint 'one' UNIQUE (k, n)"],
    ),
    (
        "n INTEGER",
        ("UNIQUE ((k), ((n) COLLATE nocase) DESC)", "UNIQUE ((k))"),
        "UNIQUE ((k))",
        ["constraint UNIQUE ((k), ((n) COLLATE nocase) DESC)"],
    ),
    (
        "n INTEGER",
        ("CHECK (n > 0)", "CHECK (k > 0)"),
        "CHECK (k > 0)",
        ["constraint CHECK (n > 0)"],
    ),
    (
        "n INTEGER",
        ("FOREIGN KEY (n) REFERENCES other (id)", "UNIQUE (k)"),
        "UNIQUE (k)",
        ["constraint FOREIGN KEY (n) REFERENCES other (id)"],
    ),
]


@pytest.mark.parametrize("editor", EDITORS)
@pytest.mark.parametrize(("column", "constraints", "left", "warned"), GOES)
def test_constraints_go_with_the_column(
    raw: sqlite3.Connection,
    connection: Connection,
    caplog: pytest.LogCaptureFixture,
    editor: type[SQLiteEditor],
    column: str,
    constraints: tuple[str, ...],
    left: str,
    warned: list[str],
) -> None:
    raw.execute("CREATE TABLE other (id INTEGER PRIMARY KEY)")
    raw.execute("INSERT INTO other VALUES (8)")
    elements = ", ".join(["id INTEGER", column, "k INTEGER", *constraints])
    raw.execute(f"CREATE TABLE t ({elements})")
    raw.execute("INSERT INTO t VALUES (1, 8, 3)")
    raw.commit()
    table = model()

    with caplog.at_level(logging.WARNING):
        editor().run(connection, ops.DropColumn(table, table.c.n))

    (text,) = raw.execute(
        "SELECT sql FROM sqlite_master WHERE name = 't'"
    ).fetchone()
    elements = ", ".join(
        each for each in ("id INTEGER, k INTEGER", left) if each
    )
    assert text.replace('"t"', "t").replace("t(", "t (") == (
        f"CREATE TABLE t ({elements})"
    )
    assert raw.execute("SELECT rowid, * FROM t").fetchall() == [(1, 1, 3)]
    assert [record.getMessage() for record in caplog.records] == [
        f"dropping column 'n' of table 't' drops {each}" for each in warned
    ]


@pytest.mark.parametrize("editor", EDITORS)
def test_indexes_shrink(
    raw: sqlite3.Connection,
    connection: Connection,
    editor: type[SQLiteEditor],
) -> None:
    raw.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n, k, u)")
    raw.execute("CREATE INDEX one ON t (n)")
    raw.execute(
        'CREATE UNIQUE INDEX two ON t (k COLLATE nocase, "n" DESC, u DESC)'
        " WHERE k > 1"
    )
    raw.execute("CREATE INDEX three ON t (k)")
    table = model()

    editor().run(connection, ops.DropColumn(table, table.c.n))

    assert dict(
        raw.execute("SELECT name, sql FROM sqlite_master WHERE type='index'")
    ) in [
        {
            "two": 'CREATE UNIQUE INDEX "two" ON "t" (k COLLATE nocase, '
            "u DESC) WHERE k > 1",
            "three": three,
        }
        for three in (
            "CREATE INDEX three ON t (k)",
            'CREATE INDEX "three" ON "t" (k)',
        )
    ]


@pytest.mark.parametrize("editor", EDITORS)
def test_primary_key_shrinks_and_goes(
    raw: sqlite3.Connection,
    connection: Connection,
    editor: type[SQLiteEditor],
) -> None:
    raw.execute("CREATE TABLE t (id, n, k, PRIMARY KEY (n, k))")
    raw.execute("INSERT INTO t (rowid, id, n, k) VALUES (7, 1, 2, 3)")
    raw.commit()
    table = model()

    editor().run(connection, ops.DropColumn(table, table.c.n))
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute("INSERT INTO t VALUES (2, 3)")
    raw.rollback()
    editor().run(connection, ops.DropColumn(table, table.c.k))

    assert raw.execute("SELECT rowid, * FROM t").fetchall() == [(7, 1)]


@pytest.mark.parametrize("editor", EDITORS)
def test_table_without_rowid_keeps_its_key(
    raw: sqlite3.Connection,
    connection: Connection,
    editor: type[SQLiteEditor],
) -> None:
    raw.execute("CREATE TABLE t (n, k, PRIMARY KEY (N)) WITHOUT ROWID")
    table = model()

    with pytest.raises(NotSupportedError, match="is the primary key"):
        editor().run(connection, ops.DropColumn(table, table.c.n))


@pytest.mark.parametrize("editor", EDITORS)
def test_statistics_follow_the_keys(
    raw: sqlite3.Connection,
    connection: Connection,
    editor: type[SQLiteEditor],
) -> None:
    raw.execute("CREATE TABLE t (id TEXT PRIMARY KEY, n UNIQUE, k, u UNIQUE)")
    raw.execute("CREATE INDEX by_k ON t (k)")
    raw.execute("INSERT INTO t VALUES ('a', 1, 1, 1), ('b', 2, 1, 1.5)")
    raw.execute("ANALYZE")
    for number in (1, 2, 3):
        raw.execute(
            "UPDATE sqlite_stat1 SET stat = ? WHERE idx = ?",
            (f"2 {number}", f"sqlite_autoindex_t_{number}"),
        )
    raw.commit()
    table = model()

    editor().run(connection, ops.DropColumn(table, table.c.n))
    for operation in added(model(), UniqueConstraint("k", "u")):
        editor().run(connection, operation)

    assert dict(raw.execute("SELECT idx, stat FROM sqlite_stat1")) == {
        "by_k": "2 2",
        "sqlite_autoindex_t_1": "2 1",
        "sqlite_autoindex_t_2": "2 3",
    }


USED = [
    ("CREATE INDEX e ON t (n + 1)", "index 'e'"),
    ("CREATE INDEX e ON t (k) WHERE n > 1", "index 'e'"),
    ("CREATE VIEW v AS SELECT n FROM t", "view 'v'"),
    ('CREATE VIEW v AS SELECT "n" FROM t', "view 'v'"),
    (
        "CREATE TRIGGER r AFTER UPDATE OF n ON t BEGIN SELECT 1; END",
        "trigger 'r'",
    ),
    (
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT new.n; END",
        "r",
    ),
    (
        "CREATE TRIGGER r AFTER INSERT ON other BEGIN DELETE FROM t WHERE "
        "n = 1; END",
        "r",
    ),
    (
        "CREATE TABLE child (a REFERENCES t (n))",
        "foreign key (a) of table 'child'",
    ),
    (
        "CREATE TABLE child (a REFERENCES 't' ('n'))",
        "foreign key (a) of table 'child'",
    ),
    ("CREATE VIEW v AS SELECT n FROM 't'", "v"),
    (
        "CREATE VIEW v AS SELECT id, k FROM t; CREATE TRIGGER r INSTEAD OF "
        "UPDATE ON v BEGIN UPDATE t SET n = 1; END",
        "r",
    ),
    ("ALTER TABLE t ADD g AS (n + 1)", "generated of column 'g'"),
    (
        "ALTER TABLE t ADD h CHECK (h > n)",
        "check of column 'h'",
    ),
]


@pytest.mark.parametrize("editor", EDITORS)
@pytest.mark.parametrize(("statement", "user"), USED)
def test_column_in_use_stays(
    raw: sqlite3.Connection,
    connection: Connection,
    editor: type[SQLiteEditor],
    statement: str,
    user: str,
) -> None:
    raw.execute("CREATE TABLE other (id INTEGER PRIMARY KEY)")
    raw.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n UNIQUE, k)")
    raw.executescript(statement)
    before = [*raw.iterdump()]
    table = model()

    with pytest.raises(NotSupportedError) as raised:
        editor().run(connection, ops.DropColumn(table, table.c.n))

    assert user in str(raised.value)
    assert [*raw.iterdump()] == before


def test_check_over_several_columns_keeps_them(
    raw: sqlite3.Connection, connection: Connection
) -> None:
    raw.execute("CREATE TABLE t (id, n, k, CONSTRAINT less CHECK (n < k))")
    table = model()

    with pytest.raises(
        NotSupportedError,
        match=r"used by constraint 'less' CHECK \(n < k\); drop or change",
    ):
        SQLiteEditor().run(connection, ops.DropColumn(table, table.c.n))


def test_names_that_differ_beyond_ascii_are_two(
    raw: sqlite3.Connection, connection: Connection
) -> None:
    raw.execute('CREATE TABLE t ("Ä", "ä", CHECK ("ä" > 0))')
    table = Table("t", MetaData(), Column("Ä"), Column("ä"))

    SQLiteEditor().run(connection, ops.DropColumn(table, table.c["Ä"]))

    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        raw.execute("INSERT INTO t VALUES (0)")


def test_last_column_stays(
    raw: sqlite3.Connection, connection: Connection
) -> None:
    raw.execute("CREATE TABLE t (n UNIQUE)")
    table = model()

    with pytest.raises(NotSupportedError, match="drop the table"):
        SQLiteEditor().run(connection, ops.DropColumn(table, table.c.n))
