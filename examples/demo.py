"""The whole round of remigrate on an SQLite file, in a folder of its own.

    python examples/demo.py [FOLDER]

Every command is shown before it runs, as you would type it.  FOLDER (default
``demo``, must not exist) stays afterwards: look at it, change a script, go on
with ``python manage.py``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ACCOUNT = """\
from sqlalchemy import Table, Column, Integer, String, MetaData

meta = MetaData()
account = Table('account', meta,
    Column('id', Integer, primary_key=True),
    Column('login', String(40)),
    Column('passwd', String(40)))


def upgrade(migrate_engine):
    meta.bind = migrate_engine
    account.create()


def downgrade(migrate_engine):
    meta.bind = migrate_engine
    account.drop()
"""

EMAIL = """\
from sqlalchemy import Table, MetaData, String, Column


def upgrade(migrate_engine):
    meta = MetaData(bind=migrate_engine)
    account = Table('account', meta, autoload=True)
    emailc = Column('email', String(128))
    emailc.create(account)


def downgrade(migrate_engine):
    meta = MetaData(bind=migrate_engine)
    account = Table('account', meta, autoload=True)
    account.c.email.drop()
"""

AGE_UP = "ALTER TABLE account ADD COLUMN age INTEGER;\n"
AGE_DOWN = "ALTER TABLE account DROP COLUMN age;\n"


def main(folder: Path) -> None:
    if folder.exists():
        sys.exit(f"{folder} exists; remove it, or name another folder")
    folder.mkdir(parents=True)
    versions = folder / "my_repo" / "versions"

    def migrate(*words: str) -> None:
        run("migrate", ["-m", "migrate.versioning.shell", *words], folder)

    def manage(*words: str) -> None:
        run("python manage.py", ["manage.py", *words], folder)

    migrate("create", "my_repo", "Example project")
    migrate(
        "manage",
        "manage.py",
        "--repository=my_repo",
        "--url=sqlite:///my_repo.db",
    )
    manage("version_control")
    manage("script", "add account table")
    write(versions / "001_add_account_table.py", ACCOUNT)
    manage("test")
    manage("version")
    manage("db_version")
    manage("upgrade")
    manage("script", "add email column")
    write(versions / "002_add_email_column.py", EMAIL)
    manage("test")
    manage("upgrade")
    manage("script_sql", "sqlite", "add_age")
    write(versions / "003_add_age_sqlite_upgrade.sql", AGE_UP)
    write(versions / "003_add_age_sqlite_downgrade.sql", AGE_DOWN)
    manage("upgrade", "--preview_sql")
    manage("upgrade")
    manage("downgrade", "0")
    manage("db_version")
    manage("drop_version_control")
    print(f"\nThat was the round. Go on in {folder}: python manage.py help")


def run(shown: str, words: list[str], folder: Path) -> None:
    arguments = words[2:] if words[0] == "-m" else words[1:]
    quoted = [f'"{word}"' if " " in word else word for word in arguments]
    print(f"\n$ {shown} {' '.join(quoted)}", flush=True)
    subprocess.run([sys.executable, *words], cwd=folder, check=True)


def write(path: Path, text: str) -> None:
    path.write_text(text)
    print(f"\n  (wrote {path})")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"))
