from sqlalchemy import Column
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import func
from sqlalchemy.orm import backref
from sqlalchemy.orm import relationship
from sqlalchemy.orm import sessionmaker

from tests.legacy.forms import account
from tests.legacy.forms import logins
from tests.legacy.forms import on_12


def _mapped(engine):
    from sqlalchemy.orm import mapper

    class Account(object):
        pass

    class Mail(object):
        pass

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
    )
    mapper(
        Account,
        table,
        properties={
            "mails": relationship(Mail, backref="account", order_by=mail.c.id)
        },
    )
    mapper(Mail, mail)
    return Account, Mail


def _declared(engine):
    from sqlalchemy.ext.declarative import declarative_base

    Base = declarative_base()

    class Account(Base):
        __tablename__ = "account"
        id = Column(Integer, primary_key=True)
        login = Column(String(40))

    class Mail(Base):
        __tablename__ = "mail"
        id = Column(Integer, primary_key=True)
        account_id = Column(Integer, ForeignKey("account.id"))
        address = Column(String(40))
        account = relationship(Account, backref=backref("mails"))

    account(engine)
    Base.metadata.create_all(engine)
    return Account, Mail


def session_of_engine(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    found = [one.login for one in session.query(Account).order_by(Account.id)]
    session.query(Account).filter_by(id=1).one().login = "ANN"
    session.commit()
    session.close()
    return found, logins(engine)


def session_of_bound_metadata(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker()()
    found = session.query(Account).count()
    session.close()
    return found


def session_rollback(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    session.query(Account).filter_by(id=1).one().login = "x"
    session.flush()
    session.rollback()
    session.close()
    return logins(engine)


def session_without_commit(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    session.query(Account).filter_by(id=1).one().login = "x"
    session.flush()
    session.close()
    return logins(engine)


def autocommit_session(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine, autocommit=True)()
    with session.begin():
        session.query(Account).filter_by(id=1).one().login = "A"
    with session.begin(subtransactions=True):
        session.query(Account).filter_by(id=2).one().login = "B"
        with session.begin(subtransactions=True):
            session.query(Account).filter_by(id=3).one().login = "C"
    session.close()
    return logins(engine)


def autocommit_session_flush(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine, autocommit=True)()
    session.query(Account).filter_by(id=1).one().login = "A"
    session.flush()
    session.close()
    return logins(engine)


def autocommit_session_begin(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine, autocommit=True)()
    session.query(Account).count()
    session.begin()
    session.query(Account).filter_by(id=1).delete()
    session.rollback()
    session.begin()
    session.query(Account).filter_by(id=2).delete()
    session.commit()
    session.close()
    return logins(engine)


def create_session(engine):
    from sqlalchemy.orm import create_session

    Account, Mail = _mapped(engine)
    session = create_session(bind=engine)
    new = Account()
    new.id, new.login = 9, "i"
    session.add(new)
    session.flush()
    session.close()
    return logins(engine)


def scoped_session(engine):
    from sqlalchemy.orm import scoped_session

    Account, Mail = _mapped(engine)
    Session = scoped_session(sessionmaker(bind=engine, autoflush=False))
    Session.query(Account).filter(Account.id == 1).delete()
    Session.commit()
    Session.remove()
    return logins(engine)


def scoped_session_autocommit(engine):
    from sqlalchemy.orm import scoped_session

    Account, Mail = _mapped(engine)
    Session = scoped_session(
        sessionmaker(bind=engine, autoflush=False, autocommit=True)
    )
    Session.execute("DELETE FROM account WHERE id = 1")
    new = Account()
    new.id = 5
    Session.add(new)
    Session.flush()
    Session.remove()
    return logins(engine)


def session_execute_text(engine):
    account(engine)
    session = sessionmaker(bind=engine)()
    found = session.execute(
        "SELECT login FROM account WHERE id = :i", {"i": 2}
    ).scalar()
    other = session.scalar("SELECT count(*) FROM account")
    row = session.execute("SELECT id, login FROM account").first()
    keys = row["id"], dict(row)
    session.execute("DELETE FROM account WHERE id = :i", dict(i=1))
    session.commit()
    session.close()
    return found, other, keys, logins(engine)


def session_execute_construct(engine):
    table = account(engine)
    session = sessionmaker(bind=engine)()
    session.execute(table.insert(), {"id": 4, "login": "d"})
    session.execute(table.insert().values(id=5))
    session.execute(table.update(table.c.id == 1, {"login": "x"}))
    row = session.execute(table.select(table.c.id == 4)).fetchone()
    session.commit()
    session.close()
    return row["login"], logins(engine)


def session_on_connection(engine):
    Account, Mail = _mapped(engine)
    connection = engine.connect()
    transaction = connection.begin()
    session = sessionmaker(bind=connection)()
    session.query(Account).filter_by(id=1).delete()
    session.commit()
    session.close()
    transaction.commit()
    connection.close()
    return logins(engine)


def session_connection(engine):
    account(engine)
    session = sessionmaker(bind=engine)()
    connection = session.connection()
    connection.execute("DELETE FROM account WHERE id = 1")
    session.commit()
    session.close()
    return logins(engine)


def session_with_bind_attribute(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker()()
    session.bind = engine
    found = session.query(Account).count(), session.bind is engine
    session.close()
    return found


def query_get(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    found = session.query(Account).get(2).login, session.query(Account).get(99)
    session.close()
    return found


def query_forms(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    found = (
        session.query(Account).filter(Account.login == None).count(),  # noqa: E711
        session.query(func.max(Account.id)).scalar(),
        session.query(Account.id, Account.login).order_by(Account.id).first(),
        [
            row.login
            for row in session.query(Account.login).order_by(Account.id)
        ],
        session.query(Account).filter_by(id=1).update({"login": "x"}),
        session.query(Account)
        .filter(Account.id.in_([1, 2]))
        .delete(synchronize_session=False),
    )
    session.rollback()
    session.close()
    return found


def query_row_access(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    row = (
        session.query(Account.id, Account.login).filter(Account.id == 2).one()
    )
    found = row.login, row[0], row.keys(), row._asdict(), tuple(row)
    session.close()
    return found


def query_join_by_name(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    found = (
        session.query(Account).join("mails").count(),
        session.query(Account)
        .outerjoin("mails")
        .filter(Mail.id == None)
        .count(),  # noqa: E711
        session.query(Mail)
        .join(Account)
        .filter(Account.login == "ann")
        .count(),
        session.query(Mail)
        .join((Account, Account.id == Mail.account_id))
        .count(),
        session.query(Mail).join(Mail.account).count(),
    )
    session.close()
    return found


@on_12
def query_filter_text(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    found = session.query(Account).filter("id = 2").one().login
    session.close()
    return found


def query_filter_text_construct(engine):
    from sqlalchemy import text

    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    found = (
        session.query(Account).filter(text("id = :i")).params(i=2).one().login,
        session.query(Account).order_by(text("id DESC")).first().id,
    )
    session.close()
    return found


def query_from_statement(engine):
    Account, Mail = _mapped(engine)
    from sqlalchemy import text

    session = sessionmaker(bind=engine)()
    found = [
        one.id
        for one in session.query(Account).from_statement(
            text("SELECT * FROM account ORDER BY id DESC")
        )
    ]
    session.close()
    return found


def query_values(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    found = (
        list(session.query(Account).order_by(Account.id).values(Account.id)),
        session.query(Account).filter_by(id=2).value(Account.login),
        session.query(Account.id).order_by(Account.id).from_self().count(),
    )
    session.close()
    return found


def query_subquery(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    inner = session.query(Mail.account_id).subquery()
    found = (
        session.query(Account)
        .filter(Account.id.in_(session.query(Mail.account_id)))
        .count(),
        session.query(inner).count(),
        session.query(
            Account.id,
            session.query(func.count(Mail.id))
            .filter(Mail.account_id == Account.id)
            .as_scalar(),
        )
        .order_by(Account.id)
        .all(),
    )
    session.close()
    return found


def relation_and_backref(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    ann = session.query(Account).filter_by(login="ann").one()
    new = Mail()
    new.id, new.address = 9, "n@x"
    ann.mails.append(new)
    session.commit()
    found = [mail.address for mail in ann.mails], new.account is ann
    session.close()
    return found


def backref_cascades_into_the_session(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    ann = session.query(Account).filter_by(login="ann").one()
    new = Mail()
    new.id, new.address = 9, "n@x"
    new.account = ann
    found = new in session
    session.commit()
    count = session.query(Mail).count()
    session.close()
    return found, count


def relation_name(engine):
    from sqlalchemy.orm import relation

    return relation.__name__ == "relation" or relation is not None


def declarative(engine):
    Account, Mail = _declared(engine)
    session = sessionmaker(bind=engine)()
    session.add(Mail(id=1, account_id=1, address="x"))
    session.commit()
    found = [m.address for m in session.query(Account).get(1).mails]
    session.close()
    return found


def declarative_with_bind(engine):
    from sqlalchemy.ext.declarative import declarative_base

    Base = declarative_base(bind=engine)

    class Thing(Base):
        __tablename__ = "thing"
        id = Column(Integer, primary_key=True)

    Base.metadata.create_all()
    session = sessionmaker()()
    session.add(Thing(id=1))
    session.commit()
    found = session.query(Thing).count(), Base.metadata.bind is engine
    session.close()
    return found


def declarative_with_metadata(engine):
    from sqlalchemy.ext.declarative import declarative_base

    meta = MetaData(bind=engine)
    Base = declarative_base(metadata=meta)

    class Thing(Base):
        __tablename__ = "thing"
        id = Column(Integer, primary_key=True)
        name = Column(String(20), default="n")

    Thing.__table__.create()
    session = sessionmaker(bind=engine)()
    session.add(Thing())
    session.commit()
    found = engine.execute(Thing.__table__.select()).fetchall()
    session.close()
    return found


def declarative_of_reflected_table(engine):
    from sqlalchemy.ext.declarative import declarative_base

    account(engine)
    Base = declarative_base(bind=engine)

    class Account(Base):
        __table__ = Table("account", Base.metadata, autoload=True)

    session = sessionmaker(bind=engine)()
    found = session.query(Account).count()
    session.close()
    return found


def eagerload(engine):
    from sqlalchemy.orm import joinedload

    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    found = len(
        session.query(Account)
        .options(joinedload(Account.mails))
        .filter_by(id=1)
        .one()
        .mails
    )
    session.close()
    return found


def eagerload_by_name(engine):
    from sqlalchemy.orm import joinedload

    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    found = len(
        session.query(Account)
        .options(joinedload("mails"))
        .filter_by(id=1)
        .one()
        .mails
    )
    session.close()
    return found


def with_for_update(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    found = (
        session.query(Account).with_for_update().filter_by(id=1).one().login
    )
    session.close()
    return found


@on_12
def with_lockmode(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    found = (
        session.query(Account)
        .with_lockmode("update")
        .filter_by(id=1)
        .one()
        .login
    )
    session.close()
    return found


def session_transaction(engine):
    Account, Mail = _mapped(engine)
    session = sessionmaker(bind=engine)()
    session.query(Account).count()
    found = session.transaction is not None
    session.close()
    return found


def backref_of_a_class_mapped_apart(engine):
    from sqlalchemy.orm import mapper
    from sqlalchemy.orm import relation

    table = account(engine)
    mail = Table(
        "mail",
        table.metadata,
        Column("id", Integer, primary_key=True),
        Column("account_id", Integer, ForeignKey("account.id")),
    )
    mail.create()
    mail.insert().execute(id=1, account_id=1)

    class Account(object):
        pass

    class Mail(object):
        pass

    mapper(Account, table)
    mapper(Mail, mail, properties={"a": relation(Account, backref="mails")})
    session = sessionmaker(bind=engine)()
    one = session.query(Account).filter_by(id=1).one()
    found = [each.id for each in one.mails]
    session.close()
    return found


@on_12
def mapper_order_by(engine):
    from sqlalchemy.orm import mapper

    class Account(object):
        pass

    class Login(object):
        pass

    table = account(engine)
    mapper(Account, table, order_by=table.c.id.desc())
    mapper(Login, table, order_by=[table.c.login, table.c.id])
    session = sessionmaker(bind=engine)()
    query = session.query(Account)
    return (
        [one.id for one in query],
        [one.id for one in query.filter(table.c.id > 1).all()],
        [one.id for one in query.order_by(table.c.id)],
        query.first().id,
        query.count(),
        query.get(2).id,
        query.filter(table.c.id == 2).one().login,
        query.filter(table.c.id == 2).update({"login": "zoe"}),
        [one.id for one in session.query(Login).filter(table.c.id < 3)],
        [pair[0].id for pair in session.query(Account, table.c.login)],
    )


@on_12
def mapper_args_of_a_declared_class(engine):
    from sqlalchemy.ext.declarative import declarative_base
    from sqlalchemy.orm import MapperExtension

    class Ignored(MapperExtension):
        pass

    class Account(declarative_base()):
        __tablename__ = "account"
        __mapper_args__ = {"order_by": "login", "extension": Ignored()}
        id = Column(Integer, primary_key=True)
        login = Column(String(40))

    account(engine, [(1, "zoe"), (2, "ann"), (3, "bob")])
    session = sessionmaker(bind=engine)()
    return [one.id for one in session.query(Account)]


@on_12
def extensions(engine):
    from sqlalchemy.orm import AttributeExtension
    from sqlalchemy.orm import EXT_CONTINUE
    from sqlalchemy.orm import MapperExtension
    from sqlalchemy.orm import SessionExtension
    from sqlalchemy.orm import compile_mappers
    from sqlalchemy.orm import interfaces
    from sqlalchemy.orm import session

    compile_mappers()
    return (
        interfaces.MapperExtension is MapperExtension,
        interfaces.AttributeExtension is AttributeExtension,
        session.SessionExtension is SessionExtension,
        EXT_CONTINUE is interfaces.EXT_CONTINUE,
    )


def close_all(engine):
    from sqlalchemy.orm import Session
    from sqlalchemy.orm import scoped_session
    from sqlalchemy.orm import sessionmaker

    account(engine)
    make = sessionmaker(bind=engine)
    left = []
    for close in (
        Session.close_all,
        make.close_all,
        lambda: make().close_all(),
        lambda: scoped_session(make).close_all(),
    ):
        session = make()
        session.execute("SELECT 1").fetchall()
        close()
        left.append(len(session.identity_map))
    return left


def mapper_that_is_primary(engine):
    from sqlalchemy.orm import mapper

    class Account(object):
        pass

    mapper(Account, account(engine), non_primary=False)
    session = sessionmaker(bind=engine)()
    return session.query(Account).count()
