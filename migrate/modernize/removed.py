"""Modules, names and arguments that left SQLAlchemy, or moved."""

from __future__ import annotations

import libcst as cst

from migrate.modernize.forms import form
from migrate.modernize.site import LeaveError
from migrate.modernize.site import Site
from migrate.modernize.site import code
from migrate.modernize.site import expression
from migrate.modernize.site import full_name

__all__: list[str] = []

_MODULES = {
    "sqlalchemy.databases": "sqlalchemy.dialects",
    "sqlalchemy.databases.firebird": "sqlalchemy.dialects.firebird",
    "sqlalchemy.databases.mssql": "sqlalchemy.dialects.mssql",
    "sqlalchemy.databases.mysql": "sqlalchemy.dialects.mysql",
    "sqlalchemy.databases.oracle": "sqlalchemy.dialects.oracle",
    "sqlalchemy.databases.postgres": "sqlalchemy.dialects.postgresql",
    "sqlalchemy.databases.postgresql": "sqlalchemy.dialects.postgresql",
    "sqlalchemy.databases.sqlite": "sqlalchemy.dialects.sqlite",
    "sqlalchemy.exceptions": "sqlalchemy.exc",
}
#: (module, name) -> (module, name) of today.
_MOVED = {
    ("sqlalchemy", "Binary"): ("sqlalchemy", "LargeBinary"),
    ("sqlalchemy", "PassiveDefault"): ("sqlalchemy", "DefaultClause"),
    ("sqlalchemy", "exceptions"): ("sqlalchemy", "exc"),
    ("sqlalchemy.databases", "postgres"): (
        "sqlalchemy.dialects",
        "postgresql",
    ),
    ("sqlalchemy.exc", "SQLError"): ("sqlalchemy.exc", "DBAPIError"),
    ("sqlalchemy.ext.declarative", "declarative_base"): (
        "sqlalchemy.orm",
        "declarative_base",
    ),
    ("sqlalchemy.orm", "relation"): ("sqlalchemy.orm", "relationship"),
    ("sqlalchemy.orm", "mapper"): None,
    ("sqlalchemy.schema", "PassiveDefault"): (
        "sqlalchemy.schema",
        "DefaultClause",
    ),
    ("sqlalchemy.types", "Binary"): ("sqlalchemy.types", "LargeBinary"),
}
# MySQL's types had names of their own once.
_MYSQL = {
    f"MS{old}": old.upper()
    for old in (
        "BigInteger",
        "Bit",
        "Char",
        "Double",
        "Enum",
        "LongBlob",
        "LongText",
        "MediumBlob",
        "MediumInteger",
        "MediumText",
        "NChar",
        "NVarChar",
        "Set",
        "SmallInteger",
        "Time",
        "TimeStamp",
        "TinyBlob",
        "TinyInteger",
        "TinyText",
        "VarBinary",
        "Year",
    )
} | {
    "MSBigInteger": "BIGINT",
    "MSInteger": "INTEGER",
    "MSMediumInteger": "MEDIUMINT",
    "MSSmallInteger": "SMALLINT",
    "MSString": "VARCHAR",
    "MSText": "TEXT",
    "MSTinyInteger": "TINYINT",
}
_DIALECTS = ("mssql", "mysql", "oracle", "postgresql", "sqlite")
_TEXT_ARGUMENTS = {
    "assert_unicode",
    "convert_unicode",
    "unicode_error",
    "_warn_on_bytestring",
}
_TEXT_TYPES = ("String", "Text", "Unicode", "UnicodeText", "VARCHAR", "CHAR")


def _today(module: str, name: str) -> tuple[str, str]:
    """Say where a name of a module is today."""
    moved = _MOVED.get((module, name), (module, name))
    if moved is None:
        raise LeaveError(f"needs the 1.x layer: {name}()")
    module, name = _MODULES.get(moved[0], moved[0]), moved[1]
    if module == "sqlalchemy.dialects.mysql":
        name = _MYSQL.get(name, name)
    return _MOVED.get((module, name)) or (module, name)


