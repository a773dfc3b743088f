from sqlalchemy import MetaData
from sqlalchemy import Table
from sqlalchemy import bindparam
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import text

from tests.legacy.forms import account
from tests.legacy.forms import logins
from tests.legacy.forms import on
from tests.legacy.forms import on_12


def _mark(engine):
    return "?" if engine.dialect.paramstyle == "qmark" else "%s"


def text_on_engine(engine):
    account(engine)
    return engine.execute("SELECT login FROM account ORDER BY id").fetchall()


def text_with_a_tuple(engine):
    account(engine)
    sql = "SELECT id FROM account WHERE login = %s" % _mark(engine)
    return (
        engine.execute(sql, ("bob",)).scalar(),
        engine.execute(sql, "bob").scalar(),
        engine.execute(sql, ["bob"]).scalar(),
    )


def text_with_positions(engine):
    account(engine, ())
    sql = "INSERT INTO account (id, login) VALUES (%s, %s)"
    sql = sql.replace("%s", _mark(engine))
    engine.execute(sql, 1, "a")
    engine.execute(sql, (2, "b"))
    engine.execute(sql, [3, "c"])
    return logins(engine)


def text_with_many_tuples(engine):
    account(engine, ())
    sql = "INSERT INTO account (id, login) VALUES (%s, %s)"
    sql = sql.replace("%s", _mark(engine))
    engine.execute(sql, (1, "a"), (2, "b"))
    engine.execute(sql, [(3, "c"), (4, "d")])
    engine.execute(sql, [(5, "e")])
    return logins(engine)


@on("sqlite")
def text_with_names_sqlite(engine):
    account(engine)
    sql = "SELECT id FROM account WHERE login = :name"
    return (
        engine.execute(sql, name="bob").scalar(),
        engine.execute(sql, {"name": "ann"}).scalar(),
    )


@on("postgresql", "mysql")
def text_with_names_pyformat(engine):
    account(engine)
    sql = "SELECT id FROM account WHERE login = %(name)s"
    return (
        engine.execute(sql, name="bob").scalar(),
        engine.execute(sql, {"name": "ann"}).scalar(),
    )


@on("postgresql", "mysql")
def percent_without_parameters(engine):
    account(engine)
    sql = "SELECT id FROM account WHERE login LIKE 'b%%'"
    return engine.execute(sql).fetchall()


def text_construct_with_names(engine):
    account(engine)
    sql = text("SELECT id FROM account WHERE login = :name")
    return (
        engine.execute(sql, name="bob").scalar(),
        engine.execute(sql, {"name": "ann"}).scalar(),
        engine.execute(sql, dict(name="zoe")).scalar(),
    )


def insert_with_keywords(engine):
    table = account(engine, ())
    engine.execute(table.insert(), id=1, login="a")
    return logins(engine)


def insert_with_a_dictionary(engine):
    table = account(engine, ())
    engine.execute(table.insert(), {"id": 1, "login": "a"})
    return logins(engine)


def insert_with_many(engine):
    table = account(engine, ())
    engine.execute(table.insert(), {"id": 1}, {"id": 2})
    engine.execute(table.insert(), [{"id": 3}, {"id": 4}])
    engine.execute(table.insert(), [{"id": 5}])
    return logins(engine)


def insert_with_an_empty_list(engine):
    table = account(engine, ())
    engine.execute(table.insert().values(id=1), [])
    return logins(engine)


def update_with_keywords(engine):
    table = account(engine)
    statement = table.update().where(table.c.id == bindparam("key"))
    result = engine.execute(statement, key=2, login="BOB")
    return result.rowcount, logins(engine)


def scalar_of_engine(engine):
    table = account(engine)
    return (
        engine.scalar("SELECT count(*) FROM account"),
        engine.scalar(select([func.max(table.c.id)])),
        engine.scalar(table.select().where(table.c.id == 99)),
    )


def text_on_connection(engine):
    account(engine)
    connection = engine.connect()
    found = connection.execute("SELECT count(*) FROM account").scalar()
    other = connection.scalar("SELECT max(id) FROM account")
    connection.close()
    return found, other, connection.closed


def connection_as_context(engine):
    account(engine)
    with engine.connect() as connection:
        connection.execute("DELETE FROM account WHERE id = 1")
    return logins(engine)


def autocommit_of_connection(engine):
    table = account(engine)
    connection = engine.connect()
    connection.execute(table.delete().where(table.c.id == 1))
    connection.execute("DELETE FROM account WHERE id = 2")
    connection.execute(text("UPDATE account SET login = 'x'"))
    connection.close()
    return logins(engine)


