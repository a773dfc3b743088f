"""Somebody who takes no lock of ours moves the version in between.

As a process of the old library does, or a deployer behind a pooler that
breaks locks.  Whatever the lock is worth then, its version must not be
overwritten.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pymysql
from sqlalchemy.engine import URL

from tests.chaos.deployer import Deployer
from tests.chaos.deployer import Ending
from tests.chaos.killing import spread
from tests.chaos.report import Report
from tests.chaos.shop import make_shop
from tests.chaos.witness import Witness
from tests.chaos.witness import witness_of

__all__ = ["move_in_between"]

_MOVED = 77
_MOVE = (
    f"UPDATE migrate_version SET version = {_MOVED}"
    " WHERE repository_id NOT LIKE '%step under way%'"
)
_IMPATIENTLY = {
    "sqlite": "PRAGMA busy_timeout = 50",
    "postgresql": "SET lock_timeout = '50ms'",
    "mysql": "SET innodb_lock_wait_timeout = 1",
}
_ERRORS = (
    sqlite3.OperationalError,
    psycopg2.OperationalError,
    pymysql.OperationalError,
)


@dataclass(frozen=True)
class Stranger:
    """Moves the version, unless its row is locked; picklable."""

    url: URL

    def __call__(self, point: str) -> None:
        """Try it once; called in the deployer."""
        name = self.url.get_backend_name()
        try:
            witness_of(self.url).do(_IMPATIENTLY[name], _MOVE)
        except _ERRORS:
            sys.stderr.write(f"kept out {point}\n")
        else:
            sys.stderr.write(f"moved {point}\n")


def move_in_between(
    folder: Path, url: URL, scripts: Mapping[str, str], *, points: int
) -> Report:
    """Move the version at ``points`` points of an upgrade."""
    report = Report("version moved in between", url.get_backend_name())
    shop = make_shop(folder, url, scripts)
    witness = witness_of(url)
    total = _anew(witness, shop.manage, None).passed
    for number in range(points):
        at = spread(number, points, total)
        ending = _anew(witness, shop.manage, at)
        report.tried += 1
        problem = _judge(ending, witness.read().version, shop.latest, report)
        if problem:
            first = ending.err.partition("\n")[0]
            report.wrong.append(f"point {at} ({first}): {problem}")
    return report


def _anew(witness: Witness, manage: Path, at: int | None) -> Ending:
    """Upgrade an empty database."""
    witness.clear()
    witness.do("CREATE TABLE log (entry VARCHAR(40))")
    assert Deployer(manage, "version_control").run().code == 0
    stranger = Stranger(witness.url)
    return Deployer(manage, "upgrade", at=at, act=stranger).run()


def _judge(
    ending: Ending, version: int | None, latest: int, report: Report
) -> str | None:
    if ending.code not in (0, 1) or "Traceback" in ending.err:
        return str(ending)
    if "kept out" in ending.err:
        report.seen["kept out"] += 1
        is_right = (ending.code, version) == (0, latest)
        return None if is_right else f"left version {version}: {ending}"
    if "moved" not in ending.err:
        return f"it never happened: {ending}"
    report.seen["noticed" if ending.code else "done already"] += 1
    if version != _MOVED:
        return f"overwritten with version {version}: {ending}"
    return None
