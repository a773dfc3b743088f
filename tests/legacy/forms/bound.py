from sqlalchemy import Column
from sqlalchemy import Enum
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import Sequence
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import inspect

from tests.legacy.forms import account
from tests.legacy.forms import on
from tests.legacy.forms import on_12


def bind_by_position(engine):
    meta = MetaData(engine)
    return meta.bind is engine, meta.is_bound()


def bind_by_keyword(engine):
    return MetaData(bind=engine).bind is engine


def bind_by_attribute(engine):
    meta = MetaData()
    before = meta.bind
    meta.bind = engine
    return before, meta.bind is engine


def bind_to_a_connection(engine):
    connection = engine.connect()
    meta = MetaData(bind=connection)
    table = Table("t", meta, Column("a", Integer))
    table.create()
    found = table.exists(), meta.bind is connection
    connection.close()
    return found


def unbind(engine):
    meta = MetaData(bind=engine)
    meta.bind = None
    return meta.bind, meta.is_bound()


def metadata_with_schema(engine):
    return MetaData(schema="s").schema, MetaData(engine, schema="s").schema


def bind_of_items(engine):
    table = account(engine)
    index = Index("ix", table.c.login)
    return [
        item.bind is engine
        for item in (table, table.c.id, index, table.select())
    ]


def bind_of_unbound_items(engine):
    table = Table("t", MetaData(), Column("a", Integer))
    return table.bind, table.c.a.bind, table.select().bind


def create_and_drop(engine):
    table = Table("t", MetaData(bind=engine), Column("a", Integer))
    found = [table.exists()]
    table.create()
    found.append(table.exists())
    table.drop()
    found.append(table.exists())
    return found


def create_checkfirst(engine):
    table = Table("t", MetaData(bind=engine), Column("a", Integer))
    table.create(checkfirst=True)
    table.create(checkfirst=True)
    table.drop(checkfirst=True)
    table.drop(checkfirst=True)
    return table.exists()


def create_with_bind(engine):
    table = Table("t", MetaData(), Column("a", Integer))
    table.create(engine)
    found = [table.exists(engine), table.exists(bind=engine)]
    table.drop(bind=engine, checkfirst=True)
    found.append(table.exists(engine))
    return found


def create_twice_is_an_error(engine):
    table = Table("t", MetaData(bind=engine), Column("a", Integer))
    table.create()
    table.create()


def create_all_and_drop_all(engine):
    meta = MetaData(bind=engine)
    Table("a", meta, Column("a", Integer))
    Table("b", meta, Column("a", Integer))
    meta.create_all()
    found = sorted(engine.table_names())
    meta.drop_all(tables=[meta.tables["a"]])
    return found, engine.table_names()


def create_all_with_bind(engine):
    meta = MetaData()
    Table("a", meta, Column("a", Integer))
    meta.create_all(engine)
    meta.create_all(bind=engine, checkfirst=True)
    return engine.table_names()


def index_create_and_drop(engine):
    table = account(engine)
    index = Index("ix_login", table.c.login, unique=True)
    index.create()
    found = [one["name"] for one in inspect(engine).get_indexes("account")]
    index.drop()
    return found, inspect(engine).get_indexes("account")


def index_create_with_bind(engine):
    table = account(engine)
    Index("ix_login", table.c.login).create(engine)
    Index("ix_both", table.c.login, table.c.id).create(bind=engine)
    return sorted(x["name"] for x in inspect(engine).get_indexes("account"))


@on("postgresql")
def sequence_create_and_drop(engine):
    sequence = Sequence("counter", metadata=MetaData(bind=engine))
    sequence.create()
    first = engine.execute(sequence)
    second = sequence.execute()
    third = engine.scalar(sequence.next_value())
    sequence.drop()
    return first, second, third


def enum_create_and_drop(engine):
    kind = Enum("a", "b", name="kind", metadata=MetaData(bind=engine))
    kind.create()
    kind.create(checkfirst=True)
    kind.drop()
    kind.drop(engine, checkfirst=True)
    return kind.bind is engine


@on("postgresql")
def postgresql_enum(engine):
    from sqlalchemy.dialects.postgresql import ENUM

    kind = ENUM("a", "b", name="kind", metadata=MetaData(bind=engine))
    kind.create()
    kind.create(bind=engine, checkfirst=True)
    names = [one["name"] for one in inspect(engine).get_enums()]
    kind.drop()
    return names


def tometadata(engine):
    table = account(engine)
    other = MetaData()
    copy = table.tometadata(other)
    named = table.tometadata(other, name="other", schema="s")
    return copy.bind, copy.c.keys(), named.fullname


def thread_local_metadata(engine):
    from sqlalchemy import ThreadLocalMetaData

    meta = ThreadLocalMetaData()
    before = meta.is_bound()
    meta.bind = engine
    table = Table("t", meta, Column("a", Integer))
    table.create()
    return before, meta.is_bound(), table.exists()


def column_defaults_are_executed(engine):
    table = Table(
        "t",
        MetaData(bind=engine),
        Column("a", Integer, primary_key=True),
        Column("b", String(10), default="x"),
        Column("c", Integer, default=lambda: 7),
    )
    table.create()
    table.insert().execute(a=1)
    return table.select().execute().fetchall()


@on_12
def metadata_that_reflects(engine):
    account(engine)
    return sorted(MetaData(bind=engine, reflect=True).tables)
