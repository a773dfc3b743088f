"""What a picture of a schema is, and how two of them differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import TypeAlias

__all__ = ["Fact", "Picture", "differences", "fact_of"]

Key: TypeAlias = tuple[str, str, str, int]
Details: TypeAlias = Mapping[str, str]

_SHORT = 120


@dataclass(frozen=True)
class Fact:
    """One object of a schema.

    :ivar kind: ``table``, ``column``, ``index``, ``trigger``, ...
    :ivar name: what tells it from others of its kind.  Where the database
        made up the name (of a constraint, mostly) it is the definition, so
        that two of the same meaning are the same.
    :ivar table: that it belongs to; None if it stands for itself.
    :ivar details: what is compared, by name: type, default, definition.
    :ivar is_implicit: whether the database made it for the sake of another
        object and leaves it when that one goes.
    """

    kind: str
    name: str
    table: str | None = None
    details: tuple[tuple[str, str], ...] = ()
    is_implicit: bool = False


@dataclass(frozen=True)
class Picture:
    """A schema as it is at one moment.

    Columns have no order here: one that is dropped and added again goes to
    the end, and nothing that names its columns notices.

    :ivar facts: what there is, in no order.
    :ivar rows: the number of rows of each table that was counted.
    """

    facts: tuple[Fact, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)

    @property
    def implicit(self) -> frozenset[Key]:
        """What the database made for the sake of other objects."""
        return frozenset(
            key for key, fact in self._keyed().items() if fact.is_implicit
        )

    def _keyed(self) -> dict[Key, Fact]:
        """Number those which cannot be told apart otherwise."""
        seen: Counter[tuple[str, str, str]] = Counter()
        keyed: dict[Key, Fact] = {}
        for fact in self.facts:
            place = (fact.table or "", fact.kind, fact.name)
            seen[place] += 1
            keyed[(*place, seen[place])] = fact
        return keyed


def fact_of(row: Any) -> Fact:
    """Make a fact of the row of a catalogue query.

    :param row: a mapping.

    Columns are ``kind``, ``name``, ``table_name``, ``is_implicit`` (the last
    two may be missing); every other one is a detail, unless it is NULL or
    empty.  Without a name it is called by its ``definition``.
    """
    details = {
        key.replace("_", " "): str(value)
        for key, value in row.items()
        if key not in ("kind", "name", "table_name", "is_implicit")
        and value not in (None, "")
    }
    name = row["name"]
    if name is None:
        name = details.pop("definition", "")
    return Fact(
        row["kind"],
        str(name),
        row.get("table_name"),
        tuple(details.items()),
        bool(row.get("is_implicit")),
    )


def differences(
    before: Picture, after: Picture, forgiven: Iterable[Key] = ()
) -> list[str]:
    """Say in short lines what ``after`` has other than ``before``.

    :param forgiven: objects that are no fault when they are new: those
        which the database left behind by itself.
    :returns: a line for each object, ``-`` lost, ``+`` new, ``!`` changed;
        nothing for what belongs to a table that is lost or new itself.
        Numbers of rows are compared where both pictures have them.
    """
    old, new = before._keyed(), after._keyed()
    left = new.keys() - {key for key in forgiven if key not in old}
    return [
        *_lines("-", old, old.keys() - new.keys()),
        *_lines("+", new, left - old.keys()),
        *_changes(old, new),
        *_row_lines(before.rows, after.rows),
    ]


def _lines(
    mark: str, facts: Mapping[Key, Fact], keys: Iterable[Key]
) -> Iterator[str]:
    keys = set(keys)
    owners = {facts[key].name for key in keys if facts[key].table is None}
    for key in sorted(keys):
        fact = facts[key]
        if fact.table not in owners:
            details = ", ".join(f"{k} {v}" for k, v in fact.details)
            yield f"{mark} {_shown(fact)}" + (
                f": {_shortened(details)}" if details else ""
            )


def _changes(
    old: Mapping[Key, Fact], new: Mapping[Key, Fact]
) -> Iterator[str]:
    for key in sorted(old.keys() & new.keys()):
        changed = _changed(dict(old[key].details), dict(new[key].details))
        if changed:
            yield f"! {_shown(old[key])}: {changed}"


def _changed(old: Details, new: Details) -> str:
    return ", ".join(
        f"{name} {_value(old, name)} -> {_value(new, name)}"
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    )


def _row_lines(
    old: Mapping[str, int], new: Mapping[str, int]
) -> Iterator[str]:
    for table in sorted(old.keys() & new.keys()):
        if old[table] != new[table]:
            yield f"! rows of table {table}: {old[table]} -> {new[table]}"


def _shown(fact: Fact) -> str:
    if fact.kind == "column":
        return f"column {fact.table}.{fact.name}"
    owner = f" of {fact.table}" if fact.table is not None else ""
    return f"{fact.kind} {_shortened(fact.name)}{owner}"


def _value(details: Details, name: str) -> str:
    return _shortened(details.get(name, "(none)"))


def _shortened(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _SHORT else plain[: _SHORT - 3] + "..."
