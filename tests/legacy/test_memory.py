"""Reflection inside a step is remembered, and never stale."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import event
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.schema import DropTable

from migrate.sqltext.effect import ALL
from migrate.sqltext.effect import effect_of


@pytest.fixture
def table(migrate_engine: Engine) -> Table:
    table = Table(
        "t",
        MetaData(),
        Column("a", Integer, primary_key=True),
        Column("b", String(10)),
    )
    table.create(migrate_engine)
    return table


def columns(engine: Engine, name: str = "t") -> list[str]:
    return list(Table(name, MetaData(), autoload_with=engine).c.keys())


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Note what the database is asked, but for savepoints."""
    seen: list[str] = []
    if engine.dialect.name == "sqlite":
        with traced(engine, seen):
            yield seen
        return

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@contextmanager
def traced(engine: Engine, seen: list[str]) -> Iterator[None]:
    """Let SQLite itself tell: tables are read past SQLAlchemy's events."""
    raw: Any = engine.raw_connection()
    real = raw.dbapi_connection.for_reading
    raw.close()

    def note(statement: str) -> None:
        if "SAVEPOINT" not in statement:
            seen.append(statement)

    real.set_trace_callback(note)
    yield
    real.set_trace_callback(None)


def test_a_table_is_read_once(migrate_engine: Engine, table: Table) -> None:
    first = columns(migrate_engine)

    with counted(migrate_engine) as statements:
        again = columns(migrate_engine)

    assert again == first == ["a", "b"]
    assert statements == []


def test_a_schema_is_read_once(migrate_engine: Engine, table: Table) -> None:
    other_table(migrate_engine)
    MetaData().reflect(migrate_engine)
    again = MetaData()

    with counted(migrate_engine) as statements:
        again.reflect(migrate_engine)

    assert {*again.tables} >= {"t", "o"}
    assert len(statements) <= 3  # which tables are there


def test_what_has_changed_is_read_at_once(
    migrate_engine: Any, table: Table
) -> None:
    if migrate_engine.dialect.name != "postgresql":
        pytest.skip("the other databases are asked for each table")
    other_table(migrate_engine)
    columns(migrate_engine)
    columns(migrate_engine, "o")
    migrate_engine.execute("ALTER TABLE t ADD c INTEGER")
    migrate_engine.execute("ALTER TABLE o ADD z INTEGER")
    migrate_engine.execute("CREATE TABLE n (y INTEGER PRIMARY KEY)")
    assert columns(migrate_engine, "t") == ["a", "b", "c"]

    with counted(migrate_engine) as statements:
        again = columns(migrate_engine, "o")
        new = columns(migrate_engine, "n")

    assert (again, new) == (["x", "z"], ["y"])
    assert statements == []


def test_a_schema_is_read_anew_where_it_changed(
    migrate_engine: Any, table: Table
) -> None:
    other_table(migrate_engine)
    MetaData().reflect(migrate_engine)
    migrate_engine.execute("ALTER TABLE t ADD c INTEGER")
    migrate_engine.execute("DROP TABLE o")
    migrate_engine.execute("CREATE TABLE p (y INTEGER)")
    again = MetaData()

    again.reflect(migrate_engine)

    assert "o" not in again.tables
    assert [*again.tables["t"].c.keys()] == ["a", "b", "c"]
    assert [*again.tables["p"].c.keys()] == ["y"]


def test_views_are_reflected_where_asked_for(
    migrate_engine: Any, table: Table
) -> None:
    migrate_engine.execute("CREATE VIEW v AS SELECT a FROM t")
    without, with_views = MetaData(), MetaData()

    without.reflect(migrate_engine)
    with_views.reflect(migrate_engine, views=True)

    assert "v" not in without.tables
    assert "v" in with_views.tables


