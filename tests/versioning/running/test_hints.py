"""Errors that are there because a step is one transaction say so."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from migrate.versioning import api
from tests import servers
from tests.command import Command


def upgrade(tmp_path: Path, url: str, name: str, script: str) -> None:
    repository = tmp_path / "repository"
    api.create(repository, "repository")
    (repository / "versions" / name).write_text(script)
    api.version_control(url, repository)
    api.upgrade(url, repository)


STATEMENT = {
    "sqlite": "VACUUM",
    "postgresql": "CREATE INDEX CONCURRENTLY i ON migrate_version (version)",
}


@pytest.mark.parametrize(
    ("name", "script", "way_round"),
    [
        (
            "001_a.py",
            "def upgrade(migrate_engine):\n    migrate_engine.execute({!r})\n",
            "set transactional = False in the script",
        ),
        (
            "001_{}_upgrade.sql",
            "{};\n",
            "begin the script with '-- migrate: no-transaction'",
        ),
    ],
)
def test_statement_for_no_transaction_names_the_way_round(
    server: str, tmp_path: Path, name: str, script: str, way_round: str
) -> None:
    database = servers.server_id(server)
    if database not in STATEMENT:
        pytest.skip("a step is no transaction there")
    with (
        servers.empty_database(server, tmp_path) as url,
        pytest.raises(DBAPIError) as caught,
    ):
        upgrade(
            tmp_path,
            url,
            name.format(database),
            script.format(STATEMENT[database]),
        )

    assert f"runs in a transaction; {way_round} if" in str(caught.value)


def test_own_connection_that_waits_for_the_step_is_told(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path}/app.db"
    create_engine(url, poolclass=NullPool).connect().close()
    script = f"""
def upgrade(migrate_engine):
    import sqlite3
    from sqlalchemy import create_engine
    other = create_engine("sqlite://", creator=lambda: sqlite3.connect(
        {str(tmp_path / "app.db")!r}, timeout=0))
    try:
        other.execute("CREATE TABLE t (a INTEGER)")
    finally:
        other.dispose()
"""

    with pytest.raises(DBAPIError, match="use migrate_engine"):
        upgrade(tmp_path, url, "001_a.py", script)


def test_other_errors_are_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(DBAPIError) as caught:
        upgrade(
            tmp_path,
            f"sqlite:///{tmp_path}/app.db",
            "001_sqlite_upgrade.sql",
            "SELECT 'inside a transaction' FROM nowhere;\n",
        )

    assert not caught.value.detail


def test_command_line_shows_the_way_round(
    command: Command, sqlite_url: str, tmp_path: Path
) -> None:
    repository = tmp_path / "repository"
    api.create(repository, "repository")
    script = repository / "versions" / "001_sqlite_upgrade.sql"
    script.write_text("VACUUM;")
    api.version_control(sqlite_url, repository)

    done = command("upgrade", sqlite_url, str(repository))

    assert "begin the script with '-- migrate: no-transaction'" in done.error
