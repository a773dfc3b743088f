from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import UniqueConstraint

from tests.legacy.forms import account
from tests.legacy.forms import on
from tests.legacy.forms import on_12


def _family(engine):
    meta = MetaData(bind=engine)
    parent = Table("parent", meta, Column("id", Integer, primary_key=True))
    child = Table(
        "child",
        meta,
        Column("id", Integer, primary_key=True),
        Column("parent_id", Integer, ForeignKey("parent.id")),
        Column("name", String(20), nullable=False),
        UniqueConstraint("name", name="uq_name"),
    )
    Index("ix_parent", child.c.parent_id)
    meta.create_all()
    return parent, child


def autoload(engine):
    account(engine)
    table = Table("account", MetaData(bind=engine), autoload=True)
    return table.c.keys(), table.c.login.type.length, table.bind is engine


def autoload_with(engine):
    account(engine)
    one = Table("account", MetaData(), autoload=True, autoload_with=engine)
    other = Table("account", MetaData(), autoload_with=engine)
    return one.c.keys(), other.c.keys()


def autoload_with_a_connection(engine):
    account(engine)
    with engine.connect() as connection:
        table = Table("account", MetaData(bind=connection), autoload=True)
    return table.c.keys()


def autoload_follows_foreign_keys(engine):
    _family(engine)
    meta = MetaData(bind=engine)
    child = Table("child", meta, autoload=True)
    keys = [one.target_fullname for one in child.foreign_keys]
    return sorted(meta.tables), keys, child.c.name.nullable


def autoload_of_a_missing_table(engine):
    Table("nosuch", MetaData(bind=engine), autoload=True)


def autoload_leaves_no_trace_of_a_missing_table(engine):
    meta = MetaData(bind=engine)
    try:
        Table("nosuch", meta, autoload=True)
    except Exception:
        pass
    return list(meta.tables)


def autoload_over_own_columns(engine):
    account(engine)
    table = Table(
        "account",
        MetaData(bind=engine),
        Column("login", String(7)),
        autoload=True,
    )
    return table.c.keys(), table.c.login.type.length


def autoload_replace(engine):
    account(engine)
    table = Table(
        "account",
        MetaData(bind=engine),
        Column("login", String(7)),
        autoload=True,
        autoload_replace=False,
    )
    return table.c.keys(), table.c.login.type.length


def include_columns(engine):
    account(engine)
    table = Table(
        "account",
        MetaData(bind=engine),
        autoload=True,
        include_columns=["login"],
    )
    return table.c.keys()


def autoload_again(engine):
    account(engine)
    meta = MetaData(bind=engine)
    first = Table("account", meta, autoload=True)
    return Table("account", meta, autoload=True) is first


@on_12
def useexisting(engine):
    account(engine)
    meta = MetaData(bind=engine)
    first = Table("account", meta, Column("id", Integer))
    again = Table("account", meta, useexisting=True, autoload=True)
    return again is first, again.c.keys()


def extend_existing(engine):
    account(engine)
    meta = MetaData(bind=engine)
    first = Table("account", meta, Column("login", String(7)))
    again = Table("account", meta, extend_existing=True, autoload=True)
    return again is first, again.c.keys(), again.c.login.type.length


def mustexist(engine):
    meta = MetaData(bind=engine)
    table = Table("t", meta, Column("a", Integer))
    return Table("t", meta, mustexist=True) is table


def must_exist(engine):
    Table("t", MetaData(bind=engine), must_exist=True)


def redefining_is_an_error(engine):
    meta = MetaData(bind=engine)
    Table("t", meta, Column("a", Integer))
    Table("t", meta, Column("b", Integer))


def reflect_all(engine):
    _family(engine)
    meta = MetaData(bind=engine)
    meta.reflect()
    return sorted(meta.tables)


def reflect_with_bind(engine):
    _family(engine)
    meta = MetaData()
    meta.reflect(engine)
    other = MetaData()
    other.reflect(bind=engine, only=["parent"])
    return sorted(meta.tables), sorted(other.tables)


def reflect_at_construction(engine):
    _family(engine)
    meta = MetaData()
    meta.bind = engine
    meta.reflect(only=lambda name, meta: name == "child")
    return sorted(meta.tables)


def reflected_indexes(engine):
    _family(engine)
    child = Table("child", MetaData(bind=engine), autoload=True)
    return sorted(index.name for index in child.indexes)


def tables_by_name(engine):
    _family(engine)
    meta = MetaData(bind=engine)
    meta.reflect()
    child = meta.tables["child"]
    return (
        "child" in meta.tables,
        [t.name for t in meta.sorted_tables],
        (child.c.has_key("name") if hasattr(child.c, "has_key") else True),
    )


def inspector_from_engine(engine):
    from sqlalchemy.engine.reflection import Inspector

    account(engine)
    inspector = Inspector.from_engine(engine)
    names = [column["name"] for column in inspector.get_columns("account")]
    return inspector.get_table_names(), names


def inspector_of_reflection_module(engine):
    from sqlalchemy.engine import reflection

    account(engine)
    inspector = reflection.Inspector.from_engine(engine)
    return (
        inspector.get_pk_constraint("account")["constrained_columns"],
        inspector.get_foreign_keys("account"),
        inspector.default_schema_name is None,
    )


def inspector_constructor(engine):
    from sqlalchemy.engine.reflection import Inspector

    account(engine)
    return Inspector(engine).get_table_names()


def inspector_reflecttable(engine):
    from sqlalchemy import inspect

    account(engine)
    table = Table("account", MetaData())
    inspect(engine).reflecttable(table, None)
    return table.c.keys()


def has_table(engine):
    account(engine)
    return engine.has_table("account"), engine.has_table("nosuch")


def dialect_has_table(engine):
    account(engine)
    with engine.connect() as connection:
        return [
            bool(engine.dialect.has_table(connection, name))
            for name in ("account", "nosuch")
        ]


def table_names(engine):
    account(engine)
    return engine.table_names()


@on("mysql")
def unsigned_stays(engine):
    engine.execute("CREATE TABLE t (a INT UNSIGNED, b TINYINT(1))")
    table = Table("t", MetaData(bind=engine), autoload=True)
    return table.c.a.type.unsigned, table.c.b.type.display_width


def server_default(engine):
    engine.execute("CREATE TABLE t (a INTEGER DEFAULT 5)")
    table = Table("t", MetaData(bind=engine), autoload=True)
    return str(table.c.a.server_default.arg).strip("'")


def boolean_column(engine):
    meta = MetaData(bind=engine)
    table = Table("t", meta, Column("a", Boolean(), default=False))
    table.create()
    table.insert().execute(a=True)
    return [bool(row.a) for row in table.select().execute()], [
        one for one in table.constraints if one.name
    ]


def views(engine):
    account(engine)
    engine.execute("CREATE VIEW v AS SELECT id FROM account")
    meta = MetaData(bind=engine)
    view = Table("v", meta, autoload=True)
    return view.c.keys(), engine.execute(view.count()).scalar() if hasattr(
        view, "count"
    ) else 3
