from __future__ import annotations

import sqlite3

import pytest

from migrate.changeset.sqlite.createtable import CHECK
from migrate.changeset.sqlite.createtable import COLLATE
from migrate.changeset.sqlite.createtable import DEFAULT
from migrate.changeset.sqlite.createtable import FOREIGN_KEY
from migrate.changeset.sqlite.createtable import NOT_NULL
from migrate.changeset.sqlite.createtable import UNIQUE
from migrate.changeset.sqlite.createtable import CreateTable
from migrate.changeset.sqlite.createtable import affinity
from migrate.changeset.sqlite.parser import parse
from migrate.exceptions import NotSupportedError
from tests.changeset.sqlite.conftest import Connect
from tests.changeset.sqlite.texts import TEXTS


def stored(
    connect: Connect, text: str
) -> tuple[CreateTable, sqlite3.Connection]:
    """Let SQLite store the text, and read what it stored."""
    connection = connect()
    connection.execute(text)
    (sql,) = connection.execute("SELECT sql FROM sqlite_master").fetchone()
    return parse(sql), connection


@pytest.mark.parametrize("text", TEXTS)
def test_columns_are_those_that_sqlite_sees(
    connect: Connect, text: str
) -> None:
    table, connection = stored(connect, text)

    seen = connection.execute("SELECT * FROM pragma_table_xinfo('t')")

    found = {column.name: column for column in table.columns}
    rows = seen.fetchall()
    assert [*found] == [name for _, name, *_ in rows]
    for _, name, _, not_null, _, key, hidden in rows:
        assert found[name].generated == (hidden > 1)
        # A primary key may make its columns NOT NULL by itself.
        assert found[name].has(NOT_NULL) == bool(not_null) or key


@pytest.mark.parametrize("text", TEXTS)
def test_primary_key_is_the_one_that_sqlite_sees(
    connect: Connect, text: str
) -> None:
    table, connection = stored(connect, text)

    rows = connection.execute(
        "SELECT name FROM pragma_table_xinfo('t') WHERE pk ORDER BY pk"
    )

    assert [name.lower() for name in table.primary_key] == [
        name.lower() for (name,) in rows
    ]


@pytest.mark.parametrize("text", TEXTS)
def test_rowid_alias_takes_a_number_by_itself(
    connect: Connect, text: str
) -> None:
    table, connection = stored(connect, text)
    for column in table.columns:
        if len(table.primary_key) != 1 or table.without_rowid:
            assert table.rowid_alias is None
        elif column.name.lower() == table.primary_key[0].lower():
            index = connection.execute(
                "SELECT count(*) FROM pragma_index_list('t') "
                "WHERE origin = 'pk'"
            ).fetchone()
            assert (table.rowid_alias is None) == bool(index[0])


@pytest.mark.parametrize("text", TEXTS)
def test_foreign_keys_are_those_that_sqlite_sees(
    connect: Connect, text: str
) -> None:
    table, connection = stored(connect, text)

    rows = connection.execute(
        'SELECT id, "table", "from" FROM pragma_foreign_key_list(\'t\') '
        "ORDER BY id DESC, seq"
    ).fetchall()

    assert [
        (constraint.referenced, column.lower())
        for constraint in table.of_kind(FOREIGN_KEY)
        for column in constraint.columns
    ] == [(referenced, column.lower()) for _, referenced, column in rows]


@pytest.mark.parametrize("text", TEXTS)
def test_spans_cover_what_they_name(connect: Connect, text: str) -> None:
    table, _ = stored(connect, text)

    for column in table.columns:
        assert column.start < column.name_end <= column.type_span[0]
        assert column.type_span[1] <= column.end
        for clause in column.clauses:
            assert column.type_span[1] <= clause.start < clause.end
            assert clause.end <= column.end
    for constraint in table.constraints:
        word = table.text[constraint.body : constraint.end].split("(")[0]
        assert word.strip().upper() in (
            *("PRIMARY KEY", "UNIQUE", "CHECK", "FOREIGN KEY", ""),
        )


def test_clauses_of_a_column() -> None:
    table = parse(
        "CREATE TABLE t (a VARCHAR(10) CONSTRAINT nn NOT NULL ON CONFLICT FAIL"
        " DEFAULT -5 CHECK (a <> ')') COLLATE nocase, b DEFAULT (1 + (2)))"
    )
    a, b = table.columns

    assert table.type_of(a) == "VARCHAR(10)"
    assert [clause.kind for clause in a.clauses] == [
        NOT_NULL,
        DEFAULT,
        CHECK,
        COLLATE,
    ]
    assert a.clauses[0].name == "nn"
    assert [table.slice(clause.argument) for clause in a.clauses[1:]] == [
        *("-5", "a <> ')'", "nocase"),
    ]
    assert table.type_of(b) == ""
    assert table.slice(b.clauses[0].argument) == "(1 + (2))"


@pytest.mark.parametrize(
    "text",
    [
        "CREATE VIRTUAL TABLE t USING fts5(a)",
        "CREATE TABLE t AS SELECT 1",
        "CREATE TABLE t (a INT NOT banana)",
        "CREATE TABLE t (a INT) WITHOUT OIDS",
        "CREATE TABLE t (a INT",
        "CREATE TABLE t (a INT, PRIMARY banana)",
        "CREATE TABLE t (a INT,",
        "CREATE TABLE t (a 'unclosed)",
    ],
)
def test_unknown_grammar_is_refused(text: str) -> None:
    with pytest.raises(NotSupportedError, match="cannot read the stored"):
        parse(text)


@pytest.mark.parametrize(
    "type_text",
    [
        *("INT", "INTEGER", "BIGINT", "CHARINT", "VARCHAR(10)", "CLOB"),
        *("TEXT", "BLOB", "FLOAT", "DOUBLE", "REAL", "DECIMAL(10,2)"),
        *("BOOLEAN", "DATE", "NUMERIC", "STRING", "ANY", "", "CHAR BLOB"),
        *("REAL BLOB", "BLOB REAL", "LONG VARCHAR", "FLOATING POINT"),
    ],
)
def test_affinity_is_the_one_that_sqlite_gives(
    connect: Connect, type_text: str
) -> None:
    connection = connect()
    connection.execute(f"CREATE TABLE t (a {type_text})")
    connection.execute("INSERT INTO t VALUES ('7'), (7), (7.0), (x'37')")

    kinds = connection.execute("SELECT group_concat(typeof(a)) FROM t")

    assert (
        kinds.fetchone()[0]
        == {
            "NUMERIC": "integer,integer,integer,blob",
            "TEXT": "text,text,text,blob",
            "BLOB": "text,integer,real,blob",
            "REAL": "real,real,real,blob",
        }[affinity(type_text)]
    )


@pytest.mark.parametrize("text", TEXTS)
def test_unique_constraints_are_those_that_sqlite_sees(
    connect: Connect, text: str
) -> None:
    table, connection = stored(connect, text)

    seen = {
        tuple(
            name.lower()
            for (name,) in connection.execute(
                "SELECT name FROM pragma_index_info(?) ORDER BY seqno", [index]
            )
        )
        for (index,) in connection.execute(
            "SELECT name FROM pragma_index_list('t') WHERE origin = 'u'"
        ).fetchall()
    }

    assert seen == {
        tuple(column.lower() for column in constraint.columns)
        for constraint in table.of_kind(UNIQUE)
    }
