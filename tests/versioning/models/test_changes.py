"""Pairs of models: the script leads from one to the other and back."""

from __future__ import annotations

import enum
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import CheckConstraint
from sqlalchemy import Column
from sqlalchemy import Computed
from sqlalchemy import Enum
from sqlalchemy import ForeignKey
from sqlalchemy import ForeignKeyConstraint
from sqlalchemy import Identity
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import Text
from sqlalchemy import TypeDecorator
from sqlalchemy import text
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Engine

from migrate.versioning.genmodel import ModelGenerator
from migrate.versioning.repository import Repository
from migrate.versioning.schemadiff import getDiffOfModelAgainstDatabase
from migrate.versioning.script import PythonScript
from tests.versioning.models.catalogue import everything
from tests.versioning.models.test_round_trip import create
from tests.versioning.models.test_round_trip import empty
from tests.versioning.models.test_round_trip import model_of

# Index.create() of an old script asks SQLAlchemy which indexes there are.
pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported")


def model(**tables: tuple[Any, ...]) -> MetaData:
    metadata = MetaData()
    for name, parts in tables.items():
        options = parts[-1] if isinstance(parts[-1], dict) else {}
        items = parts[:-1] if options else parts
        Table(name.replace("__", " "), metadata, *items, **options)
    return metadata


def key() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def column(name: str, *parts: Any, **options: Any) -> Column[Any]:
    return Column(name, Integer, *parts, **options)


class Color(enum.Enum):
    red = 1
    green = 2


class Shout(TypeDecorator[str]):
    impl = String(7)
    cache_ok = True


class Own(sa.types.UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **kw: object) -> str:
        return "INTEGER"


def indexed(function: Any, least: int, *, is_falling: bool) -> MetaData:
    found = model(t=(key(), Column("a", String(9)), column("b")))
    a, b = found.tables["t"].c.a, found.tables["t"].c.b
    Index("by expression", function(a))
    rule = b > least
    Index("partial", b, unique=True, postgresql_where=rule, sqlite_where=rule)
    Index("ordered", b.desc() if is_falling else b, a)
    return found


def mood(*labels: str, **others: Any) -> MetaData:
    type_ = Enum(*labels, name="mood")
    shared = Column("m", type_, server_default=labels[-1], nullable=False)
    found = model(t=(key(), shared))
    for name in others:
        Table(name, found, key(), Column("m", type_))
    return found


