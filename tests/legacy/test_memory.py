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

from migrate.legacy.memory import leaves_tables_alone


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
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_a_table_is_read_once(migrate_engine: Engine, table: Table) -> None:
    first = columns(migrate_engine)

    with counted(migrate_engine) as statements:
        again = columns(migrate_engine)

    assert again == first == ["a", "b"]
    assert statements == []


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


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE x (a INT)",
        "SELECT 1 INTO TABLE x",
        "SELECT f(a) FROM t",
        "SELECT 1; DROP TABLE t",
        "PRAGMA writable_schema = 1",
        "PRAGMA schema_version = 7",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "EXPLAIN ANALYZE SELECT 1",
        "DO $$ BEGIN END $$",
        "ROLLBACK TO SAVEPOINT s",
        "CALL p()",
    ],
)
def test_statement_that_may_change_tables(sql: str) -> None:
    assert not leaves_tables_alone(sql)
