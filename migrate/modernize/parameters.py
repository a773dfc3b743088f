"""What a statement is executed with: today's parameters."""

from __future__ import annotations

from typing import TypeAlias

import libcst as cst

from migrate.modernize.site import LeaveError
from migrate.modernize.site import Site
from migrate.modernize.site import code
from migrate.modernize.site import expression

__all__ = ["Pairs", "todays"]

#: An argument as it was, and what it is by now.
Pairs: TypeAlias = list[tuple[cst.BaseExpression, cst.Arg]]


def todays(
    site: Site, original: cst.Call, connection: str, pairs: Pairs
) -> cst.BaseExpression:
    """Give the call on a connection, with today's parameters."""
    if not pairs or pairs[0][1].keyword is not None or pairs[0][1].star:
        raise LeaveError("needs the 1.x layer: it has no statement")
    func = original.func
    assert isinstance(func, cst.Attribute)
    method, kind = func.attr.value, site.kinds.of(pairs[0][0])
    statement = pairs[0][1].value
    if kind == "string":
        arguments = _driver_parameters(site, pairs[1:])
        suffix = ".scalar()" if method == "scalar" else ""
        method = "exec_driver_sql"
    elif not _is_clause(site, pairs[0][0], kind):
        raise LeaveError(
            "needs the 1.x layer: it cannot be told whether "
            f"{code(pairs[0][0])} is text or a statement"
        )
    else:
        arguments, suffix = _parameters(site, pairs[1:]), ""
    call = cst.Call(
        cst.Attribute(cst.Name(connection), cst.Name(method)),
        _laid_out(pairs, [cst.Arg(statement), *arguments]),
        whitespace_before_args=original.whitespace_before_args,
    )
    if not suffix:
        return call
    return cst.Call(cst.Attribute(call, cst.Name("scalar")))


def _laid_out(pairs: Pairs, arguments: list[cst.Arg]) -> list[cst.Arg]:
    """Keep the commas and line breaks of arguments that stay as many."""
    before = [argument for _, argument in pairs]
    laid_out = []
    for place, argument in enumerate(arguments):
        is_last = place == len(arguments) - 1
        old = before[place] if place < len(before) else None
        comma = before[-1].comma if is_last else (old and old.comma)
        if not is_last and not isinstance(comma, cst.Comma):
            comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        laid_out.append(
            argument.with_changes(
                comma=comma,
                whitespace_after_arg=before[
                    -1 if is_last else 0
                ].whitespace_after_arg,
            )
        )
    return laid_out


def _is_clause(site: Site, node: cst.BaseExpression, kind: str | None) -> bool:
    if kind is not None:
        return not kind.startswith("list[")
    return isinstance(node, cst.Call) and (
        site.kinds.origin(node.func).split(".")[0] == "sqlalchemy"
    )


def _parameters(site: Site, pairs: Pairs) -> list[cst.Arg]:
    """Parameters of a statement: one dict, or a list of dicts."""
    given = [argument for _, argument in pairs]
    stars = {argument.star for argument in given}
    if any(argument.keyword or argument.star == "**" for argument in given):
        if not all(one.keyword or one.star == "**" for one in given):
            raise LeaveError("needs the 1.x layer: mixed parameters")
        return [cst.Arg(_dict(given))]
    if stars - {""}:
        if len(pairs) == 1:
            return [cst.Arg(expression(f"list({code(pairs[0][1].value)})"))]
        raise LeaveError("needs the 1.x layer: mixed parameters")
    if any(isinstance(before, cst.Tuple) for before, _ in pairs):
        raise LeaveError("needs the 1.x layer: parameters without names")
    if len(pairs) < 2:
        return [cst.Arg(argument.value) for _, argument in pairs]
    return [cst.Arg(_list([argument.value for _, argument in pairs]))]


def _driver_parameters(site: Site, pairs: Pairs) -> list[cst.Arg]:
    """Parameters of text: for the driver, in its own style."""
    if not pairs or any(a.keyword or a.star for _, a in pairs):
        return _parameters(site, pairs)
    kinds = {site.kinds.of(before) for before, _ in pairs}
    given = [argument.value for _, argument in pairs]
    if len(pairs) == 1 and kinds <= {"dict"}:
        return [cst.Arg(given[0])]
    if all(isinstance(before, cst.Tuple) for before, _ in pairs):
        return [cst.Arg(given[0] if len(given) == 1 else _list(given))]
    if kinds <= {"string", "value"}:
        elements = [cst.Element(value) for value in given]
        return [cst.Arg(cst.Tuple(elements))]
    if len(pairs) == 1 and isinstance(pairs[0][0], cst.List):
        items = pairs[0][0].elements
        if all(isinstance(i.value, (cst.Tuple, cst.Dict)) for i in items):
            return [cst.Arg(given[0])]
        return [cst.Arg(expression(f"tuple({code(given[0])})"))]
    if len(pairs) > 1 and not any(map(_holds_several, kinds)):
        return [cst.Arg(cst.Tuple([cst.Element(value) for value in given]))]
    raise LeaveError(
        "needs the 1.x layer: it cannot be told what is passed; write a tuple "
        "for one row, a list of tuples for several"
    )


def _holds_several(kind: str | None) -> bool:
    """Whether a parameter may be a row; several values are one row."""
    return kind is not None and kind[:4] in ("list", "dict", "row")


def _dict(arguments: list[cst.Arg]) -> cst.BaseExpression:
    """Make a dict of keywords, with their commas and line breaks."""
    if len(arguments) == 1 and arguments[0].star:
        return arguments[0].value
    elements: list[cst.BaseDictElement] = []
    for place, argument in enumerate(arguments):
        is_last = place == len(arguments) - 1
        comma = cst.MaybeSentinel.DEFAULT if is_last else argument.comma
        if argument.keyword is None:
            elements.append(cst.StarredDictElement(argument.value, comma))
            continue
        key = cst.SimpleString(f"'{argument.keyword.value}'")
        elements.append(cst.DictElement(key, argument.value, comma))
    return cst.Dict(elements)


def _list(values: list[cst.BaseExpression]) -> cst.List:
    return cst.List([cst.Element(value) for value in values])
