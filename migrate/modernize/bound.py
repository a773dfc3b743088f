"""Bound metadata: what used it is given the engine, and ``bind`` stays.

SQLAlchemy 2 lets ``metadata.bind`` be set and makes nothing of it; migrate's
own methods (``column.create()``, ``constraint.drop()`` ...) read it.
"""

from __future__ import annotations

import libcst as cst

from migrate.modernize.forms import form
from migrate.modernize.site import LeaveError
from migrate.modernize.site import Site
from migrate.modernize.site import code
from migrate.modernize.site import expression

__all__: list[str] = []

_CREATABLE = ("table", "index", "sequence", "enum")
_WHOLE = ("create_all", "drop_all", "reflect")


def _keyword(call: cst.Call, name: str) -> cst.Arg | None:
    for argument in call.args:
        if argument.keyword is not None and argument.keyword.value == name:
            return argument
    return None


def _has_positional(call: cst.Call) -> bool:
    return bool(call.args) and call.args[0].keyword is None


def _given_bind(call: cst.Call, bind: str) -> cst.Call:
    """Put the bind in first place."""
    comma = (
        cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        if call.args
        else cst.MaybeSentinel.DEFAULT
    )
    first = cst.Arg(expression(bind), comma=comma)
    return call.with_changes(args=[first, *call.args])


