"""Other constructs, and methods that changed their names."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from migrate.modernize.arguments import elements
from migrate.modernize.arguments import named
from migrate.modernize.arguments import plain
from migrate.modernize.forms import form
from migrate.modernize.site import LeaveError
from migrate.modernize.site import Site

__all__: list[str] = []


@form(
    cst.Call,
    "small = case([(t.c.id < 3, 'small')], else_='large')",
    "small = case((t.c.id < 3, 'small'), else_='large')",
)
@form(
    cst.Call,
    "small = case(value=t.c.id, whens={1: 'small'})",
    "small = case({1: 'small'}, value=t.c.id)",
)
def case(site: Site, original: cst.Call, updated: cst.Call) -> cst.Call | None:
    """The pairs are arguments."""
    if not site.kinds.is_sqlalchemy(original.func, "case"):
        return None
    given = named(updated, ("whens", "value", "else_"))
    whens = given.pop("whens", None)
    if whens is None or any(isinstance(key, int) for key in given):
        return None
    if isinstance(whens.value, (cst.Tuple, cst.Dict)) and (
        whens.keyword is None
    ):
        return None
    if isinstance(whens.value, (cst.List, cst.Tuple)):
        pairs = elements(whens.value) or []
    elif isinstance(whens.value, cst.Dict):
        pairs = [plain(whens)]
    elif isinstance(whens.value, cst.ListComp) or (
        site.kinds.of(whens.value) or ""
    ).startswith("list["):
        pairs = [cst.Arg(whens.value, star="*")]
    else:
        raise LeaveError("needs the 1.x layer if this is case() of a list")
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    rest = [
        argument.with_changes(
            keyword=cst.Name(str(key)),
            equal=cst.AssignEqual(
                cst.SimpleWhitespace(""), cst.SimpleWhitespace("")
            ),
            comma=comma,
        )
        for key, argument in given.items()
    ]
    if rest:
        pairs[-1] = pairs[-1].with_changes(comma=comma)
        rest[-1] = rest[-1].with_changes(comma=updated.args[-1].comma)
    return updated.with_changes(args=[*pairs, *rest])


def _renames(
    before: str, after: str, kinds: tuple[str | None, ...]
) -> Callable[[Site, cst.Call, cst.Call], cst.Call | None]:
    """Make the rewriting of a method that only changed its name."""

    def rename(
        site: Site, original: cst.Call, updated: cst.Call
    ) -> cst.Call | None:
        func = original.func
        if not isinstance(func, cst.Attribute) or func.attr.value != before:
            return None
        if site.kinds.of(func.value) not in kinds:
            return None
        assert isinstance(updated.func, cst.Attribute)
        return updated.with_changes(
            func=updated.func.with_changes(attr=cst.Name(after))
        )

    return rename


for _old, _new, _kinds, _before, _after in (
    (
        "tometadata",
        "to_metadata",
        ("table", None),
        "copy = t.tometadata(MetaData())",
        "copy = t.to_metadata(MetaData())",
    ),
    (
        "copy",
        "_copy",
        ("column", "constraint"),
        "column = t.c.id.copy()",
        "column = t.c.id._copy()",
    ),
    (
        "as_scalar",
        "scalar_subquery",
        ("statement", None),
        "one = select(t.c.id).limit(1).as_scalar()",
        "one = select(t.c.id).limit(1).scalar_subquery()",
    ),
    (
        "contextual_connect",
        "connect",
        ("engine", "connection"),
        "conn = migrate_engine.contextual_connect()",
        "conn = migrate_engine.connect()",
    ),
):
    form(cst.Call, _before, _after)(_renames(_old, _new, _kinds))


@form(cst.Call, "table = t.c.id._get_table()", "table = t.c.id.table")
def get_table(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.BaseExpression | None:
    """Ask the column itself."""
    func = updated.func
    if not isinstance(func, cst.Attribute) or (
        func.attr.value != "_get_table"
    ):
        return None
    return func.with_changes(attr=cst.Name("table"))
