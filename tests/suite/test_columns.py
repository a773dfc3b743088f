from __future__ import annotations

import pytest
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import inspect
from sqlalchemy.engine import Engine

import migrate.changeset  # noqa: F401  (installs the methods)


@pytest.fixture
def table(engine: Engine) -> Table:
    table = Table(
        "account",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("login", String(40)),
    )
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"id": 1, "login": "ann"}])
    return table


def columns(engine: Engine, table: str = "account") -> list[str]:
    return [c["name"] for c in inspect(engine).get_columns(table)]


def test_create_column(engine: Engine, table: Table) -> None:
    Column("email", String(100)).create(table, engine=engine)

    assert columns(engine) == ["id", "login", "email"]
    assert table.c.keys() == ["id", "login", "email"]


def test_drop_column(engine: Engine, table: Table) -> None:
    column = table.c.login

    column.drop(engine=engine)

    assert columns(engine) == ["id"]
    assert table.c.keys() == ["id"]
    assert column.table is None


def test_rename_column(engine: Engine, table: Table) -> None:
    column = table.c.login

    column.alter(name="name", engine=engine)

    assert columns(engine) == ["id", "name"]
    assert table.c.keys() == ["id", "name"]
    with engine.connect() as connection:
        row = connection.execute(table.select()).one()
    assert row._mapping == {"id": 1, "name": "ann"}


def test_renamed_column_is_found_by_its_old_key(
    engine: Engine, table: Table
) -> None:
    column = table.c.login

    column.alter(name="name", engine=engine)

    assert table.c.name is column
    assert table.c.login is column


def test_rename_table(engine: Engine, table: Table) -> None:
    table.rename("person", engine=engine)

    assert inspect(engine).get_table_names() == ["person"]
    assert [*table.metadata.tables] == ["person"]
