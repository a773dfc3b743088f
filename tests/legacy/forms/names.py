from tests.legacy.forms import account
from tests.legacy.forms import on_12


def expression_privates(engine):
    from sqlalchemy.sql import expression

    return sorted(
        name
        for name in (
            "_BinaryExpression _BindParamClause _Case _Cast _Executable "
            "_Exists _Extract _False _FromGrouping _Grouping _Label _Null "
            "_Over _ScalarSelect _SelectBase _TextClause _True _Tuple "
            "_TypeClause _UnaryExpression"
        ).split()
        if isinstance(getattr(expression, name), type)
    )


def isinstance_of_privates(engine):
    from sqlalchemy import column
    from sqlalchemy import text
    from sqlalchemy.sql import expression

    return (
        isinstance(column("a") == 1, expression._BinaryExpression),
        isinstance(text("a"), expression._TextClause),
        isinstance(column("a").label("b"), expression._Label),
    )


def connectable(engine):
    from sqlalchemy.engine.base import Connectable

    with engine.connect() as connection:
        return (
            isinstance(engine, Connectable),
            isinstance(connection, Connectable),
            isinstance(1, Connectable),
        )


def exceptions(engine):
    from sqlalchemy import exc

    try:
        engine.execute("SELECT nothing FROM nowhere")
    except exc.DBAPIError as error:
        return isinstance(error, exc.SQLAlchemyError)


def util_names(engine):
    from sqlalchemy import util

    return (
        util.text_type("a"),
        isinstance("a", util.string_types),
        util.py3k,
        util.OrderedDict([("a", 1)])["a"],
        isinstance(1, util.int_types),
    )


def util_compat(engine):
    from sqlalchemy.util import compat

    return compat.py2k, compat.text_type("a")


def create_engine_options(engine):
    from sqlalchemy import create_engine

    other = create_engine(
        "sqlite://",
        convert_unicode=True,
        encoding="utf-8",
        case_sensitive=True,
        implicit_returning=True,
    )
    found = other.execute("SELECT 1").scalar()
    other.dispose()
    return found


def mock_engine(engine):
    from sqlalchemy import Column
    from sqlalchemy import Integer
    from sqlalchemy import MetaData
    from sqlalchemy import Table
    from sqlalchemy import create_engine

    found = []

    def executor(sql, *args, **kwargs):
        found.append(" ".join(str(sql.compile(dialect=other.dialect)).split()))

    other = create_engine("sqlite://", strategy="mock", executor=executor)
    meta = MetaData()
    Table("t", meta, Column("a", Integer))
    meta.create_all(other, checkfirst=False)
    return found


def url_constructor(engine):
    from sqlalchemy.engine.url import URL

    url = URL("sqlite", database="x.db")
    return str(url), url.database, url.drivername


def make_url(engine):
    from sqlalchemy.engine.url import make_url

    url = make_url("mysql://u:p@h/d?x=y")
    return url.username, url.password, url.host, url.database, dict(url.query)


def str_of_url_has_password(engine):
    return (
        str(engine.url) == engine.url.render_as_string(hide_password=False)
        if hasattr(engine.url, "render_as_string")
        else True
    )


def other_engine_of_the_same_url(engine):
    from sqlalchemy import create_engine

    account(engine)
    other = create_engine(engine.url)
    found = other.execute("SELECT count(*) FROM account").scalar()
    other.dispose()
    return found


def star_imports(engine):
    names = {}
    exec("from sqlalchemy import *", names)
    return [
        name in names
        for name in (
            "Table",
            "Column",
            "MetaData",
            "select",
            "and_",
            "func",
            "String",
            "Integer",
            "ForeignKey",
            "Index",
            "Boolean",
            "DateTime",
            "text",
            "BLOB",
            "Binary" if "Binary" in names else "LargeBinary",
        )
    ]


def processors(engine):
    from sqlalchemy import processors

    return processors.str_to_datetime("2020-01-02 03:04:05").year


@on_12
def passive_default(engine):
    from sqlalchemy import DefaultClause

    return DefaultClause("7").arg


def inspection(engine):
    from sqlalchemy import inspect

    account(engine)
    return inspect(engine).get_table_names()


def engine_reflection(engine):
    from sqlalchemy.engine import reflection

    return reflection.Inspector.__name__


