"""``engine.execute(...)`` and its kin: a connection for each statement.

SQLAlchemy 1.x took a connection, executed and committed.  So does what is
written instead: a ``with`` around the one statement of the script, which has
to use up the result inside.
"""

from __future__ import annotations

from math import inf

import libcst as cst

from migrate.modernize.arguments import elements
from migrate.modernize.forms import form
from migrate.modernize.parameters import Pairs
from migrate.modernize.parameters import todays
from migrate.modernize.results import placed
from migrate.modernize.site import Block
from migrate.modernize.site import LeaveError
from migrate.modernize.site import Site
from migrate.modernize.site import bare
from migrate.modernize.site import code
from migrate.modernize.site import expression

__all__: list[str] = []

_STATEMENTS = ("delete", "insert", "select", "update")
_UNKNOWN = (
    "needs the 1.x layer: it cannot be told what %s is; "
    "execute on a connection"
)


@form(
    cst.Call,
    "migrate_engine.execute('UPDATE t SET id = 1')",
    "with migrate_engine.begin() as connection:\n"
    "    connection.exec_driver_sql('UPDATE t SET id = 1')",
)
@form(
    cst.Call,
    "migrate_engine.execute(t.insert(), id=1)",
    "with migrate_engine.begin() as connection:\n"
    "    connection.execute(t.insert(), {'id': 1})",
)
@form(
    cst.Call,
    "highest = migrate_engine.scalar(select(func.max(t.c.id)))",
    "with migrate_engine.begin() as connection:\n"
    "    highest = connection.scalar(select(func.max(t.c.id)))",
)
@form(
    cst.Call,
    "for row in migrate_engine.execute(t.select()):\n    print(row.id)",
    "with migrate_engine.begin() as connection:\n"
    "    rows = connection.execute(t.select()).fetchall()\n"
    "for row in rows:\n    print(row.id)",
)
@form(
    cst.Call,
    "result = migrate_engine.execute(t.select())\nprint(result.fetchall())",
    "with migrate_engine.begin() as connection:\n"
    "    result = connection.execute(t.select()).freeze()()\n"
    "print(result.fetchall())",
)
@form(
    cst.Call,
    "if migrate_engine.execute(t.select()).first() is None:\n    return",
    "with migrate_engine.begin() as connection:\n"
    "    found = connection.execute(t.select()).first()\n"
    "if found is None:\n    return",
)
@form(
    cst.Call,
    "if 1: migrate_engine.execute(t.delete())",
    "if 1:\n"
    "    with migrate_engine.begin() as connection:\n"
    "        connection.execute(t.delete())",
)
@form(
    cst.Call,
    "t.insert().execute(id=1)",
    "with migrate_engine.begin() as connection:\n"
    "    connection.execute(t.insert(), {'id': 1})",
)
@form(
    cst.Call,
    "conn = migrate_engine.connect()\n"
    "conn.execute(t.insert(), [{'id': 1}, {'id': 2}])",
    "conn = migrate_engine.connect()\n"
    "with conn.begin():\n"
    "    conn.execute(t.insert(), [{'id': 1}, {'id': 2}])",
)
@form(
    cst.Call,
    "with migrate_engine.begin() as conn:\n    conn.execute('DELETE FROM t')",
    "with migrate_engine.begin() as conn:\n"
    "    conn.exec_driver_sql('DELETE FROM t')",
)
def execute(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.BaseExpression | None:
    """Execute on a connection which commits, where 1.x did both by itself."""
    target = _target(original)
    if target is None:
        return None
    kind = site.kinds.of(target)
    pairs: Pairs = [
        (before.value, after)
        for before, after in zip(original.args, updated.args, strict=True)
    ]
    now = _target(updated)
    assert now is not None
    if kind == "engine":
        return _on_engine(site, original, pairs, code(now))
    if kind == "statement":
        pairs.insert(0, (target, cst.Arg(bare(now))))
        bind = site.bind(original, _table_of(site, target))
        return _on_engine(site, original, pairs, bind)
    if kind in ("connection", "transactional connection"):
        return _on_connection(site, original, pairs, kind)
    if kind == "session":
        return _on_session(site, original, updated)
    if kind is None and _looks_old(site, original):
        raise LeaveError(_UNKNOWN % code(target))
    return None


def _target(call: cst.Call) -> cst.BaseExpression | None:
    func = call.func
    if isinstance(func, cst.Attribute) and (
        func.attr.value in ("execute", "scalar")
    ):
        return func.value
    return None


def _looks_old(site: Site, call: cst.Call) -> bool:
    if not site.speaks_sqlalchemy:
        return False
    if any(argument.keyword is not None for argument in call.args):
        return True
    return not call.args or site.kinds.of(call.args[0].value) == "string"


def _table_of(
    site: Site, statement: cst.BaseExpression
) -> cst.BaseExpression | None:
    """Find the table that a statement begins with, or a column of it."""
    node: cst.BaseExpression = statement
    while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        if site.kinds.is_sqlalchemy(node.func, *_STATEMENTS):
            break
        node = node.func.value
    if not isinstance(node, cst.Call):
        return node if isinstance(node, (cst.Name, cst.Attribute)) else None
    given = [
        one.value
        for argument in node.args
        for one in elements(argument.value) or [argument]
    ]
    return next((one for one in given if _is_of_table(site, one)), None)


def _is_of_table(site: Site, node: cst.BaseExpression) -> bool:
    return isinstance(node, (cst.Name, cst.Attribute)) and (
        site.kinds.of(node) in ("table", "column")
    )


def _on_engine(
    site: Site, original: cst.Call, pairs: Pairs, engine: str
) -> cst.BaseExpression:
    name = site.fresh(original, "connection", "conn", "sql_connection")
    call = todays(site, original, name, pairs)
    return placed(site, original, call, Block(f"{engine}.begin()", name))


def _on_connection(
    site: Site, original: cst.Call, pairs: Pairs, kind: str
) -> cst.BaseExpression:
    target = _target(original)
    assert target is not None
    name = code(target)
    call = todays(site, original, name, pairs)
    begins = f"{name}.begin()"
    if kind != "connection" or site.is_within(original, begins):
        return call
    transactions = _transactions(site, original, name)
    if not transactions:
        return placed(site, original, call, Block(begins))
    if transactions[-1] == "begin":
        return call
    raise LeaveError(
        "needs the 1.x layer: it executes outside the transaction that "
        f"{name} begins elsewhere"
    )


def _transactions(site: Site, node: cst.Call, name: str) -> list[str]:
    """List the begins and ends of a connection before ``node``.

    Those in a ``with`` that begins and ends elsewhere are left out; a begin
    after the node gives "end".  A connection is what it is from one
    assignment of its name to the next.
    """
    here = site.position(node)
    first, last = _lifetime(site, node, name)
    found = [
        (site.position(call), what)
        for call in site.kinds.all_calls
        if site.kinds.scope(call) is site.kinds.scope(node)
        and (what := _mark(site, call, name))
        and first <= site.position(call) < last
    ]
    if not any(what == "begin" for _, what in found):
        return []
    before = [what for place, what in sorted(found) if place < here]
    return before or ["end"]


def _lifetime(
    site: Site, node: cst.Call, name: str
) -> tuple[tuple[float, int], tuple[float, int]]:
    """Between which places of the file a name is what it is at ``node``."""
    scope, here = site.kinds.scope(node), site.position(node)
    places = [
        site.position(binding.target)
        for binding in scope.names.get(name, ())
        if binding.target is not None
    ]
    before = [place for place in places if place <= here]
    after = [place for place in places if place > here]
    return max(before, default=(0, 0)), min(after, default=(inf, 0))


def _mark(site: Site, call: cst.Call, name: str) -> str:
    """Say whether a call begins or ends a transaction, '' for neither."""
    func = call.func
    if not isinstance(func, cst.Attribute):
        return ""
    method = func.attr.value
    if method == "begin" and code(func.value) == name:
        in_block = isinstance(site.parent(call), cst.WithItem)
        return "" if in_block else "begin"
    is_transaction = site.kinds.of(func.value) == "transaction"
    return "end" if is_transaction and method in ("commit", "rollback") else ""


def _on_session(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.BaseExpression | None:
    if not original.args or site.kinds.of(original.args[0].value) != "string":
        return None
    first = updated.args[0]
    text = expression(f"{site.sqlalchemy('text')}({code(first.value)})")
    return updated.with_changes(
        args=[first.with_changes(value=text), *updated.args[1:]]
    )
