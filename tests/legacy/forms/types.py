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


def _enums(engine):
    return sorted(one["name"] for one in inspect(engine).get_enums())


@on("postgresql")
def enums_of_a_table_come_and_go(engine):
    from sqlalchemy.dialects.postgresql import ENUM

    shared = Enum("u", name="shared")
    table = Table(
        "t",
        MetaData(bind=engine),
        Column("a", Enum("x", name="generic")),
        Column("b", ENUM("y", name="native")),
        Column("c", Text().with_variant(ENUM("z", name="v"), "postgresql")),
        Column("d", Enum("o", name="o").with_variant(Text(), "postgresql")),
        Column("e", shared),
        Column("f", shared),
    )
    table.create()
    found = _enums(engine)
    table.drop()
    gone = _enums(engine)
    table.create(checkfirst=True)
    table.drop(checkfirst=True)
    return found, gone, _enums(engine)


@on("postgresql")
def enums_of_a_reflected_table_go(engine):
    columns = Column("a", Enum("x", name="generic")), Column("b", Integer)
    Table("t", MetaData(bind=engine), *columns).create()
    Table("t", MetaData(bind=engine), autoload=True).drop()
    gone = _enums(engine)
    Table(
        "t", MetaData(bind=engine), Column("a", Enum("x", name="e"))
    ).create()
    copy = Table("t", MetaData(bind=engine), autoload=True)
    copy.tometadata(MetaData(bind=engine)).drop()
    return gone, _enums(engine)


@on("postgresql")
def enums_of_metadata_stay_without_their_table(engine):
    from sqlalchemy.dialects.postgresql import ENUM

    meta = MetaData(bind=engine)
    generic = Enum("x", name="generic", metadata=meta)
    native = ENUM("y", name="native", metadata=meta)
    generic.create(engine)
    native.create(engine)
    table = Table("t", meta, Column("a", generic), Column("b", native))
    table.create()
    table.drop()
    found = _enums(engine)
    meta.create_all()
    meta.drop_all()
    return found, _enums(engine)


@on("postgresql")
def enums_of_metadata_are_made_with_checkfirst(engine):
    meta = MetaData(bind=engine)
    table = Table("t", meta, Column("a", Enum("x", name="e", metadata=meta)))
    table.create(checkfirst=True)
    return _enums(engine)


@on("postgresql")
def enums_go_with_all_tables(engine):
    meta = MetaData(bind=engine)
    for name in "tu":
        Table(name, meta, Column("a", Enum("x", name="e" + name)))
    meta.create_all()
    found = _enums(engine)
    meta.drop_all()
    return found, _enums(engine)
