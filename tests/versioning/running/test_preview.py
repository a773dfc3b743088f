from __future__ import annotations

import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Engine

from migrate.binding import can_roll_back_ddl
from migrate.versioning import api
from tests.chaos.cutting import IN_STATEMENT
from tests.command import Command

MAKES_TABLE = """
from sqlalchemy import Column, Integer, MetaData, Table

meta = MetaData()
account = Table('account', meta, Column('id', Integer, primary_key=True))

def upgrade(migrate_engine):
    meta.bind = migrate_engine
    account.create()

def downgrade(migrate_engine):
    meta.bind = migrate_engine
    account.drop()
"""
REFLECTS = """
from sqlalchemy import Column, MetaData, String, Table

def upgrade(migrate_engine):
    meta = MetaData(bind=migrate_engine)
    account = Table('account', meta, autoload=True)
    Column('email', String(128)).create(account)

def downgrade(migrate_engine):
    meta = MetaData(bind=migrate_engine)
    account = Table('account', meta, autoload=True)
    account.c.email.drop()
"""
INSERTS = """
from sqlalchemy import MetaData, Table

def upgrade(migrate_engine):
    meta = MetaData(bind=migrate_engine)
    account = Table('account', meta, autoload=True)
    migrate_engine.execute(account.insert().values(id=7))
    rows = [{'id': n} for n in range(20, 40)]
    migrate_engine.execute(account.insert(), rows)

def downgrade(migrate_engine):
    pass
"""
OPTS_OUT = """
transactional = False

def upgrade(migrate_engine):
    migrate_engine.execute('CREATE TABLE more (id INTEGER)')
"""


