"""On MySQL and MariaDB a table comes with its indexes, and is the same."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from sqlalchemy import Column
from sqlalchemy import Date
from sqlalchemy import Engine
from sqlalchemy import ForeignKey
from sqlalchemy import ForeignKeyConstraint
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import Text
from sqlalchemy import UniqueConstraint
from sqlalchemy import event
from sqlalchemy import inspect
from sqlalchemy import schema
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import CompileError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.ext.compiler import deregister
from sqlalchemy.schema import DDL
from sqlalchemy.schema import CreateIndex
from sqlalchemy.schema import CreateTable

from migrate import legacy
from tests.legacy.conftest import rolls_ddl_back


@pytest.fixture(autouse=True)
def only_where_tables_take_indexes(connection: Connection) -> None:
    if rolls_ddl_back(connection):
        pytest.skip("an index has a statement of its own")


@contextmanager
def statements(engine: Engine) -> Any:
    """Collect what creates something."""
    found: list[str] = []

    def listener(
        conn: Any, cursor: Any, statement: str, *rest: object
    ) -> None:
        if "CREATE" in statement:
            found.append(" ".join(statement.split()))

    event.listen(engine, "before_cursor_execute", listener)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", listener)


def shown(connection: Connection, name: str) -> list[str]:
    """SHOW CREATE TABLE; the order of keys of one kind says nothing."""
    row = connection.exec_driver_sql(f"SHOW CREATE TABLE `{name}`").one()
    return sorted(line.strip().rstrip(",") for line in row[1].splitlines())


def persons(**options: Any) -> Table:
    return Table(
        "persons",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("name", String(40), index=True, comment="a\n)"),
        Column("mail", String(40)),
        Index("ux_mail", "mail", unique=True),
        **options,
    )


def test_one_statement(migrate_engine: Engine) -> None:
    with statements(migrate_engine) as sent:
        persons(mysql_engine="InnoDB", comment="x)\n)ENGINE").create(
            migrate_engine
        )
    (only,) = sent
    assert ", INDEX ix_persons_name (name), UNIQUE INDEX ux_mail (mail)" in (
        only
    )


def test_index_by_itself(migrate_engine: Engine) -> None:
    table = Table("t", MetaData(), Column("a", Integer))
    table.create(migrate_engine)
    with statements(migrate_engine) as sent:
        Index("ix", table.c.a).create(migrate_engine)
    assert sent == ["CREATE INDEX ix ON t (a)"]


def test_all_at_once(migrate_engine: Engine) -> None:
    table = persons()
    Table(
        "pets",
        table.metadata,
        Column("id", Integer, primary_key=True),
        Column("owner", ForeignKey(table.c.id), index=True),
    )
    with statements(migrate_engine) as sent:
        table.metadata.create_all(migrate_engine)
    assert [each.split(" (")[0] for each in sent] == [
        "CREATE TABLE persons",
        "CREATE TABLE pets",
    ]


def test_outside_of_scripts(engine: Engine) -> None:
    with statements(engine) as sent:
        persons().create(engine)
    assert len(sent) == 3


def test_statement_of_the_script(migrate_engine: Engine) -> None:
    with migrate_engine.connect() as connection:
        persons().create(connection)
        table = Table("t", MetaData(), Column("a", Integer, index=True))
        with statements(migrate_engine) as sent:
            connection.execute(CreateTable(table))
    assert sent == ["CREATE TABLE t ( a INTEGER )"]


def wrong() -> Table:
    return Table(
        "t",
        MetaData(),
        Column("a", Integer),
        Index("ix_a", "a"),
        Index("IX_A", "a"),
    )


def test_table_stays_without_wrong_index(
    migrate_engine: Engine, connection: Connection
) -> None:
    with pytest.raises(DBAPIError, match="Duplicate key name"):
        wrong().create(migrate_engine)
    lines = shown(connection, "t")
    assert sum("KEY" in line for line in lines) == 1


def test_wrong_table(migrate_engine: Engine, connection: Connection) -> None:
    table = persons()
    table.create(migrate_engine)
    with pytest.raises(DBAPIError, match="already exists") as caught:
        table.create(migrate_engine, checkfirst=False)
    assert "INDEX" not in str(caught.value.statement)
    original = caught.value.orig
    assert original is not None
    assert original.__context__ is None  # nothing is said of the other


def test_next_table_after_a_wrong_one(migrate_engine: Engine) -> None:
    with suppress(DBAPIError):
        wrong().create(migrate_engine)
    with statements(migrate_engine) as sent:
        persons().create(migrate_engine)
    assert len(sent) == 1


def test_interrupted(engine: Engine, connection: Connection) -> None:
    """What was stopped is not sent again in other words."""
    if not getattr(connection.dialect, "is_mariadb", False):
        pytest.skip("no CREATE OR REPLACE TABLE")
    persons().create(engine)
    connection.exec_driver_sql("SET lock_wait_timeout = 1")
    table = persons(prefixes=["OR REPLACE"])
    with engine.connect() as reader:
        reader.exec_driver_sql("SELECT * FROM persons").all()
        with (
            legacy.style(connection, transactional=False) as migrate_engine,
            statements(migrate_engine) as sent,
            pytest.raises(DBAPIError, match="timeout"),
        ):
            table.create(migrate_engine, checkfirst=False)
    assert len(sent) == 1


@pytest.mark.parametrize("spelled", [CreateTable, CreateIndex])
def test_spelled_by_the_application(
    spelled: Any, migrate_engine: Engine
) -> None:
    @compiles(spelled, "mysql", "mariadb")
    def spell(element: Any, compiler: Any, **options: Any) -> str:
        name = f"visit_{element.__visit_name__}"
        text: str = getattr(compiler, name)(element, **options)
        return f"/* ours */ {text}"

    try:
        with statements(migrate_engine) as sent:
            persons().create(migrate_engine)
    finally:
        deregister(spelled)
    assert len(sent) == 3
    assert any("/* ours */" in each for each in sent)


def test_index_of_a_condition(migrate_engine: Engine) -> None:
    table = Table("t", MetaData(), Column("a", Integer))
    Index("ix_never", table.c.a).ddl_if(dialect="sqlite")
    Index("ix_here", table.c.a).ddl_if(dialect=("mysql", "mariadb"))
    with statements(migrate_engine) as sent:
        table.create(migrate_engine)
    assert sent[1:] == ["CREATE INDEX ix_here ON t (a)"]


def test_index_without_name(migrate_engine: Engine) -> None:
    metadata = MetaData(naming_convention={"uq": "no rule for indexes"})
    table = Table("t", metadata, Column("a", Integer), Index(None, "a"))
    # SQLAlchemy has both for it, by its version.
    with pytest.raises((CompileError, AssertionError)):
        table.create(migrate_engine)
    assert inspect(migrate_engine).has_table("t")


def test_listeners_to_the_index(migrate_engine: Engine) -> None:
    table, told = persons(), []
    for index in table.indexes:
        for when in ("before_create", "after_create"):
            event.listen(
                index, when, lambda target, *rest, **more: told.append(target)
            )
    table.create(migrate_engine)
    assert len(told) == 4


def keys(connection: Connection, name: str) -> list[str]:
    return [line for line in shown(connection, name) if "KEY" in line]


def test_table_created_by_a_listener_to_another(
    migrate_engine: Engine, connection: Connection
) -> None:
    outer, inner = (
        persons(),
        Table("t", MetaData(), Column("a", Integer, index=True)),
    )
    event.listen(
        outer,
        "before_create",
        lambda target, bind, **more: inner.create(bind),
    )
    with statements(migrate_engine) as sent:
        outer.create(migrate_engine)
    assert len(sent) == 2
    assert len(keys(connection, "persons")) == 3
    assert len(keys(connection, "t")) == 1


def test_statement_of_a_listener_for_another_table(
    migrate_engine: Engine, connection: Connection
) -> None:
    outer = persons()
    columns = Column("name", Integer), Column("mail", Integer)
    inner = Table("t", MetaData(), *columns)
    event.listen(
        outer,
        "before_create",
        lambda target, bind, **more: bind.execute(CreateTable(inner)),
    )
    outer.create(migrate_engine)
    assert len(keys(connection, "persons")) == 3
    assert keys(connection, "t") == []


def test_table_changed_by_its_listener(
    migrate_engine: Engine, connection: Connection
) -> None:
    table = persons()

    @event.listens_for(table, "before_create")
    def change(target: Table, *rest: Any, **more: Any) -> None:
        target.indexes.clear()
        Index("ix_both", target.c.name, target.c.mail)

    table.create(migrate_engine)
    assert [line.split("`")[1] for line in keys(connection, "persons")] == [
        "ix_both",
        "id",
    ]


def test_statement_replaced_by_a_listener(
    migrate_engine: Engine, connection: Connection
) -> None:
    instead = text(
        "CREATE TABLE persons (id INTEGER, name CHAR(9), mail CHAR(9))"
    )

    @event.listens_for(migrate_engine, "before_execute", retval=True)
    def replace(bind: Any, statement: Any, *rest: Any) -> Any:
        if isinstance(statement, CreateTable):
            statement = instead
        return statement, *rest[:2]

    persons().create(migrate_engine)
    assert len(keys(connection, "persons")) == 2


def test_index_that_its_listener_prepares(
    migrate_engine: Engine, connection: Connection
) -> None:
    table = persons()
    (index,) = [each for each in table.indexes if each.name == "ux_mail"]
    alter = "ALTER TABLE persons MODIFY mail VARCHAR(40) NOT NULL"
    event.listen(index, "before_create", DDL(alter))
    with statements(migrate_engine) as sent:
        table.create(migrate_engine)
    assert sent[1:] == ["CREATE UNIQUE INDEX ux_mail ON persons (mail)"]


@pytest.mark.skipif(
    not hasattr(schema, "CreateTableAs"), reason="SQLAlchemy 2.1 has it"
)
def test_table_of_a_query(
    migrate_engine: Engine, connection: Connection
) -> None:
    table = persons()
    table.create(migrate_engine)
    made: Any = schema
    copied = made.CreateTableAs(select(table), "copied").table
    Index("ix", copied.c.name)
    copied.create(migrate_engine)
    assert len(keys(connection, "copied")) == 1


def test_other_schema(migrate_engine: Engine, connection: Connection) -> None:
    """The name of a schema may stand for another one."""
    name = connection.engine.url.database
    table = persons(schema="elsewhere")
    mapped = migrate_engine.execution_options(
        schema_translate_map={"elsewhere": name}
    )
    with statements(mapped) as sent:
        table.create(mapped)
    assert len(sent) == 1
    assert sum("KEY" in line for line in shown(connection, "persons")) == 3


# -- whatever the table

_TYPES = [Integer(), String(30), String(200), Text(), Date()]
_COLUMNS = ["id", "a", "b", "key", "d`e", "f%"]


@st.composite
def tables(draw: Callable[..., Any]) -> MetaData:
    """One to three tables, with indexes of which some may be wrong."""
    metadata = MetaData()
    for number in range(draw(st.integers(1, 3))):
        names = draw(st.lists(st.sampled_from(_COLUMNS[1:]), unique=True))
        columns = [
            Column(
                name,
                draw(st.sampled_from(_TYPES)),
                index=draw(st.sampled_from([None, True])),
                unique=draw(st.sampled_from([None, None, True])),
                nullable=draw(st.booleans()),
            )
            for name in names
        ]
        table = Table(
            f"t{number}",
            metadata,
            Column("id", Integer, primary_key=True),
            *columns,
        )
        for other in range(draw(st.integers(0, number))):
            column = Column(f"t{other}_id", Integer)
            table.append_column(column)
            table.append_constraint(
                ForeignKeyConstraint([column], [f"t{other}.id"])
            )
        _add_keys(draw, table)
    return metadata


def _add_keys(draw: Callable[..., Any], table: Table) -> None:
    some = st.lists(
        st.sampled_from([*table.columns]), unique=True, min_size=1, max_size=3
    )
    for number, columns in enumerate(draw(st.lists(some, max_size=4))):
        if draw(st.booleans()):
            table.append_constraint(UniqueConstraint(*columns))
            continue
        kind: dict[str, Any] = draw(
            st.sampled_from(
                [
                    {},
                    {"unique": True},
                    {"mysql_length": 5, "mariadb_length": 5},
                    {"mysql_using": "btree", "mariadb_using": "btree"},
                    {"mysql_prefix": "FULLTEXT", "mariadb_prefix": "FULLTEXT"},
                ]
            )
        )
        Index(f"i {number}", *columns, **kind)


def _made(metadata: MetaData, bind: Any, connection: Connection) -> Any:
    """Create them; tell what there is then, and take it away again."""
    error = None
    try:
        metadata.create_all(bind)
    except DBAPIError as caught:
        error = caught.orig.args if caught.orig else None
    there: dict[str, list[str]] = {}
    for table in metadata.sorted_tables:
        with suppress(DBAPIError):
            there[table.name] = shown(connection, table.name)
    metadata.drop_all(connection)
    return error, there


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=60,
)
@given(metadata=tables())
def test_same_tables(metadata: MetaData, connection: Connection) -> None:
    plain = _made(metadata, connection, connection)
    connection.commit()
    with legacy.style(connection, transactional=False) as migrate_engine:
        joined = _made(metadata, migrate_engine, connection)
    assert joined == plain
