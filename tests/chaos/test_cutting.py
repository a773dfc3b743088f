"""A short run of the trials with signals and cut connections."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import URL
from sqlalchemy.engine import make_url

from tests.chaos.cutting import IN_STATEMENT
from tests.chaos.cutting import cut_sessions
from tests.chaos.cutting import send_signals
from tests.chaos.disk import can_mount
from tests.chaos.filling import fill_the_disk
from tests.chaos.filling import fill_the_server
from tests.chaos.private import can_serve
from tests.chaos.restarting import restart_at_points
from tests.chaos.severing import sever_connections
from tests.chaos.traffic import upgrade_behind_a_reader


def test_signal_in_a_step_says_where_the_database_stands(
    database_url: URL, tmp_path: Path
) -> None:
    report = send_signals(tmp_path, database_url, rounds=2, limit=10)

    assert not report.wrong
    assert report.tried == 2


def test_signal_in_a_statement_cancels_it(
    database_url: URL, tmp_path: Path
) -> None:
    report = send_signals(
        tmp_path,
        database_url,
        rounds=2,
        statement=IN_STATEMENT[database_url.get_backend_name()],
        limit=10,
    )

    assert not report.wrong
    assert report.tried == 2


def test_session_killed_in_a_step_says_where_the_database_stands(
    database_url: URL, tmp_path: Path
) -> None:
    if database_url.get_backend_name() == "sqlite":
        pytest.skip("SQLite has no sessions to kill")

    report = cut_sessions(tmp_path, database_url, rounds=1)

    assert not report.wrong


def test_connection_cut_at_a_commit_is_told_as_it_is(
    database_url: URL, tmp_path: Path
) -> None:
    if database_url.get_backend_name() == "sqlite":
        pytest.skip("SQLite has no connection to cut")

    report = sever_connections(tmp_path, database_url, points=12)

    assert not report.wrong
    assert report.seen["at a COMMIT"] >= 6
    assert report.seen["said done"]


def test_full_disk_leaves_nothing_of_a_step(
    sqlite_url: str, tmp_path: Path
) -> None:
    if not can_mount():
        pytest.skip("a small disk cannot be mounted here")

    report = fill_the_disk(tmp_path, make_url(sqlite_url), rounds=1)

    assert not report.wrong


def test_full_disk_of_a_server_is_reported_and_the_rerun_finishes(
    database_url: URL, tmp_path: Path
) -> None:
    if not can_mount() or not can_serve(database_url.get_backend_name()):
        pytest.skip("no server with a small disk can be made here")

    report = fill_the_server(tmp_path, database_url, rounds=1)

    assert not report.wrong
    assert report.seen["ended with an error"]


def test_server_restarted_in_a_run_is_reported_and_the_rerun_finishes(
    database_url: URL, tmp_path: Path
) -> None:
    if not can_serve(database_url.get_backend_name()):
        pytest.skip("no server can be made here")

    report = restart_at_points(tmp_path, database_url, points=1)

    assert not report.wrong


def test_upgrade_behind_a_reader_holds_nobody_up(
    database_url: URL, tmp_path: Path
) -> None:
    report = upgrade_behind_a_reader(
        tmp_path, database_url, seconds=1, timeout=0.5
    )

    assert not report.wrong