@form(
    cst.ImportFrom,
    "from sqlalchemy.databases import mysql",
    "from sqlalchemy.dialects import mysql",
)
@form(
    cst.ImportFrom,
    "from sqlalchemy.exceptions import OperationalError",
    "from sqlalchemy.exc import OperationalError",
)
@form(
    cst.ImportFrom,
    "from sqlalchemy.orm import relation",
    "from sqlalchemy.orm import relationship as relation",
)
@form(
    cst.ImportFrom,
    "from sqlalchemy.databases.mysql import MSLongText",
    "from sqlalchemy.dialects.mysql import LONGTEXT as MSLongText",
)
@form(
    cst.ImportFrom,
    "from sqlalchemy.ext.declarative import declarative_base",
    "from sqlalchemy.orm import declarative_base",
)
@form(cst.ImportFrom, "from sqlalchemy.orm import mapper", "")
def import_from(
    site: Site, original: cst.ImportFrom, updated: cst.ImportFrom
) -> cst.ImportFrom | None:
    """Import from today's place, under the name that the script uses."""
    if updated.module is None or updated.relative:
        return None
    module = full_name(updated.module)
    if module.split(".")[0] != "sqlalchemy":
        return None
    if isinstance(updated.names, cst.ImportStar):
        today = _MODULES.get(module, module)
        return _from(updated, today) if today != module else None
    places = {
        _today(module, alias.evaluated_name)[0] for alias in updated.names
    }
    if len(places) != 1:
        raise LeaveError("split this import: its names are in two modules now")
    names = [_alias(module, alias) for alias in updated.names]
    place = places.pop()
    changed = updated.with_changes(names=names)
    if place == module and code(changed) == code(updated):
        return None
    return _from(changed, place) if place != module else changed


def _from(node: cst.ImportFrom, module: str) -> cst.ImportFrom:
    return node.with_changes(module=cst.parse_expression(module))


def _alias(module: str, alias: cst.ImportAlias) -> cst.ImportAlias:
    old = alias.evaluated_name
    new = _today(module, old)[1]
    if new == old:
        return alias
    asname = alias.asname or cst.AsName(
        cst.Name(old),
        whitespace_before_as=cst.SimpleWhitespace(" "),
    )
    return alias.with_changes(name=cst.Name(new), asname=asname)


@form(
    cst.Import,
    "import sqlalchemy.exceptions as errors",
    "import sqlalchemy.exc as errors",
)
def import_module(
    site: Site, original: cst.Import, updated: cst.Import
) -> cst.Import | None:
    """Import today's module."""
    names = [
        alias.with_changes(
            name=cst.parse_expression(
                _MODULES.get(full_name(alias.name), full_name(alias.name))
            )
        )
        for alias in updated.names
    ]
    changed = updated.with_changes(names=names)
    return changed if code(changed) != code(updated) else None


@form(
    cst.Attribute,
    "errors = sqlalchemy.exceptions.SQLError",
    "errors = sqlalchemy.exc.DBAPIError",
)
@form(
    cst.Attribute,
    "kind = mysql.MSMediumText",
    "kind = mysql.MEDIUMTEXT",
)
def dotted(
    site: Site, original: cst.Attribute, updated: cst.Attribute
) -> cst.BaseExpression | None:
    """Write today's name of what is reached through a module."""
    origin = site.kinds.origin(original)
    if origin.split(".")[0] != "sqlalchemy":
        return None
    module, _, name = origin.rpartition(".")
    module = _MODULES.get(module, module)
    place, today = _today(module, name)
    if (place, today) == (module, name) or place != module:
        return None
    return updated.with_changes(attr=cst.Name(today))


@form(
    cst.Attribute,
    "kind = sqlalchemy.dialects.mysql.MEDIUMTEXT",
    "kind = mysql.MEDIUMTEXT",
)
def dialect(
    site: Site, original: cst.Attribute, updated: cst.Attribute
) -> cst.BaseExpression | None:
    """Import the dialect: sqlalchemy-migrate had imported them all."""
    package, _, name = site.kinds.origin(original).rpartition(".")
    if package != "sqlalchemy.dialects" or name not in _DIALECTS:
        return None
    return expression(site.sqlalchemy(name, package))


