"""The repositories that the trials run: every script leaves a trace.

Each script adds a row to the table ``log``, which has no key: one that ran
twice is seen, whatever else it did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from migrate.versioning import api
from tests.chaos.witness import witness_of

__all__ = ["ELSEWHERE", "PLAIN", "SLOW", "UNROLLABLE", "Shop", "make_shop"]

_HEAD = """\
from sqlalchemy import Column, Integer, MetaData, String, Table, text

def note(engine, entry):
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO log VALUES ('%s')" % entry))

def account(engine):
    return Table('account', MetaData(), autoload_with=engine)

"""

PLAIN: Mapping[str, str] = {
    "001_account.py": _HEAD
    + """
def upgrade(migrate_engine):
    Table('account', MetaData(),
        Column('id', Integer, primary_key=True, autoincrement=False),
        Column('name', String(40), nullable=False),
        Column('age', Integer),
    ).create(migrate_engine)
    with migrate_engine.begin() as connection:
        for number in range(3):
            connection.execute(text(
                "INSERT INTO account VALUES (%d, 'n%d', 7)" % (number, number)
            ))
    note(migrate_engine, 'up 1')

def downgrade(migrate_engine):
    account(migrate_engine).drop(migrate_engine)
    note(migrate_engine, 'down 1')
""",
    "002_email_default_upgrade.sql": """
ALTER TABLE account ADD COLUMN email VARCHAR(80);
UPDATE account SET email = 'none';
CREATE INDEX account_email ON account (email);
INSERT INTO log VALUES ('up 2');
""",
    "002_email_mysql_downgrade.sql": """
INSERT INTO log VALUES ('down 2');
DROP INDEX account_email ON account;
ALTER TABLE account DROP COLUMN email;
""",
    "002_email_default_downgrade.sql": """
INSERT INTO log VALUES ('down 2');
DROP INDEX account_email;
ALTER TABLE account DROP COLUMN email;
""",
    # On SQLite a new default takes the rebuild of the whole table.
    "003_default.py": _HEAD
    + """
def upgrade(migrate_engine):
    account(migrate_engine).c.age.alter(server_default='18')
    note(migrate_engine, 'up 3')

def downgrade(migrate_engine):
    account(migrate_engine).c.age.alter(server_default=None)
    note(migrate_engine, 'down 3')
""",
    "004_rows_default_upgrade.sql": """
UPDATE account SET age = age + 1;
INSERT INTO account (id, name) VALUES (10, 'ten');
INSERT INTO log VALUES ('up 4');
UPDATE account SET age = age * 2;
""",
    "004_rows_default_downgrade.sql": """
UPDATE account SET age = age / 2;
DELETE FROM account WHERE id = 10;
INSERT INTO log VALUES ('down 4');
UPDATE account SET age = age - 1;
""",
    # In the style of SQLAlchemy 1.x, where statements commit by themselves.
    "005_old_style.py": """
from sqlalchemy import Column, MetaData, String, Table
meta = MetaData()

def upgrade(migrate_engine):
    meta.bind = migrate_engine
    Table('place', meta, Column('town', String(40))).create()
    migrate_engine.execute("INSERT INTO place VALUES ('Ulm')")
    migrate_engine.execute("INSERT INTO log VALUES ('up 5')")

def downgrade(migrate_engine):
    migrate_engine.execute("DROP TABLE place")
    migrate_engine.execute("INSERT INTO log VALUES ('down 5')")
    meta.clear()
""",
}

_OUT = "-- migrate: no-transaction\n"

UNROLLABLE: Mapping[str, str] = {
    "001_account.py": PLAIN["001_account.py"],
    "002_index_default_upgrade.sql": _OUT
    + """
CREATE INDEX account_name ON account (name);
INSERT INTO log VALUES ('up 2');
""",
    "002_index_default_downgrade.sql": _OUT
    + """
DROP INDEX account_name;
INSERT INTO log VALUES ('down 2');
""",
    "002_index_postgresql_upgrade.sql": _OUT
    + """
