"""Which constraint of a stored table is meant by one of SQLAlchemy's."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.engine import Dialect
from sqlalchemy.schema import Constraint

from migrate.changeset.sqlite import edits
from migrate.changeset.sqlite.createindex import parse_index
from migrate.changeset.sqlite.createtable import CHECK
from migrate.changeset.sqlite.createtable import FOREIGN_KEY
from migrate.changeset.sqlite.createtable import PRIMARY_KEY
from migrate.changeset.sqlite.createtable import UNIQUE
from migrate.changeset.sqlite.createtable import ConstraintDef
from migrate.changeset.sqlite.createtable import CreateTable
from migrate.changeset.sqlite.spelling import check_text
from migrate.changeset.sqlite.spelling import kind_of
from migrate.changeset.sqlite.spelling import referred_to_by_itself
from migrate.changeset.sqlite.tokens import fold
from migrate.changeset.sqlite.tokens import same_name
from migrate.changeset.sqlite.tokens import significant
from migrate.changeset.sqlite.tokens import unquote
from migrate.exceptions import NotSupportedError

__all__ = ["find", "found", "meaning", "standing_for"]


def find(
    table: CreateTable, constraint: Constraint, dialect: Dialect
) -> ConstraintDef:
    """Find the stored constraint that ``constraint`` means.

    :raises NotSupportedError: there is none, or more than one.
    """
    columns = [each.name for each in getattr(constraint, "columns", ())]
    kind = kind_of(constraint)
    name = None if constraint.name is None else str(constraint.name)
    expression = check_text(constraint, dialect)
    try:
        return _find(table, kind, name, tuple(columns), expression)
    except NotSupportedError:
        # The name did it elsewhere, and on SQLite there often is none.
        backwards = referred_to_by_itself(constraint)
        if not backwards:
            raise
        return _find(table, kind, None, backwards)


def found(
    table: CreateTable, constraint: Constraint, dialect: Dialect
) -> ConstraintDef | None:
    """Find it, or None."""
    try:
        return find(table, constraint, dialect)
    except NotSupportedError:
        return None


def standing_for(
    constraint: Constraint, indexes: Mapping[str, str]
) -> str | None:
    """Find a unique index that has the constraint's name.

    The old library made one for a primary key or unique constraint.

    :param indexes: {name: CREATE INDEX}.
    """
    for name, text in indexes.items():
        if constraint.name and same_name(name, str(constraint.name)):
            return name if parse_index(text).unique else None
    return None


def meaning(table: CreateTable, constraint: ConstraintDef) -> list[str]:
    """Return what is equal for two constraints that mean the same."""
    columns = [*map(fold, constraint.columns)]
    if constraint.kind in (UNIQUE, PRIMARY_KEY):
        return [constraint.kind, *columns]
    text = table.text[constraint.body : constraint.end]
    words = [each.text for each in significant(text)]
    if constraint.kind == FOREIGN_KEY:
        words = [fold(unquote(each)) for each in words]
    return [constraint.kind, *columns, *words]


def _find(
    table: CreateTable,
    kind: str,
    name: str | None,
    columns: tuple[str, ...],
    expression: str | None = None,
) -> ConstraintDef:
    """Find a constraint by its name, else by what it says."""
    found = [
        each
        for each in table.of_kind(kind)
        if name is not None and same_name(each.name, name)
    ] or [
        each
        for each in table.of_kind(kind)
        if (name is None or each.name is None)
        and _says(table, each, columns, expression)
    ]
    if len({tuple(meaning(table, each)) for each in found}) == 1:
        return found[0]
    what = repr(name) if name else f"on {', '.join(columns) or expression}"
    raise NotSupportedError(
        f"table {table.name!r} has {len(found) or 'no'} {kind} "
        f"constraint{'s' if len(found) > 1 else ''} {what}; "
        "name one that it has"
    )


def _says(
    table: CreateTable,
    constraint: ConstraintDef,
    columns: tuple[str, ...],
    expression: str | None,
) -> bool:
    if constraint.kind == CHECK:
        text = table.slice(constraint.argument)
        return expression is not None and edits.same_sql(text, expression)
    return [*map(fold, constraint.columns)] == [*map(fold, columns)]
