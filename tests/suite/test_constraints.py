from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import Table
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.schema import CreateTable

from migrate import CheckConstraint
from migrate import ForeignKeyConstraint
from migrate import PrimaryKeyConstraint
from migrate import UniqueConstraint
from migrate import binding
from migrate.changeset.databases import editor_for
from migrate.exceptions import InvalidConstraintError
from tests.suite.conftest import Catalogue


def refuses(engine: Engine, statement: str) -> bool:
    """Tell whether the database takes ``statement``; it is not kept."""
    with engine.connect() as connection:
        try:
            connection.execute(text(statement))
        except DBAPIError:
            return True
        finally:
            connection.rollback()
    return False


def autoname(table: Table, name: str) -> str | None:
    """Return what the database calls a constraint without a name."""
    dialect = binding.resolve(metadata=table.metadata).dialect
    return name if editor_for(dialect).names_constraints else None


@pytest.mark.parametrize("by", ["column", "name"])
def test_unique(account: Table, catalogue: Catalogue, by: str) -> None:
    constraint = (
        UniqueConstraint(account.c.login)
        if by == "column"
        else UniqueConstraint("login", table=account)
    )

    constraint.create()

    assert constraint.name == "account_login_key"
    stored = autoname(account, "account_login_key")
    assert catalogue.uniques("account") == {stored: ["login"]}
    assert constraint in account.constraints

    dropped = constraint.drop()

    assert dropped is constraint
    assert catalogue.uniques("account") == {}
    assert constraint not in account.constraints

    constraint.create()

    assert catalogue.uniques("account") == {stored: ["login"]}


def test_unique_over_two_columns(account: Table, catalogue: Catalogue) -> None:
    UniqueConstraint("login", "age", name="both", table=account).create()

    assert catalogue.uniques("account") == {"both": ["login", "age"]}


def test_unique_refused_by_the_rows(
    account: Table, engine: Engine, catalogue: Catalogue
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE account SET login = 'same'"))

    with pytest.raises(Exception, match=r"(?i)(unique|duplicate)"):
        UniqueConstraint(account.c.login).create()

    assert catalogue.uniques("account") == {}


@pytest.mark.parametrize("referred", ["column", "text"])
def test_foreign_key(
    account: Table, catalogue: Catalogue, referred: str
) -> None:
    team = account.metadata.tables["team"]
    column = Column("other", Integer)
    column.create(account)
    target: Any = team.c.id if referred == "column" else "team.id"
    constraint = ForeignKeyConstraint(
        [account.c.other], [target], ondelete="CASCADE"
    )
    assert constraint.referenced == [team.c.id]
    assert constraint.reftable is team

    constraint.create()

    assert constraint.name == "account_other_fkey"
    stored = catalogue.foreign_keys("account")[
        autoname(account, "account_other_fkey")
    ]
    assert stored["constrained_columns"] == ["other"]
    assert stored["referred_table"] == "team"
    assert stored["options"]["ondelete"] == "CASCADE"
    assert [key.column for key in column.foreign_keys] == [team.c.id]

    constraint.drop()

    assert [*catalogue.foreign_keys("account")] == ["team_fk"]
    assert column.foreign_keys == set()
    assert len(account.foreign_keys) == 1

    constraint.create()

    assert len(catalogue.foreign_keys("account")) == 2
    assert len(account.foreign_keys) == 2


def test_foreign_key_into_another_schema_names_the_schema(
    engine: Engine, catalogue: Catalogue
) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("one schema per database")
    metadata = MetaData()
    metadata.bind = engine  # type: ignore[attr-defined]
    far = Table(
        "far", metadata, Column("id", Integer, primary_key=True), schema="s"
    )
    near = Table("near", metadata, Column("far_id", Integer))
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA s"))
        metadata.create_all(connection)

    ForeignKeyConstraint([near.c.far_id], [far.c.id]).create()

    (stored,) = catalogue.foreign_keys("near").values()
    assert stored["referred_schema"] == "s"


def test_check(account: Table, engine: Engine, catalogue: Catalogue) -> None:
    constraint = CheckConstraint("age > 3", columns=[account.c.age])
    assert constraint.colnames == ["age"]

    constraint.create()

    assert constraint.name == "account_age_check"
    assert "account_age_check" in catalogue.checks("account")
    assert refuses(engine, "UPDATE account SET age = 2")

    constraint.drop()

    assert not refuses(engine, "UPDATE account SET age = 2")
    assert constraint not in account.constraints


def test_check_by_expression(
    account: Table, engine: Engine, catalogue: Catalogue
) -> None:
    CheckConstraint(account.c.age > 3, name="old enough").create()

    assert "old enough" in catalogue.checks("account")
    assert refuses(engine, "UPDATE account SET age = 2")


def test_check_needs_a_name_or_columns(account: Table) -> None:
    with pytest.raises(InvalidConstraintError, match="You must either set"):
        CheckConstraint("age > 3", table=account)


def test_primary_key(engine: Engine, catalogue: Catalogue) -> None:
    table = Table(
        "bare",
        MetaData(),
        Column("a", Integer, autoincrement=False, nullable=False),
        Column("b", Integer, nullable=False),
    )
    table.create(engine)
    constraint = PrimaryKeyConstraint("a", "b", table=table)

    constraint.create(engine)

    assert constraint.name == "bare_pkey"
    assert catalogue.primary_key("bare") == ["a", "b"]
    assert table.primary_key is constraint
    assert table.c.a.primary_key

    constraint.drop(engine=engine)

    assert catalogue.primary_key("bare") == []
    assert not table.c.a.primary_key
    assert table.primary_key.columns.keys() == []

    constraint.create(connection=engine)

    assert catalogue.primary_key("bare") == ["a", "b"]
    assert table.primary_key is constraint


def test_primary_key_of_a_counting_column_can_be_dropped(
    account: Table, engine: Engine, catalogue: Catalogue
) -> None:
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True))
    table.create(engine)

    PrimaryKeyConstraint(table.c.id).drop(engine=engine)

    assert catalogue.primary_key("t") == []


