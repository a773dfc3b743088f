"""In which ways two columns of the same name differ."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Dialect
from sqlalchemy.schema import Column

from migrate.versioning.models.comparison.defaults import is_counting
from migrate.versioning.models.comparison.defaults import same_default
from migrate.versioning.models.comparison.escaping import sql_of
from migrate.versioning.models.comparison.expressions import same_expression
from migrate.versioning.models.comparison.types import same_type

__all__ = ["differences"]


def differences(
    one: Column[Any], other: Column[Any], dialect: Dialect | None
) -> frozenset[str]:
    """Return the names of the attributes that are not the same.

    Those of :class:`migrate.changeset.operations.AlterColumn`.

    :param dialect: None: only the types are compared.
    """
    found = set()
    if not same_type(one.type, other.type, dialect):
        found.add("type")
    if dialect is None:
        return frozenset(found)
    # The columns of a key are NOT NULL whatever they are said to be.
    is_key = one.primary_key and other.primary_key
    if not is_key and bool(one.nullable) != bool(other.nullable):
        found.add("nullable")
    if not same_default(one, other, dialect):
        found.add("server_default")
    if not _same_computed(one, other, dialect):
        found.add("computed")
    if dialect.supports_identity_columns and not _same_identity(one, other):
        found.add("identity")
    if dialect.supports_comments and one.comment != other.comment:
        found.add("comment")
    if dialect.name in ("mariadb", "mysql", "postgresql") and (
        is_counting(one) != is_counting(other)
    ):
        found.add("autoincrement")
        found.discard("identity")  # which is how it would be done
    return frozenset(found)


def _same_identity(one: Column[Any], other: Column[Any]) -> bool:
    if one.identity is not None and other.identity is not None:
        return bool(one.identity.always) == bool(other.identity.always)
    if one.identity is None and other.identity is None:
        return True
    # A column of the key that counts may be an identity, or a serial.
    stated = one.identity or other.identity
    is_always = stated is not None and bool(stated.always)
    return is_counting(one) and is_counting(other) and not is_always


def _same_computed(
    one: Column[Any], other: Column[Any], dialect: Dialect
) -> bool:
    if one.computed is None or other.computed is None:
        return one.computed is other.computed
    first, second = (
        sql_of(each.computed.sqltext, dialect)
        for each in (one, other)
        if each.computed is not None
    )
    names = [column.name for column in one.table.columns]
    return same_expression(first, second, names)
