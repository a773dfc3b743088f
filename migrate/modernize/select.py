"""``select([...])`` and its keywords."""

from __future__ import annotations

import libcst as cst

from migrate.modernize.arguments import SELECT_METHODS
from migrate.modernize.arguments import Arguments
from migrate.modernize.arguments import chained
from migrate.modernize.arguments import elements
from migrate.modernize.arguments import method_arguments
from migrate.modernize.arguments import named
from migrate.modernize.arguments import with_arguments
from migrate.modernize.forms import form
from migrate.modernize.site import LeaveError
from migrate.modernize.site import Site
from migrate.modernize.site import code
from migrate.modernize.site import expression

__all__: list[str] = []


_SELECT = ("columns", "whereclause", "from_obj")


@form(
    cst.Call,
    "query = select([t.c.id]).where(t.c.id > 3)",
    "query = select(t.c.id).where(t.c.id > 3)",
)
@form(
    cst.Call,
    "query = select([t], t.c.id > 3, order_by=[t.c.id], limit=5)",
    "query = select(t).where(t.c.id > 3).order_by(t.c.id).limit(5)",
)
@form(
    cst.Call,
    "query = select([c for c in t.c], from_obj=[t])",
    "query = select(*[c for c in t.c]).select_from(t)",
)
@form(
    cst.Call,
    "query = select([t.c.id], distinct=True)",
    "query = select(t.c.id).distinct()",
)
def select(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.Call | None:
    """Columns are arguments, the rest are methods."""
    if not site.kinds.is_sqlalchemy(original.func, "select"):
        return None
    before = named(original, _SELECT)
    if not _is_old_select(site, before):
        return None
    now = named(updated, _SELECT)
    columns = now.pop("columns", None)
    call = with_arguments(updated, _columns(site, before, columns))
    if columns is not None and isinstance(
        columns.value, (cst.List, cst.Tuple)
    ):
        call = _laid_out(call, columns.value)
    return _with_methods(site, call, before, now)


def _laid_out(call: cst.Call, columns: cst.List | cst.Tuple) -> cst.Call:
    """Keep the line breaks that stood inside the brackets of the list."""
    if not isinstance(columns, cst.List) or not call.args:
        return call
    last = call.args[-1]
    space = columns.rbracket.whitespace_before
    if isinstance(last.comma, cst.Comma):
        comma: cst.Comma | cst.MaybeSentinel = last.comma.with_changes(
            whitespace_after=space
        )
        if isinstance(space, cst.SimpleWhitespace):
            comma = cst.MaybeSentinel.DEFAULT
        last = last.with_changes(comma=comma)
    else:
        last = last.with_changes(whitespace_after_arg=space)
    before = columns.lbracket.whitespace_after
    if isinstance(before, cst.SimpleWhitespace):
        before = call.whitespace_before_args
    return call.with_changes(
        args=[*call.args[:-1], last], whitespace_before_args=before
    )


def _is_old_select(site: Site, before: Arguments) -> bool:
    first = before.get("columns")
    if "*" in before:
        return False
    if first is None or first.keyword is not None:
        return bool(before)
    if any(isinstance(key, str) and key in before for key in ("whereclause",)):
        return _is_listed(site, first.value)
    if _is_listed(site, first.value):
        return True
    if any(argument.keyword is not None for argument in before.values()):
        raise LeaveError("needs the 1.x layer: select() of what is no list")
    return False


def _is_listed(site: Site, node: cst.BaseExpression) -> bool:
    if isinstance(node, (cst.List, cst.Tuple, cst.ListComp)):
        return True
    kind = site.kinds.of(node)
    return kind == "columns" or bool(kind and kind.startswith("list["))


def _columns(
    site: Site, before: Arguments, columns: cst.Arg | None
) -> list[cst.Arg]:
    if columns is None:
        return []
    arguments = elements(columns.value)
    if arguments is None:
        return [cst.Arg(columns.value, star="*")]
    old = before["columns"].value
    assert isinstance(old, (cst.List, cst.Tuple))
    for place, element in enumerate(old.elements):
        if site.kinds.of(element.value) == "string":
            text = site.sqlalchemy("literal_column")
            value = expression(f"{text}({code(arguments[place].value)})")
            arguments[place] = arguments[place].with_changes(value=value)
    return arguments


def _with_methods(
    site: Site, call: cst.Call, before: Arguments, options: Arguments
) -> cst.Call:
    if options.keys() - {*SELECT_METHODS, "distinct", "use_labels"}:
        odd = next(
            key
            for key in options
            if key not in {*SELECT_METHODS, "distinct", "use_labels"}
        )
        raise LeaveError(f"needs the 1.x layer: select(..., {odd})")
    for name, method in SELECT_METHODS.items():
        given = options.get(name)
        if given is None or code(given.value) == "None":
            continue
        call = chained(
            call, method, method_arguments(site, name, before[name], given)
        )
    distinct = options.get("distinct")
    if distinct is not None:
        if code(distinct.value) not in ("True", "False"):
            raise LeaveError("needs the 1.x layer: select(..., distinct=...)")
        if code(distinct.value) == "True":
            call = chained(call, "distinct", [])
    if "use_labels" in options:
        style = site.sqlalchemy("LABEL_STYLE_TABLENAME_PLUS_COL")
        call = chained(call, "set_label_style", [cst.Arg(expression(style))])
    return call
