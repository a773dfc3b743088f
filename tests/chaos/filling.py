"""A disk that is full in the middle of a step."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL

from tests.chaos.deployer import Deployer
from tests.chaos.report import Report
from tests.chaos.shop import make_shop
from tests.chaos.witness import witness_of

__all__ = ["can_mount", "fill_the_disk"]

_FILL = """
INSERT INTO log VALUES ('up 2');
CREATE TABLE big (text TEXT);
INSERT INTO big WITH RECURSIVE few (number) AS
    (SELECT 1 UNION ALL SELECT number + 1 FROM few WHERE number < {rows})
    SELECT hex(zeroblob(500)) FROM few;
"""


def can_mount() -> bool:
    """Tell whether a small disk can be made; few containers may."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with _small_disk(Path(folder)):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False


def fill_the_disk(folder: Path, url: URL, *, rounds: int) -> Report:
    """Upgrade on a small disk until it is full, then give it more room.

    For SQLite; ``url`` is not used, the database lies on that disk.
    """
    report = Report("disk full", "sqlite")
    for number in range(rounds):
        own = folder / f"round{number}"
        disk = own / "disk"
        disk.mkdir(parents=True)
        with _small_disk(disk):
            small = url.set(database=str(disk / "app.db"))
            problem = _fill(own, small, disk, 400 + 40 * number)
        report.tried += 1
        if problem:
            report.wrong.append(f"round {number}: {problem}")
    return report


def _fill(folder: Path, url: URL, disk: Path, rows: int) -> str | None:
    shop = make_shop(
        folder,
        url,
        {
            "001_a_sqlite_upgrade.sql": "INSERT INTO log VALUES ('up 1');",
            "002_b_sqlite_upgrade.sql": _FILL.format(rows=rows),
        },
    )
    witness = witness_of(url)
    assert Deployer(shop.manage, "version_control").run().code == 0
    failed = Deployer(shop.manage, "upgrade").run()
    state = witness.read()
    if (failed.code, state.version, state.log) != (1, 1, ["up 1"]):
        return f"{failed}, {state}"
    if "at version 1" not in failed.err or "Traceback" in failed.err:
        return failed.err
    _mount("-o", "remount,size=20m", str(disk))
    again = Deployer(shop.manage, "upgrade").run()
    state = witness.read()
    if again.code or state.log != ["up 1", "up 2"]:
        return f"the rerun: {again}"
    return None


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    _mount("-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder))
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True)
