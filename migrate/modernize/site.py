"""What a form may ask and say about the file in which it stands."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from functools import cached_property

import libcst as cst
from libcst import metadata
from libcst.helpers import get_full_name_for_node

from migrate.modernize.kinds import Kinds
from migrate.modernize.scopes import Scope

__all__ = [
    "Block",
    "LeaveError",
    "Site",
    "bare",
    "code",
    "expression",
    "full_name",
]

_SIMPLE = (cst.Name, cst.Attribute)


class LeaveError(Exception):
    """What stands here cannot be rewritten with certainty; says why."""


def expression(text: str) -> cst.BaseExpression:
    """Read an expression."""
    return cst.parse_expression(text)


def code(node: cst.CSTNode) -> str:
    """Give the text of a node."""
    return cst.Module(body=[]).code_for_node(node)


def bare(node: cst.BaseExpression) -> cst.BaseExpression:
    """Take the outer parentheses off, where others come around it."""
    if isinstance(node, (cst.Tuple, cst.GeneratorExp, cst.Yield)):
        return node
    changed: cst.BaseExpression = node.with_changes(
        lpar=node.lpar[1:], rpar=node.rpar[:-1]
    )
    return changed


@dataclass
class Block:
    """A ``with`` that a statement needs around it or before it.

    :param opens: the expression after ``with``.
    :param name: the name after ``as``; '' for none.
    :param hoisted: expression of the statement -> the name which takes its
        value before the statement.
    :param values: the hoisted expressions, rewritten.
    """

    opens: str
    name: str = ""
    hoisted: dict[cst.CSTNode, str] = field(default_factory=dict)
    values: dict[str, cst.BaseExpression] = field(default_factory=dict)


class Site:
    """One file: what its expressions are, and what it still needs."""

    def __init__(
        self, wrapper: metadata.MetadataWrapper, kinds: Kinds
    ) -> None:
        self.kinds = kinds
        self.parents = kinds.parents
        self.blocks: dict[cst.CSTNode, Block] = {}
        self.imports: list[tuple[str, str]] = []
        self.left: dict[int, str] = {}
        self._wrapper = wrapper

    def leave(self, node: cst.CSTNode, reason: str) -> None:
        """List a line as one that stays as it is."""
        on_one_line = " ".join(reason.split())
        self.left.setdefault(self.position(node)[0], on_one_line)

    def position(self, node: cst.CSTNode) -> tuple[int, int]:
        """Where a node begins: line, column."""
        # The wrapper computes them all when first asked, which is slow.
        start = self._wrapper.resolve(metadata.PositionProvider)[node].start
        return start.line, start.column

    def parent(self, node: cst.CSTNode) -> cst.CSTNode:
        """The node around ``node``."""
        return self.parents[node]

    @cached_property
    def speaks_sqlalchemy(self) -> bool:
        """Whether the file imports SQLAlchemy or migrate at all."""
        origins = [*self.kinds.stars]
        for bindings in self.kinds.module_scope.names.values():
            origins += [binding.name for binding in bindings]
        roots = {origin.split(".")[0] for origin in origins}
        return bool(roots & {"sqlalchemy", "migrate"})

    def sqlalchemy(self, name: str, module: str = "sqlalchemy") -> str:
        """Give the text by which the file calls a name of SQLAlchemy.

        Notes an import for the file if it has none.
        """
        names = self.kinds.module_scope.names
        for local, bindings in names.items():
            origins = {binding.name for binding in bindings}
            if len(origins) == 1 and len(bindings) >= 1:
                origin = origins.pop().split(".")
                if origin[0] == "sqlalchemy" and origin[-1] == name:
                    return local
        if name not in names and module in self.kinds.stars:
            return name
        for local, bindings in names.items():
            if module == "sqlalchemy" and all(
                binding.name == "sqlalchemy" for binding in bindings
            ):
                return f"{local}.{name}"
        if name in names:
            raise LeaveError(f"{name!r} has another meaning in this file")
        if (module, name) not in self.imports:
            self.imports.append((module, name))
        return name

    def fresh(self, node: cst.CSTNode, *names: str) -> str:
        """Choose the first of ``names`` that means nothing else here."""
        for name in names:
            found = self.kinds.scope(node).lookup(name)
            if found is None or (
                self.kinds.of_binding(found[0], name)
                == "transactional connection"
            ):
                return name
        raise LeaveError(f"{names[0]!r} has another meaning here")

    # -- the bind ---------------------------------------------------------

    def engine_here(self, node: cst.CSTNode) -> str | None:
        """The parameter that is the engine, in the functions around."""
        scope: Scope | None = self.kinds.scope(node)
        while scope is not None and scope.function is not None:
            for parameter in scope.function.params.params:
                if self.kinds.of(parameter.name) == "engine":
                    return parameter.name.value
            scope = scope.parent
        return None

    @cached_property
    def binds_to_the_engine(self) -> bool:
        """Whether all metadata of this file is bound to the script's."""
        values = [value for _, value in self.kinds.binds]
        values += self._constructed_binds()
        return bool(values) and all(
            isinstance(value, cst.Name)
            and self.engine_here(value) == value.value
            for value in values
        )

    @cached_property
    def binds_metadata(self) -> bool:
        """Whether metadata of this file is bound to anything."""
        return bool(self.kinds.binds or self._constructed_binds())

    def _constructed_binds(self) -> list[cst.BaseExpression]:
        found = []
        for call in self.kinds.all_calls:
            if self.kinds.is_sqlalchemy(call.func, "MetaData"):
                found += [
                    argument.value
                    for argument in call.args
                    if argument.keyword is None
                    or argument.keyword.value == "bind"
                ]
        return found

    def bind(self, node: cst.CSTNode, owner: cst.CSTNode | None) -> str:
        """Give the text of what ``owner`` is bound to, at ``node``.

        :raises LeaveError: when that cannot be told.
        """
        engine = self.engine_here(node)
        if engine is not None and self.binds_to_the_engine:
            return engine
        kind = self.kinds.of(owner)
        path = {
            "column": ".table.metadata.bind",
            "index": ".table.metadata.bind",
            "metadata": ".bind",
            "table": ".metadata.bind",
        }
        if kind in path and isinstance(owner, _SIMPLE):
            return f"{code(owner)}{path[kind]}"
        if isinstance(owner, cst.Call):
            for argument in owner.args:
                column = argument.value
                if self.kinds.of(column) == "column" and isinstance(
                    column, _SIMPLE
                ):
                    return f"{code(column)}.table.metadata.bind"
        metadata_names = self._metadata_here(node)
        if len(metadata_names) == 1:
            return f"{metadata_names.pop()}.bind"
        raise LeaveError(
            "needs the 1.x layer: no engine is in sight here; pass it"
        )

    def _metadata_here(self, node: cst.CSTNode) -> set[str]:
        found = set()
        scope: Scope | None = self.kinds.scope(node)
        while scope is not None:
            for name in scope.names:
                if self.kinds.of_binding(scope, name) == "metadata":
                    found.add(name)
            scope = scope.parent
        return found

    # -- where a node stands ----------------------------------------------

    def is_within(self, node: cst.CSTNode, opens: str) -> bool:
        """Whether a ``with`` around ``node`` opens with a text."""
        current = node
        while not isinstance(current, (cst.FunctionDef, cst.Module)):
            if isinstance(current, cst.With) and any(
                code(item.item) == opens for item in current.items
            ):
                return True
            current = self.parents[current]
        return False

    def loads(self, name: cst.Name) -> list[cst.Name]:
        """All places that read what ``name`` is assigned."""
        found = self.kinds.scope(name).lookup(name.value)
        return [
            other
            for other in self.kinds.all_names
            if other.value == name.value
            and self._is_read(other)
            and self.kinds.scope(other).lookup(name.value) == found
        ]

    def _is_read(self, name: cst.Name) -> bool:
        parent = self.parents[name]
        if isinstance(parent, cst.Attribute):
            return parent.value is name
        if isinstance(parent, cst.Arg):
            return parent.value is name
        return not isinstance(parent, (cst.AssignTarget, cst.Param))


def full_name(node: cst.CSTNode) -> str:
    """Give the dotted name that a node spells, '' if it spells none."""
    return get_full_name_for_node(node) or ""
