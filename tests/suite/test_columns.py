from __future__ import annotations

import pytest
from sqlalchemy import Boolean
from sqlalchemy import CheckConstraint
from sqlalchemy import Column
from sqlalchemy import ColumnDefault
from sqlalchemy import Enum
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import func
from sqlalchemy import literal_column
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from migrate import create_column
from migrate import drop_column
from migrate.changeset.editor import SchemaEditor
from migrate.exceptions import InvalidConstraintError
from migrate.exceptions import NoSuchColumnError
from migrate.exceptions import NotSupportedError
from migrate.exceptions import UnattachedError
from tests.suite.conftest import Catalogue


def test_create_column(account: Table, catalogue: Catalogue) -> None:
    column = Column("email", String(100))

    created = column.create(account)

    assert created is column
    assert [*catalogue.columns("account")] == account.c.keys()
    assert account.c.email is column


def test_create_column_of_the_table_itself(
    account: Table, catalogue: Catalogue
) -> None:
    account.append_column(Column("email", String(100), default="none"))

    account.c.email.create()

    assert catalogue.rows("SELECT email FROM account") == [("none",)] * 2


def test_create_column_by_functions_and_table_method(
    account: Table, catalogue: Catalogue
) -> None:
    create_column(Column("one", Integer), account)
    account.create_column(Column("two", Integer))

    assert {"one", "two"} <= catalogue.columns("account").keys()


def test_create_column_by_its_name_in_the_table(
    account: Table, catalogue: Catalogue
) -> None:
    account.append_column(Column("one", Integer))
    account.append_column(Column("two", Integer))

    create_column("one", account)
    account.create_column("two")

    assert {"one", "two"} <= catalogue.columns("account").keys()


def test_create_column_by_a_name_that_the_table_does_not_know(
    account: Table,
) -> None:
    with pytest.raises(NoSuchColumnError, match="no column 'one'; it has"):
        create_column("one", account)


def test_create_column_on_a_table_given_by_name(
    account: Table, engine: Engine, catalogue: Catalogue
) -> None:
    create_column(Column("one", Integer), "account", engine=engine)

    assert "one" in catalogue.columns("account")


def test_create_column_with_foreign_key(
    account: Table, catalogue: Catalogue
) -> None:
    Column("boss", Integer, ForeignKey("account.id", name="boss_fk")).create(
        account
    )

    stored = catalogue.foreign_keys("account")["boss_fk"]
    assert stored["constrained_columns"] == ["boss"]
    assert stored["referred_table"] == "account"


def test_create_column_with_check(
    account: Table, catalogue: Catalogue, engine: Engine
) -> None:
    check = CheckConstraint("score > 4")

    Column("score", Integer, check).create(account)

    with engine.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(text("UPDATE account SET score = 3"))


def test_create_column_with_enumeration(
    account: Table, catalogue: Catalogue
) -> None:
    kind = Enum("a", "b", name="kind_of_account")

    Column("kind", kind, server_default="a").create(account)

    assert catalogue.rows("SELECT kind FROM account") == [("a",), ("a",)]


@pytest.mark.parametrize(
    "default",
    [5, lambda: 5, literal_column("2 + 3"), func.abs(-5)],
    ids=["scalar", "callable", "expression", "function"],
)
def test_create_column_populates_default(
    account: Table, catalogue: Catalogue, default: object
) -> None:
    Column("score", Integer, ColumnDefault(default)).create(account)

    assert catalogue.rows("SELECT score FROM account") == [(5,), (5,)]


def test_populating_leaves_onupdate_of_other_columns_alone(
    account: Table, catalogue: Catalogue
) -> None:
    account.c.age.onupdate = ColumnDefault(99, for_update=True)

    Column("score", Integer, default=5).create(account)

    assert catalogue.rows("SELECT age FROM account ORDER BY id") == [
        (30,),
        (40,),
    ]


def test_create_column_without_populating(
    account: Table, catalogue: Catalogue
) -> None:
    Column("score", Integer, default=5).create(account, populate_default=False)

    assert catalogue.rows("SELECT score FROM account") == [(None,), (None,)]


def test_create_not_null_column_with_default_on_a_filled_table(
    account: Table, catalogue: Catalogue
) -> None:
    column = Column("score", Integer, default=5, nullable=False)

    column.create(account)

    assert not catalogue.columns("account")["score"]["nullable"]
    assert not column.nullable
    assert catalogue.rows("SELECT score FROM account") == [(5,), (5,)]


def test_create_column_with_index(
    account: Table, catalogue: Catalogue
) -> None:
    column = Column("score", Integer, index=True)

    column.create(account, index_name="score_ix")

    assert catalogue.indexes("account")["score_ix"] == ["score"]
    assert [index.name for index in account.indexes] == ["score_ix"]


def test_create_column_with_unique_constraint(
    account: Table, catalogue: Catalogue
) -> None:
    Column("mail", String(40), unique=True).create(
        account, unique_name="mail_key"
    )

    assert catalogue.uniques("account")["mail_key"] == ["mail"]


