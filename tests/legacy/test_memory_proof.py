"""What the memory serves is what the database has, whatever was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import CheckConstraint
from sqlalchemy import Column
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import UniqueConstraint
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine

import migrate
from tests.legacy.test_memory import counted

Script = Callable[[Any, MetaData], object]

SCHEMA = [
    "CREATE TABLE p (a INTEGER NOT NULL, b VARCHAR(10), x INTEGER, "
    "CONSTRAINT pk_p PRIMARY KEY (a), CONSTRAINT uq_p UNIQUE (b))",
    "CREATE INDEX ix_p_x ON p (x)",
    "CREATE TABLE c (d INTEGER NOT NULL PRIMARY KEY, e INTEGER, "
    "CONSTRAINT fk_c FOREIGN KEY (e) REFERENCES p (a))",
    "CREATE INDEX ix_c_e ON c (e)",
    "CREATE TABLE o (f INTEGER NOT NULL PRIMARY KEY, g VARCHAR(5))",
    "CREATE VIEW v AS SELECT a, b FROM p",
]


def sql(text: str, only: str = "") -> Any:
    """Execute; ``only`` names the databases that have the statement."""

    def run(engine: Any, meta: MetaData) -> None:
        if only and engine.dialect.name not in only:
            pytest.skip("the database does not have it")
        engine.execute(text)

    return pytest.param(run, id=text)


def call(name: str) -> Callable[[Script], Any]:
    return lambda script: pytest.param(script, id=name)


def of(meta: MetaData, name: str) -> Any:
    return Table(name, meta, autoload=True)


def add_checked(engine: Any, meta: MetaData) -> None:
    table = of(meta, "o")
    migrate.CheckConstraint(table.c.f > 0, table=table, name="ck_o").create()


def drop_by_a_stranger(engine: Any, meta: MetaData) -> None:
    """Drop an index by an Index of another table."""
    if engine.dialect.name == "mysql":
        pytest.skip("an index has its table in the statement")
    Index("ix_p_x", of(meta, "o").c.g).drop(engine)


LITE, POSTGRES, MY = "sqlite", "postgresql", "mysql"

SCRIPTS = [
    sql("ALTER TABLE p ADD z INTEGER"),
    sql("ALTER TABLE p RENAME COLUMN a TO aa"),
    sql("ALTER TABLE p RENAME TO q"),
    sql("ALTER TABLE c RENAME e TO ee", LITE + POSTGRES),
    sql("DROP INDEX ix_p_x", LITE + POSTGRES),
    sql("DROP INDEX IF EXISTS ix_c_e", LITE + POSTGRES),
    sql("DROP INDEX ix_p_x ON p", MY),
    sql("ALTER INDEX ix_p_x RENAME TO ix_new", POSTGRES),
    sql("ALTER INDEX pk_p RENAME TO pk_new", POSTGRES),
    sql("ALTER INDEX uq_p RENAME TO uq_new", POSTGRES),
    sql("CREATE UNIQUE INDEX ix_o ON o (g)"),
    sql("CREATE TYPE mood AS ENUM ('good', 'bad')", POSTGRES),
    sql("ALTER TABLE c DROP CONSTRAINT fk_c", POSTGRES),
    sql("ALTER TABLE o ALTER g TYPE VARCHAR(9)", POSTGRES),
    sql("CREATE TABLE n (h INTEGER REFERENCES o)", LITE + POSTGRES),
    sql("DROP TABLE c"),
    sql("DROP VIEW v", LITE + POSTGRES),
    sql("CREATE VIEW w AS SELECT f FROM o"),
    call("create column")(
        lambda e, m: Column("z", String(7)).create(of(m, "p"))
    ),
    call("drop column")(lambda e, m: of(m, "o").c.g.drop()),
    call("drop indexed column")(lambda e, m: of(m, "p").c.x.drop()),
    call("alter type")(lambda e, m: of(m, "o").c.g.alter(type=String(9))),
    call("alter name")(lambda e, m: of(m, "p").c.a.alter(name="aa")),
    call("alter nullable")(lambda e, m: of(m, "o").c.g.alter(nullable=False)),
    call("alter default")(
        lambda e, m: of(m, "o").c.g.alter(server_default="d")
    ),
    call("rename table")(lambda e, m: of(m, "p").rename("q")),
    call("rename index")(
        lambda e, m: next(iter(of(m, "p").indexes)).rename("ix_new")
    ),
    call("create table")(
        lambda e, m: Table("n", m, Column("h", Integer)).create()
    ),
    call("drop table")(lambda e, m: of(m, "o").drop()),
    call("create index")(lambda e, m: Index("ix", of(m, "o").c.g).create()),
    call("drop index")(
        lambda e, m: next(
            i for i in of(m, "p").indexes if i.name == "ix_p_x"
        ).drop()
    ),
    call("drop index of another")(drop_by_a_stranger),
    call("create check")(add_checked),
    call("create unique")(
        lambda e, m: migrate.UniqueConstraint(
            "g", table=of(m, "o"), name="uq_o"
        ).create()
    ),
    call("drop unique")(
        lambda e, m: migrate.UniqueConstraint(
            of(m, "p").c.b, name="uq_p"
        ).drop()
    ),
    call("create foreign key")(
        lambda e, m: migrate.ForeignKeyConstraint(
            [of(m, "o").c.f], [of(m, "p").c.a], name="fk_o"
        ).create()
    ),
    call("drop foreign key")(
        lambda e, m: migrate.ForeignKeyConstraint(
            [of(m, "c").c.e], [of(m, "p").c.a], name="fk_c"
        ).drop()
    ),
]


def seen(bind: Any) -> dict[str, Any]:
    """Reflect everything, by way of Tables."""
    meta = MetaData()
    meta.reflect(bind, views=True)
    return {name: described(table) for name, table in meta.tables.items()}


def prepare(engine: Any) -> None:
    for statement in SCHEMA:
        # There a view of a renamed table is broken, and cannot be read.
        if "VIEW" not in statement or engine.dialect.name != "mysql":
            engine.execute(statement)


def default(column: Any) -> str:
    given = column.server_default
    return str(getattr(given, "arg", given))


def described(table: Table) -> Any:
    return (
        [(c.name, str(c.type), c.nullable, default(c)) for c in table.c],
        [(c.name, c.primary_key) for c in table.primary_key],
        str(table.primary_key.name),
        sorted(
            (str(key.parent.name), key.target_fullname)
            for key in table.foreign_keys
        ),
        sorted(
            (str(i.name), bool(i.unique), [c.name for c in i.columns])
            for i in table.indexes
        ),
        sorted(
            (type(c).__name__, str(c.name), str(getattr(c, "sqltext", "")))
            for c in table.constraints
            if isinstance(c, (UniqueConstraint, CheckConstraint))
        ),
    )


@pytest.mark.parametrize("warm", ["all", "one"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_what_is_served_is_there(
    migrate_engine: Engine,
    connection: Connection,
    script: Script,
    warm: str,
) -> None:
    prepare(migrate_engine)
    if warm == "all":
        seen(migrate_engine)
    else:
        Table("c", MetaData(), autoload_with=migrate_engine)
    meta = MetaData()
    meta.bind = migrate_engine  # type: ignore[attr-defined]  # 1.x

    script(migrate_engine, meta)

    assert seen(migrate_engine) == seen(connection)


def test_an_alteration_leaves_other_tables_known(
    migrate_engine: Any,
) -> None:
    if migrate_engine.dialect.name == "mysql":
        pytest.skip("it is told from the text of ALTER TABLE")
    prepare(migrate_engine)
    seen(migrate_engine)
    meta = MetaData()
    meta.bind = migrate_engine  # type: ignore[attr-defined]  # 1.x
    of(meta, "p").c.x.alter(nullable=False)

    with counted(migrate_engine) as statements:
        Table("o", MetaData(), autoload_with=migrate_engine)

    assert statements == []
