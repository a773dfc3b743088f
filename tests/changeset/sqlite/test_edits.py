from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from migrate.changeset.sqlite import edits
from migrate.changeset.sqlite.createtable import CHECK
from migrate.changeset.sqlite.createtable import DEFAULT
from migrate.changeset.sqlite.createtable import FOREIGN_KEY
from migrate.changeset.sqlite.createtable import GENERATED
from migrate.changeset.sqlite.createtable import NOT_NULL
from migrate.changeset.sqlite.createtable import UNIQUE
from migrate.changeset.sqlite.createtable import ConstraintDef
from migrate.changeset.sqlite.createtable import CreateTable
from migrate.changeset.sqlite.parser import parse
from tests.changeset.sqlite.texts import TEXTS

LAID_OUT = """\
CREATE TABLE t -- the table
(
    a INT, -- about a, with ' and (
    /* about b */ b INT -- more
        NOT NULL -- even more
    ,
    c TEXT DEFAULT 'x)' CONSTRAINT positive CHECK (c > '--'),
    CONSTRAINT u UNIQUE (a, b), -- about u
    CHECK (a > 0)
) -- tail
"""

# CREATE TABLE AS is stored as another text.
ALL = [text for text in [*TEXTS, LAID_OUT] if " AS SELECT " not in text]


def accepted(text: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(text)


def described(
    table: CreateTable, but: ConstraintDef | None = None
) -> list[str]:
    """Every column and constraint as text, but one."""
    return [
        f"{column.name} {table.type_of(column)}" for column in table.columns
    ] + [
        f"{constraint.columns} {table.text[constraint.start : constraint.end]}"
        for constraint in table.all_constraints()
        if constraint is not but
    ]


CONSTRAINTS = [
    pytest.param(text, place, id=f"{text[:60]}-{place}")
    for text in ALL
    for place in range(len(parse(text).all_constraints()))
]


@pytest.mark.parametrize(("text", "place"), CONSTRAINTS)
def test_taking_a_constraint_out_leaves_all_else(
    text: str, place: int
) -> None:
    table = parse(text)
    constraint = table.all_constraints()[place]

    left = edits.without(table, constraint)

    assert described(left) == described(table, but=constraint)
    assert left.options == table.options
    if not {"AUTOINCREMENT", "WITHOUT"} & set(text.split()):
        accepted(left.text.replace("IF NOT EXISTS", ""))


@pytest.mark.parametrize("text", ALL)
def test_added_constraint_comes_last(text: str) -> None:
    table = parse(text)

    more = edits.with_constraint(table, "CONSTRAINT new CHECK (1)")

    accepted(more.text)
    assert described(more)[:-1] == described(table)
    assert more.constraints[-1].name == "new"
    back = edits.without(more, more.constraints[-1])
    assert back.text == table.text


@pytest.mark.parametrize("text", ALL)
def test_added_column_comes_behind_the_columns(text: str) -> None:
    table = parse(text)

    more = edits.with_column(table, '"the new" TEXT')

    accepted(more.text)
    assert more.columns[-1].name == "the new"
    assert len(more.constraints) == len(table.constraints)
    back = edits.without_column(more, more.columns[-1])
    assert described(back) == described(table)


@pytest.mark.parametrize("text", ALL)
def test_scratch_table_stores_the_same(text: str) -> None:
    table = parse(text)

    copy = edits.scratch(table, "the copy")

    accepted(copy.text)
    assert copy.name == "the copy"
    assert [*map(copy.type_of, copy.columns)] == [
        *map(table.type_of, table.columns)
    ]
    assert copy.primary_key == table.primary_key
    assert copy.rowid_alias == table.rowid_alias
    assert copy.options == table.options
    assert len(copy.of_kind(UNIQUE)) == len(table.of_kind(UNIQUE))
    assert len(copy.of_kind(GENERATED)) == len(table.of_kind(GENERATED))
    assert not copy.of_kind(CHECK, FOREIGN_KEY, NOT_NULL)


def test_comments_and_layout_stay() -> None:
    table = parse(LAID_OUT)
    table = edits.without_clauses(table, table.column("b"), NOT_NULL)
    table = edits.with_type(table, table.column("a"), "BIGINT")
    table = edits.with_clause(table, table.column("a"), "NOT NULL")
    table = edits.without(table, table.of_kind(UNIQUE)[0])
    table = edits.with_constraint(table, "UNIQUE (c)")

    assert table.text == (
        LAID_OUT.replace("    a INT", "    a BIGINT NOT NULL")
        .replace("        NOT NULL -- even", " -- even")
        .replace("\n    CONSTRAINT u UNIQUE (a, b), -- about u", " -- about u")
        .replace("CHECK (a > 0)", "CHECK (a > 0),\n    UNIQUE (c)")
    )


def test_names_of_constraints() -> None:
    table = parse(
        "CREATE TABLE t (a INT CONSTRAINT [x y] CHECK (a), UNIQUE(a))"
    )
    table = edits.with_constraint_name(table, table.of_kind(CHECK)[0], 'q"q')
    table = edits.with_constraint_name(table, table.of_kind(UNIQUE)[0], "u")

    assert table.text == (
        'CREATE TABLE t (a INT CONSTRAINT "q""q" CHECK (a),'
        ' CONSTRAINT "u" UNIQUE(a))'
    )


def test_typeless_column_gets_a_type() -> None:
    table = parse("CREATE TABLE t (a,b DEFAULT 1)")
    for name in ("a", "b"):
        table = edits.with_type(table, table.column(name), "TEXT")
    table = edits.without_clauses(table, table.column("b"), DEFAULT)

    assert table.text == "CREATE TABLE t (a TEXT,b TEXT)"


@pytest.mark.parametrize("default", ["7", "'x'", "-1", "CURRENT_TIME"])
@pytest.mark.parametrize("type_text", ["TEXT", "VARCHAR(9)"])
def test_tokens_that_touch_stay_apart(default: str, type_text: str) -> None:
    table = parse(
        "CREATE TABLE t(a VARCHAR(5)NOT NULL DEFAULT(3)CHECK(a>0),"
        "b\"odd\"DEFAULT'y'NOT NULL,c DEFAULT/**/5/**/NOT NULL)"
    )
    for name in ("a", "b", "c"):
        table = edits.with_default(table, table.column(name), default)
        table = edits.with_type(table, table.column(name), type_text)

    accepted(table.text)
    assert [*map(table.type_of, table.columns)] == [type_text] * 3
    assert [
        table.slice(clause.argument) for clause in table.of_kind(DEFAULT)
    ] == [default] * 3
    assert len(table.of_kind(NOT_NULL)) == 3
    assert len(table.of_kind(CHECK)) == 1


def test_renamed_table_is_quoted() -> None:
    table = edits.renamed(parse("CREATE TABLE [t] (a)"), 'a "b"')

    assert table.text == 'CREATE TABLE "a ""b""" (a)'
