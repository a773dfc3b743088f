"""A short run of the trial of planted faults."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL

from tests.chaos.planting import prove_planted


def test_planted_faults_are_found_and_good_scripts_pass(
    database_url: URL, tmp_path: Path
) -> None:
    report = prove_planted(tmp_path, database_url, every=9)

    assert not report.wrong
    assert report.seen["found"]
    assert report.seen["passed"]