def test_unnamed_constraints_are_found_in_the_catalogue(
    engine: Engine, catalogue: Catalogue
) -> None:
    team = Table("team", MetaData(), Column("id", Integer, primary_key=True))
    team.create(engine)
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE t (a INTEGER, b INTEGER, UNIQUE (a, b), "
                "UNIQUE (b), FOREIGN KEY (a) REFERENCES team (id))"
            )
        )
    table = Table("t", team.metadata, autoload_with=engine)
    table = Table(
        "t",
        MetaData(),
        Column("a", Integer),
        Column("b", Integer),
    )

    UniqueConstraint("b", table=table).drop(engine=engine)
    ForeignKeyConstraint([table.c.a], [team.c.id]).drop(engine=engine)

    assert [*catalogue.uniques("t").values()] == [["a", "b"]]
    assert catalogue.foreign_keys("t") == {}


def test_unnamed_check_is_found_by_what_it_says(
    engine: Engine, catalogue: Catalogue
) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE t (a INTEGER, b INTEGER, "
                "CHECK (b > 3), CHECK (a > 0))"
            )
        )
    table = Table("t", MetaData(), autoload_with=engine)

    CheckConstraint("b > 3", columns=["x"], table=table).drop(engine=engine)

    [left] = catalogue.checks("t").values()
    assert "b" not in left
    assert len(table.constraints) == 2


def test_if_exists_and_if_not_exists(
    account: Table, catalogue: Catalogue
) -> None:
    constraint = UniqueConstraint(account.c.login, name="once")

    constraint.drop(if_exists=True)
    constraint.create()
    constraint.create(if_not_exists=True)
    constraint.drop()
    constraint.drop(if_exists=True)

    assert catalogue.uniques("account") == {}


def test_rename(account: Table, catalogue: Catalogue, engine: Engine) -> None:
    unique = UniqueConstraint(account.c.login, name="u1")
    check = CheckConstraint("age > 3", name="c1", table=account)
    unique.create()
    check.create()
    (key,) = account.foreign_key_constraints
    migrates_own = ForeignKeyConstraint(
        [account.c.team_id], ["team.id"], name="team_fk"
    )
    account.constraints.discard(key)

    unique.rename("u2")
    check.rename("c2")
    migrates_own.rename("team_fk2")

    assert [*catalogue.uniques("account")] == ["u2"]
    assert "c2" in catalogue.checks("account")
    assert [*catalogue.foreign_keys("account")] == ["team_fk2"]
    assert unique.name == "u2"


def test_drop_with_cascade(account: Table, catalogue: Catalogue) -> None:
    if catalogue.engine.dialect.name != "postgresql":
        pytest.skip("nothing cascades")
    constraint = PrimaryKeyConstraint(account.metadata.tables["team"].c.id)

    constraint.drop(cascade=True)

    assert catalogue.foreign_keys("account") == {}


def test_constraint_without_a_table(engine: Engine) -> None:
    with pytest.raises(InvalidRequestError, match="not bound to a table"):
        UniqueConstraint("a").create(engine)


def test_inside_a_table_they_are_sqlalchemys(engine: Engine) -> None:
    metadata = MetaData()
    Table("o", metadata, Column("id", Integer, primary_key=True))
    table = Table(
        "t",
        metadata,
        Column("id", Integer),
        Column("a", Integer),
        PrimaryKeyConstraint("id", name="p"),
        UniqueConstraint("a", name="u"),
        ForeignKeyConstraint(["a"], ["o.id"], name="f"),
        CheckConstraint("a > 1", name="c"),
    )

    metadata.create_all(engine)

    found = inspect(engine)
    assert found.get_pk_constraint("t")["constrained_columns"] == ["id"]
    assert len(found.get_foreign_keys("t")) == 1
    copies = MetaData()
    for each in metadata.tables.values():
        each.to_metadata(copies)
    copied = str(CreateTable(copies.tables["t"])).replace(",", "").split("\n")
    told = str(CreateTable(table)).replace(",", "").split("\n")
    assert sorted(map(str.strip, copied)) == sorted(map(str.strip, told))


@pytest.mark.parametrize("name", ["same", None])
@pytest.mark.parametrize(
    "make",
    [
        lambda t, n: UniqueConstraint(t.c.login, t.c.age, name=n),
        lambda t, n: ForeignKeyConstraint(
            [t.c.team_id], [t.metadata.tables["team"].c.id], name=n
        ),
        lambda t, n: CheckConstraint("age > 3", columns=[t.c.age], name=n),
    ],
)
def test_reflected_table_follows_a_constraint_that_was_made_to_be_dropped(
    account: Table, engine: Engine, catalogue: Catalogue, make: Any, name: Any
) -> None:
    ForeignKeyConstraint(
        [account.c.team_id],
        [account.metadata.tables["team"].c.id],
        name="team_fk",
    ).drop()
    make(account, name).create()
    metadata = MetaData()
    metadata.reflect(engine)
    table = metadata.tables["account"]

    make(table, name).drop(engine=engine)

    assert table.constraints == {table.primary_key}
    assert not any(index.unique for index in table.indexes)
    assert catalogue.uniques("account") == {}
    assert catalogue.foreign_keys("account") == {}
    assert catalogue.checks("account") == {}
