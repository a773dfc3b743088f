"""Keys come and go by their b-trees, and these are SQLite's to the byte."""

from __future__ import annotations

import pytest
from sqlalchemy import BigInteger
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import PrimaryKeyConstraint
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import UniqueConstraint
from sqlalchemy.engine import Connection

from migrate.changeset import operations as ops
from migrate.changeset.databases.sqlite import SQLiteEditor
from migrate.exceptions import NotSupportedError
from tests.changeset.sqlite.alterations import Old
from tests.changeset.sqlite.alterations import added
from tests.changeset.sqlite.alterations import alter
from tests.changeset.sqlite.alterations import dropped
from tests.changeset.sqlite.alterations import model
from tests.changeset.sqlite.alterations import run


def test_primary_key_comes_and_goes(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE k (a TEXT, b INTEGER)")
    connection.exec_driver_sql("INSERT INTO k VALUES ('x', 1), ('y', 2)")
    table = Table("k", model().metadata, Column("a"), Column("b"))
    key = PrimaryKeyConstraint("a", "b", name="k_pkey")
    insert = "INSERT INTO k VALUES ('x', 1)"

    for operation in added(table, key):
        SQLiteEditor().run(connection, operation)
    with pytest.raises(Exception, match="UNIQUE constraint failed"):
        connection.exec_driver_sql(insert)
    SQLiteEditor().run(connection, ops.DropConstraint(key))
    connection.exec_driver_sql(insert)

    assert connection.exec_driver_sql("SELECT rowid FROM k").all() == [
        *((1,), (2,), (3,)),
    ]


def test_second_primary_key_is_refused(connection: Connection) -> None:
    key = PrimaryKeyConstraint("u")
    with pytest.raises(NotSupportedError, match="already has a primary key"):
        run(connection, added(model(), key))


def test_index_of_the_old_library_is_dropped_as_the_key_it_stood_for(
    connection: Connection,
) -> None:
    connection.exec_driver_sql("CREATE UNIQUE INDEX t_u_key ON t (id, u)")

    for operation in dropped(model(), UniqueConstraint("u", name="T_u_key")):
        SQLiteEditor().run(connection, operation)

    assert not connection.exec_driver_sql(
        "SELECT 1 FROM sqlite_master WHERE name = 't_u_key'"
    ).all()


def test_key_that_a_foreign_key_needs_stays(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE child (x REFERENCES other (x))")
    table = model().metadata.tables["other"]

    with pytest.raises(NotSupportedError, match="used by foreign key"):
        run(connection, dropped(table, UniqueConstraint("x")))


@pytest.mark.parametrize("key", ["k DESC, i", "i, k DESC", "k, i"])
@pytest.mark.parametrize("before", ["UNIQUE", ""])
def test_unique_of_a_table_without_rowid_finds_its_rows(
    connection: Connection, key: str, before: str
) -> None:
    """Among NULLs a UNIQUE goes by the primary key, in its own order."""
    connection.exec_driver_sql(
        f"CREATE TABLE o (k INTEGER, i INTEGER, n INTEGER {before}, "
        f"m INTEGER, PRIMARY KEY ({key})) WITHOUT ROWID"
    )
    for k in range(50):
        connection.exec_driver_sql(
            "INSERT INTO o VALUES (?, 1, NULL, 1)", (k,)
        )
    connection.commit()
    names = "k", "i", "n", "m"
    table = Table("o", model().metadata, *(Column(n, Integer) for n in names))

    run(connection, alter(table, "m", type=String(5)))
    if not before:
        run(connection, added(table, UniqueConstraint("n")))
    run(connection, added(table, UniqueConstraint("n", "k")))

    check = "PRAGMA integrity_check"
    assert connection.exec_driver_sql(check).all() == [("ok",)]
    connection.exec_driver_sql("DELETE FROM o WHERE k = 10")
    connection.exec_driver_sql("UPDATE o SET n = 7 WHERE k = 11")
    assert connection.exec_driver_sql(check).all() == [("ok",)]
    with pytest.raises(Exception, match=r"failed: o\.n"):
        connection.exec_driver_sql("UPDATE o SET n = 7 WHERE k = 12")


@pytest.mark.parametrize("editor", [SQLiteEditor, Old])
def test_sequence_without_rows_stays_without(
    connection: Connection, editor: type[SQLiteEditor]
) -> None:
    connection.exec_driver_sql(
        "CREATE TABLE o (i INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER)"
    )
    table = Table("o", model().metadata, Column("n", Integer))

    run(connection, alter(table, "n", type=String(5)), editor)

    rows = connection.exec_driver_sql("SELECT * FROM sqlite_sequence").all()
    assert rows == []


@pytest.mark.parametrize("key", ["PRIMARY KEY (k)", "PRIMARY KEY (k DESC)"])
@pytest.mark.parametrize(
    ("before", "after"), [("INT", Integer()), ("INTEGER", BigInteger())]
)
@pytest.mark.parametrize("also", ["", ", UNIQUE (k)"])
def test_keys_are_counted_anew_without_rowid(
    connection: Connection, key: str, before: str, after: Integer, also: str
) -> None:
    """Their numbers hang on whether the primary key is an INTEGER."""
    connection.exec_driver_sql(
        f"CREATE TABLE o (k {before}, n INTEGER UNIQUE, m INTEGER, {key}, "
        f"UNIQUE (m){also}) WITHOUT ROWID"
    )
    for k in range(30):
        row = k, -k, k * 2
        connection.exec_driver_sql("INSERT INTO o VALUES (?, ?, ?)", row)
    connection.commit()
    table = Table("o", model().metadata, Column("k", Integer))

    run(connection, alter(table, "k", type=after))

    insert = "INSERT INTO o VALUES (?, ?, ?)"
    connection.exec_driver_sql("DELETE FROM o WHERE k = 10")
    check = "PRAGMA integrity_check"
    assert connection.exec_driver_sql(check).all() == [("ok",)]
    for values, column in (((1, 90, 90), "k"), ((90, -1, 90), "n")):
        with pytest.raises(Exception, match=rf"failed: o\.{column}"):
            connection.exec_driver_sql(insert, values)
