"""Tables that a script renames, and goes on to ask for by the old name."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from migrate.modernize.forms import form
from migrate.modernize.site import Site
from migrate.modernize.site import code

__all__: list[str] = []


@form(
    cst.Call,
    "u = Table('u', meta)\nu.rename('v')\nw = Table('u', meta)",
    "",
)
def renamed_table(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.Call | None:
    """List where the old name may mean the renamed table.

    sqlalchemy-migrate left it in the MetaData under both names.
    """
    func = original.func
    if not isinstance(func, cst.Attribute) or func.attr.value != "rename":
        return None
    made = _made(site, func.value)
    if made is None:
        return None
    here, name = site.position(original), _arguments(made.args[:2])
    for call in site.kinds.all_calls:
        is_later = site.position(call) > here and (
            site.kinds.scope(call) is site.kinds.scope(original)
        )
        is_new = site.kinds.makes_table(call.func) and (
            len([one for one in call.args if one.keyword is None]) > 2
        )
        if is_later and not is_new and name <= _arguments(call.args):
            site.leave(
                call,
                f"needs the 1.x layer if this means the table that line "
                f"{here[0]} renamed: then use the new name",
            )
    return None


def _arguments(given: Sequence[cst.Arg]) -> set[object]:
    """Give the texts and names among arguments."""
    return {
        argument.value.evaluated_value
        if isinstance(argument.value, cst.SimpleString)
        else code(argument.value)
        for argument in given
    }


def _made(site: Site, table: cst.BaseExpression) -> cst.Call | None:
    """Find the call of Table that a name stands for."""
    if not isinstance(table, cst.Name):
        return None
    reaching = site.kinds.reaching(table)
    made = reaching.node if reaching is not None else None
    if isinstance(made, cst.Call) and len(made.args) > 1:
        return made if site.kinds.makes_table(made.func) else None
    return None
