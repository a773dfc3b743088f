"""Many deployers at once, and one that dies while others wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path
from signal import SIGKILL

from sqlalchemy.engine import URL

from tests.chaos.deployer import FORKS
from tests.chaos.deployer import Deployer
from tests.chaos.deployer import Ending
from tests.chaos.report import Report
from tests.chaos.shop import make_shop
from tests.chaos.witness import witness_of

__all__ = [
    "IN_SCRIPT",
    "IN_STATEMENT",
    "LIMITS",
    "deploy_at_once",
    "gather",
    "kill_the_holder",
]

_PATIENCE = "--lock_timeout=300"


def deploy_at_once(
    folder: Path,
    url: URL,
    scripts: Mapping[str, str],
    *,
    trial: str,
    processes: int,
    rounds: int,
) -> Report:
    """Start ``processes`` upgrades at the same moment, ``rounds`` times."""
    shop = make_shop(folder, url, scripts)
    witness = witness_of(url)
    assert Deployer(shop.manage, "version_control").run().code == 0
    report = Report(trial, url.get_backend_name(), worst=0.0)
    expected = [f"up {number}" for number in range(1, shop.latest + 1)]
    for number in range(rounds):
        endings, took = gather(
            shop.manage, "upgrade", _PATIENCE, processes=processes
        )
        report.worst = max(report.worst or 0, took)
        report.tried += processes
        report.seen["had to wait"] += sum("waiting" in e.err for e in endings)
        failed = [ending for ending in endings if ending.code]
        if failed:
            report.wrong.append(
                f"round {number}: {len(failed)} failed: {failed[0]}"
            )
        state = witness.read()
        if (state.version, state.log, state.marker) != (
            shop.latest,
            expected,
            None,
        ):
            report.wrong.append(f"round {number}: left {state}")
        back = Deployer(shop.manage, "downgrade", 0).run()
        if back.code:
            report.wrong.append(f"round {number}: no way back: {back}")
            break
        witness.do("DELETE FROM log")
    return report


def gather(
    manage: Path, *words: str, processes: int
) -> tuple[list[Ending], float]:
    """Let processes begin at the same moment; their ends, and the seconds."""
    gate = FORKS.Barrier(processes + 1)
    crowd = [
        Deployer(manage, *words, gate=gate).start() for _ in range(processes)
    ]
    gate.wait()
    began = time.monotonic()
    endings = [each.join(600) for each in crowd]
    return endings, time.monotonic() - began


_HOLDING = """\
import os
import time
from pathlib import Path

HERE = Path(__file__).parent.parent.parent

def upgrade(migrate_engine):
    migrate_engine.execute("INSERT INTO log VALUES ('up 1')")
    (HERE / ('began-%d' % os.getpid())).touch()
    if (HERE / 'hold').exists():
        (HERE / 'hold').unlink()
        WAIT

def downgrade(migrate_engine):
    migrate_engine.execute("INSERT INTO log VALUES ('down 1')")
"""

IN_SCRIPT = _HOLDING.replace("WAIT", "time.sleep(60)")
LIMITS = {"postgresql": 5.0, "mysql": 8.0}
"""Seconds to take over from one killed in a statement.

MariaDB looks every five seconds whether the client of a sleeping statement
is there, and lets other statements end first.
"""
IN_STATEMENT = {
    "postgresql": _HOLDING.replace(
        "WAIT", "migrate_engine.execute('SELECT pg_sleep(60)')"
    ),
    "mysql": _HOLDING.replace(
        "WAIT", "migrate_engine.execute('SELECT sleep(60)')"
    ),
}


def kill_the_holder(
    folder: Path,
    url: URL,
    script: str,
    *,
    trial: str,
    waiting: int,
    rounds: int,
    limit: float = 5.0,
) -> Report:
    """Kill a deployer in its script while others wait for it.

    :param limit: seconds within which the next one must have taken over.
    The script is Python, so on MariaDB the next one refuses; that it does
    so at once is what counts there.
    """
    name = url.get_backend_name()
    shop = make_shop(folder, url, {"001_hold.py": script})
    witness = witness_of(url)
    assert Deployer(shop.manage, "version_control").run().code == 0
    report = Report(trial, name, worst=0.0)
    for number in range(rounds):
        (folder / "hold").touch()
        holder = Deployer(shop.manage, "upgrade").start()
        _wait_for(lambda: not (folder / "hold").exists())
        crowd = [
            Deployer(shop.manage, "upgrade").start() for _ in range(waiting)
        ]
        for each in crowd:
            each.wait_until_it_says("waiting")
        holder.send(SIGKILL)
        killed = time.monotonic()
        holder.join()
        first = _first_end(crowd) - killed
        endings = [each.join() for each in crowd]
        report.tried += 1
        report.worst = max(report.worst or 0, first)
        if first > limit:
            report.wrong.append(f"round {number}: taken over in {first:.1f} s")
        state = witness.read()
        if name == "mysql":
            _judge_refusals(report, endings, state.marker)
            witness.do("DELETE FROM log")
            assert Deployer(shop.manage, "resolve", 0).run().code == 0
        elif (state.version, state.log) != (1, ["up 1"]) or any(
            ending.code for ending in endings
        ):
            report.wrong.append(f"round {number}: left {state}, {endings}")
        else:
            report.seen["taken over"] += 1
            assert Deployer(shop.manage, "downgrade", 0).run().code == 0
            witness.do("DELETE FROM log")
    return report


def _judge_refusals(
    report: Report, endings: list[Ending], marker: str | None
) -> None:
    for ending in endings:
        if ending.code != 1 or "resolve VERSION" not in ending.err:
            report.wrong.append(f"did not refuse: {ending}")
    if marker is None:
        report.wrong.append("the half-done step is forgotten")
    report.seen["refused and named"] += 1


def _wait_for(happened: Callable[[], bool], patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _first_end(crowd: list[Deployer]) -> float:
    """Return when the first of them ended."""
    _wait_for(lambda: not all(each.is_alive for each in crowd), 120)
    return time.monotonic()
