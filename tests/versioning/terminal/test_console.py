from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from migrate.versioning.terminal.console import Console

LOG = logging.getLogger("migrate.versioning.example")


@pytest.fixture
def state() -> tuple[object, ...]:
    return _state()


def _state() -> tuple[object, ...]:
    ours, root = logging.getLogger("migrate"), logging.getLogger()
    return ours.level, ours.propagate, [*ours.handlers], [*root.handlers]


def test_progress_and_warnings_go_their_ways(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Console():
        LOG.debug("unseen")
        LOG.info("0 -> 1... ")
        LOG.warning("beware")

    assert capsys.readouterr() == ("0 -> 1... \n", "beware\n")


def test_debug_shows_more(capsys: pytest.CaptureFixture[str]) -> None:
    with Console(debug=True):
        LOG.debug("seen")

    assert capsys.readouterr().out == "seen\n"


def test_quiet_shows_nothing_but_errors(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console = Console(quiet=True)
    with console:
        LOG.info("progress")
        LOG.warning("warning")
    console.result(3)
    console.error("broken")

    assert capsys.readouterr() == ("", "broken\n")


@pytest.mark.parametrize("quiet", [True, False])
def test_loggers_are_as_before(state: tuple[object, ...], quiet: bool) -> None:
    with pytest.raises(RuntimeError), Console(quiet=quiet, debug=True):
        raise RuntimeError

    assert _state() == state


def test_root_logger_hears_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with Console():
        LOG.warning("for the shell")

    assert not caplog.records


@pytest.mark.parametrize("words", ["", "debug=True"])
def test_pools_complain_of_lost_connections_in_debug_only(words: str) -> None:
    """Python prints what nobody listens to."""
    program = f"""
import logging
from migrate.versioning.terminal.console import Console
pool = logging.getLogger("sqlalchemy.pool.impl.NullPool")
with Console({words}):
    pool.error("Exception terminating connection")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )

    assert ("terminating" in done.stderr) is bool(words)


def test_secrets_are_hidden_in_messages_and_errors(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console = Console(debug=True, secrets=["pw"])
    with console:
        LOG.debug("connecting to %s", "db://me:pw@host")
        try:
            raise ValueError("pw")
        except ValueError:
            LOG.exception("refused")
    console.error("login 'pw' refused")

    out, err = capsys.readouterr()
    assert out == "connecting to db://me:***@host\n"
    assert "ValueError: ***" in err
    assert "login '***' refused" in err


def test_results_are_shown_as_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Console(secrets=["1"]).result(1)

    assert capsys.readouterr().out == "1\n"
