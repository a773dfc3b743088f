"""Functions and classes of scripts that stand for migrate's and SQLAlchemy's.

Such as ``add_column(column, table)``, which calls ``column.create(table)``,
or a Boolean of its own that makes a CHECK.
"""

from __future__ import annotations

import libcst as cst
from libcst.helpers import get_full_name_for_node

from migrate.modernize.facts import Facts
from migrate.modernize.functions import Functions
from migrate.modernize.functions import parameters
from migrate.modernize.functions import returned

__all__ = ["adds_column", "check_of", "gather"]

_CHECK = "create_constraint"
_CHECKED = ("Boolean", "Enum", "BOOLEAN", "ENUM")


def gather(names: Functions, module: str, facts: Facts) -> None:
    """Add what a file defines to the facts about it."""
    scope = names.module_scope
    for name, bindings in scope.names.items():
        function = names.defined(scope, name)
        if function is not None:
            places = _adding_places(names, function)
            if places:
                facts.adding[module, name] = places
            if any(_makes_check(names, one) for one in returned(function)):
                facts.checked[module, name] = "function"
        for binding in bindings:
            if isinstance(binding.node, cst.ClassDef) and (
                _is_checked_class(binding.node)
            ):
                facts.checked[module, name] = "class"


def _adding_places(
    names: Functions, function: cst.FunctionDef
) -> set[int | str]:
    """Say which parameters of a function it adds to a table."""
    created = {
        get_full_name_for_node(call.func.value)
        for call in names.all_calls
        if isinstance(call.func, cst.Attribute)
        and call.func.attr.value == "create"
        and call.args
        and names.scope(call).function is function
    }
    return {
        key
        for place, parameter in enumerate(parameters(function))
        if parameter.name.value in created
        for key in (place, parameter.name.value)
    }


def _makes_check(names: Functions, node: cst.BaseExpression) -> bool:
    return (
        isinstance(node, cst.Call)
        and names.is_sqlalchemy(node.func, *_CHECKED)
        and _says(node, "True")
    )


def _says(call: cst.Call, value: str) -> bool:
    return any(
        argument.keyword is not None
        and argument.keyword.value == _CHECK
        and get_full_name_for_node(argument.value) == value
        for argument in call.args
    )


def _is_checked_class(node: cst.ClassDef) -> bool:
    """Whether instances make a CHECK unless they are told otherwise."""
    return any(
        parameter.name.value == _CHECK
        and parameter.default is not None
        and get_full_name_for_node(parameter.default) == "True"
        for member in node.body.body
        if isinstance(member, cst.FunctionDef)
        and member.name.value == "__init__"
        for parameter in parameters(member)
    )


def adds_column(
    names: Functions, facts: Facts, call: cst.Call, argument: cst.Arg
) -> bool:
    """Whether a call adds the column that is passed to it."""
    place = call.args.index(argument)
    key = argument.keyword.value if argument.keyword else place
    last = (get_full_name_for_node(call.func) or "").split(".")[-1]
    if last == "create_column":
        return place == 0
    own = names.own(call.func)
    if own is not None:
        return key in _adding_places(names, own)
    return key in facts.adding.get(names.elsewhere(call.func), set())


def check_of(names: Functions, facts: Facts, node: cst.BaseExpression) -> str:
    """Say what makes the CHECK of a type.

    :returns: "keyword", "class" or "function"; '' when there is none.
    """
    if _makes_check(names, node):
        return "keyword"
    maker = node.func if isinstance(node, cst.Call) else node
    if isinstance(node, cst.Call) and _says(node, "False"):
        return ""
    if not isinstance(maker, (cst.Name, cst.Attribute)):
        return ""
    own = names.own(maker)
    if own is not None:
        is_checked = any(_makes_check(names, one) for one in returned(own))
        return "function" if is_checked else ""
    if _is_own_class(names, maker):
        return "class"
    return facts.checked.get(names.elsewhere(maker), "")


def _is_own_class(names: Functions, maker: cst.BaseExpression) -> bool:
    if not isinstance(maker, cst.Name):
        return False
    found = names.scope(maker).lookup(maker.value)
    return found is not None and any(
        isinstance(binding.node, cst.ClassDef)
        and _is_checked_class(binding.node)
        for binding in found[1]
    )
