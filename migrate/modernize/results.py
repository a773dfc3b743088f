"""Where the result of an execution goes, and the block that holds it."""

from __future__ import annotations

import libcst as cst

from migrate.modernize.site import Block
from migrate.modernize.site import LeaveError
from migrate.modernize.site import Site
from migrate.modernize.site import code

__all__ = ["placed"]

_FETCHES = {
    "all",
    "fetchall",
    "fetchmany",
    "fetchone",
    "first",
    "keys",
    "mappings",
    "one",
    "scalar",
}
_FACTS = {
    "close",
    "inserted_primary_key",
    "lastrowid",
    "returns_rows",
    "rowcount",
}
_CONSUMERS = {
    "all",
    "any",
    "dict",
    "frozenset",
    "list",
    "max",
    "min",
    "set",
    "sorted",
    "sum",
    "tuple",
}
_ESCAPES = (
    "needs the 1.x layer: the result is used where it cannot be followed; "
    "use it up inside of 'with engine.begin() as connection:'"
)
_TWO = "needs the 1.x layer: two connections in one statement"
_CONDITION = (
    "needs the 1.x layer: it executes in a condition that may not run; "
    "execute before it"
)


def placed(
    site: Site, original: cst.Call, call: cst.BaseExpression, block: Block
) -> cst.BaseExpression:
    """Ask for the block around the statement, and follow the result."""
    outer, is_bare = _consumer(site, original)
    statement, is_inside = _statement(site, outer)
    if is_bare and isinstance(statement, cst.For):
        call = cst.Call(cst.Attribute(call, cst.Name("fetchall")))
    elif is_bare and block.name:
        call = _kept(site, original, call)
    if not is_inside:
        name = "rows" if isinstance(statement, cst.For) else "found"
        block.hoisted[outer] = _unused(site, outer, name)
    known = site.blocks.get(statement)
    if known is None:
        site.blocks[statement] = block
    elif (known.opens, known.name) != (block.opens, block.name):
        raise LeaveError(_TWO)
    else:
        known.hoisted.update(block.hoisted)
    return call


def _unused(site: Site, node: cst.CSTNode, name: str) -> str:
    taken = {other.value for other in site.kinds.all_names}
    taken |= {n for block in site.blocks.values() for n in block.values}
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free


def _consumer(site: Site, call: cst.Call) -> tuple[cst.BaseExpression, bool]:
    """Find the expression that uses up a result; whether that is itself."""
    func = call.func
    if isinstance(func, cst.Attribute) and func.attr.value == "scalar":
        return call, False
    parent = site.parent(call)
    if isinstance(parent, cst.Attribute):
        if parent.attr.value not in _FETCHES | _FACTS:
            raise LeaveError(_ESCAPES)
        outer = site.parent(parent)
        is_called = isinstance(outer, cst.Call) and outer.func is parent
        found = outer if is_called else parent
        assert isinstance(found, cst.BaseExpression)
        return found, False
    if isinstance(parent, cst.Arg):
        function = site.parent(parent)
        if isinstance(function, cst.Call) and code(function.func) in (
            _CONSUMERS
        ):
            return function, False
        raise LeaveError(_ESCAPES)
    if isinstance(parent, cst.CompFor):
        return _comprehension(site, parent), False
    return call, True


def _comprehension(site: Site, loop: cst.CompFor) -> cst.BaseExpression:
    node: cst.CSTNode = site.parent(loop)
    while isinstance(node, cst.CompFor):
        node = site.parent(node)
    if isinstance(node, cst.GeneratorExp):
        argument = site.parent(node)
        function = (
            site.parent(argument) if isinstance(argument, cst.Arg) else None
        )
        if not isinstance(function, cst.Call) or (
            code(function.func) not in _CONSUMERS
        ):
            raise LeaveError(_ESCAPES)
        return function
    assert isinstance(node, cst.BaseExpression)
    return node


def _kept(
    site: Site, original: cst.Call, call: cst.BaseExpression
) -> cst.BaseExpression:
    """Let a result that is given a name outlive its connection."""
    parent = site.parent(original)
    if isinstance(parent, cst.Expr):
        return call
    target = (
        parent.targets[0].target
        if isinstance(parent, cst.Assign) and len(parent.targets) == 1
        else None
    )
    if not isinstance(target, cst.Name):
        raise LeaveError(_ESCAPES)
    uses = {_use(site, name) for name in site.loads(target)}
    if uses <= _FACTS:
        return call
    if not uses <= _FETCHES | {"close"}:
        raise LeaveError(_ESCAPES)
    frozen = cst.Call(cst.Attribute(call, cst.Name("freeze")))
    return cst.Call(frozen)


def _use(site: Site, name: cst.Name) -> str:
    """Say what is done with a result: a method of it, or 'escapes'."""
    parent = site.parent(name)
    if isinstance(parent, cst.Attribute):
        return parent.attr.value
    if isinstance(parent, (cst.For, cst.CompFor)):
        return "all"
    if isinstance(parent, cst.Arg):
        function = site.parent(parent)
        if isinstance(function, cst.Call) and code(function.func) in (
            _CONSUMERS
        ):
            return "all"
    return "escapes"


def _statement(site: Site, node: cst.CSTNode) -> tuple[cst.CSTNode, bool]:
    """Find the statement around an expression.

    Also tells whether the whole statement may stand inside the block; else
    the expression has to be taken out before it.
    """
    child, parent, may_not_run = node, site.parent(node), False
    while True:
        if isinstance(
            parent, (cst.SimpleStatementLine, cst.SimpleStatementSuite)
        ):
            return parent, True
        if isinstance(parent, (cst.For, cst.If)):
            if may_not_run or isinstance(site.parent(parent), cst.If):
                raise LeaveError(_CONDITION)
            return parent, False
        if isinstance(
            parent,
            (
                cst.While,
                cst.With,
                cst.Lambda,
                cst.Param,
                cst.Decorator,
                cst.Yield,
                cst.GeneratorExp,
            ),
        ):
            raise LeaveError(_CONDITION)
        may_not_run |= _is_conditional(parent, child)
        child, parent = parent, site.parent(parent)


def _is_conditional(parent: cst.CSTNode, child: cst.CSTNode) -> bool:
    if isinstance(parent, cst.BooleanOperation):
        return child is parent.right
    if isinstance(parent, cst.IfExp):
        return child is not parent.test
    return isinstance(parent, (cst.CompFor, cst.CompIf, cst.ListComp))
