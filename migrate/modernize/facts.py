"""What the files of a repository tell each other about their functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field

__all__ = ["Calls", "Facts", "Function", "merged"]

#: Function name -> position or keyword of an argument -> what was passed.
Calls = dict[str, dict["int | str", set[str]]]

#: The last name of a module, and the name of a function in it.
Function = tuple[str, str]


@dataclass
class Facts:
    """Seen in one file, or in all.

    :ivar calls: what is passed to functions of other files.
    :ivar returned: what a function returns.
    :ivar adding: the parameters that a function adds to a table, as columns.
    :ivar checked: what gives a type that makes a CHECK: "class", "function".
    :ivar lent: modules whose functions are given tables, engines ...
    :ivar passing: functions that pass their keywords on to what they return.
    """

    calls: Calls = field(default_factory=dict)
    returned: dict[Function, set[str]] = field(default_factory=dict)
    adding: dict[Function, set[int | str]] = field(default_factory=dict)
    checked: dict[Function, str] = field(default_factory=dict)
    lent: set[str] = field(default_factory=set)
    passing: set[Function] = field(default_factory=set)


def merged(all_facts: Iterable[Facts]) -> Facts:
    """Put together what was seen in each file."""
    whole = Facts()
    for facts in all_facts:
        for name, places in facts.calls.items():
            known = whole.calls.setdefault(name, {})
            for place, kinds in places.items():
                known.setdefault(place, set()).update(kinds)
        for function, kinds in facts.returned.items():
            whole.returned.setdefault(function, set()).update(kinds)
        for function, parameters in facts.adding.items():
            whole.adding.setdefault(function, set()).update(parameters)
        whole.checked |= facts.checked
        whole.lent |= facts.lent
        whole.passing |= facts.passing
    return whole
