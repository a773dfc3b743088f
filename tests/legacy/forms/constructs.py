from sqlalchemy import Column
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import and_
from sqlalchemy import bindparam
from sqlalchemy import case
from sqlalchemy import cast
from sqlalchemy import delete
from sqlalchemy import desc
from sqlalchemy import distinct
from sqlalchemy import exists
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import join
from sqlalchemy import literal_column
from sqlalchemy import not_
from sqlalchemy import or_
from sqlalchemy import outerjoin
from sqlalchemy import select
from sqlalchemy import sql
from sqlalchemy import text
from sqlalchemy import union
from sqlalchemy import union_all
from sqlalchemy import update

from tests.legacy.forms import account
from tests.legacy.forms import logins
from tests.legacy.forms import on
from tests.legacy.forms import on_12


def _mail(engine):
    table = account(engine)
    mail = Table(
        "mail",
        table.metadata,
        Column("id", Integer, primary_key=True),
        Column("account_id", Integer, ForeignKey("account.id")),
        Column("address", String(40)),
    )
    mail.create()
    mail.insert().execute(
        {"id": 1, "account_id": 1, "address": "a@x"},
        {"id": 2, "account_id": 1, "address": "b@x"},
        {"id": 3, "account_id": 2, "address": "c@x"},
    )
    return table, mail


def _rows(engine, statement):
    return engine.execute(statement).fetchall()


def select_list(engine):
    t = account(engine)
    return _rows(engine, select([t.c.id, t.c.login]).order_by(t.c.id))


def select_table_list(engine):
    t = account(engine)
    return sorted(_rows(engine, select([t])))


def select_whereclause(engine):
    t = account(engine)
    return _rows(engine, select([t.c.login], t.c.id == 2)), _rows(
        engine, select([t.c.login], whereclause=t.c.id == 1)
    )


def select_columns_keyword(engine):
    t = account(engine)
    return _rows(engine, select(columns=[t.c.login], whereclause=t.c.id == 2))


def select_whereclause_only(engine):
    t = account(engine)
    statement = select(whereclause=t.c.id == 2, from_obj=[t], columns=[t.c.id])
    return _rows(engine, statement)


def select_column_collection(engine):
    t = account(engine)
    return _rows(engine, select(list(t.c), order_by=[t.c.id]))


def select_tuple_and_generator(engine):
    t = account(engine)
    return _rows(engine, select((t.c.id,)).order_by(t.c.id)), _rows(
        engine, select([c for c in t.c if c.name == "id"]).order_by(t.c.id)
    )


def select_from_obj(engine):
    t, mail = _mail(engine)
    joined = t.join(mail, t.c.id == mail.c.account_id)
    return _rows(
        engine,
        select(
            [t.c.login, mail.c.address],
            from_obj=[joined],
            order_by=[mail.c.id],
        ),
    ), _rows(engine, select([func.count("*")], from_obj=t))


def select_options(engine):
    t = account(engine)
    return _rows(
        engine, select([t.c.id], order_by=desc(t.c.id), limit=2, offset=1)
    )


def select_distinct(engine):
    t, mail = _mail(engine)
    return _rows(
        engine,
        select(
            [mail.c.account_id], distinct=True, order_by=[mail.c.account_id]
        ),
    ), _rows(engine, select([func.count(distinct(mail.c.account_id))]))


def select_group_by_having(engine):
    t, mail = _mail(engine)
    return _rows(
        engine,
        select(
            [mail.c.account_id, func.count(mail.c.id)],
            group_by=[mail.c.account_id],
            having=func.count(mail.c.id) > 1,
        ),
    )


def select_use_labels(engine):
    t = account(engine)
    return list(engine.execute(select([t], use_labels=True)).keys())


def select_for_update(engine):
    t = account(engine)
    statement = select([t.c.id]).with_for_update().order_by(t.c.id)
    return _rows(engine, statement)


def select_prefixes(engine):
    t = account(engine)
    return _rows(
        engine, select([t.c.id], prefixes=["DISTINCT"], order_by=[t.c.id])
    )


def select_numbers(engine):
    return _rows(engine, select([1])), _rows(engine, select([text("2")]))


def select_literal_column(engine):
    t = account(engine)
    return _rows(
        engine,
        select(
            [literal_column("'x'"), literal_column("1 + 1")], from_obj=[t]
        ).limit(1),
    )


def select_star(engine):
    t = account(engine)
    return _rows(engine, select(["*"], from_obj=[t]).order_by(t.c.id))


def select_text_columns(engine):
    account(engine)
    return _rows(
        engine,
        select([text("login")], text("id = 2"), from_obj=[text("account")]),
    )


@on_12
def select_string_columns(engine):
    account(engine)
    return _rows(engine, select(["login"], "id = 2", from_obj=["account"]))


