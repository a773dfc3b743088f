"""A short run of the measurement of what the safeguards cost."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import make_url

from tests.chaos.overhead import measure_overhead


def test_safeguards_cost_few_statements(
    sqlite_url: str, tmp_path: Path
) -> None:
    report = measure_overhead(
        tmp_path, make_url(sqlite_url), versions=20, rounds=1
    )

    # So short a run says nothing of time.
    assert not any("statements" in one for one in report.wrong)
    assert "statements a step more" in report.notes[0]
