from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings
from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool

from tests import servers
from tests.command import Command

# The same examples in every run: a change is judged by what it changes.  Look
# for new ones with --hypothesis-profile=search.  A machine at work for others
# is no failure: too_slow failed tests before they had run.
_PATIENT = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("same", _PATIENT, derandomize=True)
settings.register_profile("search", _PATIENT, max_examples=2000)
settings.load_profile("same")


def pytest_configure() -> None:
    # A shell has its background jobs ignore Ctrl-C, and so would they that
    # the tests send it to, for ever.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_sessionfinish() -> None:
    servers.drop_databases()


@pytest.fixture(
    params=servers.server_urls(), ids=servers.server_id, scope="session"
)
def server(request: pytest.FixtureRequest) -> str:
    """The administrative URL of each server in turn."""
    return str(request.param)


@pytest.fixture
def database_url(server: str, tmp_path: Path) -> Iterator[URL]:
    """The URL of an empty database on each server; gone after the test.

    Use ``url.render_as_string(hide_password=False)`` for text.
    """
    with servers.empty_database(server, tmp_path) as url:
        yield url


@pytest.fixture
def engine(database_url: URL) -> Iterator[Engine]:
    """A plain engine on an empty database, without a pool."""
    engine = create_engine(database_url, poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'app.db'}"


@pytest.fixture
def sqlite_engine(sqlite_url: str) -> Iterator[Engine]:
    engine = create_engine(sqlite_url, poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Command:
    """The command ``migrate``: ``command("version", "my_repo").out``."""
    return Command(capsys, monkeypatch)