class Shop:
    """A repository whose steps are previewed on a database."""

    def __init__(self, folder: Path, engine: Engine, command: Command) -> None:
        self.versions = folder / "shop" / "versions"
        self.engine = engine
        self.command = command
        api.create(str(folder / "shop"), "shop")
        command.defaults = {"url": engine, "repository": folder / "shop"}
        command("version_control")

    def add(self, number: int, source: str) -> None:
        (self.versions / f"00{number}_x.py").write_text(source)

    def contents(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table."""
        with self.engine.connect() as connection:
            return {
                name: [
                    tuple(row)
                    for row in connection.exec_driver_sql(
                        f"SELECT * FROM {name}"
                    )
                ]
                for name in inspect(connection).get_table_names()
            }


@pytest.fixture
def shop(tmp_path: Path, engine: Engine, command: Command) -> Shop:
    return Shop(tmp_path, engine, command)


@pytest.fixture
def shop_on_sqlite(
    tmp_path: Path, sqlite_engine: Engine, command: Command
) -> Shop:
    return Shop(tmp_path, sqlite_engine, command)


def test_statements_are_shown_and_nothing_changes(shop: Shop) -> None:
    shop.add(1, MAKES_TABLE)
    before = shop.contents()

    done = shop.command("upgrade", "--preview_sql")

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("0 -> 1... \nCREATE TABLE account (")
    assert done.out.endswith(")\n\n")
    assert "migrate_version" not in done.out
    assert shop.contents() == before


def test_step_that_reflects_is_shown(shop: Shop) -> None:
    shop.add(1, MAKES_TABLE)
    shop.command("upgrade")
    shop.add(2, REFLECTS)
    before = shop.contents()

    done = shop.command("upgrade", "--preview_sql")

    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "1 -> 2... \nALTER TABLE account ADD email VARCHAR(128)\n\n"
    )
    assert shop.contents() == before


def test_step_that_builds_on_the_one_before(shop: Shop) -> None:
    shop.add(1, MAKES_TABLE)
    shop.add(2, REFLECTS)
    before = shop.contents()

    done = shop.command("upgrade", "--preview_sql")

    assert shop.contents() == before
    assert done.out.startswith("0 -> 1... \nCREATE TABLE account (")
    if can_roll_back_ddl(shop.engine):
        assert "ALTER TABLE account ADD email VARCHAR(128)" in done.out
    else:
        path = shop.versions / "002_x.py"
        assert done.code == 1
        assert done.error.startswith(
            f"migrate: error: the SQL of {path} cannot be shown: it builds "
            "on changes before it"
        )


def test_downgrade_is_shown(shop: Shop) -> None:
    shop.add(1, MAKES_TABLE)
    shop.command("upgrade")
    before = shop.contents()

    done = shop.command("downgrade", "0", "--preview_sql")

    assert done.out == "1 -> 0... \nDROP TABLE account\n\n"
    assert shop.contents() == before


def test_rows_are_shown_with_their_values(shop: Shop) -> None:
    shop.add(1, MAKES_TABLE)
    shop.command("upgrade")
    shop.add(2, INSERTS)
    before = shop.contents()

    done = shop.command("upgrade", "--preview_sql")

    assert (done.code, done.err) == (0, "")
    assert "INSERT INTO account (id) VALUES (" in done.out
    assert re.search(r"^-- with .*\b7\b", done.out, re.MULTILINE)
    assert re.search(r"^-- with .*\b20\b", done.out, re.MULTILINE)
    assert shop.contents() == before


def test_row_gets_its_number_from_the_database(shop: Shop) -> None:
    shop.add(
        1,
        MAKES_TABLE.replace(
            "    account.create()",
            "    account.create()\n"
            "    migrate_engine.execute(account.insert())",
        ),
    )
    before = shop.contents()

    done = shop.command("upgrade", "--preview_sql")

    assert (done.code, done.err) == (0, "")
    assert "INSERT INTO account" in done.out
    assert shop.contents() == before


def test_many_rows_are_cut_short(shop_on_sqlite: Shop) -> None:
    shop = shop_on_sqlite
    shop.add(1, MAKES_TABLE)
    shop.command("upgrade")
    shop.add(2, INSERTS)

    done = shop.command("upgrade", "--preview_sql")

    assert done.out.endswith("-- with (24,)\n-- and 15 more\n\n")


def test_sql_script_is_shown_as_it_is_written(shop: Shop) -> None:
    source = "-- why\nCREATE TABLE a%b (id INTEGER)"
    shop.command("script_sql", "default", "x")
    (shop.versions / "001_x_default_upgrade.sql").write_text(source + ";\n")
    before = shop.contents()

    done = shop.command("upgrade", "--preview_sql")

    if can_roll_back_ddl(shop.engine):
        assert done.code == 1  # it is tried: a%b is no name
    else:
        assert done.out == f"0 -> 1... \n{source};\n\n"
    assert shop.contents() == before


def test_percent_sign_is_shown_once(shop: Shop) -> None:
    shop.add(
        1,
        MAKES_TABLE.replace(
            "primary_key=True", "primary_key=True, info={}"
        ).replace("Column('id'", "Column('a%b', Integer), Column('id'"),
    )

    done = shop.command("upgrade", "--preview_sql")

    assert "a%b" in done.out


def test_step_outside_of_a_transaction_is_not_tried(
    shop_on_sqlite: Shop,
) -> None:
    shop = shop_on_sqlite
    shop.add(1, MAKES_TABLE)
    shop.add(2, OPTS_OUT)
    before = shop.contents()

    done = shop.command("upgrade", "--preview_sql")

    assert done.code == 1
    assert done.out.startswith("0 -> 1... \nCREATE TABLE account (")
    assert done.error.endswith("it runs outside a transaction")
    assert shop.contents() == before


@pytest.mark.parametrize(
    "statement", ["COMMIT", "/* now */ commit;", "ROLLBACK", "end"]
)
def test_script_that_ends_its_transaction_changes_nothing(
    shop: Shop, statement: str
) -> None:
    shop.add(
        1,
        "def upgrade(e):\n"
        "    e.execute('CREATE TABLE more (id INTEGER)')\n"
        f"    e.execute({statement!r})\n",
    )
    before = shop.contents()

    done = shop.command("upgrade", "--preview_sql")

    assert done.code == 0
    if can_roll_back_ddl(shop.engine):
        assert done.out == "0 -> 1... \nCREATE TABLE more (id INTEGER)\n\n"
    assert shop.contents() == before


def test_script_that_hands_its_transaction_over_is_refused(
    shop: Shop,
) -> None:
    shop.add(
        1,
        "def upgrade(e):\n"
        "    e.execute('CREATE TABLE more (id INTEGER)')\n"
        "    e.execute(\"PREPARE TRANSACTION 'x'\")\n",
    )
    before = shop.contents()

    done = shop.command("upgrade", "--preview_sql")

    if can_roll_back_ddl(shop.engine):
        assert done.code == 1
        assert "would end the transaction of the step" in done.error
    assert shop.contents() == before


def test_numbers_drawn_from_a_sequence_are_given_back(shop: Shop) -> None:
    if shop.engine.name != "postgresql":
        pytest.skip("no sequences that a rollback leaves alone")
    with shop.engine.begin() as connection:
        connection.execute(text("CREATE SEQUENCE number"))
    shop.add(1, "def upgrade(e):\n    e.execute(\"SELECT nextval('number')\")")

    done = shop.command("upgrade", "--preview_sql")

    assert done.code == 0
    with shop.engine.connect() as connection:
        assert connection.scalar(text("SELECT nextval('number')")) == 1


def test_failing_step_is_an_error(shop: Shop) -> None:
    shop.add(1, "def upgrade(e):\n    1 / 0\n")
    before = shop.contents()

    done = shop.command("upgrade", "--preview_sql")

    assert done.code == 1
    assert done.error.endswith("line 2: ZeroDivisionError: division by zero")
    assert shop.contents() == before


def test_engine_is_as_before(shop: Shop) -> None:
    shop.add(1, MAKES_TABLE)

    shop.command("upgrade", "--preview_sql")
    done = shop.command("upgrade")

    assert (done.code, done.out) == (0, "0 -> 1... \ndone\n")
    assert "account" in shop.contents()


@pytest.mark.parametrize(
    ("value", "is_preview"), [("True", True), ("False", False), ("1", True)]
)
def test_preview_takes_a_truth_value(
    shop_on_sqlite: Shop, value: str, is_preview: bool
) -> None:
    shop_on_sqlite.add(1, MAKES_TABLE)

    done = shop_on_sqlite.command("upgrade", f"--preview_sql={value}")

    assert ("done" not in done.out) is is_preview


def test_cursor_of_the_driver_is_shown_or_refused(shop: Shop) -> None:
    shop.add(
        1,
        "def upgrade(e):\n"
        "    cursor = e.raw_connection().cursor()\n"
        "    cursor.execute('SELECT 1 AS one')\n"
        "    cursor.execute('CREATE TABLE more (id INTEGER)')\n",
    )
    before = shop.contents()

    done = shop.command("upgrade", "--preview_sql")

    assert shop.contents() == before
    if can_roll_back_ddl(shop.engine):
        assert "CREATE TABLE more (id INTEGER)" in done.out
    else:
        assert done.code == 1
        assert "sent by a cursor of the driver" in done.error


def test_signal_ends_a_statement_that_is_tried(shop: Shop) -> None:
    if not can_roll_back_ddl(shop.engine):
        pytest.skip("nothing is tried")
    statement = IN_STATEMENT[shop.engine.name]
    shop.add(1, f"def upgrade(e):\n    e.execute({statement!r})\n")
    began = time.monotonic()
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()

    done = shop.command("upgrade", "--preview_sql")

    assert done.code == 130
    assert time.monotonic() - began < 20
