"""Time an upgrade through N versions, each making a table with an index.

    python benchmarks/upgrade.py [URL ...] [--versions 100,1000,3000]
        [--rounds 3] [--old PYTHON]

URL is an administrative one; databases named ``bench_remigrate_*`` are made
and dropped there.  Default: an SQLite file.  The floor is the driver alone
with the same DDL, a transaction and an update of the version row each.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from processes import Contestant
from processes import compare
from repositories import make_alembic
from repositories import make_floor
from repositories import make_migrate
from repositories import python
from sqlalchemy import create_engine
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.engine import make_url


def fresh(
    server: str, folder: Path, name: str
) -> tuple[str, Callable[[], None]]:
    """Return the URL of a database and what empties it."""
    url = make_url(server)
    if url.get_backend_name() == "sqlite":
        path = folder / f"{name}.db"
        return f"sqlite:///{path}", lambda: path.unlink(missing_ok=True)
    database = f"bench_remigrate_{name}"

    def empty() -> None:
        drop(url, database)
        administer(url, f"CREATE DATABASE {database}")

    shown = url.set(database=database)
    return shown.render_as_string(hide_password=False), empty


def drop(url: URL, database: str) -> None:
    administer(url, f"DROP DATABASE IF EXISTS {database}")


def administer(url: URL, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def migrate_contestant(
    name: str, interpreter: str, server: str, folder: Path, count: int
) -> Contestant:
    own = folder / name
    own.mkdir()
    url, empty = fresh(server, own, name)
    make_migrate(own, url, count)

    def prepare() -> None:
        empty()
        command = [interpreter, "manage.py", "version_control"]
        subprocess.run(command, cwd=own, check=True, capture_output=True)

    command = [interpreter, "manage.py", "upgrade"]
    return Contestant(name, command, own, prepare)


def measure(server: str, count: int, rounds: int, old: str | None) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url, empty = fresh(server, folder, "floor")
        make_floor(folder, url, count)
        command = python("floor.py", url.removeprefix("sqlite:///"))
        contestants = [
            Contestant("floor", command, folder, empty),
            migrate_contestant("ours", python()[0], server, folder, count),
        ]
        if find_spec("alembic"):
            url, empty = fresh(server, folder, "alembic")
            make_alembic(folder, url, count)
            command = python("-m", "alembic", "upgrade", "head")
            contestants.append(Contestant("alembic", command, folder, empty))
        if old:
            contestants.append(
                migrate_contestant("old", old, server, folder, count)
            )
        backend = make_url(server).get_backend_name()
        compare(f"{count} versions on {backend}", contestants, rounds)
        if backend != "sqlite":
            for each in contestants:
                drop(make_url(server), f"bench_remigrate_{each.name}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", nargs="*", default=["sqlite://"])
    parser.add_argument("--versions", default="100,1000,3000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--old")
    options = parser.parse_args()
    for server_url in options.urls:
        for number in options.versions.split(","):
            measure(server_url, int(number), options.rounds, options.old)
