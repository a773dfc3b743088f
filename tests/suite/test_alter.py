from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column
from sqlalchemy import Computed
from sqlalchemy import DefaultClause
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import Text
from sqlalchemy import UniqueConstraint
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from migrate import ColumnDelta
from migrate import alter_column
from migrate.exceptions import InvalidConstraintError
from migrate.exceptions import MigrateDeprecationWarning
from tests.suite.conftest import Catalogue


def test_rename(account: Table, catalogue: Catalogue) -> None:
    column = account.c.login

    delta = column.alter(name="name")

    assert isinstance(delta, ColumnDelta)
    assert account.c.name is column
    assert account.c.keys() == [*catalogue.columns("account")]
    assert catalogue.rows("SELECT name FROM account WHERE id = 1") == [
        ("ann",)
    ]


def test_renamed_column_is_found_by_both_keys(account: Table) -> None:
    column = account.c.login

    column.alter(name="name")

    assert account.c.name is account.c.login is column
    assert account.c.keys() == ["id", "name", "age", "team_id"]


def test_old_key_yields_to_a_new_column(
    account: Table, catalogue: Catalogue
) -> None:
    account.c.login.alter(name="name")

    again = Column("login", Integer).create(account)

    assert account.c.login is again
    assert account.c.keys() == [*catalogue.columns("account")]


def test_rename_there_and_back(account: Table, catalogue: Catalogue) -> None:
    account.c.login.alter(name="name")
    account.c.name.alter(name="login")

    assert "login" in catalogue.columns("account")
    assert account.c.keys() == ["id", "login", "age", "team_id"]


def test_rename_by_position(account: Table, catalogue: Catalogue) -> None:
    account.c.login.alter("name")

    assert "name" in catalogue.columns("account")


def test_rename_keeps_foreign_key_and_statements_work(
    account: Table, engine: Engine, catalogue: Catalogue
) -> None:
    account.c.team_id.alter(name="team")

    stored = catalogue.foreign_keys("account")["team_fk"]
    assert stored["constrained_columns"] == ["team"]
    with engine.begin() as connection:
        connection.execute(account.insert().values(id=3, team=1))


def test_type(account: Table, catalogue: Catalogue) -> None:
    account.c.login.alter(type=String(99))

    assert catalogue.columns("account")["login"]["type"].length == 99
    assert account.c.login.type.length == 99


@pytest.mark.parametrize("form", [Text, Text(), lambda: Text])
def test_type_by_position(
    account: Table, catalogue: Catalogue, form: Any
) -> None:
    account.c.login.alter(form)

    assert isinstance(catalogue.columns("account")["login"]["type"], Text)


def test_nullable(account: Table, catalogue: Catalogue) -> None:
    account.c.login.alter(nullable=False)

    assert not catalogue.columns("account")["login"]["nullable"]

    account.c.login.alter(nullable=True)

    assert catalogue.columns("account")["login"]["nullable"]


