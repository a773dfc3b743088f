"""A short run of the trials with many deployers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests.chaos.crowd import IN_SCRIPT
from tests.chaos.crowd import IN_STATEMENT
from tests.chaos.crowd import LIMITS
from tests.chaos.crowd import deploy_at_once
from tests.chaos.crowd import kill_the_holder
from tests.chaos.pooling import can_pool
from tests.chaos.pooling import deploy_through_a_pooler
from tests.chaos.shop import PLAIN
from tests.chaos.shop import SLOW
from tests.chaos.shop import UNROLLABLE
from tests.chaos.stranger import move_in_between


@pytest.mark.parametrize("scripts", [PLAIN, SLOW], ids=["plain", "slow"])
def test_of_many_deployers_one_runs_each_script(
    database_url: URL, tmp_path: Path, scripts: Mapping[str, str]
) -> None:
    report = deploy_at_once(
        tmp_path, database_url, scripts, trial="", processes=8, rounds=2
    )

    assert not report.wrong
    assert report.seen["had to wait"]


def test_pooler_is_refused_unless_each_client_has_a_session(
    database_url: URL, tmp_path: Path
) -> None:
    if database_url.get_backend_name() != "postgresql" or not can_pool():
        pytest.skip("PgBouncer is not installed, or this is no PostgreSQL")

    report = deploy_through_a_pooler(
        tmp_path, database_url, processes=4, rounds=1
    )

    assert not report.wrong
    assert report.seen["done"]
    assert report.seen["refused"]


def test_killed_holder_is_followed_at_once(
    database_url: URL, tmp_path: Path
) -> None:
    report = kill_the_holder(
        tmp_path, database_url, IN_SCRIPT, trial="", waiting=4, rounds=1
    )

    assert not report.wrong


def test_holder_killed_in_a_statement_is_followed_soon(
    database_url: URL, tmp_path: Path
) -> None:
    name = database_url.get_backend_name()
    if name not in IN_STATEMENT:
        pytest.skip("SQLite runs its statements in the process that dies")

    report = kill_the_holder(
        tmp_path,
        database_url,
        IN_STATEMENT[name],
        trial="",
        waiting=2,
        rounds=1,
        limit=LIMITS[name],
    )

    assert not report.wrong


def test_version_moved_in_between_is_never_overwritten(
    database_url: URL, tmp_path: Path
) -> None:
    report = move_in_between(tmp_path, database_url, UNROLLABLE, points=8)

    assert not report.wrong
    assert report.seen["noticed"]
