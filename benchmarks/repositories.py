"""Make the same N versions for each tool: a table with an index each."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

SCRIPT = """\
from sqlalchemy import *

meta = MetaData()
table = Table(
    "t{number}", meta,
    Column("id", Integer, primary_key=True),
    Column("name", String(40)),
    Column("amount", Integer, nullable=False),
    Index("ix_t{number}_name", "name"),
)


def upgrade(migrate_engine):
    meta.bind = migrate_engine
    table.create()


def downgrade(migrate_engine):
    meta.bind = migrate_engine
    table.drop()
"""

REVISION = """\
from alembic import op
import sqlalchemy as sa

revision = "{number}"
down_revision = {before!r}


def upgrade():
    op.create_table(
        "t{number}",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40)),
        sa.Column("amount", sa.Integer, nullable=False),
    )
    op.create_index("ix_t{number}_name", "t{number}", ["name"])


def downgrade():
    op.drop_table("t{number}")
"""

ENV = """\
from alembic import context
from sqlalchemy import create_engine

engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""

SQLITE_FLOOR = """\
import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1], isolation_level=None)
execute = connection.execute
execute("CREATE TABLE migrate_version (repository_id VARCHAR(250) NOT NULL"
        " PRIMARY KEY, repository_path TEXT, version INTEGER)")
execute("INSERT INTO migrate_version VALUES ('bench', 'bench', 0)")
for number in range(1, {count} + 1):
    execute("BEGIN IMMEDIATE")
    execute(f"CREATE TABLE t{{number}} (id INTEGER NOT NULL, name VARCHAR(40),"
            " amount INTEGER NOT NULL, PRIMARY KEY (id))")
    execute(f"CREATE INDEX ix_t{{number}}_name ON t{{number}} (name)")
    execute("UPDATE migrate_version SET version = ? WHERE version = ?"
            " AND repository_id = 'bench'", (number, number - 1))
    execute("COMMIT")
"""

SERVER_FLOOR = """\
import sys

from sqlalchemy.engine import make_url

url = make_url(sys.argv[1])
if url.get_backend_name() == "postgresql":
    import psycopg2
    connection = psycopg2.connect(
        host=url.host, port=url.port, user=url.username, dbname=url.database)
    serial = "SERIAL NOT NULL"
else:
    import pymysql
    connection = pymysql.connect(
        host=url.host, port=url.port, user=url.username, database=url.database)
    serial = "INTEGER NOT NULL AUTO_INCREMENT"
execute = connection.cursor().execute
execute("CREATE TABLE migrate_version (repository_id VARCHAR(250) NOT NULL"
        " PRIMARY KEY, repository_path TEXT, version INTEGER)")
execute("INSERT INTO migrate_version VALUES ('bench', 'bench', 0)")
connection.commit()
for number in range(1, {count} + 1):
    execute(f"CREATE TABLE t{{number}} (id {{serial}}, name VARCHAR(40),"
            " amount INTEGER NOT NULL, PRIMARY KEY (id))")
    execute(f"CREATE INDEX ix_t{{number}}_name ON t{{number}} (name)")
    execute("UPDATE migrate_version SET version = %s WHERE version = %s"
            " AND repository_id = 'bench'", (number, number - 1))
    connection.commit()
"""


def make_migrate(folder: Path, url: str, count: int) -> None:
    """Make a numbered repository and its manage.py in ``folder``."""
    versions = folder / "repo" / "versions"
    versions.mkdir(parents=True)
    (folder / "repo" / "__init__.py").touch()
    (versions / "__init__.py").touch()
    (folder / "repo" / "migrate.cfg").write_text(
        dedent("""\
        [db_settings]
        repository_id=bench
        version_table=migrate_version
        required_dbs=[]
        use_timestamp_numbering=False
        """)
    )
    (folder / "manage.py").write_text(
        "from migrate.versioning.shell import main\n\n"
        "if __name__ == '__main__':\n"
        f"    main(url={url!r}, repository='repo', debug='False')\n"
    )
    for number in range(1, count + 1):
        (versions / f"{number:03}_table.py").write_text(
            SCRIPT.format(number=number)
        )


def make_alembic(folder: Path, url: str, count: int) -> None:
    versions = folder / "alembic" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text(
        f"[alembic]\nscript_location = alembic\nsqlalchemy.url = {url}\n"
    )
    (folder / "alembic" / "env.py").write_text(ENV)
    for number in range(1, count + 1):
        (versions / f"{number}_table.py").write_text(
            REVISION.format(
                number=number, before=str(number - 1) if number > 1 else None
            )
        )


def make_floor(folder: Path, url: str, count: int) -> None:
    text = SQLITE_FLOOR if url.startswith("sqlite") else SERVER_FLOOR
    (folder / "floor.py").write_text(text.format(count=count))


def python(*words: str) -> list[str]:
    return [sys.executable, *words]
