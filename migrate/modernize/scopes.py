"""The names of a file: where they are bound, and to what."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field

import libcst as cst
from libcst.helpers import get_full_name_for_node

__all__ = ["Binding", "Names", "Scope"]


@dataclass(frozen=True)
class Binding:
    """One way a name gets its value.

    :param how: expression, element, parameter, function, import, context
        (the ``as`` of a ``with``), class, item (of a list that grows),
        entry (of a dict), or other.
    :param target: where the name stands that is bound, if that is known.
    """

    how: str
    node: cst.CSTNode | None = None
    place: int = 0
    name: str = ""
    target: cst.CSTNode | None = None


@dataclass(eq=False)
class Scope:
    """The names of a module or function."""

    parent: Scope | None = None
    function: cst.FunctionDef | None = None
    names: dict[str, list[Binding]] = field(default_factory=dict)
    globals: set[str] = field(default_factory=set)

    def bind(self, name: str, binding: Binding) -> None:
        """Note one more way in which a name gets its value."""
        owner = self
        if name in self.globals:
            while owner.parent is not None:
                owner = owner.parent
        owner.names.setdefault(name, []).append(binding)

    def lookup(self, name: str) -> tuple[Scope, list[Binding]] | None:
        """Find the innermost scope which has the name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope, scope.names[name]
            scope = scope.parent
        return None


class Names(cst.CSTVisitor):
    """Finds what binds each name, and in which scope each node stands."""

    def __init__(self) -> None:
        self.module = Scope()
        self.scopes: dict[cst.CSTNode, Scope] = {}
        self.stars: set[str] = set()
        self.binds: list[tuple[cst.Attribute, cst.BaseExpression]] = []
        self.parents: dict[cst.CSTNode, cst.CSTNode] = {}
        self.calls: list[cst.Call] = []
        self.texts: set[object] = set()
        self.uses: dict[tuple[Scope, str], set[str]] = {}
        self.reads: list[cst.Name] = []
        self.checked: set[tuple[Scope, str]] = set()
        self._stack = [self.module]
        self._around: list[cst.CSTNode] = []

    @property
    def _here(self) -> Scope:
        return self._stack[-1]

    def on_visit(self, node: cst.CSTNode) -> bool:
        self.scopes[node] = self._here
        if self._around:
            self.parents[node] = self._around[-1]
        self._around.append(node)
        return super().on_visit(node)

    def on_leave(self, original_node: cst.CSTNode) -> None:
        self._around.pop()
        super().on_leave(original_node)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._here.bind(node.name.value, Binding("function", node))
        inner = Scope(self._here, node)
        for place, parameter in enumerate(_parameters(node)):
            inner.bind(
                parameter.name.value,
                Binding("parameter", node, place, parameter.name.value),
            )
        self._stack.append(inner)

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:
        self._stack.pop()

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._here.bind(node.name.value, Binding("class", node))
        self._stack.append(Scope(self._here))

    def leave_ClassDef(self, original_node: cst.ClassDef) -> None:
        self._stack.pop()

    def visit_Name(self, node: cst.Name) -> None:
        self.reads.append(node)

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self.texts.add(node.evaluated_value)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if isinstance(node.value, cst.Name):
            key = (self._here, node.value.value)
            self.uses.setdefault(key, set()).add(node.attr.value)

    def visit_Global(self, node: cst.Global) -> None:
        self._here.globals.update(item.name.value for item in node.names)

    def visit_Lambda(self, node: cst.Lambda) -> None:
        for parameter in node.params.params:
            self._here.bind(parameter.name.value, Binding("other"))

    def visit_Assign(self, node: cst.Assign) -> None:
        for target in node.targets:
            self._target(target.target, "expression", node.value)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        if node.value is not None:
            self._target(node.target, "expression", node.value)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self._target(node.target, "expression", node.value)

    def visit_For(self, node: cst.For) -> None:
        self._target(node.target, "element", node.iter)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self._target(node.target, "element", node.iter)

    def visit_WithItem(self, node: cst.WithItem) -> None:
        if node.asname is not None:
            self._target(node.asname.name, "context", node.item)

    def visit_ExceptHandler(self, node: cst.ExceptHandler) -> None:
        if node.name is not None:
            self._target(node.name.name, "other", None)

    def visit_Import(self, node: cst.Import) -> None:
        for alias in node.names:
            full = get_full_name_for_node(alias.name) or ""
            name = alias.evaluated_alias or full.split(".")[0]
            origin = full if alias.asname else name
            self._here.bind(name, Binding("import", name=origin))

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        module = "." * len(node.relative) + (
            get_full_name_for_node(node.module) or "" if node.module else ""
        )
        if isinstance(node.names, cst.ImportStar):
            self.stars.add(module)
            return
        for alias in node.names:
            name = alias.evaluated_alias or alias.evaluated_name
            origin = f"{module}.{alias.evaluated_name}"
            self._here.bind(name, Binding("import", name=origin))

    def visit_Call(self, node: cst.Call) -> None:
        self.calls.append(node)
        if isinstance(node.func, cst.Attribute) and node.args:
            grown, method = node.func.value, node.func.attr.value
            if (
                isinstance(grown, cst.Name)
                and method == "append"
                and grown.value in self._here.names
            ):
                self._here.bind(
                    grown.value, Binding("item", node.args[0].value)
                )
        if isinstance(node.func, cst.Name) and node.func.value == "isinstance":
            first = node.args[0].value if node.args else None
            if isinstance(first, cst.Name):
                self.checked.add((self._here, first.value))

    def _target(
        self,
        target: cst.BaseExpression,
        how: str,
        value: cst.BaseExpression | None,
    ) -> None:
        if isinstance(target, cst.Name):
            self._here.bind(target.value, Binding(how, value, target=target))
        elif isinstance(target, cst.Attribute) and target.attr.value == "bind":
            if value is not None:
                self.binds.append((target, value))
        elif isinstance(target, cst.Subscript):
            grown = target.value
            if isinstance(grown, cst.Name) and grown.value in self._here.names:
                self._here.bind(grown.value, Binding("entry", value))
        elif isinstance(target, (cst.Tuple, cst.List)):
            self._unpack([one.value for one in target.elements], how, value)

    def _unpack(
        self,
        targets: list[cst.BaseExpression],
        how: str,
        value: cst.BaseExpression | None,
    ) -> None:
        if (
            how == "expression"
            and isinstance(value, (cst.Tuple, cst.List))
            and len(value.elements) == len(targets)
        ):
            for target, one in zip(targets, value.elements, strict=True):
                self._target(target, how, one.value)
            return
        for place, target in enumerate(targets):
            if how == "element" and place == 1 and _is_enumerate(value):
                assert isinstance(value, cst.Call)
                self._target(target, how, value.args[0].value)
            elif how == "element" and isinstance(target, cst.Name):
                found = Binding("unpacked element", value, place, "", target)
                self._here.bind(target.value, found)
            else:
                self._target(target, "other", None)


def _parameters(node: cst.FunctionDef) -> list[cst.Param]:
    return [*node.params.posonly_params, *node.params.params]


def _is_enumerate(node: cst.CSTNode | None) -> bool:
    return (
        isinstance(node, cst.Call)
        and isinstance(node.func, cst.Name)
        and node.func.value == "enumerate"
        and bool(node.args)
    )
