"""Rows are tuples today; by name they are read through ``_mapping``."""

from __future__ import annotations

import libcst as cst

from migrate.modernize.forms import form
from migrate.modernize.site import LeaveError
from migrate.modernize.site import Site
from migrate.modernize.site import code

__all__: list[str] = []

_KEYS = ("string", "column")
_MAPPING_METHODS = ("items", "keys", "values")


def _mapping(row: cst.BaseExpression) -> cst.Attribute:
    return cst.Attribute(row, cst.Name("_mapping"))


@form(
    cst.Subscript,
    "row = migrate_engine.execute(t.select()).first()\nprint(row['id'])",
    "with migrate_engine.begin() as connection:\n"
    "    row = connection.execute(t.select()).first()\n"
    "print(row._mapping['id'])",
)
def by_name(
    site: Site, original: cst.Subscript, updated: cst.Subscript
) -> cst.Subscript | None:
    """Read a column by its name."""
    if site.kinds.of(original.value) != "row":
        return None
    index = original.slice[0].slice
    if not isinstance(index, cst.Index):
        return None
    kind = site.kinds.of(index.value)
    if kind in _KEYS:
        return updated.with_changes(value=_mapping(updated.value))
    if kind is None and not _is_number(index.value):
        raise LeaveError(
            "needs the 1.x layer if "
            f"{code(index.value)} is a name, which cannot be told"
        )
    return None


def _is_number(node: cst.BaseExpression) -> bool:
    return isinstance(node, (cst.Integer, cst.UnaryOperation))


@form(
    cst.Call,
    "row = migrate_engine.execute(t.select()).first()\n"
    "print(row.items(), row.has_key('id'))",
    "with migrate_engine.begin() as connection:\n"
    "    row = connection.execute(t.select()).first()\n"
    "print(row._mapping.items(), 'id' in row._mapping)",
)
def methods(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.BaseExpression | None:
    """Read names and values."""
    func = original.func
    if not isinstance(func, cst.Attribute):
        return None
    if site.kinds.of(func.value) != "row":
        return None
    assert isinstance(updated.func, cst.Attribute)
    row = updated.func.value
    if func.attr.value in _MAPPING_METHODS and not original.args:
        changed = updated.func.with_changes(value=_mapping(row))
        return updated.with_changes(func=changed)
    if func.attr.value == "has_key" and len(original.args) == 1:
        return cst.Comparison(
            updated.args[0].value,
            [cst.ComparisonTarget(cst.In(), _mapping(row))],
        )
    return None


@form(
    cst.Call,
    "row = migrate_engine.execute(t.select()).first()\nprint(dict(row))",
    "with migrate_engine.begin() as connection:\n"
    "    row = connection.execute(t.select()).first()\n"
    "print(dict(row._mapping))",
)
def as_dict(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.Call | None:
    """Make a dict of a row."""
    if not isinstance(original.func, cst.Name) or len(original.args) != 1:
        return None
    if original.func.value != "dict" or original.args[0].keyword is not None:
        return None
    if site.kinds.of(original.args[0].value) != "row":
        return None
    argument = updated.args[0]
    return updated.with_changes(
        args=[argument.with_changes(value=_mapping(argument.value))]
    )


@form(
    cst.Comparison,
    "row = migrate_engine.execute(t.select()).first()\nprint('id' in row)",
    "with migrate_engine.begin() as connection:\n"
    "    row = connection.execute(t.select()).first()\n"
    "print('id' in row._mapping)",
)
def has_name(
    site: Site, original: cst.Comparison, updated: cst.Comparison
) -> cst.Comparison | None:
    """Ask whether a row has a column."""
    if len(original.comparisons) != 1:
        return None
    target = original.comparisons[0]
    if not isinstance(target.operator, (cst.In, cst.NotIn)):
        return None
    if site.kinds.of(target.comparator) != "row":
        return None
    if site.kinds.of(original.left) not in _KEYS:
        return None
    now = updated.comparisons[0]
    return updated.with_changes(
        comparisons=[now.with_changes(comparator=_mapping(now.comparator))]
    )