def warnings_of_20(engine):
    from sqlalchemy import exc

    return issubclass(exc.RemovedIn20Warning, exc.SADeprecationWarning)


@on_12
def get_table_of_column(engine):
    table = account(engine)
    return table.c.login._get_table() is table


def _left_alone(module):
    """Take all names of a module, and see what keeps its own meaning."""
    names = {name: "mine" for name in _MINE}
    exec("from " + module + " import *", names)
    return [name for name in _MINE if names[name] == "mine"]


# Of each generation's names some, among them modules of SQLAlchemy.
_MINE = (
    "Any Column Connection Delete Engine Label Result Row Select Transaction"
    " Tuple URL UUID Update attributes base collections context cte engine"
    " event exc inspection label log make_url mapper pool query schema select"
    " session sql state table types util values"
).split()


def star_of_sqlalchemy(engine):
    return _left_alone("sqlalchemy")


def star_of_orm(engine):
    return _left_alone("sqlalchemy.orm")


def star_of_sql(engine):
    return _left_alone("sqlalchemy.sql")


def star_of_expression(engine):
    return _left_alone("sqlalchemy.sql.expression")


def star_of_types(engine):
    return _left_alone("sqlalchemy.types")


def star_of_schema(engine):
    return _left_alone("sqlalchemy.schema")


def star_of_exc(engine):
    return _left_alone("sqlalchemy.exc")


def star_of_declarative(engine):
    names = {}
    exec("from sqlalchemy.ext.declarative import *", names)
    return [
        name in names
        for name in ("declarative_base", "instrument_declarative")
    ]


def instrument_declarative(engine):
    from sqlalchemy import Column
    from sqlalchemy import Integer
    from sqlalchemy import MetaData
    from sqlalchemy.ext.declarative import instrument_declarative

    class Shop(object):
        __tablename__ = "shop"
        id = Column(Integer, primary_key=True)

    instrument_declarative(Shop, {}, MetaData())
    return Shop.__table__.c.keys()


def names_in_inner_modules(engine):
    from sqlalchemy.orm.mapper import class_mapper
    from sqlalchemy.orm.query import aliased as aliased_in_query
    from sqlalchemy.orm.util import aliased
    from sqlalchemy.orm.util import join
    from sqlalchemy.orm.util import outerjoin
    from sqlalchemy.orm.util import with_polymorphic
    from sqlalchemy.sql.elements import between
    from sqlalchemy.sql.elements import collate
    from sqlalchemy.sql.elements import not_
    from sqlalchemy.sql.elements import outparam
    from sqlalchemy.sql.schema import ThreadLocalMetaData

    names = (
        class_mapper,
        aliased_in_query,
        aliased,
        join,
        outerjoin,
        with_polymorphic,
        between,
        collate,
        not_,
        outparam,
        ThreadLocalMetaData,
    )
    return [callable(name) for name in names]


def negation_of_elements(engine):
    from sqlalchemy import literal_column
    from sqlalchemy.sql.elements import between
    from sqlalchemy.sql.elements import not_

    return [
        str(not_(literal_column("a") == literal_column("b"))),
        str(between(literal_column("a"), literal_column("b"), 3)),
    ]


@on_12
def binary_of_sqltypes(engine):
    from sqlalchemy.sql.sqltypes import Binary

    return Binary(9).length


@on_12
def inner_modules_of_declarative(engine):
    from sqlalchemy import Column
    from sqlalchemy import Integer
    from sqlalchemy.ext.declarative import api
    from sqlalchemy.ext.declarative.api import DeclarativeMeta
    from sqlalchemy.ext.declarative.api import declarative_base
    from sqlalchemy.ext.declarative.clsregistry import _ModuleMarker

    class Shop(declarative_base()):
        __tablename__ = "shop"
        id = Column(Integer, primary_key=True)

    return [
        isinstance(Shop, DeclarativeMeta),
        callable(api.has_inherited_table),
        isinstance(_ModuleMarker, type),
        Shop.__table__.c.keys(),
    ]


@on_12
def options_of_pools(engine):
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool
    from sqlalchemy.pool import QueuePool

    made = create_engine("sqlite://", pool_threadlocal=True)
    pools = [
        QueuePool(lambda: None, use_threadlocal=True),
        NullPool(lambda: None, listeners=[]),
    ]
    return [made.name] + [type(pool).__name__ for pool in pools]
