"""Random models, of what every database has."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from sqlalchemy import CheckConstraint
from sqlalchemy import Column
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import Table
from sqlalchemy import UniqueConstraint
from sqlalchemy import text

__all__ = ["models"]

_TABLES = ["user", "order items", "class", "text", "Upper", "gr\xfc\xdfe"]

# By the name of the column: one may become another of its row.
_COLUMNS: dict[str, list[tuple[Any, list[Any]]]] = {
    "name": [
        (sa.String(20), [None, "x", "it's 5% :a", ""]),
        (sa.String(64), [None, "x"]),
        (sa.Unicode(30), [None, "\xfc"]),
        (sa.CHAR(3), [None, "abc"]),
    ],
    "count": [
        (sa.Integer(), [None, "7", text("7")]),
        (sa.SmallInteger(), [None, "0"]),
        (sa.BigInteger(), [None, text("-5")]),
        (sa.Numeric(10, 2), [None, "1.50"]),
        (sa.Numeric(), [None]),
        (sa.Float(), [None, "2.5"]),
        (sa.Float(5), [None]),
        (sa.Double(), [None]),
    ],
    "made at": [
        (sa.DateTime(), [None, sa.func.now(), "2020-01-01 00:00:00"]),
        (sa.DateTime(timezone=True), [None, sa.func.current_timestamp()]),
        (sa.TIMESTAMP(), [None]),
    ],
    "Day": [(sa.Date(), [None, "2020-02-03"])],
    "time": [(sa.Time(), [None])],
    "is_on": [
        (sa.Boolean(), [None, sa.true(), sa.false()]),
        (sa.Boolean(create_constraint=True, name="on_check"), [None]),
    ],
    "mood": [
        (sa.Enum("good", "bad", name="mood"), [None, "bad"]),
        (sa.Enum("bad", "so so", "it's", name="mood"), [None, "bad"]),
    ],
    "data": [(sa.JSON(), [None])],
    "story": [(sa.Text(), [None]), (sa.UnicodeText(), [None])],
    "blob": [(sa.LargeBinary(), [None]), (sa.PickleType(), [None])],
    "uid": [(sa.Uuid(), [None])],
    "lasts": [(sa.Interval(), [None])],
}
_KEYED = ["name", "count", "made at", "Day"]


@st.composite
def _columns(draw: st.DrawFn, mood: int) -> list[Column[Any]]:
    names = draw(st.lists(st.sampled_from([*_COLUMNS]), unique=True))
    found = []
    for name in names:
        type_, defaults = draw(st.sampled_from(_COLUMNS[name]))
        if name == "mood":  # a type of the schema, so there is but one
            type_, defaults = _COLUMNS[name][mood]
        found.append(
            Column(
                name,
                type_,
                nullable=draw(st.booleans()),
                server_default=draw(st.sampled_from(defaults)),
                comment=draw(st.sampled_from([None, None, "it's 5% :a"])),
            )
        )
    return found


def _keys(draw: st.DrawFn, names: list[str], table: str) -> list[Any]:
    usable = [name for name in names if name in _KEYED]
    found: list[Any] = []
    if not usable:
        return found
    some = st.lists(st.sampled_from(usable), min_size=1, unique=True)
    if draw(st.booleans()):
        name = draw(st.sampled_from([None, f"{table} unique"]))
        found.append(UniqueConstraint(*draw(some), name=name))
    for number in range(draw(st.integers(0, 2))):
        unique = draw(st.booleans())
        name = f"ix {table} {number}"
        found.append(Index(name, *draw(some), unique=unique))
    if "count" in usable and draw(st.booleans()):
        name = draw(st.sampled_from([None, f"{table}_check"]))
        rule = draw(st.sampled_from(["count > 0", "count BETWEEN 1 AND 9"]))
        found.append(CheckConstraint(rule, name=name))
    return found


@st.composite
def models(draw: st.DrawFn) -> MetaData:
    """A model of up to four tables that refer to each other."""
    metadata = MetaData()
    tables = draw(st.lists(st.sampled_from(_TABLES), unique=True, max_size=4))
    mood = draw(st.integers(0, 1))
    for place, name in enumerate(tables):
        columns: list[Any] = draw(_columns(mood))
        names = [column.name for column in columns]
        is_link = place > 1 and draw(st.booleans())
        first: list[Any] = [Column("id", Integer, primary_key=True)]
        if is_link:
            first = [
                Column(
                    f"{other}_id",
                    Integer,
                    ForeignKey(f"{other}.id", ondelete="CASCADE"),
                    primary_key=True,
                )
                for other in tables[:2]
                if "id" in metadata.tables[other].c
            ] or first
        elif draw(st.booleans()) and tables:
            # Itself, an earlier or a later one: there may be circles.
            first.append(_reference(draw, name, draw(st.sampled_from(tables))))
        Table(
            name,
            metadata,
            *first,
            *columns,
            *_keys(draw, names, name),
            comment=draw(st.sampled_from([None, None, "a table"])),
        )
    _drop_dangling(metadata)
    return metadata


def _reference(draw: st.DrawFn, table: str, other: str) -> Column[Any]:
    options: dict[str, Any] = draw(
        st.sampled_from(
            [
                {},
                {"ondelete": "CASCADE"},
                {"name": f"fk {table}", "onupdate": "CASCADE"},
            ]
        )
    )
    index = draw(st.sampled_from([None, True]))
    return Column(
        "ref", Integer, ForeignKey(f"{other}.id", **options), index=index
    )


def _drop_dangling(metadata: MetaData) -> None:
    """Take away references to tables that came out without ``id``."""
    for table in metadata.tables.values():
        for each in [*table.foreign_key_constraints]:
            target, _, column = each.elements[0].target_fullname.rpartition(
                "."
            )
            if column not in metadata.tables[target].c:
                table.constraints.discard(each)
                for element in each.elements:
                    table.foreign_keys.discard(element)
                    element.parent.foreign_keys.discard(element)
