"""SIGKILL at every point of an upgrade and of a downgrade."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from sqlalchemy.engine import URL

from tests.chaos.deployer import Deployer
from tests.chaos.deployer import Ending
from tests.chaos.report import Report
from tests.chaos.shop import Shop
from tests.chaos.shop import make_shop
from tests.chaos.witness import State
from tests.chaos.witness import Witness
from tests.chaos.witness import witness_of

__all__ = [
    "Journey",
    "Judge",
    "journeys",
    "kill_at_points",
    "misreport",
    "spread",
]


_STANDS = re.compile(r"the database (?:is at|counts as) version (\d+)")


@dataclass(frozen=True)
class Journey:
    """An undisturbed run: how the database looks at each version."""

    words: tuple[object, ...]
    start: int
    end: int
    states: Mapping[int, State]
    points: int


def journeys(shop: Shop, witness: Witness) -> list[Journey]:
    """Go up and down in peace, step by step, then count the points."""
    found = []
    for words, way in (
        (("upgrade",), range(shop.latest + 1)),
        (("downgrade", 0), range(shop.latest, -1, -1)),
    ):
        witness.do("DELETE FROM log")
        states = {way[0]: witness.read()}
        for version in way[1:]:
            ending = Deployer(shop.manage, words[0], version).run()
            assert ending.code == 0, ending.err
            states[version] = witness.read()
        _check(states, way)
        found.append(Journey(words, way[0], way[-1], states, 0))
    return [replace(one, points=_points(shop, witness, one)) for one in found]


def _check(states: Mapping[int, State], way: range) -> None:
    word = "up {0}" if way[-1] else "down {0}"
    numbers = [max(pair) for pair in pairwise(way)]
    assert states[way[-1]].log == [word.format(each) for each in numbers]
    assert [state.version for state in states.values()] == [*way]
    assert not any(state.marker for state in states.values())


def _points(shop: Shop, witness: Witness, journey: Journey) -> int:
    witness.do("DELETE FROM log")
    ending = Deployer(shop.manage, *journey.words).run()
    assert ending.code == 0, ending.err
    assert witness.read() == journey.states[journey.end]
    return ending.passed


def misreport(ending: Ending, state: State, journey: Journey) -> str | None:
    """Say what a run that came to its own end told wrong, if anything."""
    if ending.code not in (0, 1) or "Traceback" in ending.err:
        return f"ended with {ending}"
    if ending.code == 0 and state != journey.states[journey.end]:
        return f"said that all was done, and left {state}"
    told = _STANDS.findall(ending.err)
    if told and int(told[-1]) != state.version:
        return f"left version {state.version} and said: {ending.err}"
    return None


class Judge:
    """Decides what a database may look like after a run was disturbed.

    :param rolls_back: steps of this repository leave nothing behind here.
    """

    def __init__(
        self, shop: Shop, witness: Witness, report: Report, rolls_back: bool
    ) -> None:
        self._shop = shop
        self._witness = witness
        self._report = report
        self._rolls_back = rolls_back

    def judge(self, journey: Journey, name: str) -> None:
        """Look at the database, finish the journey, and look again."""
        before = self._witness.read()
        problem = self._problem_after(before, journey)
        ending = Deployer(self._shop.manage, *journey.words).run()
        after = self._witness.read()
        if ending.code:
            problem = problem or self._problem_of_refusal(
                before, after, ending
            )
            self._report.seen["refused and named"] += 1
            problem = self._resolve(after, journey) or problem
            after = self._witness.read()
        else:
            self._report.seen[self._how(before, journey)] += 1
        if after != journey.states[journey.end]:
            problem = problem or f"the rerun left {after}"
            self._start_anew(journey)
        if problem:
            self._report.wrong.append(f"{name}: {problem}")

    def _how(self, before: State, journey: Journey) -> str:
        if before.marker:
            return "resumed"
        if before == journey.states[journey.end]:
            return "was done"
        return "rolled back and rerun"

    def _problem_after(self, state: State, journey: Journey) -> str | None:
        if state.marker is None:
            expected = journey.states.get(state.version or 0)
            if state != expected:
                return f"silently wrong: {state}, expected {expected}"
        elif self._rolls_back:
            return f"half done: {state.marker}"
        elif json.loads(state.marker)["start"] != state.version:
            return f"version {state.version}, but {state.marker}"
        return None

    def _problem_of_refusal(
        self, before: State, after: State, ending: Ending
    ) -> str | None:
        if before.marker is None:
            return f"the rerun failed: {ending.err}"
        marker = json.loads(before.marker)
        for word in (marker["script"], "resolve VERSION", "Traceback"):
            if (word in ending.err) is (word == "Traceback"):
                return f"{word!r} wrong in the refusal: {ending.err}"
        if after != before:
            return f"the refusal changed {before} to {after}"
        return None

    def _resolve(self, state: State, journey: Journey) -> str | None:
        """Do what the message says: mend by hand, resolve, go on."""
        version = state.version or 0
        self._witness.restore(journey.states[version])
        for words in (("resolve", version), journey.words):
            ending = Deployer(self._shop.manage, *words).run()
            if ending.code:
                return f"{words} after mending failed: {ending.err}"
        return None

    def _start_anew(self, journey: Journey) -> None:
        """Bring the database to the end of the journey by force."""
        wanted = journey.states[journey.end]
        self._witness.restore(wanted)
        self._witness.do(
            "DELETE FROM migrate_version WHERE repository_id LIKE '%(step %'",
            f"UPDATE migrate_version SET version = {wanted.version}",
        )


def kill_at_points(
    folder: Path,
    url: URL,
    scripts: Mapping[str, str],
    *,
    trial: str,
    rolls_back: bool,
    points: int,
    config: str = "",
) -> Report:
    """Kill ``points`` runs, up and down in turn, and judge each.

    :param points: spread evenly over all that there are, both ways.
    """
    shop = make_shop(folder, url, scripts, config)
    witness = witness_of(url)
    assert Deployer(shop.manage, "version_control").run().code == 0
    ways = journeys(shop, witness)
    report = Report(trial, url.get_backend_name())
    judge = Judge(shop, witness, report, rolls_back)
    for index in range(points // 2):
        for journey in ways:
            at = spread(index, points // 2, journey.points)
            witness.do("DELETE FROM log")
            ending = Deployer(shop.manage, *journey.words, at=at).run()
            report.tried += 1
            last = (ending.err.splitlines() or ["nothing"])[-1]
            name = f"{journey.words[0]}, point {at} ({last})"
            if ending.code != -9:
                report.wrong.append(f"{name}: exit {ending.code}")
            judge.judge(journey, name)
    return report


def spread(index: int, count: int, points: int) -> int:
    """Return point ``index`` of ``count`` that lie evenly among all."""
    return index * points // count if count < points else index % points