def test_not_null_is_refused_with_nulls_in_the_rows(
    account: Table, catalogue: Catalogue, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE account SET login = NULL"))

    with pytest.raises(Exception, match=r"(?i)login"):
        account.c.login.alter(nullable=False)

    assert account.c.login.nullable
    assert catalogue.columns("account")["login"]["nullable"]


@pytest.mark.parametrize("given", ["it's 5%", DefaultClause("it's 5%")])
def test_server_default(
    account: Table, catalogue: Catalogue, engine: Engine, given: Any
) -> None:
    account.c.login.alter(server_default=given)

    with engine.begin() as connection:
        connection.execute(text("INSERT INTO account (id) VALUES (3)"))
    assert catalogue.rows("SELECT login FROM account ORDER BY id") == [
        ("ann",),
        ("bob",),
        ("it's 5%",),
    ]


def test_drop_server_default(account: Table, catalogue: Catalogue) -> None:
    account.c.age.alter(server_default=None)

    assert catalogue.default("account", "age") is None
    assert account.c.age.server_default is None


def test_several_at_once(account: Table, catalogue: Catalogue) -> None:
    account.c.login.alter(
        "name", String(70), nullable=False, server_default="nobody"
    )

    stored = catalogue.columns("account")["name"]
    assert stored["type"].length == 70
    assert not stored["nullable"]
    assert catalogue.default("account", "name") == "nobody"


def test_type_and_default_that_did_not_fit_the_old_type(
    account: Table, catalogue: Catalogue
) -> None:
    account.c.age.alter(type=String(10), server_default="old")

    assert catalogue.default("account", "age") == "old"
    assert catalogue.rows("SELECT age FROM account ORDER BY id") == [
        ("30",),
        ("40",),
    ]


def test_column_by_name(
    account: Table, engine: Engine, catalogue: Catalogue
) -> None:
    alter_column("login", table="account", engine=engine, name="name")
    alter_column("age", "years", table=account)

    assert {"name", "years"} <= catalogue.columns("account").keys()


def test_against_another_column(account: Table, catalogue: Catalogue) -> None:
    with pytest.warns(MigrateDeprecationWarning, match="Passing a Column"):
        account.c.login.alter(Column("login", String(60), nullable=False))

    stored = catalogue.columns("account")["login"]
    assert stored["type"].length == 60
    assert not stored["nullable"]


def test_client_side_attributes_need_no_database(account: Table) -> None:
    del account.metadata.bind  # type: ignore[attr-defined]

    account.c.age.alter(default=3)

    assert account.c.age.default.arg == 3


def test_unknown_attribute_warns(account: Table) -> None:
    with pytest.warns(MigrateDeprecationWarning, match="'nulable'"):
        account.c.age.alter(nulable=False)


def test_comment(account: Table, catalogue: Catalogue, engine: Engine) -> None:
    if not engine.dialect.supports_comments:
        pytest.skip("no comments on columns")

    account.c.login.alter(comment="who's 100% \\ there")
    assert (
        catalogue.columns("account")["login"]["comment"]
        == "who's 100% \\ there"
    )

    account.c.login.alter(comment=None)
    assert catalogue.columns("account")["login"]["comment"] is None


def test_computed(
    account: Table, catalogue: Catalogue, engine: Engine
) -> None:
    if engine.dialect.name == "postgresql":
        pytest.skip("a column cannot become a computed one")
    with engine.begin() as connection:
        connection.execute(text("UPDATE account SET team_id = NULL"))

    account.c.age.alter(computed=Computed("length(login)", persisted=True))

    assert account.c.age.computed is not None
    assert catalogue.rows("SELECT age FROM account ORDER BY id") == [
        (3,),
        (3,),
    ]


def test_unique_on_and_off(account: Table, catalogue: Catalogue) -> None:
    account.c.login.alter(unique=True, unique_name="login_key")
    assert catalogue.uniques("account") == {"login_key": ["login"]}
    assert "login_key" in {each.name for each in account.constraints}

    account.c.login.alter(unique=False, unique_name="login_key")
    assert catalogue.uniques("account") == {}
    assert "login_key" not in {each.name for each in account.constraints}


def test_index_on_and_off(account: Table, catalogue: Catalogue) -> None:
    account.c.login.alter(index=True, index_name="login_ix")
    assert catalogue.indexes("account")["login_ix"] == ["login"]
    assert {index.name for index in account.indexes} == {"login_ix"}

    account.c.login.alter(index=False, index_name="login_ix")
    assert "login_ix" not in catalogue.indexes("account")
    assert account.indexes == set()


def test_primary_key_on_and_off(engine: Engine, catalogue: Catalogue) -> None:
    table = Table(
        "bare", MetaData(), Column("a", Integer, autoincrement=False)
    )
    table.create(engine)

    name: Any = {"primary_key_name": "bare_pkey"}
    table.c.a.alter(primary_key=True, engine=engine, **name)
    assert catalogue.primary_key("bare") == ["a"]
    assert table.primary_key.columns.keys() == ["a"]

    table.c.a.alter(primary_key=False, engine=engine, **name)
    assert catalogue.primary_key("bare") == []
    assert not table.c.a.primary_key


@pytest.mark.parametrize(
    "keywords", [{"unique": False}, {"unique": True}, {"index": True}]
)
def test_key_without_a_name_stays_as_it_is(
    engine: Engine, catalogue: Catalogue, keywords: Any
) -> None:
    """As in sqlalchemy-migrate: old scripts drop and create it themselves."""
    table = Table(
        "bare",
        MetaData(),
        Column("a", String(9)),
        Column("b", String(9)),
        UniqueConstraint("a", name="bare_a_key"),
    )
    table.create(engine)

    for column in table.c:
        with pytest.warns(MigrateDeprecationWarning, match="without .*_name"):
            column.alter(engine=engine, **keywords)

    assert catalogue.uniques("bare") == {"bare_a_key": ["a"]}
    assert catalogue.indexes("bare") == {}


@pytest.mark.parametrize("argument", ["unique", "index", "primary_key"])
def test_name_of_a_key_is_a_string(account: Table, argument: str) -> None:
    keywords: Any = {argument: True, f"{argument}_name": 3}

    with pytest.raises(InvalidConstraintError, match="constraint name"):
        account.c.login.alter(**keywords)


def test_autoincrement(engine: Engine, catalogue: Catalogue) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("an integer primary key counts by itself")
    table = Table(
        "bare",
        MetaData(),
        Column("a", Integer, primary_key=True, autoincrement=False),
        Column("b", Integer),
    )
    table.create(engine)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO bare VALUES (41, 1)"))

    table.c.a.alter(autoincrement=True, engine=engine)

    with engine.begin() as connection:
        connection.execute(text("INSERT INTO bare (b) VALUES (2)"))
    assert catalogue.rows("SELECT a FROM bare ORDER BY a") == [(41,), (42,)]

    table.c.a.alter(autoincrement=False, engine=engine)

    with engine.begin() as connection:
        connection.execute(text("DELETE FROM bare"))
    with pytest.raises(DBAPIError):
        _insert_twice(engine)


def _insert_twice(engine: Engine) -> None:
    """Fails unless the key counts; MariaDB takes 0 for the first."""
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO bare (b) VALUES (3)"))
        connection.execute(text("INSERT INTO bare (b) VALUES (4)"))