def autocommit_option(engine):
    account(engine)
    connection = engine.connect()
    statement = text("DELETE FROM account WHERE id = :i")
    statement = statement.execution_options(autocommit=True)
    connection.execute(statement, i=1)
    connection.execution_options(autocommit=True).execute(statement, i=2)
    connection.close()
    return logins(engine)


def statement_execute(engine):
    table = account(engine)
    table.insert().execute(id=4, login="d")
    table.insert().execute({"id": 5, "login": "e"}, {"id": 6, "login": "f"})
    table.insert(values={"id": 7, "login": "g"}).execute()
    table.update(table.c.id == 1, values={"login": "A"}).execute()
    table.update(table.c.id == 2).execute(login="B")
    table.delete(table.c.id == 3).execute()
    return table.select().execute().fetchall()


def statement_scalar(engine):
    table = account(engine)
    return (
        select([func.count(table.c.id)]).scalar(),
        table.select().scalar(),
        select([table.c.login]).where(table.c.id == 2).execute().scalar(),
    )


def statement_first_and_fetch(engine):
    table = account(engine)
    ordered = table.select(order_by=table.c.id)
    result = ordered.execute()
    return (
        ordered.execute().first(),
        ordered.execute().fetchone(),
        ordered.execute().fetchmany(2),
        result.fetchone(),
        result.fetchall(),
    )


def text_with_bind(engine):
    account(engine)
    statement = text("SELECT count(*) FROM account", bind=engine)
    return (
        statement.scalar(),
        statement.execute().scalar(),
        (statement.bind is engine),
    )


def text_with_bindparams(engine):
    account(engine)
    statement = text("SELECT login FROM account WHERE id = :i").bindparams(
        bindparam("i", value=2)
    )
    return engine.execute(statement).scalar()


def select_with_bind(engine):
    return (
        select([func.max(1)], bind=engine).execute().scalar()
        if (engine.dialect.name == "sqlite")
        else select([func.abs(-1)], bind=engine).execute().scalar()
    )


def function_execute(engine):
    return engine.execute(func.abs(-3)).scalar(), (
        func.abs(-4, bind=engine).scalar()
    )


def begin_commit(engine):
    table = account(engine)
    connection = engine.connect()
    transaction = connection.begin()
    connection.execute(table.delete())
    transaction.commit()
    connection.close()
    return logins(engine)


def begin_rollback(engine):
    table = account(engine)
    connection = engine.connect()
    transaction = connection.begin()
    connection.execute(table.delete())
    transaction.rollback()
    connection.close()
    return logins(engine), transaction.is_active


def begin_without_commit(engine):
    table = account(engine)
    connection = engine.connect()
    connection.begin()
    connection.execute(table.delete())
    connection.close()
    return logins(engine)


def begin_as_context(engine):
    table = account(engine)
    connection = engine.connect()
    with connection.begin():
        connection.execute(table.delete(table.c.id == 1))
    try:
        with connection.begin():
            connection.execute(table.delete())
            raise ValueError
    except ValueError:
        pass
    connection.close()
    return logins(engine)


def begin_nested_in_begin(engine):
    table = account(engine)
    connection = engine.connect()
    outer = connection.begin()
    inner = connection.begin()
    connection.execute(table.delete(table.c.id == 1))
    inner.commit()
    still = connection.in_transaction()
    outer.commit()
    connection.close()
    return still, logins(engine)


def inner_rollback_rolls_back_all(engine):
    table = account(engine)
    connection = engine.connect()
    outer = connection.begin()
    connection.execute(table.delete(table.c.id == 1))
    inner = connection.begin()
    connection.execute(table.delete(table.c.id == 2))
    inner.rollback()
    active = outer.is_active
    outer.rollback()
    connection.close()
    return active, logins(engine)


def execute_after_inner_rollback(engine):
    table = account(engine)
    connection = engine.connect()
    connection.begin()
    connection.begin().rollback()
    try:
        connection.execute(table.delete())
    finally:
        connection.close()


@on("postgresql", "mysql")
def savepoint(engine):
    table = account(engine)
    connection = engine.connect()
    outer = connection.begin()
    inner = connection.begin_nested()
    connection.execute(table.delete())
    inner.rollback()
    connection.execute(table.delete(table.c.id == 1))
    outer.commit()
    connection.close()
    return logins(engine)


def engine_begin(engine):
    table = account(engine)
    with engine.begin() as connection:
        connection.execute(table.delete(table.c.id == 1))
    try:
        with engine.begin() as connection:
            connection.execute(table.delete())
            raise ValueError
    except ValueError:
        pass
    return logins(engine)


def engine_transaction(engine):
    table = account(engine)

    def work(connection, key):
        connection.execute(table.delete(table.c.id == key))
        return "done"

    return engine.transaction(work, 1), logins(engine)