def test_reading_a_table_sets_no_savepoint_for_each_question(
    migrate_engine: Engine, table: Table
) -> None:
    if migrate_engine.dialect.name != "sqlite":
        pytest.skip("SQLite alone has a question for every detail")
    seen: list[str] = []
    raw: Any = migrate_engine.raw_connection()
    raw.dbapi_connection.for_reading.set_trace_callback(seen.append)

    columns(migrate_engine)

    raw.dbapi_connection.for_reading.set_trace_callback(None)
    assert any("table_xinfo" in each for each in seen)
    assert sum("SAVEPOINT" in each for each in seen) <= 2


def test_an_error_while_reading_is_one_of_sqlalchemy(
    migrate_engine: Any, table: Table
) -> None:
    if migrate_engine.dialect.name != "sqlite":
        pytest.skip("no way to have one")
    raw: Any = migrate_engine.raw_connection()
    raw.dbapi_connection.for_reading.set_authorizer(
        lambda *asked: 1 if "table_xinfo" in asked else 0
    )

    with pytest.raises(DBAPIError, match="table_xinfo"):
        columns(migrate_engine)


def test_rows_may_change_meanwhile(
    migrate_engine: Engine, table: Table
) -> None:
    columns(migrate_engine)
    with migrate_engine.begin() as connection:
        connection.execute(table.insert(), {"a": 1, "b": "x"})
        connection.execute(text("SELECT a, count(*) FROM t GROUP BY a"))

    with counted(migrate_engine) as statements:
        columns(migrate_engine)

    assert statements == []


def test_tables_do_not_share_what_they_get(
    migrate_engine: Engine, table: Table
) -> None:
    one = Table("t", MetaData(), autoload_with=migrate_engine)
    one.c.b.type.length = 99  # type: ignore[attr-defined]

    other = Table("t", MetaData(), autoload_with=migrate_engine)

    assert other.c.b.type.length == 10  # type: ignore[attr-defined]


def add_by_text(engine: Any) -> None:
    engine.execute("ALTER TABLE t ADD c INTEGER")


def add_by_driver(engine: Any) -> None:
    raw = engine.raw_connection()
    raw.cursor().execute("ALTER TABLE t ADD c INTEGER")
    raw.commit()
    raw.close()


def add_by_a_cursor_taken_before(engine: Any) -> None:
    raw = engine.raw_connection()
    cursor = raw.cursor()
    columns(engine)
    cursor.execute("ALTER TABLE t ADD c INTEGER")
    raw.commit()
    raw.close()


def add_by_the_changeset_layer(engine: Any) -> None:
    from migrate import changeset

    reflected = Table("t", MetaData(), autoload_with=engine)
    changeset.create_column(Column("c", Integer), reflected, engine=engine)


@pytest.mark.parametrize(
    "add",
    [
        add_by_text,
        add_by_driver,
        add_by_a_cursor_taken_before,
        add_by_the_changeset_layer,
    ],
)
def test_an_added_column_is_seen(
    migrate_engine: Engine, table: Table, add: Any
) -> None:
    columns(migrate_engine)

    add(migrate_engine)

    assert columns(migrate_engine) == ["a", "b", "c"]


def test_a_rolled_back_change_is_seen(
    migrate_engine: Engine, table: Table
) -> None:
    if migrate_engine.dialect.name == "mysql":
        pytest.skip("the database commits DDL")
    with migrate_engine.connect() as connection:
        transaction = connection.begin()
        connection.execute(text("ALTER TABLE t ADD c INTEGER"))
        inside = Table("t", MetaData(), autoload_with=connection).c.keys()
        transaction.rollback()

    assert list(inside) == ["a", "b", "c"]
    assert columns(migrate_engine) == ["a", "b"]


def test_a_dropped_table_is_missed(
    migrate_engine: Engine, table: Table
) -> None:
    columns(migrate_engine)

    with migrate_engine.begin() as connection:
        connection.execute(DropTable(table))

    with pytest.raises(NoSuchTableError):
        columns(migrate_engine)


def test_a_failed_statement_is_reason_to_doubt(
    migrate_engine: Engine, table: Table
) -> None:
    columns(migrate_engine)
    with pytest.raises(DBAPIError), migrate_engine.begin() as connection:
        connection.execute(text("SELECT nothing FROM t"))

    with counted(migrate_engine) as statements:
        columns(migrate_engine)

    assert statements


