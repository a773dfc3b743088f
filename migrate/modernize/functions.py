"""Which function a call means: of this file, or of another."""

from __future__ import annotations

import libcst as cst
from libcst.helpers import get_full_name_for_node

from migrate.modernize.facts import Function
from migrate.modernize.origins import Origins
from migrate.modernize.scopes import Scope

__all__ = ["Functions", "parameters", "passes_keywords", "returned"]


class Functions(Origins):
    """Answers which functions the calls of one file mean."""

    def foreign(self, function: cst.BaseExpression) -> str:
        """The last name of a function that is not of this file."""
        if isinstance(function, cst.Name):
            found = self.scope(function).lookup(function.value)
            is_own = found and any(b.how == "function" for b in found[1])
            return "" if is_own else function.value
        return self.origin(function).split(".")[-1]

    def own(self, function: cst.BaseExpression) -> cst.FunctionDef | None:
        """The function of this file that a name means."""
        if not isinstance(function, cst.Name):
            return None
        found = self.scope(function).lookup(function.value)
        return self.defined(found[0], function.value) if found else None

    def defined(self, scope: Scope, name: str) -> cst.FunctionDef | None:
        """The one function that a name of a scope means."""
        bindings = scope.names[name]
        if len(bindings) != 1 or bindings[0].how != "function":
            return None
        assert isinstance(bindings[0].node, cst.FunctionDef)
        return bindings[0].node

    def elsewhere(self, function: cst.BaseExpression) -> Function:
        """Name a function as the file does in which it may be."""
        parts = self.origin(function).split(".")
        return (parts[-2], parts[-1]) if len(parts) > 1 else ("", "")


def parameters(function: cst.FunctionDef) -> list[cst.Param]:
    """List the parameters that take positional arguments."""
    return [*function.params.posonly_params, *function.params.params]


def returned(function: cst.FunctionDef) -> list[cst.BaseExpression]:
    """List what a function may return."""
    returns = _Returns()
    function.body.visit(returns)
    return returns.values


def passes_keywords(function: cst.FunctionDef) -> bool:
    """Whether what is returned is called with the ``**`` of a function."""
    keywords = function.params.star_kwarg
    return keywords is not None and all(
        isinstance(value, cst.Call)
        and any(
            argument.star == "**"
            and get_full_name_for_node(argument.value) == keywords.name.value
            for argument in value.args
        )
        for value in returned(function)
    )


class _Returns(cst.CSTVisitor):
    def __init__(self) -> None:
        self.values: list[cst.BaseExpression] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return False

    def visit_Return(self, node: cst.Return) -> None:
        if node.value is not None:
            self.values.append(node.value)
