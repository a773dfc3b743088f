"""Constraints and indexes of a table, as values that can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Dialect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CheckConstraint
from sqlalchemy.schema import Column
from sqlalchemy.schema import ForeignKeyConstraint
from sqlalchemy.schema import Index
from sqlalchemy.schema import Table
from sqlalchemy.schema import UniqueConstraint
from sqlalchemy.sql.elements import UnaryExpression

from migrate.exceptions import InvalidModelError
from migrate.versioning.models.comparison.escaping import sql_of
from migrate.versioning.models.comparison.expressions import mentioned

__all__ = ["Key", "keys_of", "name_of", "unmatched"]


@dataclass(frozen=True, eq=False)
class Key:
    """A constraint or index.

    :ivar kind: ``primary key``, ``foreign key``, ``unique``, ``check`` or
        ``index``.
    :ivar name: None if the database chose it, or will.
    :ivar features: what two keys that are the same have in common.
    :ivar text: for people.
    :ivar item: that it was read from; None if the database makes it unasked.
    """

    kind: str
    table: Table
    name: str | None
    features: tuple[Any, ...]
    text: str
    item: Any = None

    def __str__(self) -> str:
        return f"{self.text} ({self.name})" if self.name else self.text


def keys_of(table: Table, dialect: Dialect) -> list[Key]:
    """Return what the table has, in a fixed order."""
    found = [*_constraints(table, dialect), *_indexes(table, dialect)]
    if _is_mysql(dialect):
        found += _unasked(table, found)
    return sorted(found, key=lambda key: (key.text, key.name or ""))


def unmatched(
    ones: Sequence[Key], others: Sequence[Key]
) -> tuple[list[Key], list[Key]]:
    """Return the keys of each side that the other has no like of."""
    left, right = [*ones], [*others]
    for is_alike in (_has_same_name, _is_alike):
        for one in [*left]:
            found = [other for other in right if is_alike(one, other)]
            if found:
                left.remove(one)
                right.remove(found[0])
    return left, right


def name_of(item: Any, dialect: Dialect) -> str | None:
    """Return the name that an item was given, or gets by a convention."""
    if item.name is None:
        return None
    name: Any = dialect.identifier_preparer.format_constraint(
        item, _alembic_quote=False
    )
    return None if name is None else str(name)


def _is_mysql(dialect: Dialect) -> bool:
    return dialect.name in ("mysql", "mariadb")


def _has_same_name(one: Key, other: Key) -> bool:
    return one.name == other.name and _is_alike(one, other)


def _is_alike(one: Key, other: Key) -> bool:
    if one.kind != other.kind or one.features != other.features:
        return False
    return None in (one.name, other.name) or one.name == other.name


def _constraints(table: Table, dialect: Dialect) -> Iterator[Key]:
    if len(table.primary_key.columns):
        names = tuple(column.name for column in table.primary_key.columns)
        text = f"primary key ({', '.join(names)})"
        # Databases name it by themselves, MySQL whatever it is told.
        yield Key("primary key", table, None, names, text, table.primary_key)
    nothing: Any = None
    compiler = dialect.ddl_compiler(dialect, nothing)
    for each in table.constraints:
        name = name_of(each, dialect)
        if isinstance(each, ForeignKeyConstraint):
            yield _foreign_key(each, name, dialect)
        elif isinstance(each, UniqueConstraint):
            names = tuple(column.name for column in each.columns)
            text = f"unique ({', '.join(names)})"
            yield Key("unique", table, name, (names,), text, each)
        elif isinstance(
            each, CheckConstraint
        ) and each._should_create_for_compiler(compiler):
            yield _check(each, name, dialect)


def _foreign_key(
    item: ForeignKeyConstraint, name: str | None, dialect: Dialect
) -> Key:
    try:
        referred = [element.column for element in item.elements]
    except SQLAlchemyError as error:
        raise InvalidModelError(
            f"table {item.table.fullname!r} of the model refers to "
            f"{item.elements[0].target_fullname!r}, which the model does not "
            "have"
        ) from error
    names = [column.name for column in item.columns]
    other = referred[0].table
    schema = other.schema
    if schema == dialect.default_schema_name:
        schema = None
    pairs = sorted(zip(names, [each.name for each in referred], strict=True))
    is_mysql = _is_mysql(dialect)
    rules = [
        _rule(each, is_mysql=is_mysql)
        for each in (item.ondelete, item.onupdate)
    ]
    deferred = (bool(item.deferrable), (item.initially or "").upper())
    timing = (False, "") if is_mysql else deferred
    if timing == (True, "IMMEDIATE"):
        timing = (True, "")
    text = (
        f"foreign key ({', '.join(names)}) references {other.fullname} "
        f"({', '.join(each.name for each in referred)})"
    )
    for event, rule in zip(("delete", "update"), rules, strict=True):
        text += f" on {event} {rule.lower()}" if rule else ""
    features = (pairs, schema, other.name, rules, timing)
    return Key("foreign key", item.table, name, features, text, item)


def _rule(stated: str | None, *, is_mysql: bool) -> str:
    rule = (stated or "NO ACTION").upper()
    same = ("NO ACTION", "RESTRICT") if is_mysql else ("NO ACTION",)
    return "" if rule in same else rule


def _check(item: CheckConstraint, name: str | None, dialect: Dialect) -> Key:
    sql = sql_of(item.sqltext, dialect)
    columns = [column.name for column in item.table.columns]
    features = (mentioned(sql, columns),)
    return Key("check", item.table, name, features, f"check ({sql})", item)


def _indexes(table: Table, dialect: Dialect) -> Iterator[Key]:
    is_mysql = _is_mysql(dialect)
    columns = [column.name for column in table.columns]
    for each in table.indexes:
        name = name_of(each, dialect)
        spelled = [_part(part, dialect) for part in each.expressions]
        parts = [
            part if isinstance(part, str) else mentioned(part[0], columns)
            for part in spelled
        ]
        names = [p if isinstance(p, str) else p[0] for p in spelled]
        text = f"index {name} ({', '.join(names)})"
        if (
            is_mysql
            and each.unique
            and all(isinstance(part, str) for part in spelled)
        ):
            yield Key(
                "unique",
                table,
                name,
                (tuple(names),),
                f"unique ({', '.join(names)})",
                each,
            )
            continue
        options = _options(each, dialect, columns)
        yield Key(
            "index",
            table,
            name,
            (parts, bool(each.unique), options),
            f"unique {text}" if each.unique else text,
            each,
        )


def _part(part: Any, dialect: Dialect) -> str | tuple[str]:
    """Return a column's name, or the text of an expression in a tuple."""
    if _is_mysql(dialect) and isinstance(part, UnaryExpression):
        # Which way it sorts, reflection does not say.
        part = getattr(part.element, "element", part.element)
    if isinstance(part, str):
        return part
    if isinstance(part, Column):
        return part.name
    return (sql_of(part, dialect),)


