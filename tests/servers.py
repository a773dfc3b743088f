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
    """Make an empty database, give its URL, drop it.

    A server that does not answer skips the test, or fails it if every
    server is required.
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
    name = f"remigrate_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    _administer(url, f"CREATE DATABASE {name}")
    try:
        yield url.set(database=name)
    finally:
        force = (
            " WITH (FORCE)" if url.get_backend_name() == "postgresql" else ""
        )
        _administer(url, f"DROP DATABASE {name}{force}")


def _administer(url: URL, statement: str) -> None:
    engine = create_engine(
        url, poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(statement))
