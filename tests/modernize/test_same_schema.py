"""What is rewritten does the same on plain SQLAlchemy 2.

A repository in old forms runs with the 1.x layer, is rewritten, and runs
again without the layer and without the runner: schema and rows are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import pytest
from sqlalchemy import MetaData
from sqlalchemy import Table
from sqlalchemy import create_engine
from sqlalchemy import inspect
from sqlalchemy import select
from sqlalchemy.engine import URL
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool

import migrate.changeset  # noqa: F401  # gives columns their create()
from migrate.modernize import modernize
from migrate.versioning import picture
from migrate.versioning.script import PythonScript
from migrate.versioning.util import import_path
from tests import servers

# Each script in old forms, with what it must do the same afterwards.
SCRIPTS = {
    "bound metadata": """
        from sqlalchemy import *
        meta = MetaData()
        account = Table('account', meta,
            Column('id', Integer, primary_key=True),
            Column('name', String(30, convert_unicode=True)),
        )
        def upgrade(migrate_engine):
            meta.bind = migrate_engine
            account.create()
            Index('account_name', account.c.name).create()
            if account.exists():
                account.insert().execute(id=1, name='ann')
        def downgrade(migrate_engine):
            meta.bind = migrate_engine
            account.drop()
    """,
    "constructor": """
        from sqlalchemy import MetaData, Table, Column, Integer, ForeignKey
        def upgrade(migrate_engine):
            meta = MetaData(migrate_engine)
            account = Table('account', meta, autoload=True)
            Table('note', meta,
                Column('id', Integer, primary_key=True),
                Column('account_id', Integer, ForeignKey('account.id')))
            meta.create_all()
        def downgrade(migrate_engine):
            meta = MetaData(bind=migrate_engine)
            meta.reflect()
            meta.tables['note'].drop()
    """,
    "execution": """
        import sqlalchemy as sa
        def upgrade(migrate_engine):
            account = sa.Table('account', sa.MetaData(bind=migrate_engine),
                               autoload=True)
            for i in range(2, 5):
                migrate_engine.execute(account.insert(), id=i, name='n%s' % i)
            migrate_engine.execute("UPDATE account SET name = 'two' "
                                   "WHERE id = 2")
            result = migrate_engine.execute(sa.select(
                [account], account.c.id > 2, order_by=[account.c.id]))
            for row in result:
                account.update(account.c.id == row['id']).execute(
                    name=row['name'] + '!')
            for row in account.select().execute():
                if row.has_key('name') and dict(row)['id'] == 4:
                    account.delete(account.c.id == row[account.c.id]).execute()
            if migrate_engine.execute(account.count()).scalar() != 3:
                raise ValueError(migrate_engine.table_names())
        def downgrade(migrate_engine):
            migrate_engine.execute("DELETE FROM account WHERE id > 1")
    """,
    "connections": """
        from sqlalchemy import *
        def upgrade(migrate_engine):
            meta = MetaData(bind=migrate_engine)
            account = Table('account', meta, autoload=True)
            conn = migrate_engine.connect()
            conn.execute(account.insert(), id=10, name='ten')
            rows = conn.execute(select([account.c.id]))
            for row in rows:
                conn.execute(account.update().where(account.c.id == row[0])
                             .values(name='x' + account.c.name))
            conn.close()
            conn = migrate_engine.connect()
            trans = conn.begin()
            conn.execute("INSERT INTO account (id, name) VALUES (11, 'el')")
            trans.commit()
            conn.close()
            kinds = case([(account.c.id > 10, 'big')], else_='small')
            found = migrate_engine.execute(select([kinds]).distinct())
            assert sorted(row[0] for row in found.fetchall()) == [
                'big', 'small']
        def downgrade(migrate_engine):
            migrate_engine.execute("DELETE FROM account WHERE id > 9")
    """,
    "changeset methods": """
        from sqlalchemy import *
        from migrate import *
        meta = MetaData()
        def upgrade(migrate_engine):
            meta.bind = migrate_engine
            account = Table('account', meta, autoload=True)
            Column('age', Integer).create(account)
            account.c.name.alter(name='full_name')
            note = Table('note', meta, autoload=True)
            note.rename('notes')
        def downgrade(migrate_engine):
            meta.bind = migrate_engine
            Table('notes', meta, autoload=True).rename('note')
            account = Table('account', meta, autoload=True)
            account.c.full_name.alter(name='name')
            account.c.age.drop()
    """,
    "added columns": """
        from sqlalchemy import *
        from migrate import *
        class Flag(Boolean):
            def __init__(self, create_constraint=True, name=None, **kw):
                super().__init__(create_constraint, name, **kw)
        def add(column, table, **names):
            column.create(table, **names)
        def upgrade(migrate_engine):
            meta = MetaData(bind=migrate_engine)
            account = Table('account', meta, autoload=True)
            active = Column('active', Boolean(create_constraint=True,
                                              name='active_check'))
            active.create(account)
            account.create_column(Column('hidden', Flag()))
            kind = Column('kind', Enum('a', 'b', native_enum=False,
                                       create_constraint=True, name='ck'))
            create_column(kind, account)
            for column in [Column('nick', String(9), unique=True, index=True),
                           Column('zip', String(9), unique=True)]:
                column.create(account, index_name='ix_' + column.name,
                              unique_name='uq_' + column.name)
            phone = Column('phone', String(20), unique=True)
            add(phone, account, index_name='ix_phone', unique_name='phone')
            Column('key', String(9), unique=True).create(
                account, unique_name='account_key')
            Table('flags', meta, Column('id', Integer, primary_key=True),
                  Column('seen', Flag(name='seen_check'))).create()
        def downgrade(migrate_engine):
            meta = MetaData(bind=migrate_engine)
            Table('flags', meta, autoload=True).drop()
            account = Table('account', meta, autoload=True)
            for name in ['key', 'phone', 'zip', 'nick', 'kind', 'hidden',
                         'active']:
                account.c[name].drop()
    """,
    "Python 2": """
        from sqlalchemy import *
        def upgrade(migrate_engine):
            account = Table('account', MetaData(migrate_engine), autoload=True)
            print account
            for i in xrange(20, 22):
                account.insert().execute(id=i, full_name=unicode(i))
            try:
                raise ValueError, 'x'
            except ValueError, e:
                print >>__import__('sys').stdout, `e`
        def downgrade(migrate_engine):
            migrate_engine.execute('DELETE FROM account WHERE id >= %d' % 20L)
    """,
}
PYTHON_2 = "Python 2"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "versions").mkdir(parents=True)
    for number, (name, text) in enumerate(SCRIPTS.items(), 1):
        file = f"{number:03}_{name.replace(' ', '_')}.py"
        (folder / "versions" / file).write_text(dedent(text))
    return folder


@contextmanager
def database(server: str, folder: Path) -> Iterator[Engine]:
    with servers.empty_database(server, folder) as url:
        engine = create_engine(URL.create(**url._asdict()), poolclass=NullPool)
        yield engine
        engine.dispose()


def state(engine: Engine) -> tuple[frozenset[object], dict[str, object]]:
    """What the catalogue has, and all rows."""
    with engine.connect() as connection:
        # A schema made anew lacks the comment that the first one had.
        facts = frozenset(
            fact
            for fact in picture.take(connection).facts
            if fact.kind != "schema"
        )
        rows: dict[str, object] = {}
        for name in inspect(connection).get_table_names():
            table = Table(name, MetaData(), autoload_with=connection)
            rows[name] = sorted(
                tuple(row) for row in connection.execute(select(table))
            )
    return facts, rows


def layered(path: Path, engine: Engine, step: str) -> None:
    PythonScript(path).run(engine, step)


def plain(path: Path, engine: Engine, step: str) -> None:
    getattr(import_path(path), step)(engine)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_same_schema_and_rows(
    server: str, repository: Path, tmp_path: Path
) -> None:
    files = sorted((repository / "versions").iterdir())
    old = {path: path.read_text() for path in files}
    modernize(repository, write=True)
    new = {path: path.read_text() for path in files}

    def run(
        engine: Engine,
        texts: dict[Path, str],
        how: Callable[[Path, Engine, str], None],
    ) -> list[object]:
        states: list[object] = []
        for path in files:
            path.write_text(texts[path])
            how(path, engine, "upgrade")
            states.append(state(engine))
        for path in reversed(files):
            how(path, engine, "downgrade")
        return [*states, state(engine)]

    readable = {
        path: new[path] if PYTHON_2.replace(" ", "_") in path.name else text
        for path, text in old.items()
    }
    with database(server, tmp_path) as engine:
        expected = run(engine, readable, layered)
    with database(server, tmp_path) as engine:
        on_plain = run(engine, new, plain)
    with database(server, tmp_path) as engine:
        in_the_runner = run(engine, new, layered)

    assert on_plain == expected
    assert in_the_runner == expected


def test_all_of_it_is_rewritten(
    repository: Path, caplog: pytest.LogCaptureFixture
) -> None:
    modernize(repository, write=True)

    assert not caplog.records
    assert not modernize(repository)
