"""The databases that the tests run against, and empty ones on demand.

``MIGRATE_TEST_URLS`` lists administrative URLs, separated by white space; a
test gets a fresh, empty database on that server.  Without it, SQLite and the
local PostgreSQL and MariaDB are tried.  With ``MIGRATE_TEST_REQUIRE_ALL`` set
(as CI does) a server that does not answer is an error, not a skip.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

DEFAULT_URLS = (
    "sqlite://",
    "postgresql+psycopg2://postgres@127.0.0.1:5432/postgres",
    "mysql+pymysql://root@127.0.0.1:3306/test",
)


def server_urls() -> list[str]:
    """Return the administrative URLs, the one of SQLite always among them."""
    urls = os.environ.get("MIGRATE_TEST_URLS", "").split() or [*DEFAULT_URLS]
    if not any(url.startswith("sqlite") for url in urls):
        urls.insert(0, "sqlite://")
    return urls


def server_id(url: str) -> str:
    try:
        return make_url(url).get_backend_name()
    except ArgumentError:
        return "unreadable-url"


def is_required() -> bool:
    return bool(os.environ.get("MIGRATE_TEST_REQUIRE_ALL"))


@cache
def why_unreachable(url: str) -> str | None:
    """Return None if the server answers, else what it said."""
    try:
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect():
            return None
    except (DBAPIError, ImportError) as error:
        return str(error).splitlines()[0]


@contextmanager
def empty_database(server: str, folder: Path) -> Iterator[URL]:
    """Give the URL of an empty database; its contents go afterwards.

    A server that does not answer skips the test, or fails it if every
    server is required.  To create a database costs much more than to empty
    one, so a process keeps those it has made until its end.
    """
    url = make_url(server)
    if url.get_backend_name() == "sqlite":
        yield url.set(
            database=str(folder / f"db_{uuid.uuid4().hex[:8]}.sqlite")
        )
        return
    reason = why_unreachable(server)
    if reason is not None:
        report = pytest.fail if is_required() else pytest.skip
        report(f"{url.render_as_string()} does not answer: {reason}")
    free = _free.setdefault(server, [])
    name = free.pop() if free else _create(url)
    try:
        yield url.set(database=name)
    finally:
        _EMPTY[url.get_backend_name()](url, name)
        free.append(name)


def drop_databases() -> None:
    """Drop what this process has made; for the end of the session."""
    for server, names in _free.items():
        for name in names:
            administer(make_url(server), f"DROP DATABASE {name}")
        names.clear()


_free: dict[str, list[str]] = {}


def _create(url: URL) -> str:
    name = f"remigrate_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    administer(url, f"CREATE DATABASE {name}")
    return name


def _empty_postgresql(url: URL, name: str) -> None:
    administer(
        url.set(database=name),
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        """DO $$
        DECLARE name text;
        BEGIN
            FOR name IN SELECT nspname FROM pg_namespace
                WHERE nspname !~ '^(pg_|information_schema)'
            LOOP
                EXECUTE 'DROP SCHEMA ' || quote_ident(name) || ' CASCADE';
            END LOOP;
            EXECUTE 'CREATE SCHEMA public';
        END $$""",
    )


def _empty_mysql(url: URL, name: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        sessions = connection.execute(
            text(
                "SELECT id FROM information_schema.processlist WHERE db = :d"
            ),
            {"d": name},
        ).scalars()
        for session in sessions.all():
            with suppress(DBAPIError):  # it may have ended by itself
                connection.execute(text(f"KILL {session}"))
    administer(url, f"DROP DATABASE {name}", f"CREATE DATABASE {name}")


_EMPTY = {
    "postgresql": _empty_postgresql,
    "mysql": _empty_mysql,
    "mariadb": _empty_mysql,
}


def administer(url: URL, *statements: str) -> None:
    engine = create_engine(
        url, poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