def test_create_column_with_unique_index(
    account: Table, catalogue: Catalogue, engine: Engine
) -> None:
    column = Column("mail", String(40), unique=True, index=True)

    column.create(account, index_name="mail_ix", unique_name="mail_key")

    with engine.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(text("UPDATE account SET mail = 'same'"))


@pytest.mark.parametrize("is_stated", [True, False])
def test_create_column_with_primary_key(
    engine: Engine, catalogue: Catalogue, is_stated: bool
) -> None:
    table = Table("bare", MetaData(), Column("a", Integer))
    table.create(engine)
    column = Column("id", Integer, primary_key=is_stated, nullable=False)

    column.create(table, primary_key_name="bare_pkey", connection=engine)

    assert catalogue.primary_key("bare") == ["id"]
    assert table.primary_key.columns.keys() == ["id"]


@pytest.mark.parametrize("flag", ["index", "unique", "primary_key"])
def test_create_column_needs_the_names_of_its_keys(
    account: Table, catalogue: Catalogue, flag: str
) -> None:
    column = Column("score", Integer, **{flag: True})

    with pytest.raises(
        InvalidConstraintError, match="accepts index_name, primary_key_name"
    ):
        column.create(account)

    assert column.table is None
    assert "score" not in catalogue.columns("account")


def test_names_of_keys_are_strings(account: Table) -> None:
    with pytest.raises(InvalidConstraintError, match="unique_name argument"):
        Column("a", Integer, unique=True).create(account, unique_name=True)


def test_failing_create_leaves_the_table_as_it_was(account: Table) -> None:
    column = Column("boss", Integer, ForeignKey("nowhere.id"))

    with pytest.raises(Exception, match="nowhere"):
        column.create(account)

    assert column.table is None
    assert "boss" not in account.c
    assert len(account.foreign_keys) == 1


def test_column_that_could_not_be_created_is_as_it_was(
    account: Table,
) -> None:
    column = Column("login", Integer, default=5, nullable=False)

    with pytest.raises(Exception, match=r"(?i)login"):
        column.create(account)

    assert not column.nullable
    assert column.table is None
    assert isinstance(account.c.login.type, String)


def test_column_of_no_table_needs_one() -> None:
    with pytest.raises(UnattachedError, match="'a' is part of no table"):
        Column("a", Integer).create()


def test_create_column_if_not_exists(
    account: Table, catalogue: Catalogue
) -> None:
    again = Column("login", String(40), default="overwritten")
    account.c.login.remove_from_table(account)

    again.create(account, if_not_exists=True)

    assert catalogue.rows("SELECT login FROM account ORDER BY id") == [
        ("ann",),
        ("bob",),
    ]


def test_drop_column(account: Table, catalogue: Catalogue) -> None:
    column = account.c.login

    dropped = column.drop()

    assert dropped is column
    assert column.table is None
    assert "login" not in account.c
    assert "login" not in catalogue.columns("account")
    assert catalogue.rows("SELECT age FROM account ORDER BY id") == [
        (30,),
        (40,),
    ]


def test_drop_column_that_the_table_does_not_know(
    account: Table, engine: Engine, catalogue: Catalogue
) -> None:
    table = Table("account", MetaData(), Column("id", Integer))

    drop_column("login", table, engine=engine)
    account.drop_column("age")
    drop_column("team_id", "account", engine=engine)

    assert [*catalogue.columns("account")] == ["id"]


@pytest.mark.parametrize(
    "second",
    [
        Column("login", Integer),
        Column("login", Integer, nullable=False),
        Column("LOGIN", Integer, server_default=func.now()),
    ],
    ids=["plain", "not null", "other case"],
)
def test_a_second_column_of_a_name_is_refused_by_the_database(
    account: Table, engine: Engine, catalogue: Catalogue, second: Column[int]
) -> None:
    if engine.dialect.name == "postgresql" and second.name == "LOGIN":
        pytest.skip("the database tells cases apart")
    before = catalogue.rows("SELECT * FROM account")

    with pytest.raises(DBAPIError, match=r"(?i)login"):
        create_column(second._copy(), "account", engine=engine)

    assert catalogue.rows("SELECT * FROM account") == before


def test_drop_column_if_exists(account: Table, catalogue: Catalogue) -> None:
    drop_column("nothing", account, if_exists=True)

    assert len(catalogue.columns("account")) == 4


def test_drop_column_with_foreign_key_and_create_it_again(
    account: Table, catalogue: Catalogue
) -> None:
    column = account.c.team_id

    column.drop()

    assert catalogue.foreign_keys("account") == {}
    assert account.foreign_keys == set()

    column.create(account)

    assert [*catalogue.foreign_keys("account")] == ["team_fk"]
    assert {key.name for key in account.foreign_keys} == {"team_fk"}


