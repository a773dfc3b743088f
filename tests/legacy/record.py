"""Write down what SQLAlchemy 1.4 and 1.2 answer to the forms.

Run from the top of the checkout by a Python that has one of them, psycopg2
and PyMySQL; answers of the other release are kept::

    python -m tests.legacy.record

Needs the servers that the tests use; makes and drops databases of its own.
"""

import json
import os
import sys
import tempfile
import warnings
from pathlib import Path

import sqlalchemy

from tests.legacy import forms

ANSWERS = Path(__file__).with_name("answers.json")
SERVERS = {
    "postgresql": "postgresql+psycopg2://postgres@127.0.0.1:5432/postgres",
    "mysql": "mysql+pymysql://root@127.0.0.1:3306/test",
}
# Some forms lock themselves out, with the connections that 1.x had.
PATIENCE = {
    "sqlit": {"timeout": 1},
    "postg": {"options": "-c lock_timeout=1000"},
    "mysql": {
        "init_command": "SET lock_wait_timeout = 1, "
        "innodb_lock_wait_timeout = 1"
    },
}
STACK = ".".join(sqlalchemy.__version__.split(".")[:2])


def on_empty_database(database, function):
    """Give the answer of a form on a database made for it."""
    if database == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            url = "sqlite:///" + os.path.join(folder, "form.db")
            return on_url(url, function)
    name = "remigrate_forms_%d" % os.getpid()
    admin = sqlalchemy.create_engine(
        SERVERS[database], isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute("DROP DATABASE IF EXISTS " + name)
        connection.execute("CREATE DATABASE " + name)
    try:
        return on_url(
            SERVERS[database].rpartition("/")[0] + "/" + name, function
        )
    finally:
        with admin.connect() as connection:
            if database == "mysql":
                end_connections(connection, name)
            force = " WITH (FORCE)" if database == "postgresql" else ""
            connection.execute("DROP DATABASE " + name + force)
        admin.dispose()


def end_connections(connection, name):
    """Some forms leave one open, and DROP DATABASE would wait for it."""
    left = connection.execute(
        "SELECT id FROM information_schema.processlist WHERE db = %s", name
    )
    for (number,) in left.fetchall():
        try:
            connection.execute("KILL %d" % number)
        except sqlalchemy.exc.OperationalError:
            pass  # it went by itself


def on_url(url, function):
    engine = sqlalchemy.create_engine(url, connect_args=PATIENCE[url[:5]])
    try:
        return forms.answer(function, engine)
    finally:
        engine.dispose()


def main():
    warnings.simplefilter("ignore")
    wanted = sys.argv[1:]
    answers = json.loads(ANSWERS.read_text()) if ANSWERS.exists() else {}
    known = set()
    for name, function in forms.forms():
        known.add(name)
        if getattr(function, "stack", "1.4") != STACK:
            continue
        if wanted and not any(name.startswith(one) for one in wanted):
            continue
        databases = getattr(
            function, "databases", ("sqlite", "postgresql", "mysql")
        )
        answers[name] = {
            database: on_empty_database(database, function)
            for database in databases
        }
    answers = {
        name: answers[name] for name in sorted(answers) if name in known
    }
    ANSWERS.write_text(json.dumps(answers, indent=1) + "\n")


if __name__ == "__main__":
    main()