def test_a_function_may_change_tables(
    migrate_engine: Engine, table: Table
) -> None:
    if migrate_engine.dialect.name != "postgresql":
        pytest.skip("functions of SQL cannot")
    execute: Any = migrate_engine.execute  # type: ignore[attr-defined]
    execute(
        "CREATE FUNCTION grow() RETURNS int LANGUAGE plpgsql AS "
        "$$ BEGIN ALTER TABLE t ADD c INTEGER; RETURN 1; END $$"
    )
    columns(migrate_engine)

    execute("SELECT grow() FROM pg_class LIMIT 1")

    assert columns(migrate_engine) == ["a", "b", "c"]


def other_table(engine: Engine) -> Table:
    other = Table("o", MetaData(), Column("x", Integer, primary_key=True))
    other.create(engine)
    return other


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE t ADD c INTEGER",
        "CREATE INDEX i ON t (b)",
        "CREATE TABLE another (a INTEGER PRIMARY KEY)",
    ],
)
def test_a_change_of_one_table_leaves_the_other_known(
    migrate_engine: Engine, table: Table, change: str
) -> None:
    other_table(migrate_engine)
    columns(migrate_engine)
    columns(migrate_engine, "o")
    migrate_engine.execute(change)  # type: ignore[attr-defined]  # 1.x

    with counted(migrate_engine) as statements:
        columns(migrate_engine, "o")

    assert statements == []


def test_who_refers_to_a_changed_table_is_read_again(
    migrate_engine: Any, table: Table
) -> None:
    migrate_engine.execute(
        "CREATE TABLE child (a INTEGER PRIMARY KEY, "
        "CONSTRAINT fk FOREIGN KEY (a) REFERENCES t (a))"
    )
    columns(migrate_engine, "child")
    migrate_engine.execute("ALTER TABLE t RENAME COLUMN a TO z")

    child = Table("child", MetaData(), autoload_with=migrate_engine)

    (key,) = child.foreign_keys
    assert key.column.name == "z"


def test_a_reference_to_a_remade_table_is_read_again(
    migrate_engine: Any, table: Table
) -> None:
    if migrate_engine.dialect.name != "sqlite":
        pytest.skip("the database stores to which column a key refers")
    migrate_engine.execute(
        "CREATE TABLE child (a INTEGER PRIMARY KEY, "
        "CONSTRAINT fk FOREIGN KEY (a) REFERENCES t)"
    )
    columns(migrate_engine, "child")
    migrate_engine.execute("DROP TABLE t")
    migrate_engine.execute("CREATE TABLE t (z INTEGER PRIMARY KEY)")

    child = Table("child", MetaData(), autoload_with=migrate_engine)

    (key,) = child.foreign_keys
    assert key.column.name == "z"


def test_a_view_follows_its_table(migrate_engine: Any, table: Table) -> None:
    migrate_engine.execute("CREATE VIEW v AS SELECT a, b FROM t")
    columns(migrate_engine, "v")
    migrate_engine.execute("CREATE INDEX i ON t (b)")

    with counted(migrate_engine) as statements:
        columns(migrate_engine, "v")

    assert statements


def test_heirs_follow_their_parent(migrate_engine: Any, table: Table) -> None:
    if migrate_engine.dialect.name != "postgresql":
        pytest.skip("PostgreSQL alone has tables that inherit")
    migrate_engine.execute("CREATE TABLE heir (PRIMARY KEY (a)) INHERITS (t)")
    columns(migrate_engine, "heir")
    columns(migrate_engine)

    migrate_engine.execute("ALTER TABLE t ADD c INTEGER")

    assert columns(migrate_engine, "heir") == ["a", "b", "c"]


