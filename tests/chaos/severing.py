"""A connection that breaks between a deployer and its server."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL

from tests.chaos.deployer import Deployer
from tests.chaos.deployer import Ending
from tests.chaos.killing import Journey
from tests.chaos.killing import Judge
from tests.chaos.killing import journeys
from tests.chaos.killing import misreport
from tests.chaos.killing import spread
from tests.chaos.proxy import Cut
from tests.chaos.proxy import Proxy
from tests.chaos.proxy import When
from tests.chaos.report import Report
from tests.chaos.shop import PLAIN
from tests.chaos.shop import make_shop
from tests.chaos.witness import State
from tests.chaos.witness import witness_of

__all__ = ["sever_connections"]

_PORTS = {"postgresql": 5432, "mysql": 3306}
_NOT_KNOWN = "see with db_version whether it was"


def sever_connections(
    folder: Path,
    url: URL,
    *,
    points: int,
    trial: str = "connection cut",
    scripts: Mapping[str, str] = PLAIN,
    rolls_back: bool | None = None,
) -> Report:
    """Cut ``points`` connections, up and down in turn, and judge each.

    Every second one at the COMMIT of a step and its version; the others at
    any request.

    :param rolls_back: steps leave nothing behind; by default as the server
        has it.
    """
    name = url.get_backend_name()
    if rolls_back is None:
        rolls_back = name != "mysql"
    report = Report(trial, name)
    proxy = Proxy(url.host or "127.0.0.1", url.port or _PORTS[name])
    with closing(proxy):
        far = url.set(host="127.0.0.1", port=proxy.port)
        shop = make_shop(folder, far, scripts)
        witness = witness_of(url)
        assert Deployer(shop.manage, "version_control").run().code == 0
        ways = journeys(shop, witness)
        judge = Judge(shop, witness, report, rolls_back)
        cuts = {}
        for journey in ways:
            witness.do("DELETE FROM log")
            proxy.begin()
            assert Deployer(shop.manage, *journey.words).run().code == 0
            cuts[journey.words] = _cuts([*proxy.requests], points // 2)
        for both in zip(*cuts.values(), strict=True):
            for journey, (cut, what) in zip(ways, both, strict=True):
                witness.do("DELETE FROM log")
                proxy.begin(cut)
                ending = Deployer(shop.manage, *journey.words).run()
                proxy.begin()
                report.tried += 1
                place = f"{journey.words[0]}, {cut} {what!r} ({cut.at})"
                problem = _misreport(
                    ending, witness.read(), journey, cut, rolls_back
                )
                if problem:
                    report.wrong.append(f"{place}: {problem}")
                _note(report, ending, is_commit=_is_commit(what))
                judge.judge(journey, place)
    return report


def _cuts(requests: list[bytes], count: int) -> list[tuple[Cut, bytes]]:
    """Choose where to cut: a step's commit, any request, a commit, ..."""
    commits = [*_commits_of_versions(requests)]
    ways = [*itertools.product(commits, (When.REQUEST, When.LATE))]
    ways += itertools.product(commits, (When.NOTHING,))
    found = []
    for number in range(count):
        half, is_other = divmod(number, 2)
        if is_other:
            at = spread(half, count // 2, len(requests))
            when = (When.REQUEST, When.NOTHING)[half % 2]
        else:
            at, when = ways[spread(half, (count + 1) // 2, len(ways))]
        cut = Cut(at, when, half % 2 == 0, half % 3 == 2)
        found.append((cut, requests[at]))
    return found


def _commits_of_versions(requests: list[bytes]) -> Iterator[int]:
    """Return which requests commit a step together with its version."""
    is_moved = False
    for at, what in enumerate(requests):
        is_moved = is_moved or b"SET version" in what
        if is_moved and _is_commit(what):
            is_moved = False
            yield at


def _is_commit(request: bytes) -> bool:
    return b"COMMIT" in request.upper()


def _misreport(
    ending: Ending,
    state: State,
    journey: Journey,
    cut: Cut,
    rolls_back: bool,
) -> str | None:
    """Say what a run told wrong of where it left the database."""
    problem = misreport(ending, state, journey)
    if problem:
        return problem
    if _NOT_KNOWN in ending.err and not cut.is_down:
        return f"did not ask the server, which answers: {ending.err}"
    if "nothing of the" in ending.err and state.marker:
        return f"left {state.marker} and said: {ending.err}"
    if rolls_back and "before the error remains" in ending.err:
        return f"left {state} and said: {ending.err}"
    return None


def _note(report: Report, ending: Ending, *, is_commit: bool) -> None:
    report.seen["at a COMMIT"] += is_commit
    for said, text in (
        ("said undone", "nothing of the"),
        ("said done", "was done before the error"),
        ("said not known", _NOT_KNOWN),
        ("said half done", "before the error remains"),
    ):
        report.seen[said] += text in ending.err
