"""The statements that a table gives."""

from __future__ import annotations

import libcst as cst

from migrate.modernize.arguments import SELECT_METHODS
from migrate.modernize.arguments import Arguments
from migrate.modernize.arguments import chained
from migrate.modernize.arguments import method_arguments
from migrate.modernize.arguments import named
from migrate.modernize.arguments import plain
from migrate.modernize.arguments import with_arguments
from migrate.modernize.forms import form
from migrate.modernize.site import LeaveError
from migrate.modernize.site import Site
from migrate.modernize.site import code
from migrate.modernize.site import expression

__all__: list[str] = []


@form(
    cst.Call,
    "query = t.select(t.c.id == 3)",
    "query = t.select().where(t.c.id == 3)",
)
@form(
    cst.Call,
    "change = t.update(t.c.id == 3, values={'id': 4})",
    "change = t.update().where(t.c.id == 3).values({'id': 4})",
)
@form(
    cst.Call,
    "addition = t.insert(values=dict(id=3))",
    "addition = t.insert().values(dict(id=3))",
)
@form(
    cst.Call,
    "removal = t.delete(whereclause=t.c.id == 3)",
    "removal = t.delete().where(t.c.id == 3)",
)
@form(
    cst.Call,
    "change = update(t, t.c.id == 3)",
    "change = update(t).where(t.c.id == 3)",
)
def statement_of_table(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.Call | None:
    """WHERE and VALUES are methods."""
    places = {
        "delete": ("whereclause",),
        "insert": ("values", "inline"),
        "select": ("whereclause",),
        "update": ("whereclause", "values", "inline"),
    }
    func = original.func
    if isinstance(func, cst.Attribute) and site.kinds.of(func.value) in (
        "table",
        "alias",
        "join",
    ):
        name = func.attr.value
        order = places.get(name, ())
    else:
        name = site.kinds.origin(func).split(".")[-1]
        if name not in ("delete", "insert", "update") or (
            not site.kinds.is_sqlalchemy(func, name)
        ):
            return None
        order = ("table", *places[name])
    given = named(updated, order)
    table = given.pop("table", None)
    first = [plain(table)] if table is not None else []
    if not order or not given:
        return None
    call = with_arguments(updated, first)
    before = named(original, order)
    call = _with_table_methods(site, call, name, before, given)
    return call if first else _opened(call, updated.whitespace_before_args)


def _opened(
    call: cst.Call, space: cst.BaseParenthesizableWhitespace
) -> cst.Call:
    """Let the first method of a chain have the line break of the call."""
    if isinstance(space, cst.SimpleWhitespace):
        return call
    assert isinstance(call.func, cst.Attribute)
    inner = call.func.value
    assert isinstance(inner, cst.Call)
    if not inner.args:
        return call.with_changes(whitespace_before_args=space)
    return call.with_changes(
        func=call.func.with_changes(value=_opened(inner, space))
    )


def _with_table_methods(
    site: Site,
    call: cst.Call,
    name: str,
    before: Arguments,
    given: Arguments,
) -> cst.Call:
    methods = (
        dict(SELECT_METHODS) if name == "select" else {"whereclause": "where"}
    )
    methods["values"] = "values"
    odd = [str(key) for key in given if key not in methods]
    if odd:
        raise LeaveError(f"needs the 1.x layer: {name}(..., {odd[0]})")
    for key, method in methods.items():
        argument = given.get(key)
        if argument is not None and code(argument.value) != "None":
            call = chained(
                call,
                method,
                method_arguments(site, key, before[key], argument),
            )
    return call


@form(
    cst.Call,
    "query = t.count()",
    "query = select(func.count()).select_from(t)",
)
def count(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.BaseExpression | None:
    """COUNT(*) says so; gone in SQLAlchemy 1.4."""
    func = original.func
    if not isinstance(func, cst.Attribute) or func.attr.value != "count":
        return None
    if site.kinds.of(func.value) != "table":
        return None
    table = code(func.value)
    found = (
        f"{site.sqlalchemy('select')}({site.sqlalchemy('func')}.count())"
        f".select_from({table})"
    )
    if not original.args:
        return expression(found)
    given = named(updated, ("whereclause",))
    call = expression(found)
    assert isinstance(call, cst.Call)
    before = named(original, ("whereclause",))
    return _with_table_methods(site, call, "select", before, given)
