from __future__ import annotations

from typing import Any

from migrate.versioning.steps import Changeset
from migrate.versioning.steps import Step
from migrate.versioning.vernum import VerNum


def test_changeset_is_a_dict_in_running_order() -> None:
    plan = Changeset(10, "j", "i", "h", step=-1)

    assert (plan.start, plan.end, plan.step) == (10, 7, -1)
    assert plan.keys() == [10, 9, 8]
    assert plan.values() == ["j", "i", "h"]
    assert list(plan) == list(plan.items()) == [(10, "j"), (9, "i"), (8, "h")]
    assert plan[VerNum(9)] == "i"
    assert plan.steps()[-1] == Step(VerNum(8), VerNum(7), "h")  # type: ignore[arg-type]  # stands for a script
    assert Changeset(0) == {}


def test_changeset_runs_every_script() -> None:
    calls: list[Any] = []

    class Script:
        def run(self, *args: Any, **keywords: Any) -> None:
            calls.append((args, keywords))

    plan = Changeset(0, Script())
    plan.add(Script())
    plan.run("engine", step=1)

    assert calls == [(("engine",), {"step": 1})] * 2
