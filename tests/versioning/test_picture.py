"""Every kind of object is in the picture, and what is no fault is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import create_engine
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool

from migrate.versioning import picture
from migrate.versioning.picture import Fact
from migrate.versioning.picture import Picture
from migrate.versioning.picture import differences
from migrate.versioning.picture import generic
from migrate.versioning.picture.base import fact_of
from tests import servers

NAME = Fact("column", "name", "user", (("type", "text"),))
USER = Fact("table", "user")


def test_same_pictures_have_no_differences() -> None:
    one = Picture((USER, NAME), {"user": 2})

    assert differences(one, Picture((NAME, USER), {"user": 2})) == []


def test_lost_new_and_changed_objects_have_a_line_each() -> None:
    index = Fact("index", "ix", "user", (("definition", "(name)"),))
    longer = replace(NAME, details=(("type", "text"), ("default", "'x'")))

    lines = differences(Picture((USER, NAME)), Picture((USER, longer, index)))

    assert lines == [
        "+ index ix of user: definition (name)",
        "! column user.name: default (none) -> 'x'",
    ]
    assert differences(Picture((USER, NAME)), Picture((USER,))) == [
        "- column user.name: type text"
    ]


def test_lost_table_takes_its_columns_with_it() -> None:
    lines = differences(Picture((USER, NAME), {"user": 1}), Picture())

    assert lines == ["- table user"]


def test_rows_are_compared_where_both_were_counted() -> None:
    lines = differences(
        Picture((USER,), {"user": 2, "old": 1}), Picture((USER,), {"user": 1})
    )

    assert lines == ["! rows of table user: 2 -> 1"]


def test_same_definition_twice_counts_twice() -> None:
    check = Fact("constraint", "check (a > 0)", "user")

    lines = differences(Picture((check, check)), Picture((check,)))

    assert lines == ["- constraint check (a > 0) of user"]


def test_forgiven_objects_may_stay_but_not_go() -> None:
    index = Fact("index", "a", "user", is_implicit=True)
    with_index, without = Picture((index,)), Picture()

    assert not differences(without, with_index, with_index.implicit)
    assert differences(with_index, without, with_index.implicit)


def test_long_definitions_are_shortened() -> None:
    view = fact_of({"kind": "view", "name": "v", "definition": "x " * 999})

    (line,) = differences(Picture(), Picture((view,)))

    assert len(line) < 160


# -- each database

TABLES = """
CREATE TABLE parent (id INTEGER NOT NULL PRIMARY KEY);
CREATE TABLE t (
    id INTEGER NOT NULL PRIMARY KEY,
    a VARCHAR(20) DEFAULT 'x',
    b INTEGER NOT NULL,
    c INTEGER,
    p INTEGER REFERENCES parent (id),
    CONSTRAINT uq_t_b UNIQUE (b),
    CONSTRAINT ck_t_b CHECK (b > 0)
);
CREATE INDEX ix_t_a ON t (a);
CREATE VIEW v AS SELECT a FROM t;
INSERT INTO t (id, b) VALUES (1, 1);
"""


def run(engine: Engine, statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements.split(";\n"):
            if statement.strip(" ;\n"):
                connection.exec_driver_sql(statement)


def taken(engine: Engine) -> Picture:
    with engine.connect() as connection:
        return picture.take(connection)


@pytest.fixture
def filled(engine: Engine) -> Engine:
    run(engine, TABLES)
    return engine


def test_taking_it_again_shows_no_difference(filled: Engine) -> None:
    before = taken(filled)

    assert before.facts
    assert before.rows == {"parent": 0, "t": 1}
    assert differences(before, taken(filled)) == []


COMMON = [
    ("CREATE TABLE u (a INTEGER)", "+ table u"),
    ("DROP INDEX ix_t_a", "- index ix_t_a of t"),
    ("CREATE INDEX ix_new ON t (b)", "+ index ix_new of t"),
    ("DROP VIEW v", "- view v"),
    ("ALTER TABLE t ADD d INTEGER", "+ column t.d"),
    ("ALTER TABLE t DROP COLUMN c", "- column t.c"),
    ("ALTER TABLE t RENAME COLUMN c TO e", "- column t.c"),
    ("INSERT INTO t (id, b) VALUES (2, 2)", "! rows of table t: 1 -> 2"),
]
POSTGRESQL = [
    *COMMON,
    ("ALTER TABLE t DROP CONSTRAINT uq_t_b", "uq_t_b of t"),
    ("ALTER TABLE t DROP CONSTRAINT ck_t_b", "ck_t_b of t"),
    ("ALTER TABLE t ALTER a DROP DEFAULT", "! column t.a: default "),
    ("ALTER TABLE t ALTER a SET DEFAULT ''", "! column t.a: default "),
    ("ALTER TABLE t ALTER c TYPE BIGINT", "type integer -> bigint"),
    ("ALTER TABLE t ALTER b DROP NOT NULL", "nullable no -> yes"),
    ("ALTER TABLE t DROP CONSTRAINT t_p_fkey", "- constraint FOREIGN KEY"),
    ("ALTER TABLE t DROP CONSTRAINT t_pkey", "- constraint PRIMARY KEY"),
    ("COMMENT ON COLUMN t.c IS 'note'", "comment (none) -> note"),
    ("COMMENT ON TABLE t IS 'note'", "comment (none) -> note"),
    ("CREATE TYPE mood AS ENUM ('a', 'b')", "+ enum type mood"),
    ("CREATE SEQUENCE s", "+ sequence s"),
    ("CREATE DOMAIN d AS INTEGER", "+ domain d"),
    ("CREATE SCHEMA other", "+ schema other"),
    ("CREATE TYPE pair AS (a INTEGER)", "+ type pair"),
    ("CREATE MATERIALIZED VIEW m AS SELECT 1 AS a", "+ materialized view m"),
    ("CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING", "+ rule r of t"),
    ("CREATE POLICY y ON t", "+ policy y of t"),
    ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", "row security"),
    ("ALTER TABLE t ALTER b ADD GENERATED ALWAYS AS IDENTITY", "t.b"),
    ("CREATE OR REPLACE VIEW v AS SELECT upper(a)::varchar(20) AS a FROM t",
     "! view v"),
    ("CREATE FUNCTION f() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'",
     "+ function f()"),
    ("CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION"
     " suppress_redundant_updates_trigger()", "+ trigger g of t"),
]  # fmt: skip
# One after the other on one database, for it has no DDL to roll back.
MYSQL = [
    ("INSERT INTO t (id, b) VALUES (2, 2)", "! rows of table t: 1 -> 2"),
    ("ALTER TABLE t MODIFY c BIGINT", "! column t.c: type int"),
    ("ALTER TABLE t MODIFY b INTEGER", "nullable no -> yes"),
    ("ALTER TABLE t MODIFY c BIGINT COMMENT 'note'", "comment (none)"),
    ("ALTER TABLE t COMMENT 'note'", "comment (none) -> note"),
    ("ALTER TABLE t DROP FOREIGN KEY t_ibfk_1", "- foreign key (p)"),
    ("ALTER TABLE t MODIFY a VARCHAR(20) COLLATE utf8mb4_bin", "collation"),
    ("ALTER TABLE t ALTER a SET DEFAULT ''", "! column t.a: default "),
    ("ALTER TABLE t ALTER a DROP DEFAULT", "! column t.a: default "),
    ("ALTER TABLE t DROP PRIMARY KEY", "- primary key"),
    ("ALTER TABLE t DROP CONSTRAINT uq_t_b", "- index uq_t_b of t"),
    ("ALTER TABLE t DROP CONSTRAINT ck_t_b", "- check ck_t_b of t"),
    ("CREATE SEQUENCE s", "+ sequence s"),
    ("CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW SET @a = 1",
     "+ trigger g of t"),
    ("CREATE PROCEDURE f() SELECT 1", "+ procedure f"),
    ("CREATE OR REPLACE VIEW v AS SELECT b FROM t", "! view v"),
    ("DROP VIEW v", "- view v"),
    ("DROP INDEX ix_t_a ON t", "- index ix_t_a of t"),
    ("CREATE INDEX ix_new ON t (b)", "+ index ix_new of t"),
    ("ALTER TABLE t ADD d INTEGER", "+ column t.d"),
    ("ALTER TABLE t RENAME COLUMN c TO e", "- column t.c"),
    ("DROP TABLE t", "- table t"),
    ("CREATE TABLE u (a INTEGER)", "+ table u"),
]  # fmt: skip
SQLITE_CHANGES = [
    *COMMON,
    ("CREATE TRIGGER g AFTER UPDATE ON t BEGIN SELECT 1; END",
     "+ trigger g of t"),
    ("CREATE VIRTUAL TABLE u USING fts5(a)", "+ table u"),
]  # fmt: skip
SQLITE_TEXTS = [
    ("VARCHAR(20) DEFAULT 'x'", "VARCHAR(20)", "! column t.a: default"),
    ("VARCHAR(20)", "VARCHAR(30)", "type varchar (20) -> varchar (30)"),
    ("b INTEGER NOT NULL", "b INTEGER", "nullable no -> yes"),
    ("c INTEGER", "c INTEGER COLLATE nocase", "collation (none) -> nocase"),
    ("c INTEGER", "c INTEGER AS (b + 1)", "generated (none) -> b + 1"),
    ("b > 0", "b >= 0", "! constraint ck_t_b of t"),
    ("CONSTRAINT ck_t_b ", "", "- constraint ck_t_b of t"),
    ("REFERENCES parent (id)", "", "- constraint foreign key (p)"),
    ("id INTEGER NOT NULL PRIMARY KEY,\n    a",
     "id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    a",
     "+ constraint primary key (id) autoincrement of t"),
    (
        ");\nCREATE INDEX",
        ") WITHOUT ROWID;\nCREATE INDEX",
        "options (none)",
    ),
    ("UNIQUE (b)", "UNIQUE (c)", "! constraint uq_t_b"),
]  # fmt: skip


@pytest.fixture(scope="module")
def filled_postgres(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Engine]:
    """One database for all: each test rolls back."""
    folder = tmp_path_factory.mktemp("postgres")
    urls = {servers.server_id(url): url for url in servers.server_urls()}
    server = urls.get("postgresql") or pytest.skip("no PostgreSQL to test on")
    with servers.empty_database(server, folder) as url:
        engine = create_engine(url, poolclass=NullPool)
        run(engine, TABLES)
        yield engine


@pytest.mark.parametrize(("sql", "line"), POSTGRESQL)
def test_change_of_a_postgresql_schema_is_seen(
    filled_postgres: Engine, sql: str, line: str
) -> None:
    with filled_postgres.connect() as connection:
        before = picture.take(connection)

        connection.exec_driver_sql(sql)

        lines = differences(before, picture.take(connection))
    assert any(line in each for each in lines), lines


@pytest.mark.parametrize(("sql", "line"), SQLITE_CHANGES)
def test_change_of_a_sqlite_schema_is_seen(
    sqlite_engine: Engine, sql: str, line: str
) -> None:
    run(sqlite_engine, TABLES)
    before = taken(sqlite_engine)

    run(sqlite_engine, sql)

    lines = differences(before, taken(sqlite_engine))
    assert any(line in each for each in lines), lines


def test_changes_of_a_mysql_schema_are_seen(engine: Engine) -> None:
    if engine.name != "mysql":
        pytest.skip("the statements are MariaDB's")
    run(engine, TABLES)
    before = taken(engine)
    has_sequences = getattr(engine.dialect, "is_mariadb", False)
    for sql, line in MYSQL:
        if "SEQUENCE" in sql and not has_sequences:
            continue
        run(engine, sql)

        after = taken(engine)

        lines = differences(before, after)
        assert any(line in each for each in lines), (sql, lines)
        before = after


@pytest.mark.parametrize(("old", "new", "line"), SQLITE_TEXTS)
def test_change_of_a_sqlite_table_is_seen(
    sqlite_url: str, old: str, new: str, line: str
) -> None:
    one, other = (
        create_engine(url, poolclass=NullPool)
        for url in (sqlite_url, f"{sqlite_url}2")
    )
    run(one, TABLES)
    run(other, TABLES.replace(old, new, 1))

    lines = differences(taken(one), taken(other))

    assert len(lines) == 1 or line.startswith(("+", "-"))
    assert any(line in each for each in lines), lines


def test_layout_of_sqlite_texts_is_no_difference(sqlite_url: str) -> None:
    one, other = (
        create_engine(url, poolclass=NullPool)
        for url in (sqlite_url, f"{sqlite_url}2")
    )
    run(one, "CREATE TABLE t (a INTEGER UNIQUE CHECK (a>0), b TEXT)")
    run(
        other,
        'create table "t" ( -- note\n b text, [a] integer,\n'
        "  unique (a), check ( a > 0 ))",
    )

    assert differences(taken(one), taken(other)) == []


REBUILT = {
    "postgresql": (
        "CREATE TABLE n (id SERIAL PRIMARY KEY, a INTEGER UNIQUE);\n"
        "DROP TABLE w;\nALTER TABLE n RENAME TO w"
    ),
    "mysql": ("ALTER TABLE w DROP INDEX a;\nALTER TABLE w ADD UNIQUE a_2 (a)"),
    "sqlite": "ALTER TABLE w DROP COLUMN b;\nALTER TABLE w ADD b INTEGER",
}
W = {
    "postgresql": "CREATE TABLE w (id SERIAL PRIMARY KEY, a INTEGER UNIQUE)",
    "mysql": "CREATE TABLE w (id INTEGER PRIMARY KEY, a INTEGER UNIQUE)",
    "sqlite": "CREATE TABLE w (a INTEGER, b INTEGER, c INTEGER)",
}


def test_made_up_names_and_order_are_no_difference(engine: Engine) -> None:
    run(engine, W[engine.name])
    before = taken(engine)

    run(engine, REBUILT[engine.name])

    assert differences(before, taken(engine)) == []


def test_index_that_a_foreign_key_leaves_is_implicit(engine: Engine) -> None:
    if engine.name != "mysql":
        pytest.skip("no index is made for a foreign key")
    run(engine, "CREATE TABLE p (id INTEGER PRIMARY KEY)")
    run(engine, "CREATE TABLE t (a INTEGER, b INTEGER)")
    before = taken(engine)
    run(engine, "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a)"
                " REFERENCES p (id)")  # fmt: skip
    between = taken(engine)

    run(engine, "ALTER TABLE t DROP FOREIGN KEY k")

    assert differences(before, taken(engine)) == [
        "+ index k of t: definition (a)"
    ]
    assert not differences(before, taken(engine), between.implicit)


def test_inspector_sees_changes_on_any_database(filled: Engine) -> None:
    with filled.connect() as connection:
        before = Picture(tuple(generic.facts(connection)))
    run(
        filled,
        "CREATE TABLE u (a INTEGER);\nALTER TABLE t DROP COLUMN c;\n"
        "CREATE INDEX ix_new ON t (b);\nDROP VIEW v",
    )
    with filled.connect() as connection:
        after = Picture(tuple(generic.facts(connection)))

    lines = [each.partition(":")[0] for each in differences(before, after)]

    assert lines == [
        "- view v",
        "- column t.c",
        "+ table u",
        "+ index ix_new of t",
    ]


def test_tables_left_out_are_not_in_the_picture(filled: Engine) -> None:
    with filled.connect() as connection:
        found = picture.take(connection, without=["t"])

    assert {fact.table or fact.name for fact in found.facts} >= {"parent"}
    assert "t" not in {fact.table or fact.name for fact in found.facts}
    assert found.rows == {"parent": 0}


def test_search_path_does_not_show(engine: Engine) -> None:
    if engine.name != "postgresql":
        pytest.skip("names are found by search_path on PostgreSQL")
    run(engine, TABLES)
    before = taken(engine)
    with engine.connect() as connection:
        connection.execute(text("SET search_path TO pg_catalog"))

        after = picture.take(connection)

        path = connection.scalar(text("SHOW search_path"))
    assert differences(before, after) == []
    assert path == "pg_catalog"


def test_tables_that_may_not_be_read_are_not_counted(engine: Engine) -> None:
    if engine.name != "postgresql":
        pytest.skip("needs a role without privileges")
    run(engine, TABLES)
    with engine.connect() as connection:
        connection.execute(text("CREATE ROLE nobody_here"))
        connection.execute(text("SET LOCAL ROLE nobody_here"))

        found = picture.take(connection)

    assert found.rows == {}
    assert Fact("table", "t") in found.facts


@pytest.mark.parametrize("default", ["SET DEFAULT 5", "DROP DEFAULT"])
def test_lost_default_of_a_serial_column_is_seen(
    engine: Engine, default: str
) -> None:
    if engine.name != "postgresql":
        pytest.skip("no SERIAL")
    run(engine, W["postgresql"])
    before = taken(engine)

    run(engine, f"ALTER TABLE w ALTER id {default}")

    (line,) = differences(before, taken(engine))
    assert line.startswith("! column w.id: default nextval(its sequence) -> ")
