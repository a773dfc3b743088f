"""A script in the words of sqlalchemy-migrate's manual, on every database."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import inspect
from sqlalchemy.engine import Engine

from migrate import legacy
from tests.suite.conftest import Catalogue

SCRIPT = """
from sqlalchemy import *
from migrate import *
from migrate.changeset import schema

meta = MetaData()
team = Table("team", meta, Column("id", Integer, primary_key=True))
account = Table(
    "account", meta,
    Column("id", Integer, primary_key=True),
    Column("login", String(40)),
    Column("passwd", String(40)),
    Column("doomed", Integer),
)


def upgrade(migrate_engine):
    meta.bind = migrate_engine
    team.create()
    account.create()
    migrate_engine.execute(account.insert(), login="ann", passwd="x")

    email = Column("email", String(128), default="nobody")
    email.create(account, populate_default=True)
    assert email is account.c.email

    col = Column("nick", String(20), unique=True)
    col.create(account, unique_name="nick_key")
    Column("grade", Integer, index=True).create(account, index_name="grade_ix")
    team_id = Column("team_id", Integer)
    create_column(team_id, account)

    account.c.doomed.drop()

    account.c.login.alter(name="user_name")
    account.c.user_name.alter(type=String(60))
    account.c.login.alter(nullable=False)
    alter_column("passwd", table=account, server_default="secret")
    account.c.passwd.alter("password", String(80), nullable=False)

    ForeignKeyConstraint([account.c.team_id], [team.c.id]).create()
    UniqueConstraint("user_name", table=account, name="user_key").create()
    CheckConstraint("grade < 9", columns=[account.c.grade]).create()

    reflected = Table("account", MetaData(migrate_engine), autoload=True)
    [index] = [i for i in reflected.indexes if i.name == "grade_ix"]
    index.rename("grade_index")
    account.rename("person")


def downgrade(migrate_engine):
    rename_table("person", "account", engine=migrate_engine)
    rename_index("grade_index", "grade_ix", table="account",
                 engine=migrate_engine)
    meta = MetaData(migrate_engine)
    account = Table("account", meta, autoload=True)
    team = Table("team", meta, autoload=True)
    CheckConstraint("grade < 9", columns=[account.c.grade]).drop()
    UniqueConstraint("user_name", table=account, name="user_key").drop()
    ForeignKeyConstraint([account.c.team_id], [team.c.id]).drop()
    for name in ("email", "nick", "grade", "team_id"):
        account.c[name].drop()
    account.c.user_name.alter(name="login", type=String(40), nullable=True)
    account.c.password.alter(name="passwd", server_default=None)
    schema.Column("doomed", Integer).create(account)
"""


@pytest.fixture
def script(engine: Engine) -> ModuleType:
    module = ModuleType("manual")
    with legacy.installed():
        exec(compile(SCRIPT, "manual.py", "exec"), vars(module))
    return module


def test_up_and_down_again(
    script: ModuleType, engine: Engine, catalogue: Catalogue
) -> None:
    rolls_back = engine.dialect.name in {"sqlite", "postgresql"}

    with (
        engine.begin() as connection,
        legacy.style(connection, transactional=rolls_back) as migrate_engine,
    ):
        script.upgrade(migrate_engine)

    person = catalogue.columns("person")
    assert {*person} == {
        "id",
        "user_name",
        "password",
        "email",
        "nick",
        "grade",
        "team_id",
    }
    assert person["user_name"]["type"].length == 60
    assert not person["user_name"]["nullable"]
    assert person["password"]["type"].length == 80
    assert catalogue.default("person", "password") == "secret"
    assert catalogue.uniques("person").keys() == {"nick_key", "user_key"}
    assert "grade_index" in catalogue.indexes("person")
    assert "account_grade_check" in catalogue.checks("person")
    on_sqlite = engine.dialect.name == "sqlite"
    name = None if on_sqlite else "account_team_id_fkey"
    assert [*catalogue.foreign_keys("person")] == [name]
    assert catalogue.rows("SELECT user_name, email FROM person") == [
        ("ann", "nobody")
    ]

    with (
        engine.begin() as connection,
        legacy.style(connection, transactional=rolls_back) as migrate_engine,
    ):
        script.downgrade(migrate_engine)

    account = catalogue.columns("account")
    assert {*account} == {"id", "login", "passwd", "doomed"}
    assert account["login"]["nullable"]
    assert catalogue.foreign_keys("account") == {}
    assert catalogue.rows("SELECT login, passwd FROM account") == [
        ("ann", "x")
    ]


def run(script: str, engine: Engine) -> None:
    """Run what stands in a script's upgrade()."""
    with (
        engine.begin() as connection,
        legacy.style(
            connection, transactional=engine.dialect.name != "mysql"
        ) as migrate_engine,
    ):
        names: dict[str, Any] = {"migrate_engine": migrate_engine}
        exec(
            "from sqlalchemy import *\n"
            "from migrate import *\n"
            "meta = MetaData(migrate_engine)\n" + script,
            names,
        )


