"""Run the long trials and print a row for each of them.

``python -m tests.chaos --points 200 --rounds 100 --processes 32 [URL ...]``
where the URLs are administrative ones, as in ``MIGRATE_TEST_URLS``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from sqlalchemy.engine import URL

from tests import servers
from tests.chaos.crowd import IN_SCRIPT
from tests.chaos.crowd import IN_STATEMENT
from tests.chaos.crowd import LIMITS
from tests.chaos.crowd import deploy_at_once
from tests.chaos.crowd import kill_the_holder
from tests.chaos.cutting import IN_STATEMENT as ENDLESS
from tests.chaos.cutting import cut_sessions
from tests.chaos.cutting import send_signals
from tests.chaos.disk import can_mount
from tests.chaos.filling import fill_the_disk
from tests.chaos.filling import fill_the_server
from tests.chaos.killing import kill_at_points
from tests.chaos.overhead import measure_overhead
from tests.chaos.planting import prove_planted
from tests.chaos.pooling import can_pool
from tests.chaos.pooling import deploy_through_a_pooler
from tests.chaos.private import can_serve
from tests.chaos.report import Report
from tests.chaos.restarting import restart_at_points
from tests.chaos.severing import sever_connections
from tests.chaos.shop import ELSEWHERE
from tests.chaos.shop import PLAIN
from tests.chaos.shop import SLOW
from tests.chaos.shop import UNROLLABLE
from tests.chaos.stranger import move_in_between
from tests.chaos.traffic import upgrade_behind_a_reader

Trial = Callable[[Path, URL], Report]


def _trials(wanted: argparse.Namespace, name: str) -> Mapping[str, Trial]:
    """Return {name on the command line: trial} for a database."""
    trials: dict[str, Trial] = {
        "kill": partial(
            kill_at_points,
            scripts=PLAIN,
            trial="SIGKILL at points",
            rolls_back=name != "mysql",
            points=wanted.points,
        ),
        "kill-marked": partial(
            kill_at_points,
            scripts=UNROLLABLE,
            trial="SIGKILL, no transaction",
            rolls_back=False,
            points=wanted.points,
        ),
        "stranger": partial(
            move_in_between, scripts=UNROLLABLE, points=wanted.points
        ),
        "crowd": partial(
            deploy_at_once,
            scripts=PLAIN,
            trial="deployers at once",
            processes=wanted.processes,
            rounds=wanted.rounds,
        ),
        "crowd-marked": partial(
            deploy_at_once,
            scripts=SLOW,
            trial="at once, no transaction",
            processes=wanted.processes,
            rounds=max(1, wanted.rounds // 10),
        ),
        "holder": partial(
            kill_the_holder,
            script=IN_SCRIPT,
            trial="holder killed, 8 wait",
            waiting=8,
            rounds=wanted.rounds // 2,
        ),
        "signals": partial(send_signals, rounds=wanted.cuts),
        "signals-busy": partial(
            send_signals,
            rounds=wanted.cuts,
            trial="signals in a statement",
            statement=ENDLESS[name],
        ),
        "faults": prove_planted,
        "reader": partial(upgrade_behind_a_reader, seconds=wanted.seconds),
    }
    if name == "sqlite" or can_serve(name):
        trials["cost"] = partial(measure_overhead, versions=wanted.versions)
    if name == "sqlite" and can_mount():
        trials["disk"] = partial(fill_the_disk, rounds=wanted.cuts)
    if name in IN_STATEMENT:
        trials["holder-busy"] = partial(
            kill_the_holder,
            script=IN_STATEMENT[name],
            trial="holder killed in statement",
            waiting=8,
            rounds=max(1, wanted.rounds // 10),
            limit=LIMITS[name],
        )
        trials["kill-elsewhere"] = partial(
            kill_at_points,
            scripts=ELSEWHERE,
            trial="SIGKILL, work elsewhere",
            rolls_back=False,
            points=wanted.points,
        )
        trials["cut"] = partial(cut_sessions, rounds=wanted.cuts)
        trials["network"] = partial(sever_connections, points=wanted.points)
    if name == "postgresql" and can_pool():
        trials["pooler"] = partial(
            deploy_through_a_pooler,
            processes=8,
            rounds=max(1, wanted.rounds // 10),
        )
    if can_serve(name):
        trials["restart"] = partial(restart_at_points, points=wanted.cuts)
        if can_mount():
            trials["disk"] = partial(fill_the_server, rounds=wanted.cuts)
    return trials


def main() -> int:
    """Run what the command line asks for; 1 if a judgement failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", nargs="*", metavar="URL")
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--processes", type=int, default=32)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--versions", type=int, default=1000)
    parser.add_argument("--trial", action="append", help="only this one")
    wanted = parser.parse_args()
    is_right = True
    for server in wanted.urls or servers.server_urls():
        trials = _trials(wanted, servers.server_id(server))
        for name, trial in trials.items():
            if not wanted.trial or name in wanted.trial:
                is_right &= _run(server, trial)
    servers.drop_databases()
    return 0 if is_right else 1


def _run(server: str, trial: Trial) -> bool:
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        servers.empty_database(server, Path(folder)) as url,
    ):
        report = trial(Path(folder), url)
    seconds = time.monotonic() - began
    lines = [f"{report.row()}  ({seconds:.0f} s)", *report.wrong[:3]]
    sys.stdout.write("\n    ".join(line[:1500] for line in lines) + "\n")
    sys.stdout.flush()
    return not report.wrong


if __name__ == "__main__":
    sys.exit(main())
