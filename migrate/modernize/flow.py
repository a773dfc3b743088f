"""Which assignment of a name reaches the place where it is read."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from migrate.modernize.scopes import Binding

__all__ = ["Flow"]


class Flow:
    """The way through the statements of one file.

    :param parents: node -> the node around it.
    """

    def __init__(self, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> None:
        self._parents = parents

    def reaching(
        self, node: cst.Name, bindings: list[Binding]
    ) -> Binding | None:
        """Find the one binding whose value a name has at its place.

        None when that depends on the way to the place.
        """
        child: cst.CSTNode = node
        parent = self._parents.get(child)
        while parent is not None:
            found, ends = self._binds_before(parent, child, bindings)
            if ends:
                return found
            child, parent = parent, self._parents.get(parent)
        return None

    def _binds_before(
        self, parent: cst.CSTNode, child: cst.CSTNode, bindings: list[Binding]
    ) -> tuple[Binding | None, bool]:
        """Find what ``parent`` binds before ``child``; whether to stop."""
        found: list[Binding] = []
        if isinstance(parent, (cst.IndentedBlock, cst.Module)):
            return self._line_before(parent, child, bindings)
        if isinstance(parent, (cst.For, cst.While)):
            if self._within(parent.body, bindings):
                return None, child in (parent.body, parent.orelse)
            if isinstance(parent, cst.For) and child is parent.body:
                found = self._within(parent.target, bindings)
        elif isinstance(parent, cst.With) and child is parent.body:
            for item in parent.items:
                found += self._within(item, bindings)
        elif isinstance(parent, cst.CompFor) and child is not parent.iter:
            found = self._within(parent.target, bindings)
        elif isinstance(parent, cst.BaseComp) and child is not parent.for_in:
            found = self._within(parent.for_in, bindings)
        elif isinstance(parent, cst.Try) and child is not parent.body:
            others = self._within(parent, bindings)
            return None, others != self._within(child, bindings)
        elif isinstance(parent, cst.FunctionDef):
            found = [one for one in bindings if one.node is parent]
            return (found[0] if found else None), True
        elif isinstance(parent, cst.Lambda):
            return None, True
        return (found[0] if found else None), bool(found)

    def _line_before(
        self,
        block: cst.IndentedBlock | cst.Module,
        child: cst.CSTNode,
        bindings: list[Binding],
    ) -> tuple[Binding | None, bool]:
        for line in reversed(block.body[: self._place(block, child)]):
            inside = self._within(line, bindings)
            if inside:
                is_line = isinstance(line, cst.SimpleStatementLine)
                alone = is_line and len(inside) == 1
                return (inside[0] if alone else None), True
        return None, False

    def _place(
        self, block: cst.IndentedBlock | cst.Module, child: cst.CSTNode
    ) -> int:
        """Count the statements before ``child``, which are not equal to it."""
        return next(
            place for place, line in enumerate(block.body) if line is child
        )

    def _within(
        self, node: cst.CSTNode, bindings: list[Binding]
    ) -> list[Binding]:
        return [one for one in bindings if self._is_inside(one.target, node)]

    def _is_inside(self, node: cst.CSTNode | None, outer: cst.CSTNode) -> bool:
        while node is not None:
            if node is outer:
                return True
            node = self._parents.get(node)
        return False
