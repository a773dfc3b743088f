"""Where the names of a file come from."""

from __future__ import annotations

import libcst as cst
from libcst.helpers import get_full_name_for_node

from migrate.modernize.scopes import Names
from migrate.modernize.scopes import Scope

__all__ = ["Origins"]


class Origins:
    """Answers what the names of one file are bound to.

    :ivar parents: node -> the node around it.
    """

    def __init__(self, module: cst.Module) -> None:
        self._collected = Names()
        module.visit(self._collected)
        self.parents = self._collected.parents

    @property
    def stars(self) -> set[str]:
        """Modules that the file imports ``*`` from."""
        return self._collected.stars

    @property
    def binds(self) -> list[tuple[cst.Attribute, cst.BaseExpression]]:
        """Assignments to an attribute ``bind``."""
        return self._collected.binds

    @property
    def all_calls(self) -> list[cst.Call]:
        """Every call in the file."""
        return self._collected.calls

    @property
    def all_names(self) -> list[cst.Name]:
        """Every name in the file, read or written."""
        return self._collected.reads

    @property
    def texts(self) -> set[object]:
        """Every string literal in the file."""
        return self._collected.texts

    @property
    def module_scope(self) -> Scope:
        """The names of the module itself."""
        return self._collected.module

    def scope(self, node: cst.CSTNode) -> Scope:
        """The scope in which ``node`` stands."""
        return self._collected.scopes[node]

    def origin(self, node: cst.CSTNode) -> str:
        """Where a name was imported from, dotted; '' if it was not."""
        full = get_full_name_for_node(node)
        if not full or not isinstance(node, (cst.Name, cst.Attribute)):
            return ""
        head, _, rest = full.partition(".")
        found = self.scope(node).lookup(head)
        if found is not None:
            origins = {b.name for b in found[1] if b.how == "import"}
            if len(origins) != 1 or len(found[1]) != len(
                [b for b in found[1] if b.how == "import"]
            ):
                return ""
            return ".".join(filter(None, [*origins, rest]))
        for star in ("sqlalchemy", "migrate"):
            if any(name.split(".")[0] == star for name in self.stars):
                return f"{star}.{full}"
        return ""

    def is_sqlalchemy(self, node: cst.CSTNode, *names: str) -> bool:
        """Whether ``node`` is one of SQLAlchemy's names."""
        origin = self.origin(node).split(".")
        return origin[0] in ("sqlalchemy", "migrate") and (origin[-1] in names)
