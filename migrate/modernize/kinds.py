"""What an expression of a change script is: an engine, a table, a row ...

Reads names the way a person does who sees the whole file, and the calls in
the other files of the repository: by what is assigned to them.  A name that
is two things is nothing certain.  No script is imported.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst
from libcst.helpers import get_full_name_for_node

from migrate.modernize.facts import Facts
from migrate.modernize.flow import Flow
from migrate.modernize.functions import Functions
from migrate.modernize.functions import passes_keywords
from migrate.modernize.functions import returned
from migrate.modernize.helpers import gather
from migrate.modernize.scopes import Binding
from migrate.modernize.scopes import Scope
from migrate.modernize.vocabulary import ATTRIBUTES
from migrate.modernize.vocabulary import COLUMNS
from migrate.modernize.vocabulary import CONSTRAINTS
from migrate.modernize.vocabulary import CONTAINERS
from migrate.modernize.vocabulary import COPIES
from migrate.modernize.vocabulary import ENGINE_PARAMETER
from migrate.modernize.vocabulary import LIVE
from migrate.modernize.vocabulary import MADE
from migrate.modernize.vocabulary import METHODS
from migrate.modernize.vocabulary import OF_TABLES
from migrate.modernize.vocabulary import STATEMENTS
from migrate.modernize.vocabulary import TEXT_METHODS
from migrate.modernize.vocabulary import TEXTS

__all__ = ["Kinds", "element", "listed"]


def listed(kind: str) -> str:
    """Name a collection of things of a kind."""
    return f"list[{kind}]"


def element(kind: str | None) -> str | None:
    """Name what iterating over a thing of a kind gives."""
    if kind is None:
        return None
    if kind.startswith("list["):
        inner = kind[5:-1]
        return None if inner == "?" else inner
    return {"result": "row", "query": "query row"}.get(kind)


class Kinds(Functions):
    """Answers what the expressions of one file are."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__(module)
        self._flow = Flow(self.parents)
        self._outside = Facts()
        self._busy: set[object] = set()
        self._known: dict[cst.CSTNode, str | None] = {}

    @property
    def outside(self) -> Facts:
        """What is seen in all files."""
        return self._outside

    @outside.setter
    def outside(self, facts: Facts) -> None:
        self._outside = facts
        self._known.clear()

    def facts(self, module: str) -> Facts:
        """What is seen in this file.

        :param module: the last name of the module that the file is.
        """
        found = Facts()
        for call in self._collected.calls:
            name = self.foreign(call.func)
            if not name:
                continue
            places = found.calls.setdefault(name, {})
            module_of_it = self.origin(call.func).rpartition(".")[0]
            for place, kind in self._arguments(call):
                places.setdefault(place, set()).add(kind)
                if kind in LIVE and not name[0].isupper():
                    found.lent.add(module_of_it)
        for name in self.module_scope.names:
            function = self.defined(self.module_scope, name)
            given = self._returned(function)
            if given is not None:
                found.returned[module, name] = {given}
            if function is not None and passes_keywords(function):
                found.passing.add((module, name))
        gather(self, module, found)
        return found

    def makes_table(self, function: cst.BaseExpression) -> bool:
        """Whether calling this is calling Table, or a wrapper of it."""
        if self.is_sqlalchemy(function, "Table"):
            return True
        own = self.own(function)
        if own is not None:
            return self._returned(own) == "table" and passes_keywords(own)
        name = self.elsewhere(function)
        is_table = self.outside.returned.get(name) == {"table"}
        return is_table and name in self.outside.passing

    def _arguments(self, call: cst.Call) -> Iterable[tuple[int | str, str]]:
        for place, argument in enumerate(call.args):
            if argument.star:
                return
            kind = self.of(argument.value)
            if kind is not None:
                key = argument.keyword.value if argument.keyword else place
                yield key, kind

    def of(self, node: cst.CSTNode | None) -> str | None:
        """Say what an expression is, None if that is not certain."""
        if node is None or node in self._busy:
            return None
        if node in self._known:
            return self._known[node]
        is_first = not self._busy
        self._busy.add(node)
        try:
            kind = self._of(node)
        finally:
            self._busy.discard(node)
        if is_first:
            # In the middle of a circle an answer may be half of one.
            self._known[node] = kind
        return kind

    def _of(self, node: cst.CSTNode) -> str | None:
        if isinstance(node, cst.Name):
            return self._of_name(node)
        if isinstance(node, cst.Attribute):
            base = self.of(node.value)
            if base is None:
                # Nothing but a selectable has these.
                return "columns" if node.attr.value in COLUMNS else None
            return ATTRIBUTES.get((base, node.attr.value)) or (
                "column" if base == "columns" else None
            )
        if isinstance(node, cst.Subscript):
            return self._of_subscript(node)
        if isinstance(node, cst.Call):
            return self._of_call(node)
        if isinstance(
            node,
            (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString),
        ):
            return "string"
        if isinstance(node, cst.BinaryOperation):
            left = self.of(node.left)
            return left if left in ("string", "list[string]") else None
        if isinstance(node, cst.IfExp):
            return self._same([node.body, node.orelse])
        if isinstance(node, cst.BooleanOperation):
            return self._same([node.left, node.right])
        if isinstance(node, (cst.List, cst.Tuple, cst.Set)):
            kind = self._same([one.value for one in node.elements])
            return listed(kind or "?")
        if isinstance(node, (cst.ListComp, cst.SetComp, cst.GeneratorExp)):
            return listed(self.of(node.elt) or "?")
        if isinstance(node, cst.NamedExpr):
            return self.of(node.value)
        if isinstance(node, (cst.Integer, cst.Float)):
            return "value"
        if isinstance(node, (cst.Dict, cst.DictComp)):
            return "dict"
        return None

    def _same(self, nodes: Iterable[cst.CSTNode]) -> str | None:
        kinds = {
            self.of(node)
            for node in nodes
            if get_full_name_for_node(node) != "None"
        } - {None}
        return kinds.pop() if len(kinds) == 1 else None

    def _of_name(self, node: cst.Name) -> str | None:
        found = self.scope(node).lookup(node.value)
        if found is None:
            return None
        scope, bindings = found
        grows = any(b.how in ("item", "entry") for b in bindings)
        reaching = None if grows else self._flow.reaching(node, bindings)
        if reaching is None or reaching.how == "parameter":
            kind = self.of_binding(scope, node.value)
        else:
            kind = self._bound(reaching)
        return kind or self._by_use(scope, node.value)

    def reaching(self, name: cst.Name) -> Binding | None:
        """Find the one assignment whose value a name has at its place."""
        found = self.scope(name).lookup(name.value)
        return self._flow.reaching(name, found[1]) if found else None

    def _by_use(self, scope: Scope, name: str) -> str | None:
        """What a name can only be, by what is done with it in its scope."""
        uses = self._collected.uses.get((scope, name), set())
        if uses & COLUMNS and uses & OF_TABLES:
            return "table"
        return None

    def of_binding(self, scope: Scope, name: str) -> str | None:
        """Say what a name of a scope is, None if that is not certain."""
        key = (scope, name)
        if key in self._busy:
            return None
        self._busy.add(key)
        try:
            return self._joined(scope.names[name], key)
        finally:
            self._busy.discard(key)

    def _joined(
        self, bindings: list[Binding], key: tuple[Scope, str]
    ) -> str | None:
        kinds: set[str | None] = set()
        for binding in bindings:
            if get_full_name_for_node(binding.node or cst.Pass()) == "None":
                continue
            kind = self._bound(binding)
            asked = binding.how == "parameter" and (
                key in self._collected.checked
            )
            says_nothing = asked or _starts_with(binding.node, key[1])
            if kind is None and len(bindings) > 1 and says_nothing:
                continue
            kinds.add(kind)
        entries = {kind for kind in kinds if kind and kind[:5] == "dict["}
        kinds -= entries
        if kinds == {"dict"} and entries == {"dict[table]"}:
            return "dict[table]"
        if len(kinds) == 2:
            kinds.discard("list[?]")
        return kinds.pop() if len(kinds) == 1 else None

    def _bound(self, binding: Binding) -> str | None:
        if binding.how == "expression":
            return self.of(binding.node)
        if binding.how == "item":
            return listed(self.of(binding.node) or "?")
        if binding.how == "entry":
            kind = self.of(binding.node)
            return f"dict[{kind or '?'}]"
        if binding.how == "element":
            return element(self.of(binding.node)) or self._pieces(binding)
        if binding.how == "unpacked element":
            return self._unpacked(binding)
        if binding.how == "context":
            return self._of_context(binding.node)
        if binding.how == "parameter":
            return self._of_parameter(binding)
        return None

    def _pieces(self, binding: Binding) -> str | None:
        kind = self.of(binding.node)
        return "string" if kind in ("tables", "string") else None

    def _unpacked(self, binding: Binding) -> str | None:
        """Of ``for a, b in [(x, y), ...]``, with the list in the file."""
        rows: cst.CSTNode | None = binding.node
        if isinstance(rows, cst.Name):
            found = self.scope(rows).lookup(rows.value)
            rows = found[1][0].node if found and len(found[1]) == 1 else None
        if not isinstance(rows, (cst.List, cst.Tuple)):
            return None
        cells = []
        for row in rows.elements:
            if not isinstance(row.value, (cst.List, cst.Tuple)):
                return None
            if len(row.value.elements) <= binding.place:
                return None
            cells.append(row.value.elements[binding.place].value)
        return self._same(cells)

    def _of_context(self, node: cst.CSTNode | None) -> str | None:
        if not isinstance(node, cst.Call) or not isinstance(
            node.func, cst.Attribute
        ):
            return self.of(node)
        if node.func.attr.value == "begin" and (
            self.of(node.func.value) == "engine"
        ):
            return "transactional connection"
        return self.of(node)

    def _of_parameter(self, binding: Binding) -> str | None:
        function = binding.node
        assert isinstance(function, cst.FunctionDef)
        name = function.name.value
        if binding.name == ENGINE_PARAMETER or (
            name in ("upgrade", "downgrade") and binding.place == 0
        ):
            return "engine"
        kinds: set[str] = set()
        for call in self._collected.calls:
            if (get_full_name_for_node(call.func) or "") == name:
                for place, kind in self._arguments(call):
                    if place in (binding.place, binding.name):
                        kinds.add(kind)
        for place, seen in self.outside.calls.get(name, {}).items():
            if place in (binding.place, binding.name):
                kinds |= seen
        if len(kinds) > 1:
            kinds.discard("list[?]")
        return kinds.pop() if len(kinds) == 1 else None

    def _of_subscript(self, node: cst.Subscript) -> str | None:
        base = self.of(node.value)
        if base is None:
            return None
        if base in CONTAINERS:
            return CONTAINERS[base]
        if base == "dict[table]":
            return "table"
        if base.startswith("list["):
            index = node.slice[0].slice
            return base if isinstance(index, cst.Slice) else element(base)
        return "value" if base == "row" else None

    def _of_call(self, node: cst.Call) -> str | None:
        made = self._made(node)
        if made is not None:
            return made
        seen = self.outside.returned.get(self.elsewhere(node.func), set())
        if len(seen) == 1:
            return next(iter(seen))
        if isinstance(node.func, cst.Name):
            return self._of_function(node, node.func)
        if not isinstance(node.func, cst.Attribute):
            maker = self.of(node.func)
            return {"sessionmaker": "session", "frozen": "result"}.get(
                maker or ""
            )
        base, method = self.of(node.func.value), node.func.attr.value
        if base == "sessionmaker":
            return "sessionmaker"
        if base == "string":
            return "string" if method in TEXT_METHODS else None
        if base == "columns" and method in ("values", "get"):
            return "column" if method == "get" else "list[column]"
        if base in ("tables", "dict[table]") and method == "values":
            return "list[table]"
        if base is None and method in STATEMENTS and not node.args:
            return "statement" if method in ("insert", "select") else None
        known = METHODS.get((base or "", method))
        if known is None and base in ("statement", "query"):
            return base
        return known

    def _made(self, node: cst.Call) -> str | None:
        last = self.origin(node.func).split(".")
        if last[0] not in ("sqlalchemy", "migrate"):
            return None
        if last[-1].endswith(CONSTRAINTS) and last[-1] not in MADE:
            return "constraint"
        if last[-1] == "from_engine":
            return "inspector"
        return MADE.get(last[-1])

    def _of_function(self, node: cst.Call, name: cst.Name) -> str | None:
        first = node.args[0].value if node.args else None
        found = self.scope(name).lookup(name.value)
        if found is None:
            if name.value == "getattr":
                return "column" if self.of(first) == "columns" else None
            if name.value in COPIES:
                inner = element(self.of(first))
                return listed(inner) if inner else None
            return "string" if name.value in TEXTS else None
        if found[1][0].how == "import" and name.value[0].isupper():
            return "object"
        own = self.own(name)
        if own is not None:
            return self._returned(own)
        maker = self.of(name)
        return "session" if maker == "sessionmaker" else None

    def _returned(self, function: cst.FunctionDef | None) -> str | None:
        if function is None:
            return None
        return self._same(returned(function))


def _starts_with(node: cst.CSTNode | None, name: str) -> bool:
    """Whether an expression is a chain of calls on ``name``."""
    while isinstance(node, (cst.Attribute, cst.Call, cst.Subscript)):
        node = node.func if isinstance(node, cst.Call) else node.value
    return isinstance(node, cst.Name) and node.value == name