CASES: dict[str, tuple[MetaData, MetaData]] = {
    "every column is another": (
        model(t=(column("a"),)),
        model(t=(column("b"),)),
    ),
    "key for a table without": (
        model(t=(column("a"),)),
        model(t=(key(), column("a"))),
    ),
    "key is another column": (
        model(t=(key(), column("x"))),
        model(t=(column("uid", primary_key=True), column("x"))),
    ),
    "tables in a row": (
        model(a=(key(),), z=(key(),)),
        model(
            a=(key(),),
            z=(key(),),
            e=(key(), column("r", ForeignKey("c.id"))),
            c=(key(), column("r", ForeignKey("d.id"))),
            d=(key(), column("r", ForeignKey("b.id"))),
            b=(key(), column("r", ForeignKey("z.id"))),
        ),
    ),
    "circle of new tables": (
        model(c=(key(),)),
        model(
            a=(key(), column("b_id", ForeignKey("b.id", name="fk_a"))),
            b=(key(), column("a_id", ForeignKey("a.id", name="fk_b"))),
            c=(key(), column("a_id", ForeignKey("a.id"))),
        ),
    ),
    "new table refers to a new column": (
        model(a=(key(),)),
        model(
            a=(key(), Column("code", String(9), unique=True)),
            b=(key(), Column("code", String(9), ForeignKey("a.code"))),
        ),
    ),
    "foreign key has another rule": (
        model(a=(key(),), b=(key(), column("r", ForeignKey("a.id")))),
        model(
            a=(key(),),
            b=(key(), column("r", ForeignKey("a.id", ondelete="SET NULL"))),
        ),
    ),
    "foreign key has another target": (
        model(
            a=(key(),), a2=(key(),), b=(key(), column("r", ForeignKey("a.id")))
        ),
        model(
            a=(key(),),
            a2=(key(),),
            b=(key(), column("r", ForeignKey("a2.id"))),
        ),
    ),
    "foreign key of two columns": (
        model(
            a=(column("x", primary_key=True), column("y", primary_key=True))
        ),
        model(
            a=(column("x", primary_key=True), column("y", primary_key=True)),
            b=(
                key(),
                column("x"),
                column("y"),
                ForeignKeyConstraint(["x", "y"], ["a.x", "a.y"], name="fk"),
            ),
        ),
    ),
    "target of a foreign key goes": (
        model(p=(key(),), t=(key(), column("a", ForeignKey("p.id")))),
        model(t=(key(), column("a"))),
    ),
    "column with a foreign key goes": (
        model(p=(key(),), t=(key(), column("a", ForeignKey("p.id")))),
        model(p=(key(),), t=(key(),)),
    ),
    "foreign key alone goes": (
        model(p=(key(),), t=(key(), column("a", ForeignKey("p.id")))),
        model(p=(key(),), t=(key(), column("a"))),
    ),
    "index that a foreign key uses is another": (
        model(
            p=(key(),), t=(key(), column("a", ForeignKey("p.id"), unique=True))
        ),
        model(
            p=(key(),), t=(key(), column("a", ForeignKey("p.id"), index=True))
        ),
    ),
    "names with dots": (
        model(**{"a.b": (column("i.d", primary_key=True),)}, c=(key(),)),
        model(
            **{"a.b": (column("i.d", primary_key=True), column("x%y"))},
            c=(key(), column("r")),
        ),
    ),
    "names that mean something": (
        model(select=(key(), column("from"), column("Column"), column("a b"))),
        model(
            Table=(key(), column("def")),
            MetaData=(key(), column("it's")),
            select=(key(), Column("from", sa.BigInteger), column('q"q')),
        ),
    ),
    "signs in defaults": (
        model(t=(key(),)),
        model(
            t=(
                key(),
                Column("p%s", String(39), server_default="5% :x \\ \"q\" 's'"),
                column("n", server_default="4"),
            )
        ),
    ),
    "checks": (
        model(
            t=(
                key(),
                column("a"),
                CheckConstraint("a > 1", name="c1"),
                CheckConstraint("a < 9"),
            )
        ),
        model(
            t=(
                key(),
                column("a"),
                column("b"),
                CheckConstraint("a > 2", name="c1"),
                CheckConstraint("b IN (1, 2)"),
            )
        ),
    ),
    "computed otherwise": (
        model(t=(key(), column("a"), column("c", Computed("a + 1", True)))),
        model(t=(key(), column("a"), column("c", Computed("a + 2", True)))),
    ),
    "computed no more": (
        model(t=(key(), column("a"), column("c", Computed("a + 1", True)))),
        model(t=(key(), column("a"), column("c"))),
    ),
    "computed from now on": (
        model(t=(key(), column("a"), column("c", index=True))),
        model(
            t=(
                key(),
                column("a"),
                column("c", Computed("a + 1", True), index=True),
            )
        ),
    ),
    "comments": (
        model(t=(key(), column("a", comment="x"), {"comment": "one"})),
        model(
            t=(key(), column("a"), {"comment": "two :x %"}),
            u=(key(), {"comment": "it's"}),
        ),
    ),
    "text becomes a number": (
        model(t=(key(), Column("a", String(9), server_default="5"))),
        model(t=(key(), column("a", server_default="6", nullable=False))),
    ),
    "other labels": (mood("a", "b", u=1), mood("a", "dd", "c", v=1)),
    "types of the application": (
        model(t=(key(),)),
        model(
            t=(
                key(),
                Column("e", Enum(Color)),
                Column("s", Shout()),
                Column("o", Own()),
                Column("p", sa.PickleType()),
                Column(
                    "v", String(5).with_variant(Text(), "postgresql", "sqlite")
                ),
            )
        ),
    ),
}
INDEXES = (
    indexed(sa.func.lower, 5, is_falling=True),
    indexed(sa.func.upper, 6, is_falling=False),
)
POSTGRESQL: dict[str, tuple[MetaData, MetaData]] = {
    "types": (
        model(
            t=(
                key(),
                Column("a", postgresql.ARRAY(Integer)),
                Column("b", postgresql.JSONB),
                Column("c", postgresql.TSVECTOR),
                Column("d", postgresql.ARRAY(Enum("x", "y", name="xy"))),
                Column("e", postgresql.TIMESTAMP(precision=3)),
                Column("f", postgresql.INTERVAL(fields="DAY")),
                Column("g", String(9, collation="C")),
            )
        ),
        model(
            t=(
                key(),
                Column("a", postgresql.ARRAY(sa.BigInteger)),
                Column("d", postgresql.ARRAY(Enum("x", "z", name="xy"))),
            )
        ),
    ),
    "identity": (
        model(
            t=(
                Column("id", Integer, Identity(), primary_key=True),
                column("x"),
            )
        ),
        model(
            t=(
                Column("id", Integer, Identity(), primary_key=True),
                column("x", Identity(always=True, start=5)),
            )
        ),
    ),
    "usual schema by name": (
        model(t=(key(), {"schema": "public"})),
        model(
            t=(key(), column("x"), {"schema": "public"}),
            u=(
                key(),
                column("r", ForeignKey("public.t.id")),
                {"schema": "public"},
            ),
        ),
    ),
}
MYSQL: dict[str, tuple[MetaData, MetaData]] = {
    "types": (
        model(
            t=(
                key(),
                Column("a", mysql.INTEGER(unsigned=True)),
                Column("b", mysql.TINYINT),
                Column("c", mysql.MEDIUMTEXT),
                Column("d", mysql.SET("a", "b")),
                Column("e", mysql.YEAR),
                Column("f", mysql.BIT(3)),
                Column("g", mysql.VARCHAR(9, collation="utf8mb4_bin")),
                Column("h", mysql.DATETIME(fsp=3)),
                Column("i", mysql.ENUM("x", "y"), server_default="x"),
                Column("j", Text(300)),
                Column("k", mysql.DOUBLE(10, 2)),
                Column(
                    "l",
                    mysql.TIMESTAMP,
                    server_default=text(
                        "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"
                    ),
                ),
                Index("ixp", "c", mysql_length=10),
            )
        ),
        model(
            t=(
                key(),
                Column("a", mysql.BIGINT(unsigned=True)),
                Column("i", mysql.ENUM("x", "z"), server_default="z"),
            )
        ),
    ),
    "counting": (
        model(t=(key(),)),
        model(t=(column("id", primary_key=True, autoincrement=False),)),
    ),
    "key of one more column": (
        model(t=(key(), column("x", nullable=False))),
        model(
            t=(column("id", primary_key=True), column("x", primary_key=True))
        ),
    ),
}