@pytest.mark.filterwarnings("ignore:alter.. leaves primary_key")
def test_primary_key_made_anew_takes_a_column_in(
    engine: Engine, catalogue: Catalogue
) -> None:
    """As Keystone does it; the old library sent nothing for the alter()."""
    run(
        """
t = Table("t", meta, Column("a", Integer, primary_key=True,
                            autoincrement=False),
          Column("b", Integer, nullable=False),
          Column("c", Integer, primary_key=True, autoincrement=False))
t.create()
meta = MetaData(migrate_engine)
t = Table("t", meta, autoload=True)
PrimaryKeyConstraint(table=t).drop()
t.c.b.alter(primary_key=True)
PrimaryKeyConstraint(table=t).create()
""",
        engine,
    )

    assert catalogue.primary_key("t") == ["a", "b", "c"]


def test_renamed_table_is_found_by_its_old_name(
    engine: Engine, catalogue: Catalogue
) -> None:
    """As Ceilometer does it."""
    run(
        """
t = Table("t", meta, Column("a", Integer))
t.create()
t.rename("u")
assert Table("t", meta, autoload=True) is t
t.create_column(Column("b", Integer))
Table("t", meta, Column("c", Integer), extend_existing=True).create()
assert [*Table("t", MetaData(migrate_engine), autoload=True).c.keys()] == ["c"]
""",
        engine,
    )

    assert [*catalogue.columns("u")] == ["a", "b"]
    assert [*catalogue.columns("t")] == ["c"]


@pytest.mark.parametrize(("bind", "checks"), [("migrate_engine", 0), ("", 1)])
def test_check_of_a_type_does_not_come_with_bound_metadata(
    engine: Engine, catalogue: Catalogue, bind: str, checks: int
) -> None:
    """Trove's own Boolean asks for it, and its databases have none."""
    run(
        f"""
t = Table("t", MetaData({bind}), Column("a", Integer))
t.create(migrate_engine)
Column("kind", Enum("a", "b", name="kinds", native_enum=False,
                    create_constraint=True)).create(t)
""",
        engine,
    )

    assert len(catalogue.checks("t")) == checks


@pytest.mark.parametrize(
    ("bind", "unique"), [("migrate_engine", False), ("", True)]
)
def test_index_of_a_unique_column_is_not_unique_with_bound_metadata(
    engine: Engine, bind: str, unique: bool
) -> None:
    """Galaxy's user names."""
    run(
        f"""
t = Table("t", MetaData({bind}), Column("a", Integer))
t.create(migrate_engine)
Column("b", String(9), index=True, unique=True).create(
    t, index_name="ix", unique_name="un")
""",
        engine,
    )

    (index,) = inspect(engine).get_indexes("t")
    assert (index["name"], bool(index["unique"])) == ("ix", unique)