@on_12
def where_string(engine):
    t = account(engine)
    return _rows(engine, t.select("id = 2")), _rows(
        engine, select([t.c.id]).where("login = 'ann'")
    )


@on_12
def and_string(engine):
    t = account(engine)
    return _rows(engine, t.select(and_("id > 1", t.c.login != None)))  # noqa: E711


@on_12
def order_by_string(engine):
    t = account(engine)
    return _rows(engine, t.select(order_by="id DESC")), _rows(
        engine, select([t.c.id], order_by=["id"])
    )


@on_12
def from_string(engine):
    account(engine)
    return _rows(engine, select([func.count("*")]).select_from("account"))


@on_12
def having_string(engine):
    t, mail = _mail(engine)
    return _rows(
        engine,
        select(
            [mail.c.account_id], group_by=["account_id"], having="count(*) > 1"
        ),
    )


def order_by_name(engine):
    t = account(engine)
    return _rows(engine, select([t.c.id.label("x")]).order_by("x")), _rows(
        engine, t.select().order_by(t.c.id.desc())
    )


def table_select(engine):
    t = account(engine)
    return (
        _rows(engine, t.select(t.c.id == 1)),
        _rows(engine, t.select(whereclause=t.c.id > 1, order_by=[t.c.id])),
        _rows(engine, t.select().where(t.c.login == None)),
    )  # noqa: E711


def alias_select(engine):
    a = account(engine).alias("a")
    return _rows(engine, a.select(a.c.id == 1)), a.original.name


def table_update(engine):
    t = account(engine)
    engine.execute(t.update(t.c.id == 1, {"login": "A"}))
    engine.execute(t.update(t.c.id == 2, values=dict(login="B")))
    engine.execute(t.update(whereclause=t.c.id == 3).values(login="C"))
    return logins(engine)


def table_update_by_column(engine):
    t = account(engine)
    engine.execute(t.update(t.c.id == 1, values={t.c.login: "A"}))
    return logins(engine)


def table_update_subselect(engine):
    t, mail = _mail(engine)
    newest = (
        select([func.max(mail.c.address)])
        .where(mail.c.account_id == t.c.id)
        .as_scalar()
    )
    engine.execute(t.update(values={t.c.login: newest}))
    return logins(engine)


def table_delete(engine):
    t = account(engine)
    engine.execute(t.delete(t.c.id == 1))
    engine.execute(t.delete(whereclause=t.c.id == 2))
    return logins(engine)


def table_insert(engine):
    t = account(engine, ())
    engine.execute(t.insert({"id": 1}))
    engine.execute(t.insert(values={"id": 2, "login": "b"}))
    engine.execute(t.insert().values((3, "c")))
    engine.execute(
        t.insert().values([{"id": 4, "login": "d"}, {"id": 5, "login": "e"}])
    )
    engine.execute(t.insert(inline=True, values={"id": 6, "login": "f"}))
    return logins(engine)


def functions_of_dml(engine):
    t = account(engine, ())
    engine.execute(insert(t, {"id": 1, "login": "a"}))
    engine.execute(insert(t, values={"id": 2, "login": "b"}))
    engine.execute(update(t, t.c.id == 1, values={"login": "A"}))
    engine.execute(update(t, whereclause=t.c.id == 2).values(login="B"))
    engine.execute(insert(t).values(id=3))
    engine.execute(delete(t, t.c.id == 3))
    return logins(engine)


def insert_from_select(engine):
    t = account(engine)
    engine.execute(
        t.insert().from_select(
            ["id", "login"], select([t.c.id + 10, t.c.login])
        )
    )
    return logins(engine)


@on("postgresql")
def returning(engine):
    t = account(engine)
    return engine.execute(
        t.update(t.c.id == 1, values={"login": "x"}, returning=[t.c.id])
    ).fetchall()


def case_list(engine):
    t = account(engine)
    return _rows(
        engine,
        select(
            [case([(t.c.id == 1, "one"), (t.c.id == 2, "two")], else_="many")],
            order_by=[t.c.id],
        ),
    )


def case_value(engine):
    t = account(engine)
    return _rows(
        engine,
        select(
            [case(value=t.c.id, whens={1: "one"}, else_="many")],
            order_by=[t.c.id],
        ),
    ), _rows(
        engine,
        select(
            [case({"ann": 1}, value=t.c.login, else_=0)], order_by=[t.c.id]
        ),
    )


def case_in_update(engine):
    t = account(engine)
    t.update(
        values={
            "login": sql.case(
                [(t.c.login == None, "none")],  # noqa: E711
                else_=t.c.login,
            )
        }
    ).execute()
    return logins(engine)


@on_12
def table_count(engine):
    t = account(engine)
    return t.count().scalar(), t.count(t.c.id > 1).execute().scalar()


