from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import Enum
from sqlalchemy import Integer
from sqlalchemy import LargeBinary
from sqlalchemy import MetaData
from sqlalchemy import PickleType
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import Text
from sqlalchemy import Unicode
from sqlalchemy import UnicodeText
from sqlalchemy import inspect
from sqlalchemy.types import TypeDecorator

from tests.legacy.forms import on
from tests.legacy.forms import on_12


def _round(engine, *columns, **values):
    table = Table("t", MetaData(bind=engine), *columns)
    table.create()
    engine.execute(table.insert(), values)
    found = [dict(row) for row in engine.execute(table.select())]
    return found, [c["name"] for c in inspect(engine).get_columns("t")]


def convert_unicode(engine):
    return _round(
        engine,
        Column("a", String(10, convert_unicode=True)),
        Column("b", Text(convert_unicode=False)),
        Column("c", Unicode(10, convert_unicode=True)),
        a="ä",
        b="ö",
        c="ü",
    )


@on_12
def assert_unicode(engine):
    return repr(String(5, convert_unicode=True).length)


def unicode_error(engine):
    return String(5, unicode_error="ignore").length


def string_repr_and_copy(engine):
    one = String(5, convert_unicode=True)
    copy = one.copy() if hasattr(one, "copy") else one
    return copy.length, UnicodeText(length=7).length


def enum(engine):
    return _round(engine, Column("a", Enum("x", "y", name="e")), a="x")


def enum_has_no_check(engine):
    table = Table(
        "t",
        MetaData(bind=engine),
        Column("a", Enum("x", "y", name="e")),
        Column("b", Boolean()),
    )
    table.create()
    return [
        type(c).__name__
        for c in table.constraints
        if getattr(c, "sqltext", None) is not None
    ]


def enum_with_check(engine):
    table = Table(
        "t",
        MetaData(bind=engine),
        Column("b", Boolean(create_constraint=True, name="is_b")),
    )
    table.create()
    return sorted(c.name for c in table.constraints if c.name)


def binary(engine):
    return _round(engine, Column("a", LargeBinary(20)), a=b"\x00\xff")


def pickle(engine):
    return _round(engine, Column("a", PickleType()), a={"k": [1]})


def quoted_names(engine):
    return _round(
        engine,
        Column("select", Integer, quote=True),
        Column("Mixed", Integer),
        **{"select": 1, "Mixed": 2},
    )


def column_info(engine):
    column = Column("a", Integer, info={"k": 1}, key="b", doc="d")
    return column.info, column.key, column.doc


class _Upper(TypeDecorator):
    impl = String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value and value.upper()


def decorated(engine):
    return _round(engine, Column("a", _Upper(10)), a="x")


@on("mysql")
def databases_mysql(engine):
    from sqlalchemy.databases import mysql

    return _round(
        engine,
        Column("a", mysql.MSMediumText()),
        Column("b", mysql.MSBigInteger(unsigned=True)),
        Column("c", mysql.MSTinyInteger(1)),
        a="x",
        b=1,
        c=0,
    )


def databases_modules(engine):
    from sqlalchemy import databases
    from sqlalchemy.databases import sqlite
    from sqlalchemy.databases import mysql
    from sqlalchemy.databases import postgresql

    return (
        databases.mysql is mysql,
        hasattr(sqlite, "SQLiteDialect"),
        mysql.MSLongText.__name__,
        postgresql.PGDialect.name,
    )


def variants(engine):
    from sqlalchemy.dialects import mysql

    kind = Text().with_variant(mysql.MEDIUMTEXT(), "mysql")
    return _round(engine, Column("a", kind), a="x")


class _LongText(Text):
    def __init__(self, length=None):
        super(_LongText, self).__init__()
        self.with_variant(Text(length=length), "mysql")


def variant_in_constructor(engine):
    return _round(engine, Column("a", _LongText(length=16777215)), a="x")


@on("mysql")
def mysql_table_options(engine):
    table = Table(
        "t",
        MetaData(bind=engine),
        Column("a", String(10)),
        mysql_engine="InnoDB",
        mysql_charset="utf8",
    )
    table.create()
    return engine.execute(
        "SELECT engine FROM information_schema.tables "
        "WHERE table_name = 't' AND table_schema = database()"
    ).scalar()


def server_defaults(engine):
    from sqlalchemy import DefaultClause
    from sqlalchemy import text

    return _round(
        engine,
        Column("a", Integer),
        Column("b", Integer, server_default="5"),
        Column("c", Integer, server_default=text("6")),
        Column("d", Integer, DefaultClause("7")),
        a=1,
    )