CREATE INDEX CONCURRENTLY account_name ON account (name);
INSERT INTO log VALUES ('up 2');
""",
    "002_index_postgresql_downgrade.sql": _OUT
    + """
DROP INDEX CONCURRENTLY account_name;
INSERT INTO log VALUES ('down 2');
""",
    "002_index_mysql_upgrade.sql": """
CREATE INDEX account_name ON account (name);
INSERT INTO log VALUES ('up 2');
""",
    "002_index_mysql_downgrade.sql": """
DROP INDEX account_name ON account;
INSERT INTO log VALUES ('down 2');
""",
    "003_rows.py": """
transactional = False

def upgrade(migrate_engine):
    migrate_engine.execute("UPDATE account SET age = age + 1")
    migrate_engine.execute("INSERT INTO log VALUES ('up 3')")

def downgrade(migrate_engine):
    migrate_engine.execute("UPDATE account SET age = age - 1")
    migrate_engine.execute("INSERT INTO log VALUES ('down 3')")
""",
}
"""Steps that opt out of the transaction, on every database."""

_BESIDE = """\
from migrate import binding
from sqlalchemy import text

transactional = False

def note_elsewhere(engine, entry):
    # As an engine on another database would, it gets its own connection.
    with binding.running(None), engine.origin.begin() as other:
        other.execute(text("INSERT INTO log VALUES ('%s')" % entry))

def change(engine, *statements):
    with engine.begin() as connection:
        connection.execute(text(statements[0]))
        note_elsewhere(engine, statements[1])
        connection.execute(text(statements[2]))
"""

ELSEWHERE: Mapping[str, str] = {
    "001_account.py": PLAIN["001_account.py"],
    "002_beside.py": _BESIDE
    + """
def upgrade(migrate_engine):
    change(migrate_engine, "UPDATE account SET age = age + 1", "up 2",
           "INSERT INTO account (id, name) VALUES (10, 'ten')")

def downgrade(migrate_engine):
    change(migrate_engine, "DELETE FROM account WHERE id = 10", "down 2",
           "UPDATE account SET age = age - 1")
""",
}
"""A step that commits by another engine, in a transaction of its own."""

SLOW: Mapping[str, str] = {
    "001_slow.py": """
import time

transactional = False

def upgrade(migrate_engine):
    migrate_engine.execute("INSERT INTO log VALUES ('up 1')")
    time.sleep(0.2)

def downgrade(migrate_engine):
    pass
""",
    "002_slow_default_upgrade.sql": _OUT
    + """
CREATE TABLE slow (number INTEGER);
INSERT INTO slow WITH RECURSIVE
    few (number) AS (SELECT 1 UNION ALL
        SELECT number + 1 FROM few WHERE number < 500)
    SELECT one.number FROM few AS one, few AS other;
INSERT INTO log VALUES ('up 2');
""",
    "002_slow_default_downgrade.sql": "DROP TABLE slow;",
}
"""Steps of several transactions that take their time."""


@dataclass(frozen=True)
class Shop:
    """A repository with its manage.py, for one database."""

    url: URL
    manage: Path
    latest: int


def make_shop(
    folder: Path,
    url: URL,
    scripts: Mapping[str, str],
    config: str = "",
) -> Shop:
    """Make a repository, and the table ``log`` in the database.

    :param config: more lines for migrate.cfg.
    """
    repository = folder / "shop"
    api.create(str(repository), "shop")
    for name, text in scripts.items():
        (repository / "versions" / name).write_text(text)
    if config:
        with open(repository / "migrate.cfg", "a") as file:
            file.write(config)
    manage = folder / "manage.py"
    api.manage(
        str(manage),
        url=url.render_as_string(hide_password=False),
        repository=str(repository),
    )
    witness_of(url).do("CREATE TABLE log (entry VARCHAR(40))")
    return Shop(url, manage, max(int(name[:3]) for name in scripts))
