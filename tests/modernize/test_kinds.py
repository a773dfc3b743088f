"""What a name is, at the place where it stands."""

from __future__ import annotations

import libcst as cst
import pytest

from migrate.modernize.kinds import Kinds

HEAD = """\
from sqlalchemy import *
meta = MetaData()
t = Table('t', meta)
def upgrade(e):
"""


def kind(lines: str) -> str | None:
    """Say what ``here`` is passed, the call that stands in the lines."""
    text = HEAD + "".join(f"    {line}\n" for line in lines.splitlines())
    kinds = Kinds(cst.parse_module(text))
    (call,) = [
        call
        for call in kinds.all_calls
        if isinstance(call.func, cst.Name) and call.func.value == "here"
    ]
    return kinds.of(call.args[0].value)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("here(e)", "engine"),
        ("here(meta)", "metadata"),
        ("here(t)", "table"),
        ("here(t.c.id)", "column"),
        ("here(meta.tables['x'])", "table"),
        ("here(meta.bind)", "engine"),
        ("here(e.connect())", "connection"),
        ("here(t.select().where(t.c.id > 1))", "statement"),
        ("here(select([t]).limit(3))", "statement"),
        ("here('a' % 3)", "string"),
        ("here(f'a{t}'.strip())", "string"),
        ("here(e.execute(t.select()))", "result"),
        ("here(e.execute(t.select()).first())", "row"),
        ("here(t.select().execute().fetchall()[0])", "row"),
        ("here(list(e.execute(t.select()))[1:])", "list[row]"),
        ("for x in e.execute(t.select()): here(x)", "row"),
        ("for i, x in enumerate(t.select().execute()): here(x)", "row"),
        ("for x, y in [(t, 1), (t, 2)]: here(x)", "table"),
        ("with e.begin() as x: here(x)", "transactional connection"),
        ("here([x for x in meta.sorted_tables])", "list[table]"),
        ("x = orm.sessionmaker(bind=e)()\nhere(x)", "session"),
        ("here(nobody)", None),
        ("here(nobody.c.x)", "column"),
        ("def f(): return t\nhere(f())", "table"),
        ("def f(x): here(x)\nf(t)", "table"),
        ("def f(x): here(x)\nf(t)\nf(e)", None),
        ("x.insert()\nx.c.y\nhere(x)", None),
        ("x = y()\nx.insert()\nx.c.y\nhere(x)", "table"),
        ("x = []\nx.append(t)\nhere(x[0])", "table"),
        ("x = None\nx = t\nhere(x)", "table"),
        ("x = []\nx.append(t)\nx.append(e)\nhere(x[0])", None),
        ("for x in [t, e]: here(x)", None),
        ("x = {}\nx['a'] = t\nhere(x['a'])", "table"),
        ("x = {}\nx['a'] = t\nfor y in x.values(): here(y)", "table"),
        ("x = {}\nx['a'] = t\nfor y in x: here(y)", None),
        ("x = {}\nx['a'] = 1\nx['b'] = t\nhere(x)", "dict"),
        ("x = {}\nx['a'] = 1\nhere(x)", "dict"),
        ("x = [t]\nx[0] = t\nhere(x)", "list[table]"),
        ("here(getattr(t.c, 'x'))", "column"),
        ("here(getattr(e, 'x'))", None),
        ("here(meta.bind.engine)", "engine"),
    ],
)
def test_kind(lines: str, expected: str | None) -> None:
    assert kind(lines) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("x = e\nx = t\nhere(x)", "table"),
        ("x = t\nhere(x)\nx = e", "table"),
        ("x = t\nif 1:\n    x = e\nhere(x)", None),
        ("x = t\nif 1:\n    x = e\n    here(x)", "engine"),
        ("x = t\nif 1:\n    x = e\nelse:\n    here(x)", "table"),
        ("x = t\nfor y in []:\n    here(x)\n    x = e", None),
        ("x = t\nfor y in []:\n    x = e\nelse:\n    here(x)", None),
        ("x = t\nwhile 1:\n    here(x)", "table"),
        ("x = t\nfor x in [e]:\n    here(x)", "engine"),
        ("x = t\ny = [here(x) for x in [e]]", "engine"),
        ("x = t\ny = [z for x in [e] if here(x)]", "engine"),
        ("x = t\ny = [x for x in here(x)]", "table"),
        ("x = t\ny = lambda x: here(x)", None),
        ("x = t\ntry:\n    x = e\nexcept E:\n    here(x)", None),
        ("x = t\ntry:\n    pass\nexcept E:\n    here(x)", "table"),
        ("x = t\ndef f():\n    here(x)\nx = e", None),
        ("x = t\nx = x.select()\nx = x.where(1)\nhere(x)", "statement"),
    ],
)
def test_last_assignment_on_every_way_counts(
    lines: str, expected: str | None
) -> None:
    assert kind(lines) == expected