def test_drop_column_takes_its_unique_constraint_along(
    account: Table, catalogue: Catalogue
) -> None:
    Column("mail", String(40), unique=True).create(account, unique_name="u")

    account.c.mail.drop()

    assert catalogue.uniques("account") == {}
    assert {type(each).__name__ for each in account.constraints} == {
        "PrimaryKeyConstraint",
        "ForeignKeyConstraint",
    }


def test_drop_column_of_an_index_over_two(
    engine: Engine, catalogue: Catalogue, editor: SchemaEditor
) -> None:
    metadata = MetaData()
    table = Table(
        "t", metadata, *(Column(name, Integer) for name in ("a", "b", "c"))
    )

    Index("ab", table.c.a, table.c.b)
    table.create(engine)

    table.c.a.drop(engine=engine)

    left = {"ab": ["b"]} if editor.shrinks_indexes else {}
    assert catalogue.indexes("t") == left
    assert {i.name: i.columns.keys() for i in table.indexes} == left


def test_names_are_quoted(engine: Engine, catalogue: Catalogue) -> None:
    table = Table("Odd % table", MetaData(), Column("id", Integer))
    table.create(engine)

    column = Column('se"l`ect', String(19), server_default="100% 'sure'")
    column.create(table, engine=engine)
    column.alter(name="Group by", engine=engine)

    assert [*catalogue.columns("Odd % table")] == ["id", "Group by"]


def test_works_inside_the_callers_transaction(
    account: Table, engine: Engine, catalogue: Catalogue
) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("the driver commits DDL by itself")
    with engine.connect() as connection:
        Column("email", String(9)).create(account, connection=connection)
        connection.rollback()

    assert "email" not in catalogue.columns("account")


@pytest.mark.parametrize("name", ["kinds", None])
def test_check_of_a_type_comes_with_the_column(
    account: Table, engine: Engine, catalogue: Catalogue, name: str | None
) -> None:
    kinds = Enum(
        "a", "b", name=name, native_enum=False, create_constraint=True
    )

    Column("kind", kinds, server_default="a").create(account)

    assert len(catalogue.checks("account")) == 1
    assert name is None or [*catalogue.checks("account")] == [name]
    _refuses_kind(engine, "c")


def test_check_of_a_boolean_comes_where_there_is_no_boolean(
    account: Table, engine: Engine, catalogue: Catalogue
) -> None:
    Column("active", Boolean(create_constraint=True)).create(account)
    Column("kind", Boolean).create(account)

    native = engine.dialect.supports_native_boolean
    assert len(catalogue.checks("account")) == (0 if native else 1)


def test_named_check_of_a_column(
    account: Table, engine: Engine, catalogue: Catalogue
) -> None:
    check = CheckConstraint("kind > 'a'", name="kind_ck")

    Column("kind", String(9), check, server_default="b").create(account)

    assert [*catalogue.checks("account")] == ["kind_ck"]
    _refuses_kind(engine, "a")


def _refuses_kind(engine: Engine, kind: str) -> None:
    with (
        pytest.raises(DBAPIError),
        engine.begin() as connection,
    ):
        connection.execute(text(f"UPDATE account SET kind = '{kind}'"))


def test_created_column_is_the_last_of_the_table(
    account: Table, catalogue: Catalogue
) -> None:
    account.c.login.drop()
    stated = Table(
        "account",
        MetaData(),
        Column("login", String(40)),
        Column("id", Integer, primary_key=True),
        Column("age", Integer),
        Column("team_id", Integer),
    )

    stated.c.login.create(connection=catalogue.engine)

    assert stated.c.keys() == [*catalogue.columns("account")]


def test_failed_creation_leaves_the_order_of_the_columns(
    account: Table,
) -> None:
    stated = Column("login", Integer, server_default="1")

    with pytest.raises((DBAPIError, NotSupportedError)):
        stated.create(account)

    assert account.c.keys() == ["id", "login", "age", "team_id"]
    assert account.c.login is not stated


def test_column_of_a_key_over_several(
    engine: Engine, catalogue: Catalogue, editor: SchemaEditor
) -> None:
    table = Table(
        "pair",
        MetaData(),
        Column("a", Integer, primary_key=True, autoincrement=False),
        Column("b", Integer, primary_key=True, autoincrement=False),
        Column("c", Integer),
    )
    table.create(engine)

    table.c.b.drop(connection=engine)

    left = ["a"] if editor.shrinks_indexes else []
    assert catalogue.primary_key("pair") == left
    assert table.primary_key.columns.keys() == left
    assert table.c.a.primary_key is bool(left)


def test_comment_of_a_new_column(
    account: Table, engine: Engine, catalogue: Catalogue
) -> None:
    Column("email", String(9), comment="100% 'mail'").create(account)

    stored = catalogue.columns("account")["email"].get("comment")
    kept = engine.dialect.supports_comments
    assert stored == ("100% 'mail'" if kept else None)
