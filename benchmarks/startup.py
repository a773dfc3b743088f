"""Time commands that have nothing to do: version, help, a no-op upgrade.

    python benchmarks/startup.py [--rounds 20] [--versions 3,10000]
        [--old PYTHON]

The floor is a process that imports SQLAlchemy, connects and selects 1.
Alembic takes part if it is installed, the old library if ``--old`` names a
Python that has it.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from processes import Contestant
from processes import compare
from repositories import make_alembic
from repositories import make_migrate
from repositories import python

FLOOR = (
    "import sqlalchemy as s\n"
    "with s.create_engine({url!r}).connect() as c:\n"
    "    c.execute(s.text('select 1')).scalar()\n"
)


def at_head(folder: Path, count: int) -> str:
    """Make repositories and databases that are at the latest version."""
    url = f"sqlite:///{folder}/ours.db"
    make_migrate(folder, url, count)
    call(folder, python("manage.py", "version_control", str(count)))
    if find_spec("alembic"):
        make_alembic(folder, f"sqlite:///{folder}/alembic.db", count)
        call(folder, python("-m", "alembic", "stamp", "head"))
    return url


def call(folder: Path, command: list[str]) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def measure(count: int, rounds: int, old: str | None) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        floor = FLOOR.format(url=at_head(folder, count))
        contestants = [Contestant("floor", python("-c", floor), folder)]
        contestants += [
            Contestant(words[0], python("manage.py", *words), folder)
            for words in (
                ("upgrade",),
                ("db_version",),
                ("version",),
                ("help", "upgrade"),
                ("source", "1"),
            )
        ]
        if find_spec("alembic"):
            command = python("-m", "alembic", "upgrade", "head")
            contestants.append(Contestant("alembic upgrade", command, folder))
        if old:
            command = [old, "-c", floor]
            contestants.append(Contestant("old floor", command, folder))
            command = [old, "manage.py", "upgrade"]
            contestants.append(Contestant("old upgrade", command, folder))
        compare(f"no-op with {count} versions", contestants, rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--versions", default="3,10000")
    parser.add_argument("--old")
    options = parser.parse_args()
    for number in options.versions.split(","):
        measure(int(number), options.rounds, options.old)