def join_select(engine):
    t, mail = _mail(engine)
    joined = join(t, mail)
    return _rows(engine, joined.select(t.c.id == 2)), _rows(
        engine, t.outerjoin(mail).select(mail.c.id == None)
    )  # noqa: E711


def join_select_use_labels(engine):
    t, mail = _mail(engine)
    return list(engine.execute(t.join(mail).select(use_labels=True)).keys())


def outer_join(engine):
    t, mail = _mail(engine)
    return _rows(
        engine,
        select(
            [t.c.id, mail.c.id],
            from_obj=[outerjoin(t, mail, t.c.id == mail.c.account_id)],
        ).where(mail.c.id == None),
    )  # noqa: E711


def in_select(engine):
    t, mail = _mail(engine)
    return _rows(
        engine,
        select(
            [t.c.login],
            t.c.id.in_(select([mail.c.account_id])),
            order_by=[t.c.id],
        ),
    ), _rows(
        engine, select([t.c.login], ~t.c.id.in_(select([mail.c.account_id])))
    )


def in_list(engine):
    t = account(engine)
    return _rows(
        engine, select([t.c.id], t.c.id.in_([1, 3]), order_by=[t.c.id])
    ), _rows(engine, select([t.c.id], t.c.id.in_([])))


def not_in(engine):
    t = account(engine)
    return _rows(engine, select([t.c.id], not_(t.c.id.in_([1, 3])))), _rows(
        engine, select([t.c.id], t.c.id.notin_([1, 3]))
    )


def empty_and(engine):
    t = account(engine)
    return _rows(engine, select([t.c.id], and_(), order_by=[t.c.id])), _rows(
        engine, select([t.c.id]).where(and_(*[t.c.id == 1]))
    )


def empty_or(engine):
    t = account(engine)
    return _rows(engine, select([t.c.id]).where(or_()).order_by(t.c.id))


def exists_list(engine):
    t, mail = _mail(engine)
    return _rows(
        engine,
        select(
            [t.c.id],
            exists([mail.c.id], mail.c.account_id == t.c.id),
            order_by=[t.c.id],
        ),
    ), _rows(
        engine,
        select(
            [t.c.id], ~exists([mail.c.id]).where(mail.c.account_id == t.c.id)
        ),
    )


def exists_forms(engine):
    t, mail = _mail(engine)
    inner = mail.c.account_id == t.c.id
    return [
        _rows(engine, select([t.c.id], clause, order_by=[t.c.id]))
        for clause in (
            exists().where(inner),
            exists(select([mail.c.id], inner)),
            exists([1], inner, from_obj=[mail]),
            sql.exists([mail.c.id], inner).correlate(t),
        )
    ]


def scalar_subquery(engine):
    t, mail = _mail(engine)
    counted = (
        select([func.count(mail.c.id)])
        .where(mail.c.account_id == t.c.id)
        .as_scalar()
    )
    labelled = (
        select([func.count(mail.c.id)])
        .where(mail.c.account_id == t.c.id)
        .label("n")
    )
    return _rows(engine, select([t.c.id, counted], order_by=[t.c.id])), (
        _rows(engine, select([t.c.id, labelled], order_by=[t.c.id]))
    )


def compare_to_select(engine):
    t, mail = _mail(engine)
    newest = select([func.max(mail.c.account_id)]).as_scalar()
    return _rows(engine, t.select(t.c.id == newest))


def union_of_selects(engine):
    t = account(engine)
    one, two = select([t.c.id], t.c.id == 1), select([t.c.id], t.c.id == 2)
    return (
        sorted(_rows(engine, union(one, two))),
        sorted(_rows(engine, union_all(one, one))),
        sorted(_rows(engine, one.union(two))),
    )


def union_with_order(engine):
    t = account(engine)
    one, two = select([t.c.id], t.c.id == 1), select([t.c.id], t.c.id == 2)
    return _rows(engine, union(one, two, order_by=["id"], limit=1)), (
        union(one, two).execute().rowcount is not None
    )


def union_alias(engine):
    t = account(engine)
    both = union(
        select([t.c.id], t.c.id == 1), select([t.c.id], t.c.id == 2)
    ).alias("both")
    return sorted(_rows(engine, select([both.c.id])))


def select_c(engine):
    t = account(engine)
    inner = select([t.c.id, t.c.login], t.c.id > 1)
    return inner.c.keys(), sorted(_rows(engine, select([inner.c.id])))


def select_alias(engine):
    t = account(engine)
    inner = select([t.c.id], t.c.id > 1).alias("inner_")
    return _rows(engine, select([inner.c.id], order_by=[inner.c.id])), (
        _rows(engine, inner.select(inner.c.id == 2))
    )


def select_in_from(engine):
    t = account(engine)
    inner = select([t.c.id], t.c.id > 1)
    return sorted(_rows(engine, select([inner.c.id], from_obj=[inner])))


