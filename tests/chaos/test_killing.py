"""A short run of the trials with SIGKILL."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.engine import make_url

from tests.chaos.killing import kill_at_points
from tests.chaos.shop import PLAIN
from tests.chaos.shop import UNROLLABLE

POINTS = 6


def test_killed_run_is_finished_by_the_next(
    database_url: URL, tmp_path: Path
) -> None:
    rolls_back = database_url.get_backend_name() != "mysql"

    report = kill_at_points(
        tmp_path,
        database_url,
        PLAIN,
        trial="plain",
        rolls_back=rolls_back,
        points=POINTS,
    )

    assert not report.wrong
    assert report.tried == POINTS
    if rolls_back:
        assert not report.seen["refused and named"]
        assert not report.seen["resumed"]


def test_killed_step_without_a_transaction_is_resumed_or_named(
    database_url: URL, tmp_path: Path
) -> None:
    report = kill_at_points(
        tmp_path,
        database_url,
        UNROLLABLE,
        trial="opted out",
        rolls_back=False,
        points=POINTS,
    )

    assert not report.wrong
    assert report.tried == POINTS


def test_killed_run_keeps_history_true(
    sqlite_url: str, tmp_path: Path
) -> None:
    report = kill_at_points(
        tmp_path,
        make_url(sqlite_url),
        PLAIN,
        trial="history",
        rolls_back=True,
        points=POINTS,
        config="history_table=migrate_history\n",
    )

    assert not report.wrong
