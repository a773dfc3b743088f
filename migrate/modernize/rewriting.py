"""Rewrite the text of one file, form by form, in one walk over its tree."""

from __future__ import annotations

from typing import Any

import libcst as cst
from libcst import metadata
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor

from migrate.modernize import added
from migrate.modernize import bound
from migrate.modernize import constructs
from migrate.modernize import execution
from migrate.modernize import names
from migrate.modernize import removed
from migrate.modernize import renamed
from migrate.modernize import rows
from migrate.modernize import select
from migrate.modernize import statements
from migrate.modernize.facts import Facts
from migrate.modernize.forms import FORMS
from migrate.modernize.kinds import Kinds
from migrate.modernize.site import Block
from migrate.modernize.site import LeaveError
from migrate.modernize.site import Site

__all__ = ["FORM_MODULES", "Source", "rewrite"]

#: The modules which register forms; each is asked in this order.
FORM_MODULES = (
    names,
    removed,
    rows,
    select,
    statements,
    constructs,
    added,
    bound,
    renamed,
    execution,
)


class Source:
    """One file in Python 3.

    :raises libcst.ParserSyntaxError: when the text is no Python 3.
    """

    def __init__(self, text: str) -> None:
        module = cst.parse_module(text)
        self._wrapper = metadata.MetadataWrapper(module, unsafe_skip_copy=True)
        self._kinds = Kinds(self._wrapper.module)

    def facts(self, module: str, outside: Facts) -> Facts:
        """Say what the file passes to functions, and its own return.

        :param module: the last name of the module that the file is.
        :param outside: what was seen so far in all files.
        """
        self._kinds.outside = outside
        return self._kinds.facts(module)

    def rewrite(self, outside: Facts) -> tuple[str, dict[int, str]]:
        """Return the text in today's forms, and the lines that stay."""
        self._kinds.outside = outside
        site = Site(self._wrapper, self._kinds)
        module = self._wrapper.module.visit(_Rewriter(site))
        for origin, name in site.imports:
            module = _with_import(module, origin, name)
        return module.code, site.left


def rewrite(text: str) -> tuple[str, dict[int, str]]:
    """Rewrite a file that stands alone; see :class:`Source`."""
    return Source(text).rewrite(Facts())


def _with_import(module: cst.Module, origin: str, name: str) -> cst.Module:
    context = CodemodContext()
    AddImportsVisitor.add_needed_import(context, origin, name or None)
    return AddImportsVisitor(context).transform_module(module)


class _Rewriter(cst.CSTTransformer):
    """Offers each node to the forms for its type, innermost first."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self._site = site
        self._forms: dict[type, list[Any]] = {}
        for form in FORMS:
            known = self._forms.setdefault(form.node, [])
            if form.rewrite not in known:
                known.append(form.rewrite)

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        updated = super().on_leave(original_node, updated_node)
        for rewrite_form in self._forms.get(type(original_node), ()):
            try:
                new = rewrite_form(self._site, original_node, updated)
            except LeaveError as error:
                self._site.leave(original_node, str(error))
                continue
            if new is not None:
                updated = new
                break
        updated = self._hoisted(original_node, updated)
        return self._in_block(original_node, updated)

    def _hoisted(self, original: Any, updated: Any) -> Any:
        if not isinstance(original, cst.BaseExpression):
            return updated
        for block in self._site.blocks.values():
            name = block.hoisted.get(original)
            if name is not None:
                block.values[name] = updated
                return cst.Name(name)
        return updated

    def _in_block(self, original: Any, updated: Any) -> Any:
        block = self._site.blocks.get(original)
        if block is None:
            return updated
        if isinstance(updated, cst.SimpleStatementSuite):
            line = cst.SimpleStatementLine(
                updated.body, trailing_whitespace=updated.trailing_whitespace
            )
            return cst.IndentedBlock([_with(block, line)])
        if not block.values:
            return _with(block, updated)
        lines = [
            cst.SimpleStatementLine(
                [cst.Assign([cst.AssignTarget(cst.Name(name))], value)]
            )
            for name, value in block.values.items()
        ]
        first = _with(block, *lines).with_changes(
            leading_lines=updated.leading_lines
        )
        return cst.FlattenSentinel(
            [first, updated.with_changes(leading_lines=[])]
        )


def _with(block: Block, *statements: Any) -> cst.With:
    """Put statements into a ``with``; comments above the first go above."""
    first, *rest = statements
    item = cst.WithItem(
        cst.parse_expression(block.opens),
        cst.AsName(cst.Name(block.name)) if block.name else None,
    )
    return cst.With(
        [item],
        cst.IndentedBlock([first.with_changes(leading_lines=[]), *rest]),
        leading_lines=first.leading_lines,
    )