def test_a_table_of_a_new_make_is_seen(
    migrate_engine: Any, table: Table
) -> None:
    columns(migrate_engine)
    migrate_engine.execute("DROP TABLE t")
    migrate_engine.execute("CREATE TABLE t (other INTEGER PRIMARY KEY)")

    assert columns(migrate_engine) == ["other"]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE x AS SELECT 1",
        "CREATE TABLE x (LIKE t)",
        "CREATE TABLE x PARTITION OF t DEFAULT",
        "CREATE TEMPORARY TABLE t (a INT)",
        "SELECT 1 INTO TABLE x",
        "SELECT f(a) FROM t",
        "SELECT 1; DROP TABLE t",
        "ALTER TABLE t RENAME TO u",
        "ALTER TABLE t ADD c INT DEFAULT f()",
        "ALTER TABLE t ALTER c TYPE int USING f(c)",
        "ALTER TABLE t DROP c CASCADE",
        "ALTER TABLE t CHANGE COLUMN a b INT",
        "ALTER TABLE a.b.c ADD d INT",
        "DROP TABLE t, u",
        "DROP INDEX i, j",
        "DROP INDEX i CASCADE",
        "DROP INDEX CONCURRENTLY i",
        "ALTER TABLE t RENAME CONSTRAINT a TO b",
        "ALTER TABLE t RENAME u",
        "ALTER TABLE t SET SCHEMA s",
        "ALTER TABLE ALL IN TABLESPACE s OWNED BY u",
        "CREATE TYPE ty",
        "DROP TYPE ty",
        "UPDATE sqlite_master SET sql = 'x'",
        "PRAGMA writable_schema = 1",
        "PRAGMA schema_version = 7",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "EXPLAIN ANALYZE SELECT 1",
        "DO $$ BEGIN END $$",
        "ROLLBACK TO SAVEPOINT s",
        "CALL p()",
        "SET search_path TO other",
    ],
)
def test_statement_that_may_change_any_table(sql: str) -> None:
    assert effect_of(sql) is ALL


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("PRAGMA foreign_keys", ""),
        ("CREATE TABLE t (\n a VARCHAR(3) DEFAULT 'x', b INT)", "t"),
        ("CREATE TABLE IF NOT EXISTS `T` (a INT)", "t"),
        ('ALTER TABLE s."My t" ADD a INT REFERENCES u (b)', "my t"),
        ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (b) "
         "ON DELETE CASCADE", "t"),
        ("ALTER TABLE t CHANGE COLUMN `a` `a` INT", "t"),
        ("ALTER TABLE ONLY t ADD a INT", "t"),
        ("CREATE UNIQUE INDEX i ON t (a, b)", "t"),
        ("DROP INDEX i ON t", "t"),
        ("DROP TABLE t", "t"),
        ("ALTER TABLE t RENAME a TO b", "t"),
        ("ALTER TABLE t RENAME COLUMN a TO b", "t"),
        ("CREATE TABLE t (schema TEXT)", "t"),
        ("RELEASE s", ""),
        ("INSERT INTO u VALUES (1)", ""),
        ("INSERT INTO u SELECT nextval('s'), a FROM t", ""),
    ],
)  # fmt: skip
def test_statement_that_changes_one_table(sql: str, table: str) -> None:
    assert effect_of(sql).table == table


def test_statement_that_changes_an_index() -> None:
    assert effect_of('DROP INDEX IF EXISTS "s"."I"').index_name == "i"
    assert effect_of("ALTER INDEX i RENAME TO j").index_name == "i"


def test_a_type_made_meanwhile_is_seen(
    migrate_engine: Any, table: Table
) -> None:
    if migrate_engine.dialect.name != "postgresql":
        pytest.skip("PostgreSQL alone has types of their own")
    columns(migrate_engine)
    migrate_engine.execute("CREATE TYPE mood AS ENUM ('good', 'bad')")
    migrate_engine.execute("ALTER TABLE t ADD c mood")

    reflected = Table("t", MetaData(), autoload_with=migrate_engine)

    assert reflected.c.c.type.enums == ["good", "bad"]  # type: ignore[attr-defined]  # an ENUM's