def _options(
    index: Index, dialect: Dialect, columns: list[str]
) -> tuple[Any, ...]:
    """Return what belongs to an index on this database alone."""
    try:
        stated = dict(index.dialect_options[dialect.name])
    except SQLAlchemyError:
        return ()
    where = stated.get("where")
    using = str(stated.get("using") or "btree").lower()
    return (
        None
        if where is None
        else mentioned(
            where if isinstance(where, str) else sql_of(where, dialect),
            columns,
        ),
        using,
        tuple(
            getattr(each, "name", each) for each in stated.get("include") or ()
        ),
    )


def _unasked(table: Table, keys: list[Key]) -> Iterator[Key]:
    """Yield the index that MySQL makes for a foreign key without one.

    Manual, FOREIGN KEY Constraints: "Such an index is created on the
    referencing table automatically if it does not exist."
    """
    covered = [
        key.features if key.kind == "primary key" else key.features[0]
        for key in keys
        if key.kind in ("primary key", "unique", "index")
    ]
    for key in [each for each in keys if each.kind == "foreign key"]:
        names = [column.name for column in key.item.columns]
        if not any([*each][: len(names)] == names for each in covered):
            covered.append(names)
            features = (names, False, (None, "btree", ()))
            text = f"index ({', '.join(names)})"
            yield Key("index", table, None, features, text)
