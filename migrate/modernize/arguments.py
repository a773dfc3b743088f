"""The arguments of a call, and the methods that they become."""

from __future__ import annotations

import libcst as cst

from migrate.modernize.site import LeaveError
from migrate.modernize.site import Site
from migrate.modernize.site import bare
from migrate.modernize.site import code
from migrate.modernize.site import expression

__all__ = [
    "SELECT_METHODS",
    "Arguments",
    "chained",
    "elements",
    "method_arguments",
    "named",
    "plain",
    "with_arguments",
]

#: A call's arguments: keyword, or place, -> the argument.
Arguments = dict["int | str", cst.Arg]

SELECT_METHODS = {
    "whereclause": "where",
    "from_obj": "select_from",
    "group_by": "group_by",
    "having": "having",
    "order_by": "order_by",
    "limit": "limit",
    "offset": "offset",
}
_LISTED = ("from_obj", "group_by", "order_by")


def arguments_of(call: cst.Call) -> Arguments:
    found: Arguments = {}
    for place, argument in enumerate(call.args):
        if argument.star:
            found["*"] = argument
        elif argument.keyword is not None:
            found[argument.keyword.value] = argument
        else:
            found[place] = argument
    return found


def named(call: cst.Call, names: tuple[str, ...]) -> Arguments:
    """Give places their names; what goes beyond keeps its place."""
    return {
        names[key] if isinstance(key, int) and key < len(names) else key: value
        for key, value in arguments_of(call).items()
    }


def elements(node: cst.BaseExpression) -> list[cst.Arg] | None:
    """Give what a list literal holds, as arguments with its layout."""
    if not isinstance(node, (cst.List, cst.Tuple)):
        return None
    return [
        cst.Arg(
            one.value,
            star="*" if isinstance(one, cst.StarredElement) else "",
            comma=one.comma,
        )
        for one in node.elements
    ]


def chained(
    call: cst.BaseExpression, method: str, arguments: list[cst.Arg]
) -> cst.Call:
    """Call a method of what a call gives."""
    return cst.Call(cst.Attribute(call, cst.Name(method)), arguments)


def plain(argument: cst.Arg) -> cst.Arg:
    """Give an argument without its keyword."""
    return cst.Arg(bare(argument.value))


def with_arguments(call: cst.Call, arguments: list[cst.Arg]) -> cst.Call:
    """Give a call other arguments; without any, nothing is in its brackets."""
    if arguments:
        return call.with_changes(args=arguments)
    return call.with_changes(
        args=[], whitespace_before_args=cst.SimpleWhitespace("")
    )


def method_arguments(
    site: Site, name: str, before: cst.Arg, given: cst.Arg
) -> list[cst.Arg]:
    """Give what the method takes that stands for a keyword.

    :param before: the argument as it was, ``given`` what it is by now.
    """
    if name not in _LISTED:
        return [cst.Arg(_clause(site, bare(given.value)))]
    listed = elements(given.value)
    if listed is not None:
        return listed
    kind = site.kinds.of(before.value)
    if kind is not None and kind.startswith("list["):
        return [cst.Arg(given.value, star="*")]
    if kind is None and isinstance(given.value, cst.Name):
        raise LeaveError(
            "needs the 1.x layer if "
            f"{code(given.value)} is a list, which cannot be told"
        )
    return [plain(given)]


def _clause(site: Site, node: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        return expression(f"{site.sqlalchemy('text')}({code(node)})")
    return node
