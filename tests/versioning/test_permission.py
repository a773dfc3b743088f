"""What the operating system and the database do not let us do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy import inspect
from sqlalchemy.engine import URL
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from migrate.versioning import api
from tests import servers
from tests.command import Command

ROOT = Path(__file__).parents[2]
MAKE = "CREATE TABLE t (a INTEGER);"
NOBODY = 65534


class World:
    """A repository and a SQLite database in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repository = folder / "shop"
        self.database = folder / "db" / "app.db"
        self.database.parent.mkdir()
        api.create(str(self.repository), "shop")
        write(self.repository, MAKE)
        api.version_control(self.url, str(self.repository))
        if os.geteuid() == 0:
            for place in [folder, *folder.rglob("*")]:
                os.chown(place, NOBODY, NOBODY)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.database}"

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command as somebody who may not do everything."""
        return subprocess.run(
            [
                *_as_nobody(),
                *(sys.executable, "-P", "-c"),
                "import sys; sys.path.insert(0, sys.argv.pop(1));"
                "from migrate.versioning.shell import main; main()",
                *(str(ROOT), *words),
            ],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )


def write(repository: Path, text: str) -> None:
    for way in ("upgrade", "downgrade"):
        path = repository / "versions" / f"001_a_default_{way}.sql"
        path.write_text(text if way == "upgrade" else "DROP TABLE t;")


def _as_nobody() -> list[str]:
    if os.geteuid() != 0:
        return []
    return [
        "setpriv",
        f"--reuid={NOBODY}",
        f"--regid={NOBODY}",
        "--clear-groups",
    ]


@pytest.fixture
def world() -> Iterator[World]:
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root may do everything, and cannot be somebody else")
    # Not in tmp_path: pytest closes its folders to others.
    folder = Path(tempfile.mkdtemp(prefix="permission_"))
    folder.chmod(0o755)
    made = World(folder)
    if made.run("--help").returncode:
        pytest.skip("another user cannot run this Python here")
    yield made
    for place in (folder, *folder.glob("*"), *folder.glob("*/versions")):
        place.chmod(0o755)
    shutil.rmtree(folder)


UPGRADE = ("upgrade", "{url}", "shop")


@pytest.mark.parametrize(("words", "place", "mode"), [
    (("version", "shop"), "shop", 0),
    (("version", "shop"), "shop/migrate.cfg", 0),
    (UPGRADE, "shop/migrate.cfg", 0),
    (UPGRADE, "shop/versions", 0),
    (UPGRADE, "shop/versions/001_a_default_upgrade.sql", 0),
    (("script", "more", "shop"), "shop/versions", 0o555),
    (("create", "shop/other", "other"), "shop", 0o555),
    (("db_version", "{url}", "shop"), "db", 0),
    (("db_version", "{url}", "shop"), "db/app.db", 0),
    (("version_control", "{url}2", "shop"), "db", 0o555),
    (("version_control", "{url}2", "shop"), "db", 0),
    (UPGRADE, "db", 0),
    (UPGRADE, "db", 0o555),
    (UPGRADE, "db/app.db", 0),
    (UPGRADE, "db/app.db", 0o444),
    (("drop_version_control", "{url}", "shop"), "db/app.db", 0o444),
])  # fmt: skip
def test_what_the_system_forbids_is_said_with_who_may(
    world: World, words: tuple[str, ...], place: str, mode: int
) -> None:
    before = world.database.read_bytes()
    files = sorted(world.folder.rglob("*"))
    closed = world.folder / place
    was = closed.stat().st_mode
    closed.chmod(mode)

    done = world.run(*(word.format(url=world.url) for word in words))
    closed.chmod(was)

    last = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "error: " in last
    assert re.search(rf"{place}' belongs to user \d+ with mode", last)
    assert f"with mode {mode:04o}, we are user " in last
    assert "change its mode" in last
    assert world.database.read_bytes() == before
    assert sorted(world.folder.rglob("*")) == files


def test_closed_folder_of_scripts_does_not_keep_them_from_running(
    world: World,
) -> None:
    versions = world.repository / "versions"
    versions.chmod(0o555)

    done = world.run("upgrade", world.url, "shop")

    assert (done.returncode, done.stderr) == (0, "")


# -- rights in the database

Rights = Callable[[str], None]
_PG = "postgresql"


@pytest.fixture
def weak(server: str, database_url: URL) -> Iterator[tuple[URL, Rights]]:
    """The URL of a user who may do nothing, and a way to give rights."""
    name = database_url.get_backend_name()
    if name == "sqlite":
        pytest.skip("SQLite has no users")
    user = f"weak_{os.getpid()}"
    account = user if name == _PG else f"{user}@127.0.0.1"
    attributes = " LOGIN" if name == _PG else ""
    servers.administer(make_url(server), f"CREATE USER {account}{attributes}")

    def give(rights: str) -> None:
        servers.administer(
            database_url,
            f"GRANT {rights.format(database_url.database)} TO {account}",
        )

    if name == _PG:  # as every new database has it
        give("USAGE ON SCHEMA public")
    yield database_url.set(username=user, password=None), give
    if name == _PG:
        servers.administer(
            database_url,
            f"DROP OWNED BY {account} CASCADE",
        )
    servers.administer(make_url(server), f"DROP USER {account}")


CONTROL = "migrate_version"
DATA = "SELECT, INSERT, UPDATE, DELETE"


@pytest.mark.parametrize(("rights", "words", "reason"), [
    ({}, "version_control", "schema public|Access denied"),
    ({}, "db_version", f"{CONTROL}|Access denied"),
    ({}, "upgrade", f"{CONTROL}|Access denied"),
    ({_PG: f"SELECT ON {CONTROL}", "mysql": "SELECT ON {}.*"},
     "upgrade", f"{CONTROL}"),
    ({_PG: f"{DATA} ON {CONTROL}", "mysql": DATA + " ON {}.*"},
     "upgrade", "schema public|CREATE command denied"),
    ({_PG: f"{DATA} ON {CONTROL}", "mysql": DATA + " ON {}.*"},
     "drop_version_control", "must be owner|DROP command denied"),
])  # fmt: skip
def test_what_the_database_forbids_is_said_with_the_user(
    weak: tuple[URL, Rights],
    database_url: URL,
    command: Command,
    tmp_path: Path,
    rights: dict[str, str],
    words: str,
    reason: str,
) -> None:
    url, give = weak
    repository = tmp_path / "shop"
    api.create(str(repository), "shop")
    write(repository, MAKE)
    if words != "version_control":
        api.version_control(
            database_url.render_as_string(hide_password=False),
            str(repository),
        )
    if rights:
        give(rights[url.get_backend_name()])
    before = names(database_url)
    text = url.render_as_string(hide_password=False)

    done = command(words, text, str(repository))

    last = done.error
    assert done.code == 1
    assert "Traceback" not in done.err
    assert re.search(reason, last)
    assert f"let user {url.username!r} do that (GRANT" in last
    assert names(database_url) == before


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ("db_version", ""),
        ("upgrade", ""),
        ("version_control", ""),
        ("verify", ""),
        ("db_version", "?options=-csearch_path%3Dnosuch,%22my%5C%20shop%22"),
    ],
)
def test_schema_that_is_closed_is_said_with_how_to_open_it(
    weak: tuple[URL, Rights],
    database_url: URL,
    command: Command,
    tmp_path: Path,
    words: str,
    more: str,
) -> None:
    url, give = weak
    if url.get_backend_name() != _PG:
        pytest.skip("a schema is a database")
    repository = tmp_path / "shop"
    api.create(str(repository), "shop")
    schema = '"my shop"' if more else "public"
    if more:
        servers.administer(database_url, f"CREATE SCHEMA {schema}")
    api.version_control(
        database_url.render_as_string(hide_password=False) + more,
        str(repository),
    )
    give(f"{DATA} ON {schema}.{CONTROL}")
    servers.administer(
        database_url, "REVOKE USAGE ON SCHEMA public FROM PUBLIC"
    )
    servers.administer(
        database_url, f"REVOKE USAGE ON SCHEMA public FROM {url.username}"
    )
    text = url.render_as_string(hide_password=False) + more

    done = command(words, text, str(repository))

    assert done.code == 1
    assert "Traceback" not in done.err
    assert f"GRANT USAGE ON SCHEMA {schema} TO {url.username}" in done.error
    servers.administer(database_url, "GRANT USAGE ON SCHEMA public TO PUBLIC")


def test_step_without_a_transaction_needs_the_marker_first(
    weak: tuple[URL, Rights],
    database_url: URL,
    command: Command,
    tmp_path: Path,
) -> None:
    url, give = weak
    if url.get_backend_name() != _PG:
        pytest.skip("there every step has a marker")
    repository = tmp_path / "shop"
    api.create(str(repository), "shop")
    write(repository, f"-- migrate: no-transaction\n{MAKE}")
    api.version_control(
        database_url.render_as_string(hide_password=False), str(repository)
    )
    give(f"SELECT, UPDATE ON {CONTROL}")
    give("CREATE ON SCHEMA public")

    done = command(
        "upgrade", url.render_as_string(hide_password=False), str(repository)
    )

    assert done.code == 1
    assert "permission denied for table migrate_version" in done.err
    assert f"let user {url.username!r} do that (GRANT" in done.err
    assert names(database_url) == [CONTROL]


def test_user_who_owns_nothing_deploys_with_rights_on_the_rows(
    weak: tuple[URL, Rights],
    database_url: URL,
    command: Command,
    tmp_path: Path,
) -> None:
    url, give = weak
    repository = tmp_path / "shop"
    api.create(str(repository), "shop")
    write(repository, MAKE)
    api.version_control(
        database_url.render_as_string(hide_password=False), str(repository)
    )
    if url.get_backend_name() == _PG:
        give(f"{DATA} ON {CONTROL}")
        give("CREATE ON SCHEMA public")
    else:
        give(f"{DATA}, CREATE" + " ON {}.*")

    done = command(
        "upgrade", url.render_as_string(hide_password=False), str(repository)
    )

    assert (done.code, done.err) == (0, "")
    assert names(database_url) == [CONTROL, "t"]


def names(url: URL) -> list[str]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return sorted(inspect(connection).get_table_names())
