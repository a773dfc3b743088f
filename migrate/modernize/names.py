"""Names and methods of Python 2 that Python 3 reads, and does not have."""

from __future__ import annotations

import libcst as cst

from migrate.modernize.forms import form
from migrate.modernize.site import LeaveError
from migrate.modernize.site import Site
from migrate.modernize.site import full_name
from migrate.python2names import BUILTINS
from migrate.python2names import DICT_METHODS
from migrate.python2names import MODULES

__all__: list[str] = []

_GONE = {
    "apply": "call with *arguments",
    "cmp": "compare with < and >",
    "execfile": "read the file, compile and exec it",
}


def _replaces(site: Site, node: cst.Name) -> bool:
    """Whether a name stands for a builtin here."""
    parent = site.parent(node)
    if isinstance(parent, cst.Attribute) and parent.value is not node:
        return False
    if isinstance(parent, cst.Arg) and parent.keyword is node:
        return False
    if isinstance(parent, (cst.ImportAlias, cst.AsName, cst.Param)):
        return False
    return site.kinds.scope(node).lookup(node.value) is None


def builtin(
    site: Site, original: cst.Name, updated: cst.Name
) -> cst.Name | None:
    """Write the builtin of Python 3."""
    today = BUILTINS.get(original.value)
    if today is None or not _replaces(site, original):
        return None
    return updated.with_changes(value=today)


for _old, _new in BUILTINS.items():
    form(cst.Name, f"kind = {_old}", f"kind = {_new}")(builtin)


@form(
    cst.Call,
    "for key, value in {}.iteritems():\n    pass",
    "for key, value in {}.items():\n    pass",
)
def dict_iterator(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.Call | None:
    """Write the method of Python 3."""
    func = updated.func
    if not isinstance(func, cst.Attribute) or original.args:
        return None
    today = DICT_METHODS.get(func.attr.value)
    if today is None:
        return None
    return updated.with_changes(func=func.with_changes(attr=cst.Name(today)))


@form(cst.Call, "known = {}.has_key(3)", "known = 3 in {}")
@form(
    cst.Call,
    "if not {}.has_key(3):\n    pass",
    "if not (3 in {}):\n    pass",
)
def has_key(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.Comparison | None:
    """Write ``in``."""
    func = updated.func
    if not isinstance(func, cst.Attribute) or len(updated.args) != 1:
        return None
    if func.attr.value != "has_key":
        return None
    if site.kinds.of(getattr(original.func, "value", None)) == "row":
        return None
    alone = isinstance(
        site.parent(original), (cst.Arg, cst.Assign, cst.If, cst.Return)
    )
    return cst.Comparison(
        updated.args[0].value,
        [cst.ComparisonTarget(cst.In(), func.value)],
        lpar=[] if alone else [cst.LeftParen()],
        rpar=[] if alone else [cst.RightParen()],
    )


@form(cst.Import, "import cPickle", "import pickle as cPickle")
def module(
    site: Site, original: cst.Import, updated: cst.Import
) -> cst.Import | None:
    """Import the module under the name that the script uses."""
    names = [_renamed(alias) for alias in updated.names]
    return (
        updated.with_changes(names=names)
        if names != list(updated.names)
        else None
    )


def _renamed(alias: cst.ImportAlias) -> cst.ImportAlias:
    name = full_name(alias.name)
    if name not in MODULES:
        return alias
    return alias.with_changes(
        name=cst.parse_expression(MODULES[name]),
        asname=alias.asname or cst.AsName(cst.Name(name)),
    )


@form(
    cst.ImportFrom,
    "from cStringIO import StringIO",
    "from io import StringIO",
)
def from_module(
    site: Site, original: cst.ImportFrom, updated: cst.ImportFrom
) -> cst.ImportFrom | None:
    """Import from the module as it is called today."""
    name = full_name(updated.module) if updated.module is not None else ""
    today = None if updated.relative else MODULES.get(name)
    if today is None:
        return None
    return updated.with_changes(module=cst.parse_expression(today))


@form(
    cst.Call,
    "total = reduce(max, [1, 2])",
    "total = functools.reduce(max, [1, 2])",
)
def reduce_call(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.Call | None:
    """Take it from functools."""
    func = original.func
    if not isinstance(func, cst.Name) or func.value != "reduce":
        return None
    if not _replaces(site, func):
        return None
    if site.kinds.module_scope.lookup("functools") is None:
        site.imports.append(("functools", ""))
    return updated.with_changes(func=cst.parse_expression("functools.reduce"))


@form(cst.Call, "order = cmp(1, 2)", "")
@form(cst.Call, "execfile('other.py')", "")
@form(cst.Call, "apply(print, [1])", "")
def gone_builtin(site: Site, original: cst.Call, updated: cst.Call) -> None:
    """Name what has no successor."""
    func = original.func
    if not isinstance(func, cst.Name) or not _replaces(site, func):
        return
    if func.value in _GONE:
        raise LeaveError(f"Python 2's {func.value}: {_GONE[func.value]}")
