"""Other values must not break what was true of the rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import LargeBinary
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from migrate import binding
from migrate.changeset.databases.sqlite import SQLiteEditor
from migrate.exceptions import ExistingRowsError
from tests.changeset.sqlite.alterations import Old
from tests.changeset.sqlite.alterations import alter
from tests.changeset.sqlite.alterations import model
from tests.changeset.sqlite.alterations import run
from tests.changeset.sqlite.conftest import Connect
from tests.changeset.sqlite.conftest import digest

CONVERTED = {
    "check": (
        "CREATE TABLE o (i INTEGER PRIMARY KEY, c TEXT CHECK (c <> '1'));"
        "INSERT INTO o VALUES (3, '01'), (4, '2')",
        "table 'o' has 1 row for which CHECK (c <> '1') is false (rowid 3): "
        "change or delete them first",
    ),
    "check of what is computed": (
        "CREATE TABLE o (i INTEGER PRIMARY KEY, c TEXT, g AS (length(c)) "
        "CHECK (g > 1)); INSERT INTO o VALUES (3, '01'), (4, '02')",
        "table 'o' has 2 rows for which CHECK (g > 1) is false (rowid 3, 4): "
        "change or delete them first",
    ),
    "foreign key": (
        "CREATE TABLE p (x TEXT UNIQUE); INSERT INTO p VALUES ('01'), ('2');"
        "CREATE TABLE o (i INTEGER PRIMARY KEY, c TEXT REFERENCES p (x));"
        "INSERT INTO o VALUES (3, '01'), (4, '2')",
        "table 'o' has 1 row that would refer to no row of table 'p' (rowid "
        "3): change or delete them first",
    ),
    "foreign key to it": (
        "CREATE TABLE o (c TEXT UNIQUE); INSERT INTO o VALUES ('01'), ('2');"
        "CREATE TABLE p (i INTEGER PRIMARY KEY, x REFERENCES 'o' ('c'));"
        "INSERT INTO p VALUES (3, '01'), (4, '2')",
        None,
    ),
    "foreign key to it without rowid": (
        "CREATE TABLE o (c INT UNIQUE); INSERT INTO o VALUES (1), (2);"
        "CREATE TABLE p (x TEXT PRIMARY KEY REFERENCES o (c)) WITHOUT ROWID;"
        "INSERT INTO p VALUES ('01'), ('2')",
        None,
    ),
}


@pytest.mark.parametrize("editor", [SQLiteEditor, Old])
@pytest.mark.parametrize(
    ("script", "message"), CONVERTED.values(), ids=CONVERTED
)
def test_conversion_that_breaks_a_rule_is_refused(
    connect: Connect,
    path: Path,
    editor: type[SQLiteEditor],
    script: str,
    message: str | None,
) -> None:
    raw = connect(path)
    raw.executescript(script)
    before = digest(path)
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    table = Table("o", model().metadata, Column("c", String))

    with engine.connect() as connection:
        if message is None:
            run(connection, alter(table, "c", type=Integer()), editor)
        else:
            with pytest.raises(ExistingRowsError) as raised:
                run(connection, alter(table, "c", type=Integer()), editor)
            assert str(raised.value) == message
            assert digest(path) == before

    assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert not raw.execute("PRAGMA foreign_key_check").fetchall()


@pytest.mark.parametrize("editor", [SQLiteEditor, Old])
def test_conversion_leaves_no_null_in_what_is_computed(
    connection: Connection, editor: type[SQLiteEditor]
) -> None:
    connection.exec_driver_sql(
        "CREATE TABLE o (c TEXT, g AS (nullif(c, 1)) NOT NULL)"
    )
    connection.exec_driver_sql("INSERT INTO o VALUES ('01')")
    table = Table("o", model().metadata, Column("c", String))

    with pytest.raises(ExistingRowsError, match="NULL"):
        run(connection, alter(table, "c", type=Integer()), editor)


@pytest.mark.parametrize("editor", [SQLiteEditor, Old])
@pytest.mark.parametrize(
    ("child", "named"),
    [
        ("(x REFERENCES o (c))", r" \(rowid 1, 2\)"),
        ("(x REFERENCES o (c) PRIMARY KEY) WITHOUT ROWID", ""),
    ],
)
def test_conversion_of_what_others_refer_to_is_refused(
    connection: Connection,
    editor: type[SQLiteEditor],
    child: str,
    named: str,
) -> None:
    for statement in (
        "CREATE TABLE o (c TEXT UNIQUE)",
        f"CREATE TABLE child {child}",
        "INSERT INTO o VALUES (1), (2)",
        "INSERT INTO child VALUES (1), (2)",
    ):
        connection.exec_driver_sql(statement)
    connection.commit()
    table = Table("o", model().metadata, Column("c", String))

    # '1' stays '1', and 1 is not taken for it any more.
    with pytest.raises(
        ExistingRowsError,
        match=f"'child' has 2 rows that would refer to no row .*'o'{named}:",
    ):
        run(connection, alter(table, "c", type=LargeBinary()), editor)


def test_script_with_foreign_keys_off_goes_on(
    connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    for statement in (
        "PRAGMA foreign_keys = OFF",
        "CREATE TABLE p (x TEXT UNIQUE)",
        "CREATE TABLE o (c TEXT REFERENCES p (x))",
        "INSERT INTO p VALUES ('01')",
        "INSERT INTO o VALUES ('01')",
    ):
        connection.exec_driver_sql(statement)
    connection.commit()
    table = Table("o", model().metadata, Column("c", String))

    with binding.running(connection):
        run(connection, alter(table, "c", type=Integer()))

    assert connection.exec_driver_sql("SELECT c FROM o").all() == [(1,)]
    (record,) = caplog.records
    assert "would refer to no row of table 'p'" in record.getMessage()


@pytest.mark.parametrize(
    ("column", "more"),
    [
        ("n TEXT UNIQUE", ""),
        ("n TEXT", ", UNIQUE (k, n)"),
        ("n TEXT", "); CREATE UNIQUE INDEX one ON d (n, k"),
    ],
)
def test_values_that_become_the_same_are_named(
    connect: Connect, path: Path, column: str, more: str
) -> None:
    raw = connect(path)
    raw.executescript(
        f"CREATE TABLE d (id INTEGER PRIMARY KEY, {column}, k {more});"
        "INSERT INTO d VALUES (1, '01', 1), (3, '1', 1), (5, '2', 1)"
    )
    before = digest(path)
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    table = Table("d", model().metadata, Column("n", String))

    with (
        engine.connect() as connection,
        pytest.raises(ExistingRowsError, match=r"2 rows .* \(rowid 1, 3\)"),
    ):
        run(connection, alter(table, "n", type=Integer()))

    assert digest(path) == before