@form(cst.Name, "kind = Binary(10)", "kind = LargeBinary(10)")
def starred(
    site: Site, original: cst.Name, updated: cst.Name
) -> cst.Name | None:
    """Write today's name of what ``import *`` gave."""
    if original.value not in ("Binary", "PassiveDefault"):
        return None
    if isinstance(site.parent(original), cst.Attribute):
        return None
    if site.kinds.scope(original).lookup(original.value) is not None:
        return None
    if not any(star.startswith("sqlalchemy") for star in site.kinds.stars):
        return None
    return updated.with_changes(value=_today("sqlalchemy", original.value)[1])


@form(
    cst.Call,
    "kind = String(30, convert_unicode=True)",
    "kind = String(30)",
)
def text_type(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.Call | None:
    """All text is Unicode."""
    if not site.kinds.is_sqlalchemy(original.func, *_TEXT_TYPES):
        return None
    kept = [
        argument
        for argument in updated.args
        if argument.keyword is None
        or argument.keyword.value not in _TEXT_ARGUMENTS
    ]
    if len(kept) == len(updated.args):
        return None
    if kept:
        last = updated.args[-1]
        kept[-1] = kept[-1].with_changes(
            comma=last.comma, whitespace_after_arg=last.whitespace_after_arg
        )
    return updated.with_changes(args=kept)


@form(
    cst.Expr,
    "String(30).with_variant(Text(), 'mysql')  # why",
    "pass  # why",
)
def variant_of_nothing(
    site: Site, original: cst.Expr, updated: cst.Expr
) -> cst.Pass | None:
    """Leave out what never did anything: it gives a type, to nobody.

    In the ``__init__`` of a type it calls that ``__init__`` again today.
    """
    call = original.value
    if not isinstance(call, cst.Call):
        return None
    func = call.func
    is_variant = isinstance(func, cst.Attribute) and (
        func.attr.value == "with_variant"
    )
    return cst.Pass(semicolon=updated.semicolon) if is_variant else None


@form(
    cst.Call,
    "there = migrate_engine.has_table('t')",
    "there = inspect(migrate_engine).has_table('t')",
)
@form(
    cst.Call,
    "there = migrate_engine.dialect.has_table(migrate_engine, 't')",
    "there = inspect(migrate_engine).has_table('t')",
)
@form(
    cst.Call,
    "names = migrate_engine.table_names()",
    "names = inspect(migrate_engine).get_table_names()",
)
def ask_engine(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.Call | None:
    """Ask the inspector."""
    func = original.func
    if not isinstance(func, cst.Attribute):
        return None
    methods = {"has_table": "has_table", "table_names": "get_table_names"}
    today = methods.get(func.attr.value)
    owner, arguments = func.value, updated.args
    if today is None:
        return None
    if isinstance(owner, cst.Attribute) and owner.attr.value == "dialect":
        if func.attr.value != "has_table" or len(arguments) < 2:
            return None
        owner, arguments = owner.value, arguments[1:]
    if site.kinds.of(owner) not in ("engine", "connection"):
        return None
    text = f"{site.sqlalchemy('inspect')}({code(owner)}).{today}"
    return updated.with_changes(func=expression(text), args=arguments)


@form(
    cst.Call,
    "inspector = Inspector.from_engine(migrate_engine)",
    "inspector = inspect(migrate_engine)",
)
def from_engine(
    site: Site, original: cst.Call, updated: cst.Call
) -> cst.Call | None:
    """Make an inspector with ``inspect``."""
    func = original.func
    if not isinstance(func, cst.Attribute) or func.attr.value != "from_engine":
        return None
    if site.kinds.origin(func).split(".")[0] != "sqlalchemy":
        return None
    return updated.with_changes(func=expression(site.sqlalchemy("inspect")))