@pytest.fixture
def lead(
    engine: Engine, tmp_path: Path
) -> Callable[[MetaData, MetaData], None]:
    repository = Repository.create(tmp_path / "repo", "shop")

    def there_and_back(old: MetaData, new: MetaData) -> None:
        create(new, engine)
        wanted = everything(engine)
        create(old, engine)
        before = everything(engine)
        assert str(getDiffOfModelAgainstDatabase(old, engine)) == (
            "No schema diffs"
        )
        assert getDiffOfModelAgainstDatabase(new, engine)
        path = tmp_path / "script.py"
        script = PythonScript.make_update_script_for_model(
            engine, model_of(engine, repository), new, repository
        )
        path.write_text(script, encoding="ascii")

        PythonScript(path).run(engine, "upgrade")

        diff = getDiffOfModelAgainstDatabase(new, engine)
        assert not diff, f"{diff}\n{script}"
        assert everything(engine) == wanted, script
        PythonScript(path).run(engine, "downgrade")
        assert everything(engine) == before, script

    return there_and_back


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("is_back", [False, True], ids=["there", "back"])
def test_there_and_back(
    case: str, is_back: bool, lead: Callable[[MetaData, MetaData], None]
) -> None:
    old, new = CASES[case]

    lead(*((new, old) if is_back else (old, new)))


def test_indexes_on_expressions_and_parts(
    engine: Engine, lead: Callable[[MetaData, MetaData], None]
) -> None:
    if engine.dialect.name == "mysql":
        pytest.skip("MariaDB has no indexes on expressions")

    lead(*INDEXES)
    lead(*INDEXES[::-1])