def run_callable(engine):
    account(engine)

    def work(connection, sql):
        return connection.execute(sql).scalar()

    return engine.run_callable(work, "SELECT count(*) FROM account"), (
        engine.connect().run_callable(work, "SELECT max(id) FROM account")
    )


def connection_transaction(engine):
    table = account(engine)

    def work(connection):
        connection.execute(table.delete(table.c.id == 1))

    with engine.connect() as connection:
        connection.transaction(work)
    return logins(engine)


def branched_connection(engine):
    account(engine)
    connection = engine.connect()
    branch = connection.connect()
    found = branch.execute("SELECT count(*) FROM account").scalar()
    branch.close()
    again = connection.execute("SELECT max(id) FROM account").scalar()
    connection.close()
    return found, again


def branch_shares_the_transaction(engine):
    table = account(engine)
    connection = engine.connect()
    transaction = connection.begin()
    with connection.connect() as branch:
        branch.execute(table.delete())
    transaction.rollback()
    connection.close()
    return logins(engine)


def raw_connection(engine):
    account(engine)
    raw = engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute("DELETE FROM account WHERE id = 1")
    raw.commit()
    cursor.execute("DELETE FROM account WHERE id = 2")
    raw.rollback()
    cursor.close()
    raw.close()
    return logins(engine)


def connection_attributes(engine):
    connection = engine.connect()
    found = [
        connection.engine is engine or True,
        connection.dialect.name == engine.name,
        connection.closed,
        connection.in_transaction(),
    ]
    connection.close()
    return found


def result_attributes(engine):
    table = account(engine, ())
    result = engine.execute(table.insert(), id=4, login="d")
    key = list(result.inserted_primary_key)
    updated = engine.execute(table.update(), login="x")
    selected = engine.execute(table.select())
    return (
        key,
        result.returns_rows,
        result.is_insert,
        updated.rowcount,
        list(selected.keys()),
        selected.returns_rows,
        selected.fetchall(),
    )


@on("sqlite", "mysql")
def lastrowid(engine):
    table = account(engine, ())
    result = engine.execute(table.insert(), login="d")
    return result.lastrowid, list(result.inserted_primary_key)


def last_inserted_params(engine):
    table = account(engine, ())
    result = engine.execute(table.insert(), id=4, login="d")
    return result.last_inserted_params()


def generated_key(engine):
    table = account(engine, ())
    result = engine.execute(table.insert().values(login="a"))
    return list(result.inserted_primary_key), logins(engine)


def rows_after_close(engine):
    account(engine)
    connection = engine.connect()
    result = connection.execute("SELECT id FROM account ORDER BY id")
    rows = result.fetchall()
    connection.close()
    return rows


def fetch_after_the_end(engine):
    account(engine)
    result = engine.execute("SELECT id FROM account WHERE id = 1")
    return (
        result.fetchall(),
        result.fetchall(),
        (engine.execute("SELECT id FROM account WHERE id = 9").fetchone()),
    )


def fetchone_to_the_end(engine):
    account(engine)
    result = engine.execute("SELECT id FROM account ORDER BY id")
    found = []
    row = result.fetchone()
    while row is not None:
        found.append(row[0])
        row = result.fetchone()
    return found


def fetch_of_a_delete(engine):
    account(engine)
    engine.execute("DELETE FROM account").fetchall()


def select_while_writing(engine):
    table = account(engine)
    for row in engine.execute(table.select()).fetchall():
        engine.execute(
            table.update().where(table.c.id == row.id).values(login="x")
        )
    return logins(engine)


def delete_rowcount(engine):
    account(engine)
    return engine.execute("DELETE FROM account WHERE id > 1").rowcount


def caught_error(engine):
    from sqlalchemy.exc import DBAPIError

    account(engine)
    try:
        engine.execute("INSERT INTO account (id) VALUES (1)")
    except DBAPIError:
        engine.execute("INSERT INTO account (id, login) VALUES (9, 'i')")
    return logins(engine)


def caught_integrity_error(engine):
    from sqlalchemy import exc

    table = account(engine)
    try:
        engine.execute(table.insert(), id=1)
    except exc.IntegrityError as error:
        return (
            type(error).__name__,
            error.statement.split()[0],
            (error.orig is not None),
        )


def missing_table(engine):
    from sqlalchemy import exc

    try:
        engine.execute("SELECT * FROM nosuch")
    except (exc.OperationalError, exc.ProgrammingError):
        return "caught"


def schema_item_on_engine(engine):
    from sqlalchemy.schema import CreateIndex
    from sqlalchemy.schema import DropIndex
    from sqlalchemy import Index
    from sqlalchemy import inspect

    table = account(engine)
    index = Index("ix", table.c.login)
    engine.execute(CreateIndex(index))
    found = len(inspect(engine).get_indexes("account"))
    engine.execute(DropIndex(index))
    return found, len(inspect(engine).get_indexes("account"))


