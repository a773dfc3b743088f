"""A server that is stopped, or crashes, at points of a run."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from tests.chaos.deployer import Deployer
from tests.chaos.killing import Judge
from tests.chaos.killing import journeys
from tests.chaos.killing import misreport
from tests.chaos.killing import spread
from tests.chaos.private import Server
from tests.chaos.private import private_server
from tests.chaos.report import Report
from tests.chaos.shop import PLAIN
from tests.chaos.shop import make_shop
from tests.chaos.witness import witness_of

__all__ = ["restart_at_points"]


@dataclass(frozen=True)
class Outage:
    """What happens to a server while a deployer works on it.

    :ivar is_crash: it dies at once, else it stops in order.
    :ivar is_short: it is back before the deployer goes on, else after the
        deployer's end.
    """

    server: Server
    is_crash: bool
    is_short: bool

    def __call__(self, point: str) -> None:
        """Let it happen; called in the deployer."""
        sys.stderr.write(f"{self} {point}\n")
        if self.is_crash:
            self.server.crash()
        else:
            self.server.stop()
        if self.is_short:
            self.server.start()

    def __str__(self) -> str:
        what = "crashed" if self.is_crash else "stopped"
        return f"{what} and restarted" if self.is_short else what


def restart_at_points(
    folder: Path,
    url: URL,
    *,
    points: int,
    scripts: Mapping[str, str] = PLAIN,
) -> Report:
    """Stop a server at points of upgrades and downgrades, and judge each.

    On a server of the trial's own; ``url`` says of which kind.

    :param points: for each of the four ways to stop and come back.
    """
    name = url.get_backend_name()
    report = Report("server restarted", name)
    with private_server(name) as server:
        shop = make_shop(folder, server.url, scripts)
        witness = witness_of(server.url)
        assert Deployer(shop.manage, "version_control").run().code == 0
        ways = journeys(shop, witness)
        judge = Judge(shop, witness, report, rolls_back=name != "mysql")
        for number in range(4 * points // 2):
            outage = Outage(server, number % 2 == 0, number % 4 < 2)
            for journey in ways:
                at = spread(number, 2 * points, journey.points)
                witness.do("DELETE FROM log")
                ending = Deployer(
                    shop.manage, *journey.words, at=at, act=outage
                ).run()
                server.revive()
                first = (ending.err.splitlines() or ["it never happened"])[0]
                place = f"{journey.words[0]}, point {at} ({first})"
                problem = misreport(ending, witness.read(), journey)
                report.tried += 1
                if problem:
                    report.wrong.append(f"{place}: {problem}")
                judge.judge(journey, place)
    return report
