"""What counts as the same, by the words of each database."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import Table
from sqlalchemy import text
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect

from migrate.versioning.models.comparison.defaults import same_default
from migrate.versioning.models.comparison.expressions import same_expression
from migrate.versioning.models.comparison.types import same_type
from migrate.versioning.models.generation.filling import filled
from migrate.versioning.models.generation.variables import variables

MYSQL: Dialect = mysql.dialect()  # type: ignore[no-untyped-call]
POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
SQLITE: Dialect = sqlite.dialect()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("dialect", "one", "other"),
    [
        (MYSQL, sa.Boolean(), mysql.TINYINT(1)),
        (MYSQL, sa.Integer(), mysql.INTEGER(11)),
        (MYSQL, sa.Numeric(), mysql.DECIMAL(10, 0)),
        (MYSQL, sa.Float(53), mysql.DOUBLE()),
        (MYSQL, sa.Text(300), mysql.TEXT()),
        (MYSQL, sa.Text(99999), mysql.MEDIUMTEXT()),
        (POSTGRESQL, sa.Float(), postgresql.DOUBLE_PRECISION(53)),
        (POSTGRESQL, sa.Float(24), sa.REAL()),
        (POSTGRESQL, sa.Numeric(10), sa.NUMERIC(10, 0)),
        (POSTGRESQL, sa.CHAR(), sa.CHAR(1)),
        (POSTGRESQL, sa.types.NullType(), sa.Integer()),
        (SQLITE, sa.Enum("a", "bb"), sa.VARCHAR(2)),
        (SQLITE, sa.Uuid(), sa.CHAR(32)),
    ],
)
def test_types_that_are_the_same(
    dialect: Dialect, one: Any, other: Any
) -> None:
    assert same_type(one, other, dialect)
    assert same_type(other, one, dialect)


@pytest.mark.parametrize(
    ("dialect", "one", "other"),
    [
        (MYSQL, sa.Boolean(), mysql.TINYINT(4)),
        (MYSQL, sa.Integer(), mysql.INTEGER(unsigned=True)),
        (MYSQL, sa.Text(), mysql.LONGTEXT()),
        (MYSQL, sa.Enum("a", "b"), mysql.ENUM("a", "B")),
        (POSTGRESQL, sa.String(9), sa.VARCHAR()),
        (POSTGRESQL, sa.DateTime(), sa.TIMESTAMP(timezone=True)),
        (POSTGRESQL, sa.JSON(), postgresql.JSONB()),
        (
            POSTGRESQL,
            sa.Enum("a", "b", name="mood"),
            sa.Enum("b", "a", name="mood"),
        ),
        (SQLITE, sa.String(9), sa.VARCHAR(10)),
        (None, sa.String(9), sa.VARCHAR(10)),
        (None, sa.Integer(), sa.String()),
        (None, sa.Float(), sa.Numeric()),
    ],
)
def test_types_that_differ(
    dialect: Dialect | None, one: Any, other: Any
) -> None:
    assert not same_type(one, other, dialect)
    assert not same_type(other, one, dialect)


@pytest.mark.parametrize(
    ("type_", "one", "other", "is_same"),
    [
        (Integer(), "7", text("'7'"), True),
        (Integer(), "7", text("8"), False),
        (sa.Numeric(9, 2), "1.5", text("1.50"), True),
        (sa.String(9), "01", text("'1'"), False),
        (sa.String(9), "x", text("'x'::character varying(9)"), True),
        (sa.String(9), "it's", text("'it''s'::text"), True),
        (sa.Boolean(), sa.true(), text("'t'"), True),
        (sa.Boolean(), sa.true(), text("false"), False),
        (sa.DateTime(), sa.func.now(), text("CURRENT_TIMESTAMP"), True),
        (sa.DateTime(), sa.func.now(), text("current_timestamp()"), True),
        (sa.DateTime(), sa.func.now(), None, False),
        (sa.DateTime(), "2020-01-01", text("'2020-01-01 00:00:00'"), True),
        (sa.String(9), text("NULL::character varying"), None, True),
        (Integer(), text("1 + 1"), text("(1 + 1)"), True),
        (Integer(), text("1 + 1"), text("(1 + 2)"), False),
    ],
)
def test_defaults(type_: Any, one: Any, other: Any, is_same: bool) -> None:
    metadata = MetaData()
    columns = [
        Table(name, metadata, Column("x", type_, server_default=default)).c.x
        for name, default in (("a", one), ("b", other))
    ]

    assert same_default(*columns, POSTGRESQL) is is_same


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("x BETWEEN 1 AND 5", "((x >= 1) AND (x <= 5))", True),
        ("x > -1", "(x > '-1'::integer)", True),
        ("s IN ('a', 'b')", "`s` in ('a','b')", True),
        ("lower(s) = 'a'", "(lower((s)::text) = 'a'::text)", True),
        ("x > 1", "x < 1", False),
        ("x > 1", "s > 1", False),
        ("lower(s) = 'a'", "upper(s) = 'a'", False),
    ],
)
def test_expressions(one: str, other: str, is_same: bool) -> None:
    assert same_expression(one, other, ["x", "s"]) is is_same


def test_variables_are_names_and_differ() -> None:
    keys = [
        "user",
        "a b",
        "a_b",
        "class",
        "Table",
        "9",
        "gr\xfcn",
        "app.t",
        "",
    ]

    found = variables(keys)

    assert found["user"] == "user"
    assert found["app.t"] == "app_t"
    assert len({*found.values()}) == len(keys)
    assert all(name.isidentifier() for name in found.values())
    assert "Table" not in found.values()


def test_template_may_call_the_engine_otherwise() -> None:
    template = (
        "def upgrade(engine):\n  # mine\n  print(1)\n\n\n"
        "def downgrade(migrate_engine):\n\tpass"
    )

    code = filled(
        template,
        "x",
        "here = 1\n",
        {"upgrade": ("up()",), "downgrade": ("d",)},
    )

    assert code == (
        "from sqlalchemy import *\nfrom migrate import *\nhere = 1\n\n"
        "def upgrade(engine):\n  # mine\n  print(1)\n"
        "  migrate_engine = engine\n  up()\n\n\n"
        "def downgrade(migrate_engine):\n\td\n"
    )
