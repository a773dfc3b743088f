from __future__ import annotations

import pytest
from sqlalchemy import Column
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import Table
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Engine

from migrate import rename_index
from migrate import rename_table
from tests.suite.conftest import Catalogue


def test_rename_table(account: Table, catalogue: Catalogue) -> None:
    account.rename("person")

    assert catalogue.tables() == ["person", "team"]
    assert account.name == account.fullname == "person"
    assert account.metadata.tables["person"] is account
    assert "account" not in account.metadata.tables


def test_rename_table_by_name(
    account: Table, engine: Engine, catalogue: Catalogue
) -> None:
    rename_table("account", "person", engine=engine)
    rename_table("person", "people", connection=engine)

    assert catalogue.tables() == ["people", "team"]


def test_rename_table_of_a_schema(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("one schema per database")
    # MySQL's schemas are databases, of all who use the server.
    schema = f"{engine.url.database}_s"
    table = Table("t", MetaData(), Column("a", Integer), schema=schema)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        table.create(connection)

    try:
        table.rename("u", connection=engine)

        assert inspect(engine).get_table_names(schema=schema) == ["u"]
        assert [*table.metadata.tables] == [f"{schema}.u"]
        assert table.fullname == f"{schema}.u"
    finally:
        with engine.begin() as connection:
            table.drop(connection)
            connection.execute(text(f"DROP SCHEMA {schema}"))


def test_renamed_table_is_referred_to_by_its_new_name(
    account: Table, engine: Engine, catalogue: Catalogue
) -> None:
    account.metadata.tables["team"].rename("crew")

    (stored,) = catalogue.foreign_keys("account").values()
    assert stored["referred_table"] == "crew"
    account.drop(engine)
    account.create(engine)
    (stored,) = catalogue.foreign_keys("account").values()
    assert stored["referred_table"] == "crew"


def test_rename_index(account: Table, catalogue: Catalogue) -> None:
    index = Index("before", account.c.login)
    index.create(catalogue.engine)

    index.rename("after")

    assert catalogue.indexes("account")["after"] == ["login"]
    assert index.name == "after"


def test_rename_index_by_name(
    account: Table, engine: Engine, catalogue: Catalogue
) -> None:
    Index("before", account.c.login).create(engine)

    rename_index("before", "between", table="account", engine=engine)
    rename_index("between", "after", table=account, connection=engine)

    assert catalogue.indexes("account")["after"] == ["login"]


def test_deregister(account: Table, catalogue: Catalogue) -> None:
    account.deregister()

    assert "account" not in account.metadata.tables
    assert "account" in catalogue.tables()