@pytest.mark.parametrize("case", POSTGRESQL)
def test_what_postgresql_has_alone(
    case: str, engine: Engine, lead: Callable[[MetaData, MetaData], None]
) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("of PostgreSQL")

    lead(*POSTGRESQL[case])


@pytest.mark.parametrize("case", MYSQL)
def test_what_mysql_has_alone(
    case: str, engine: Engine, lead: Callable[[MetaData, MetaData], None]
) -> None:
    if engine.dialect.name != "mysql":
        pytest.skip("of MySQL and MariaDB")

    lead(*MYSQL[case])


def test_schemas_of_postgresql(engine: Engine, tmp_path: Path) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("of PostgreSQL")
    new = MetaData()
    Table("o", new, key(), schema="other")
    link = column("x", ForeignKey("other.o.id"), index=True)
    Table("t", new, key(), link, schema="app")
    Table("t", new, key(), column("y", ForeignKey("app.t.id")))
    with engine.begin() as connection:
        for name in ("app", "other"):
            connection.execute(text(f"CREATE SCHEMA {name}"))
    before = everything(engine)
    repository = Repository.create(tmp_path / "repo", "shop")
    path = tmp_path / "script.py"
    path.write_text(
        PythonScript.make_update_script_for_model(
            engine, MetaData(), new, repository
        )
    )

    PythonScript(path).run(engine, "upgrade")

    assert not getDiffOfModelAgainstDatabase(new, engine)
    generated = model_of(engine, repository)
    assert {*generated.tables} == {"t", "app.t", "other.o"}
    PythonScript(path).run(engine, "downgrade")
    assert everything(engine) == before


RAW = {
    "sqlite": [
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT,"
        " a TEXT COLLATE nocase, b VARCHAR(9) UNIQUE, c foo, d,"
        " e INTEGER DEFAULT (1 + 1), f TEXT CHECK (f > 'a'), UNIQUE (a, b))",
        "CREATE TABLE w (a TEXT PRIMARY KEY) WITHOUT ROWID",
        "CREATE INDEX i ON t (a COLLATE nocase DESC)",
        "CREATE TABLE st (a INT PRIMARY KEY, b ANY) STRICT",
    ],
    "postgresql": [
        "CREATE TABLE t (id serial PRIMARY KEY, n serial, p point, x xml,"
        " y int[] DEFAULT '{}', z numeric(5, 0), w text COLLATE \"C\", c char,"
        " v varchar)",
        "CREATE SEQUENCE odd",
        "CREATE TABLE s (id int PRIMARY KEY DEFAULT nextval('odd'))",
        "CREATE DOMAIN posint AS int CHECK (value > 0)",
        "CREATE TABLE d (a posint)",
        "CREATE TABLE u (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)",
        "CREATE INDEX inc ON t (z) INCLUDE (n)",
        "CREATE INDEX g ON t USING hash (z)",
    ],
    "mysql": [
        "CREATE TABLE t (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,"
        " a INT CHECK (a > 0), j JSON, b VARCHAR(9) CHARACTER SET latin1,"
        " t1 TINYINT(1) DEFAULT 1, z INT(5) ZEROFILL, f FLOAT(7, 2), ft TEXT,"
        " g INT GENERATED ALWAYS AS (a + 1) VIRTUAL, FULLTEXT KEY ff (ft),"
        " i INET6) ENGINE=MyISAM COMMENT='it''s'",
    ],
}


@pytest.mark.parametrize("is_declarative", [False, True])
def test_generated_model_of_a_schema_by_hand(
    is_declarative: bool, engine: Engine
) -> None:
    def build() -> None:
        empty(engine)
        with engine.begin() as connection:
            for statement in RAW[engine.dialect.name]:
                connection.exec_driver_sql(statement)

    build()
    before = everything(engine)
    diff = getDiffOfModelAgainstDatabase(MetaData(), engine)
    code = ModelGenerator(diff, engine, is_declarative).genBDefinition()
    module = types.ModuleType("model")
    exec(code, vars(module))

    empty(engine)
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(
                text("CREATE DOMAIN posint AS int CHECK (value > 0)")
            )
    module.meta.create_all(engine)

    assert everything(engine) == before, code