def select_select(engine):
    t = account(engine)
    return sorted(_rows(engine, select([t.c.id], t.c.id > 1).select()))


def join_of_select(engine):
    t, mail = _mail(engine)
    firsts = select(
        [func.min(mail.c.id).label("first")], group_by=[mail.c.account_id]
    ).alias()
    return _rows(
        engine,
        select(
            [mail.c.address],
            order_by=[mail.c.id],
            from_obj=[mail.join(firsts, mail.c.id == firsts.c.first)],
        ),
    )


def append_forms(engine):
    t = account(engine)
    statement = select([t.c.id])
    statement.append_whereclause(t.c.id > 1)
    statement.append_column(t.c.login)
    statement.append_order_by(t.c.id.desc())
    statement.append_from(t)
    return _rows(engine, statement)


def append_group_by(engine):
    t, mail = _mail(engine)
    statement = select([mail.c.account_id, func.count(mail.c.id)])
    statement.append_group_by(mail.c.account_id)
    statement.append_having(func.count(mail.c.id) > 1)
    return _rows(engine, statement)


def with_only_columns(engine):
    t = account(engine)
    return _rows(engine, t.select(t.c.id == 1).with_only_columns([t.c.login]))


def generative_column(engine):
    t = account(engine)
    return _rows(engine, select([t.c.id], t.c.id == 1).column(t.c.login))


def apply_labels(engine):
    t = account(engine)
    return list(engine.execute(t.select().apply_labels()).keys())


def froms_and_columns(engine):
    t = account(engine)
    statement = select([t.c.id])
    return [one.name for one in statement.froms], [
        one.name for one in statement.inner_columns
    ]


def correlate(engine):
    t, mail = _mail(engine)
    inner = select(
        [mail.c.id],
        mail.c.account_id == t.c.id,
        correlate=False,
        from_obj=[mail, t],
    )
    return sorted(_rows(engine, inner))


def functions(engine):
    t = account(engine)
    return _rows(
        engine,
        select(
            [func.max(t.c.id), func.min(t.c.id), func.count()], from_obj=[t]
        ),
    ), _rows(
        engine, select([func.coalesce(t.c.login, "none")], order_by=[t.c.id])
    )


def casts(engine):
    t = account(engine)
    return _rows(engine, select([cast(t.c.id, String(10))], order_by=[t.c.id]))


def bind_parameters(engine):
    t = account(engine)
    statement = select([t.c.login], t.c.id == bindparam("key"))
    return engine.execute(statement, key=2).scalar(), engine.execute(
        statement.params(key=1)
    ).scalar()


def text_in_select(engine):
    t = account(engine)
    return _rows(engine, t.select(text("id = :key")).params(key=2)), _rows(
        engine, t.select().where(text("id = 1"))
    )


def text_columns(engine):
    account(engine)
    statement = text("SELECT id, login FROM account WHERE id = 1")
    return _rows(engine, statement.columns(id=Integer, login=String))


@on_12
def text_keywords(engine):
    account(engine)
    statement = text(
        "SELECT login FROM account WHERE id = :key",
        bindparams=[bindparam("key", 2)],
        typemap={"login": String},
    )
    return _rows(engine, statement)


def column_copy(engine):
    t, mail = _mail(engine)
    copy = mail.c.account_id.copy()
    return copy.table is None, copy.name, len(copy.foreign_keys)


def column_of_a_name_replaces(engine):
    t = account(engine)
    t.append_column(Column("login", String(7)))
    twice = Table("t", MetaData(), Column("a", Integer), Column("a", String))
    return t.c.login.type.length, t.c.keys(), twice.c.keys()


def constraint_copy(engine):
    from sqlalchemy import CheckConstraint
    from sqlalchemy import ForeignKeyConstraint
    from sqlalchemy import UniqueConstraint

    return (
        UniqueConstraint("a", name="u").copy().name,
        CheckConstraint("a > 1", name="c").copy().name,
        ForeignKeyConstraint(["a"], ["t.b"], name="f").copy().name,
        ForeignKey("t.b", name="k").copy().name,
    )


def compiled_text(engine):
    meta = MetaData()
    t = Table("t", meta, Column("a", Integer), Column("b", Integer))
    return [
        str(one)
        for one in (
            select([t.c.a], t.c.b == 1),
            t.update(t.c.a == 1, values={"b": 2}),
            t.delete(t.c.a == 1),
            case([(t.c.a == 1, 2)], else_=3),
            exists([t.c.a], t.c.b == 2),
            t.join(t.alias("x"), t.c.a == t.c.b).select(),
        )
    ]


@on_12
@on("sqlite")  # elsewhere 1.2 left out the name that the subquery needs
def count_of_a_select(engine):
    table = account(engine)
    return select([table.c.id], table.c.id > 1).count().execute().scalar()