@form(cst.Call, "t.create()", "t.create(migrate_engine)")
@form(
    cst.Call,
    "if migrate_engine.name == 'sqlite':\n    Index('i', t.c.id).create()",
    "if migrate_engine.name == 'sqlite':\n"
    "    Index('i', t.c.id).create(migrate_engine, checkfirst=True)",
)
@form(
    cst.Call,
    "Index('i', t.c.id).drop()",
    "Index('i', t.c.id).drop(migrate_engine)",
)
@form(
    cst.Call,
    "t.drop(checkfirst=True)",
    "t.drop(migrate_engine, checkfirst=True)",
)
def create_or_drop(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.Call | None:
    """Give the engine to a table, index, sequence or type."""
    func = original.func
    if not isinstance(func, cst.Attribute):
        return None
    if func.attr.value not in ("create", "drop"):
        return None
    if _has_positional(original) or _keyword(original, "bind"):
        return None
    kind = site.kinds.of(func.value)
    if kind in _CREATABLE:
        call = _given_bind(updated, site.bind(original, func.value))
        restores = kind == "index" and func.attr.value == "create"
        return _checking(call) if restores and _knows_sqlite(site) else call
    if kind is None and site.speaks_sqlalchemy and _is_bare(original):
        raise LeaveError(
            f"needs the 1.x layer if {code(func.value)} is a table, an index "
            "or a type, which cannot be told: then pass it the engine"
        )
    return None


def _knows_sqlite(site: Site) -> bool:
    """Whether a script may make an index again that SQLite had lost.

    The old library lost indexes when it changed a table there; ours keeps
    them, and the script finds them.
    """
    return "sqlite" in site.kinds.texts


def _checking(call: cst.Call) -> cst.Call:
    if _keyword(call, "checkfirst"):
        return call
    equal = cst.SimpleWhitespace("")
    check = cst.Arg(
        cst.Name("True"),
        keyword=cst.Name("checkfirst"),
        equal=cst.AssignEqual(equal, equal),
    )
    return call.with_changes(args=[*call.args, check])


def _is_bare(call: cst.Call) -> bool:
    """Whether only keywords stand there that every such method takes."""
    return all(
        argument.keyword is not None
        and argument.keyword.value in ("checkfirst",)
        for argument in call.args
    )


@form(cst.Call, "meta.create_all()", "meta.create_all(migrate_engine)")
@form(
    cst.Call,
    "meta.reflect(only=['t'])",
    "meta.reflect(migrate_engine, only=['t'])",
)
def whole_metadata(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.Call | None:
    """Give the engine to all tables at once."""
    func = original.func
    if not isinstance(func, cst.Attribute) or func.attr.value not in _WHOLE:
        return None
    if site.kinds.of(func.value) != "metadata":
        return None
    if _has_positional(original) or _keyword(original, "bind"):
        return None
    return _given_bind(updated, site.bind(original, func.value))


@form(
    cst.Call,
    "t.exists()",
    "inspect(migrate_engine).has_table(t.name, t.schema)",
)
def exists(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.BaseExpression | None:
    """Ask the inspector; gone in SQLAlchemy 1.4."""
    func = original.func
    if not isinstance(func, cst.Attribute) or func.attr.value != "exists":
        return None
    kind = site.kinds.of(func.value)
    if kind is None and not original.args and site.speaks_sqlalchemy:
        raise LeaveError(
            "needs the 1.x layer if "
            f"{code(func.value)} is a table, which cannot be told: then ask "
            "inspect(engine).has_table()"
        )
    if kind != "table":
        return None
    if not isinstance(func.value, (cst.Name, cst.Attribute)):
        raise LeaveError("needs the 1.x layer: give the table a name first")
    table = code(func.value)
    given = code(original.args[0].value) if original.args else None
    bind = given or site.bind(original, func.value)
    inspect = site.sqlalchemy("inspect")
    return expression(
        f"{inspect}({bind}).has_table({table}.name, {table}.schema)"
    )


@form(
    cst.Call,
    "other = Table('other', meta, autoload=True)",
    "other = Table('other', meta, autoload_with=migrate_engine)",
)
@form(
    cst.Call,
    "u = Table('u', meta, autoload=True, autoload_with=migrate_engine)",
    "u = Table('u', meta, autoload_with=migrate_engine)",
)
@form(
    cst.Call,
    "other = Table('other', meta, useexisting=True)",
    "other = Table('other', meta, extend_existing=True)",
)
def table_options(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.Call | None:
    """Say which engine to reflect with."""
    if not site.kinds.makes_table(original.func):
        return None
    arguments = list(updated.args)
    autoload = _keyword(updated, "autoload")
    if autoload is not None:
        place = arguments.index(autoload)
        value = code(autoload.value)
        if value not in ("True", "False", "1", "0"):
            raise LeaveError(f"needs the 1.x layer: autoload={value}")
        if value in ("False", "0") or _keyword(updated, "autoload_with"):
            del arguments[place]
        else:
            bind = expression(_table_bind(site, original))
            arguments[place] = autoload.with_changes(
                keyword=cst.Name("autoload_with"), value=bind
            )
    arguments = [_renamed(argument) for argument in arguments]
    if arguments == list(updated.args):
        return None
    if len(arguments) < len(updated.args):
        arguments[-1] = arguments[-1].with_changes(
            comma=updated.args[-1].comma,
            whitespace_after_arg=updated.args[-1].whitespace_after_arg,
        )
    return updated.with_changes(args=arguments)


def _renamed(argument: cst.Arg) -> cst.Arg:
    keyword = argument.keyword
    if keyword is not None and keyword.value == "useexisting":
        return argument.with_changes(
            keyword=keyword.with_changes(value="extend_existing")
        )
    return argument


def _table_bind(site: Site, call: cst.Call) -> str:
    if len(call.args) < 2 or call.args[1].keyword is not None:
        raise LeaveError("needs the 1.x layer: it cannot tell the metadata")
    owner = call.args[1].value
    engine = site.engine_here(call)
    if engine is not None and site.binds_to_the_engine:
        return engine
    made = _bind_argument(site, owner)
    if made is not None:
        return code(made.value)
    if isinstance(owner, (cst.Name, cst.Attribute)):
        return f"{code(owner)}.bind"
    return site.bind(call, owner)


def _bind_argument(site: Site, node: cst.CSTNode) -> cst.Arg | None:
    """Find the engine in ``MetaData(engine)``."""
    if not isinstance(node, cst.Call):
        return None
    if not site.kinds.is_sqlalchemy(node.func, "MetaData"):
        return None
    for argument in node.args:
        if argument.keyword is None:
            is_bind = site.kinds.of(argument.value) != "string"
            return argument if is_bind else None
        if argument.keyword.value == "bind":
            return argument
    return None


@form(
    cst.SimpleStatementLine,
    "other = MetaData(bind=migrate_engine)",
    "other = MetaData()\nother.bind = migrate_engine",
)
@form(
    cst.SimpleStatementLine,
    "other = MetaData(migrate_engine, reflect=True)",
    "other = MetaData()\nother.bind = migrate_engine\n"
    "other.reflect(migrate_engine)",
)
@form(
    cst.SimpleStatementLine,
    "u = Table('u', MetaData(migrate_engine), autoload=True)",
    "u = Table('u', MetaData(), autoload_with=migrate_engine)\n"
    "u.metadata.bind = migrate_engine",
)
def bound_metadata(
    site: Site,
    original: cst.SimpleStatementLine,
    updated: cst.SimpleStatementLine,
) -> cst.FlattenSentinel[cst.BaseStatement] | None:
    """Set the bind in a line of its own."""
    if len(original.body) != 1 or not isinstance(original.body[0], cst.Assign):
        return None
    assign = original.body[0]
    target, value = assign.targets[0].target, assign.value
    if not isinstance(target, (cst.Name, cst.Attribute)):
        return None
    owner = code(target)
    if (
        isinstance(value, cst.Call)
        and len(value.args) > 1
        and site.kinds.is_sqlalchemy(value.func, "Table")
    ):
        owner, value = f"{owner}.metadata", value.args[1].value
    bind = _bind_argument(site, value)
    if bind is None:
        return None
    assert isinstance(value, cst.Call)
    lines = [f"{owner}.bind = {code(bind.value)}"]
    reflect = _keyword(value, "reflect")
    if reflect is not None and code(reflect.value) != "False":
        lines.append(f"{owner}.reflect({code(bind.value)})")
    return cst.FlattenSentinel(
        [updated, *(cst.parse_statement(line) for line in lines)]
    )


@form(
    cst.Call,
    "other = MetaData(bind=migrate_engine, schema='s')",
    "other = MetaData(schema='s')\nother.bind = migrate_engine",
)
def metadata_without_bind(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.Call | None:
    """Take the engine out of the constructor."""
    bind = _bind_argument(site, original)
    if bind is None:
        return None
    if not _is_assigned(site, original):
        raise LeaveError("needs the 1.x layer: give the MetaData a name first")
    drop = ("bind", "reflect")
    kept = [
        argument
        for argument in updated.args
        if argument.keyword is not None and argument.keyword.value not in drop
    ]
    if kept:
        kept[-1] = kept[-1].with_changes(comma=updated.args[-1].comma)
    return updated.with_changes(args=kept)


def _is_assigned(site: Site, call: cst.Call) -> bool:
    parent = site.parent(call)
    if isinstance(parent, cst.Arg):
        parent = site.parent(parent)
        if not isinstance(parent, cst.Call) or len(parent.args) < 2:
            return False
        if not site.kinds.makes_table(parent.func):
            return False
        if parent.args[1].value is not call:
            return False
        parent = site.parent(parent)
    return isinstance(parent, cst.Assign) and isinstance(
        site.parent(parent), cst.SimpleStatementLine
    )


@form(cst.Attribute, "engine = t.bind", "engine = t.metadata.bind")
def table_bind(
    site: Site, original: cst.Attribute, updated: cst.Attribute
) -> cst.Attribute | None:
    """Ask the metadata."""
    if original.attr.value != "bind":
        return None
    if site.kinds.of(original.value) != "table":
        return None
    owner = cst.Attribute(updated.value, cst.Name("metadata"))
    return updated.with_changes(value=owner)
