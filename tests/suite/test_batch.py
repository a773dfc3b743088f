"""Several changes of a table, gathered: what comes out, in how few steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from migrate import CheckConstraint
from migrate import ForeignKeyConstraint
from migrate import UniqueConstraint
from migrate.exceptions import ExistingRowsError
from migrate.exceptions import NotSupportedError
from tests.suite.conftest import Catalogue


@contextmanager
def recorded(engine: Engine) -> Iterator[list[str]]:
    """Record what is sent that may take long: DDL, and copies of rows."""
    sent: list[str] = []

    def note(*arguments: Any) -> None:
        statement = " ".join(str(arguments[2]).split())
        if statement.startswith(("ALTER ", "CREATE ", "INSERT ", "UPDATE ")):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_batch(account: Table, catalogue: Catalogue) -> None:
    with account.batch():
        Column("email", String(9), default="x").create(account)
        account.c.login.alter(name="name")
        account.c.login.alter(nullable=False)
        account.c.age.alter(type=String(20), server_default=None)
        account.c.team_id.drop()
        assert "name" not in catalogue.columns("account")

    assert [*catalogue.columns("account")] == ["id", "name", "age", "email"]
    assert account.c.keys() == ["id", "name", "age", "email"]
    assert not catalogue.columns("account")["name"]["nullable"]
    assert catalogue.rows("SELECT email FROM account") == [("x",)] * 2


def test_error_inside_a_batch_leaves_all_as_it_was(
    account: Table, catalogue: Catalogue
) -> None:
    with pytest.raises(LookupError):
        _failing_batch(account)

    assert account.c.keys() == ["id", "login", "age", "team_id"]
    assert "email" not in catalogue.columns("account")


def _failing_batch(table: Table) -> None:
    with table.batch():
        Column("email", String(9)).create(table)
        table.c.login.alter(name="name")
        raise LookupError


def test_batch_is_one_statement_or_one_rebuild(
    account: Table, engine: Engine, catalogue: Catalogue
) -> None:
    with recorded(engine) as sent, account.batch():
        Column("email", String(9), server_default="x").create(account)
        account.c.login.alter(nullable=False)
        account.c.age.alter(type=String(20), server_default=None)
        account.c.login.alter(type=String(80))
        UniqueConstraint(account.c.login, name="login_key").create()
        CheckConstraint("login <> ''", columns=[account.c.login]).create()
        account.c.login.alter(server_default="nobody")
        account.c.team_id.drop()

    if engine.dialect.name == "sqlite":
        assert len([each for each in sent if "SELECT" in each]) == 1
    else:
        assert [each.split()[:3] for each in sent] == [
            ["ALTER", "TABLE", "account"]
        ]
    login = catalogue.columns("account")["login"]
    assert (login["nullable"], login["type"].length) == (False, 80)
    assert catalogue.default("account", "login") == "nobody"
    assert catalogue.uniques("account") == {"login_key": ["login"]}
    assert [*catalogue.checks("account")] == ["account_login_check"]
    assert catalogue.rows("SELECT id, login, age, email FROM account") == [
        (1, "ann", "30", "x"),
        (2, "bob", "40", "x"),
    ]


def test_rename_is_one_more_statement_only_if_names_are_needed(
    account: Table, engine: Engine
) -> None:
    with recorded(engine) as joined, account.batch():
        account.c.login.alter(name="name")
        account.c.login.alter(nullable=False)
        account.c.age.drop()
    with recorded(engine) as apart, account.batch():
        account.c.name.alter(name="nick")
        UniqueConstraint(account.c.name, name="nick_key").create()

    if engine.dialect.name == "mysql":
        assert (len(joined), len(apart)) == (1, 2)
    if engine.dialect.name == "postgresql":
        assert (len(joined), len(apart)) == (2, 2)


def test_batch_goes_by_the_names_of_before(
    account: Table, engine: Engine, catalogue: Catalogue
) -> None:
    with engine.connect() as connection:
        is_mariadb = getattr(connection.dialect, "is_mariadb", False)
    if engine.name == "mysql" and not is_mariadb:
        pytest.skip("a column is not renamed that a check reads (3959)")
    with account.batch():
        account.c.login.alter(name="name")
        account.rename("person")
        UniqueConstraint(account.c.login, name="login_key").create()
        CheckConstraint("login <> ''", name="login_ck", table=account).create()
        account.c.login.alter(nullable=False)
        account.c.login.alter(index=True, index_name="login_ix")

    assert catalogue.tables() == ["person", "team"]
    assert not catalogue.columns("person")["name"]["nullable"]
    assert catalogue.uniques("person") == {"login_key": ["name"]}
    assert catalogue.indexes("person")["login_ix"] == ["name"]
    assert "name" in catalogue.checks("person")["login_ck"]
    assert account.name == "person"
    assert account.c.keys() == [*catalogue.columns("person")]


def test_new_column_takes_the_name_of_a_renamed_one(
    account: Table, engine: Engine, catalogue: Catalogue
) -> None:
    with account.batch():
        account.c.team_id.alter(name="team")
        Column("team_id", String(9), default="x").create(account)

    names = ["id", "login", "age", "team", "team_id"]
    assert [*catalogue.columns("account")] == names
    assert account.c.keys() == names
    assert catalogue.foreign_keys("account")["team_fk"][
        "constrained_columns"
    ] == ["team"]
    [element] = account.c.team.foreign_keys
    assert element.column.table.name == "team"
    assert account.foreign_keys == {element}
    assert account.foreign_key_constraints == {element.constraint}
    assert not account.c.team_id.foreign_keys
    assert catalogue.rows("SELECT team, team_id FROM account") == [
        (1, "x"),
        (None, "x"),
    ]


def test_renamed_column_is_out_of_reach_when_its_name_is_taken(
    account: Table, catalogue: Catalogue
) -> None:
    login = account.c.login

    with pytest.raises(NotSupportedError, match="use two batches"):
        _batch_about_a_renamed_column(account)

    assert account.c.keys() == [*catalogue.columns("account")]
    assert account.c.login is login


def _batch_about_a_renamed_column(account: Table) -> None:
    login = account.c.login
    with account.batch():
        login.alter(name="name")
        Column("login", Integer).create(account)
        UniqueConstraint(login, name="login_key").create()


def test_if_exists_in_a_batch(account: Table, catalogue: Catalogue) -> None:
    unique = UniqueConstraint("login", table=account, name="login_key")

    with account.batch():
        Column("gone", Integer).drop(account, if_exists=True)
        Column("login", String(40)).create(account, if_not_exists=True)
        Column("email", String(9)).create(account, if_not_exists=True)
        unique.drop(if_exists=True)
        unique.create(if_not_exists=True)
    with account.batch():
        unique.create(if_not_exists=True)
        account.c.age.drop(if_exists=True)

    assert [*catalogue.columns("account")] == [
        "id",
        "login",
        "team_id",
        "email",
    ]
    assert catalogue.uniques("account") == {"login_key": ["login"]}


def test_constraints_of_a_failed_batch_are_no_part_of_the_table(
    account: Table, catalogue: Catalogue
) -> None:
    with pytest.raises((DBAPIError, ExistingRowsError)):
        _batch_that_rows_are_in_the_way_of(account)

    assert "login_key" not in {each.name for each in account.constraints}
    assert account.indexes == set()
    if catalogue.engine.dialect.name != "mysql":
        assert catalogue.uniques("account") == {}


def _batch_that_rows_are_in_the_way_of(account: Table) -> None:
    with account.batch():
        UniqueConstraint(account.c.login, name="login_key").create()
        account.c.login.alter(index=True, index_name="login_ix")
        account.c.team_id.alter(nullable=False)


def test_constraint_is_exchanged_for_another_of_its_name(
    account: Table, catalogue: Catalogue
) -> None:
    team = account.metadata.tables["team"]
    unique = UniqueConstraint(account.c.login, name="login_key")
    unique.create()

    with account.batch():
        unique.drop()
        UniqueConstraint(
            "login", "age", table=account, name="login_key"
        ).create()
        ForeignKeyConstraint(
            [account.c.team_id], [team.c.id], name="team_fk"
        ).drop()
        ForeignKeyConstraint(
            [account.c.team_id], [account.c.id], name="team_fk"
        ).create()

    assert catalogue.uniques("account") == {"login_key": ["login", "age"]}
    stored = catalogue.foreign_keys("account")["team_fk"]
    assert stored["referred_table"] == "account"


def test_column_goes_with_a_constraint_dropped_before(
    account: Table, catalogue: Catalogue
) -> None:
    both = UniqueConstraint(account.c.login, account.c.age, name="both")
    both.create()

    with account.batch():
        both.drop()
        account.c.age.drop()

    assert [*catalogue.columns("account")] == ["id", "login", "team_id"]
    assert catalogue.uniques("account") == {}


def test_key_is_made_with_a_rename_in_one_call(
    account: Table, catalogue: Catalogue
) -> None:
    account.c.login.alter(
        name="name", unique=True, unique_name="name_key", nullable=False
    )

    assert catalogue.uniques("account") == {"name_key": ["name"]}
    assert not catalogue.columns("account")["name"]["nullable"]
