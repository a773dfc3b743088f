"""Surroundings that a command does not expect: closed, gone, full, foreign."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import migrate
from tests.nonsense import stage
from tests.nonsense.corpus import Case
from tests.nonsense.corpus import decoded
from tests.nonsense.corpus import lines

MIGRATE = f"{sys.executable} -m migrate.versioning.shell"
ASCII = "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 "


@pytest.fixture
def place(tmp_path: Path) -> Path:
    stage.build(tmp_path)
    script = tmp_path / "shop/versions/001_add_account.py"
    script.write_text("# \u00fcn\u00ef \u2603\n" + stage.SCRIPT)
    return tmp_path


def run(place: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell, where M is the command, and ASCII the locale."""
    line = command.replace("M ", f"{MIGRATE} ").replace("ASCII ", ASCII)
    path = str(Path(migrate.__file__).parents[1])
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        cwd=place,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("case", lines("environment"), ids=str)
def test_surroundings(place: Path, case: Case) -> None:
    done = run(place, decoded(case.text))

    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert case.code in (-1, done.returncode), done.stderr
    if case.named:
        last = done.stderr.splitlines()[-1]
        assert last.startswith("shell.py: error: ")
        assert case.named in last


def test_upgrade_goes_on_when_nobody_reads(place: Path) -> None:
    run(place, "M downgrade sqlite:///app.db shop 0 | true")

    assert run(place, "M db_version sqlite:///app.db shop").stdout == "0\n"
