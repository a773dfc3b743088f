"""Columns that ``create()`` adds: what the old library made of them.

sqlalchemy-migrate added a column without the CHECK of its type, and with
both ``index_name`` and ``unique_name`` made an index that is not unique; the
databases of its scripts are so.  What is rewritten says it.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from migrate.modernize.forms import form
from migrate.modernize.helpers import adds_column
from migrate.modernize.helpers import check_of
from migrate.modernize.site import LeaveError
from migrate.modernize.site import Site
from migrate.modernize.site import code

__all__: list[str] = []

_NAMES = ("index_name", "unique_name")
_PLAIN = (
    "sqlalchemy-migrate made an index that is not unique of a column with "
    "index_name and unique_name: write the Column without unique=True"
)
_NO_CHECK = (
    "sqlalchemy-migrate added this column without the CHECK of its type: "
    "give it a type with create_constraint=False"
)


@form(
    cst.Call,
    "c = Column('c', Boolean(create_constraint=True))\nc.create(t)",
    "c = Column('c', Boolean(create_constraint=False))\nc.create(t)",
)
@form(
    cst.Call,
    "c = Column('c', Integer, unique=True, index=True)\n"
    "c.create(t, index_name='i', unique_name='u')",
    "c = Column('c', Integer, index=True)\nc.create(t, index_name='i')",
)
def added_column(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.Call | None:
    """Make a column without what the old library did not add."""
    if not site.kinds.is_sqlalchemy(original.func, "Column"):
        return None
    calls = _additions(site, original)
    if not calls:
        return None
    return _unchecked(site, original, _not_unique(updated, calls))


def _not_unique(column: cst.Call, calls: list[cst.Call]) -> cst.Call:
    """Take ``unique=True`` out where the index was not to be unique."""
    unique = _keyword(column, "unique")
    plain = [call for call in calls if _has_both_names(call)]
    if unique is None or not plain:
        return column
    if len(plain) != len(calls):
        raise LeaveError(_PLAIN)
    return _without(column, unique)


def _unchecked(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.Call | None:
    """Say of the type of a column that it makes no CHECK."""
    for place, argument in enumerate(original.args):
        made_by = check_of(site.kinds, site.kinds.outside, argument.value)
        if made_by == "function":
            raise LeaveError(_NO_CHECK)
        if made_by:
            arguments = list(updated.args)
            made = _with_no_check(arguments[place].value)
            arguments[place] = arguments[place].with_changes(value=made)
            return updated.with_changes(args=arguments)
    return updated


def _with_no_check(made: cst.BaseExpression) -> cst.Call:
    call = made if isinstance(made, cst.Call) else cst.Call(made)
    tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    before = _keyword(call, "create_constraint")
    if before is not None:
        now = before.with_changes(value=cst.Name("False"))
        arguments = [now if one is before else one for one in call.args]
    else:
        arguments = [
            *call.args,
            cst.Arg(cst.Name("False"), cst.Name("create_constraint"), tight),
        ]
    return call.with_changes(args=arguments)


@form(
    cst.Call,
    "def add(c):\n    c.create(t, index_name='i', unique_name='u')",
    "",
)
def named_twice(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.Call | None:
    """Drop the name of the unique constraint that was not made."""
    if not _has_both_names(original) or not site.binds_metadata:
        return None
    column = _column_added(site, original)
    if column is None:
        return None
    made = _made(site, column)
    if not made:
        raise LeaveError(_PLAIN)
    for one in made:
        if not all(map(_has_both_names, _additions(site, one))):
            return None
    name = _keyword(updated, "unique_name")
    assert name is not None
    return _without(updated, name)


def _has_both_names(call: cst.Call) -> bool:
    given = [_keyword(call, name) for name in _NAMES]
    return all(one is not None and code(one.value) != "None" for one in given)


def _column_added(site: Site, call: cst.Call) -> cst.BaseExpression | None:
    func = call.func
    if isinstance(func, cst.Attribute) and func.attr.value == "create":
        return func.value
    return next(
        (
            argument.value
            for argument in call.args
            if adds_column(site.kinds, site.kinds.outside, call, argument)
        ),
        None,
    )


def _additions(site: Site, column: cst.CSTNode) -> list[cst.Call]:
    """List the calls that add a column to its table."""
    if not site.binds_metadata:
        return []
    found = [_adding(site, place) for place in _places(site, column)]
    return [call for call in found if call is not None]


def _places(site: Site, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield where a value stands: itself, and under the names that it gets."""
    yield node
    parent = site.parent(node)
    if isinstance(parent, cst.Assign):
        for target in parent.targets:
            if isinstance(target.target, cst.Name):
                yield from _reads(site, target.target)
    if isinstance(parent, cst.Element):
        for listed in [*_places(site, site.parent(parent))]:
            loop = site.parent(listed)
            if isinstance(loop, cst.For) and isinstance(loop.target, cst.Name):
                yield from _reads(site, loop.target)


def _reads(site: Site, target: cst.Name) -> list[cst.Name]:
    """List where a name may be read that is assigned at a place."""
    found = []
    for name in site.loads(target):
        reaching = site.kinds.reaching(name)
        if reaching is None or reaching.target is target:
            found.append(name)
    return found


def _made(site: Site, column: cst.BaseExpression) -> list[cst.Call]:
    """Find the calls that make a column; none if it may be another's."""
    made: list[cst.CSTNode | None] = [column]
    if isinstance(column, cst.Name):
        reaching = site.kinds.reaching(column)
        made = [reaching.node if reaching is not None else None]
        listed = made[0]
        if isinstance(listed, (cst.List, cst.Tuple)):
            made = [one.value for one in listed.elements]
    calls = [one for one in made if isinstance(one, cst.Call)]
    if len(calls) == len(made) and all(
        site.kinds.is_sqlalchemy(call.func, "Column") for call in calls
    ):
        return calls
    return []


def _adding(site: Site, place: cst.CSTNode) -> cst.Call | None:
    """Find the call that adds the column which stands at a place."""
    parent = site.parent(place)
    if not isinstance(parent, (cst.Arg, cst.Attribute)):
        return None
    call = site.parent(parent)
    if not isinstance(call, cst.Call):
        return None
    if isinstance(parent, cst.Attribute):
        is_create = parent.attr.value == "create" and bool(call.args)
        return call if is_create else None
    adds = adds_column(site.kinds, site.kinds.outside, call, parent)
    return call if adds else None


def _keyword(call: cst.Call, name: str) -> cst.Arg | None:
    for argument in call.args:
        if argument.keyword is not None and argument.keyword.value == name:
            return argument
    return None


def _without(call: cst.Call, dropped: cst.Arg) -> cst.Call:
    """Take an argument out, and keep the layout of the others."""
    kept = [argument for argument in call.args if argument is not dropped]
    if kept and dropped is call.args[-1]:
        kept[-1] = kept[-1].with_changes(
            comma=dropped.comma,
            whitespace_after_arg=dropped.whitespace_after_arg,
        )
    return call.with_changes(args=kept)