def ddl_execute(engine):
    from sqlalchemy import DDL

    account(engine)
    DDL("DELETE FROM account WHERE id = 1").execute(bind=engine)
    engine.execute(
        DDL("DELETE FROM account WHERE id = %(i)s", context={"i": 2})
    )
    return logins(engine)


def url_of_engine(engine):
    return (
        engine.url.drivername.split("+")[0],
        engine.name,
        engine.url.database is not None,
        engine.url.get_backend_name(),
        engine.dialect.name,
    )


def engine_of_metadata(engine):
    meta = MetaData(bind=engine)
    table = Table("account", meta)
    account(engine)
    return (
        meta.bind.execute("SELECT count(*) FROM account").scalar(),
        table.bind.name == engine.name,
        table.metadata.bind.dialect.name == engine.name,
    )


def dialect_names(engine):
    preparer = engine.dialect.identifier_preparer
    return preparer.quote("select").strip('"`'), preparer.quote("plain")


@on_12
def ddl_on_and_bind(engine):
    from sqlalchemy import DDL

    account(engine)
    other = "sqlite" if engine.name != "sqlite" else "mysql"
    places = engine.name, other, (other, engine.name)
    for number, place in enumerate(places, 1):
        text = "DELETE FROM account WHERE id = %d" % number
        DDL(text, on=place).execute(engine)
    DDL("UPDATE account SET login = 'new'", bind=engine).execute()
    return logins(engine)


@on_12
def ddl_on_by_place(engine):
    from sqlalchemy import DDL

    account(engine)
    asked = []

    def wanted(ddl, event, target, bind, **rest):
        asked.append((type(ddl).__name__, event, target))
        return False

    DDL("DELETE FROM account", wanted).execute(engine)
    DDL("DELETE FROM account WHERE id = 1", engine.name).execute(engine)
    DDL(
        "DELETE FROM account WHERE id = %(i)s", None, {"i": 2}, engine
    ).execute()
    return logins(engine), asked


@on_12
def ddl_execute_at(engine):
    from sqlalchemy import Column
    from sqlalchemy import DDL
    from sqlalchemy import Integer
    from sqlalchemy import MetaData
    from sqlalchemy import Table

    asked = []

    def wanted(ddl, event, target, bind, **rest):
        asked.append((event, getattr(target, "name", None)))
        return True

    meta = MetaData(bind=engine)
    table = Table("shop", meta, Column("id", Integer))
    other = "sqlite" if engine.name != "sqlite" else "mysql"
    DDL("INSERT INTO %(table)s VALUES (1)", on=wanted).execute_at(
        "after-create", table
    )
    DDL("INSERT INTO %(table)s VALUES (2)", on=other).execute_at(
        "after-create", table
    )
    DDL("INSERT INTO shop VALUES (3)").execute_at("after-create", meta)
    meta.create_all()
    return [tuple(row) for row in engine.execute("SELECT id FROM shop")], asked


@on_12
def append_ddl_listener(engine):
    from sqlalchemy import Column
    from sqlalchemy import Integer
    from sqlalchemy import MetaData
    from sqlalchemy import Table

    told = []
    meta = MetaData(bind=engine)
    table = Table("shop", meta, Column("id", Integer))

    def listen(event, target, connection, **rest):
        told.append((event, target is table, connection.engine.name))

    table.append_ddl_listener("after-create", listen)
    table.append_ddl_listener("before-drop", listen)
    meta.create_all()
    meta.drop_all()
    return [each[:2] for each in told]


@on_12
def create_elements_with_bind(engine):
    from sqlalchemy import Column
    from sqlalchemy import Index
    from sqlalchemy import Integer
    from sqlalchemy import MetaData
    from sqlalchemy import Table
    from sqlalchemy import inspect
    from sqlalchemy.schema import CreateIndex
    from sqlalchemy.schema import CreateTable
    from sqlalchemy.schema import DropTable

    table = Table("shop", MetaData(), Column("id", Integer))
    index = Index("shop_ix", table.c.id)
    other = "sqlite" if engine.name != "sqlite" else "mysql"
    CreateTable(table, bind=engine).execute()
    CreateIndex(index, on=other, bind=engine).execute()
    found = [len(inspect(engine).get_indexes("shop"))]
    CreateIndex(index, on=engine.name, bind=engine).execute()
    found.append(len(inspect(engine).get_indexes("shop")))
    DropTable(table, bind=engine).execute()
    return found, inspect(engine).get_table_names()


@on_12
def next_of_result(engine):
    account(engine)
    result = engine.execute("SELECT id FROM account ORDER BY id")
    return [tuple(result.next()), tuple(result.next())]
