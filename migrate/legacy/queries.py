"""Queries of sessions, and what is loaded with them, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import orm
from sqlalchemy import util
from sqlalchemy.orm import Query
from sqlalchemy.sql import coercions
from sqlalchemy.sql import roles

from migrate.legacy.patching import Patch
from migrate.legacy.patching import add
from migrate.legacy.patching import in_place
from migrate.legacy.patching import wrap

__all__ = ["DEFAULT_ORDER", "PATCHES"]

# On a mapper: what queries of its class are ordered by.
DEFAULT_ORDER = "_migrate_order_by"


class NamedOption:
    """A loader option given by the names of attributes."""

    def __init__(self, function: Callable[..., Any], names: Any) -> None:
        self._function = function
        self._names = [part for name in names for part in name.split(".")]

    def on(self, entity: Any) -> Any:
        """Give the option for the attributes of ``entity``."""
        option: Any = None
        for name in self._names:
            attribute = getattr(entity, name)
            make = self._function
            if option is not None:
                make = getattr(option, make.__name__)
            option = make(attribute)
            relation = getattr(attribute.property, "mapper", None)
            entity = relation.class_ if relation is not None else entity
        return option


def load_by_name(
    original: Callable[..., Any], *keys: Any, **kwargs: Any
) -> Any:
    """Removed in 2.0; loader options by the names of attributes."""
    if keys and all(isinstance(key, str) for key in keys):
        return NamedOption(original, keys)
    return original(*keys, **kwargs)


def options(
    original: Callable[..., Any], self: Query[Any], *given: Any
) -> Any:
    """Removed in 2.0; options by the names of attributes."""
    ready = (
        one.on(_entity(self)) if isinstance(one, NamedOption) else one
        for one in given
    )
    return original(self, *ready)


def eagerload(*args: Any, **kwargs: Any) -> Any:
    """Removed in 2.0; ``joinedload()`` today."""
    return orm.joinedload(*args, **kwargs)


def query_get(self: Query[Any], ident: Any) -> Any:
    """Legacy since 2.0; ``session.get()`` today."""
    return self.session.get(_entity(self), ident)


def query_join(
    original: Callable[..., Any],
    self: Query[Any],
    *targets: Any,
    **kwargs: Any,
) -> Any:
    """Removed in 2.0; the names of relationships, several targets."""
    kwargs.pop("aliased", None)
    kwargs.pop("from_joinpoint", None)
    if not any(isinstance(one, (str, tuple)) for one in targets):
        if len(targets) > 2 or _is_path(targets):
            return _join_each(original, self, targets, kwargs)
        return original(self, *targets, **kwargs)
    return _join_each(original, self, targets, kwargs)


def _is_path(targets: tuple[Any, ...]) -> bool:
    return len(targets) == 2 and all(
        isinstance(one, orm.InstrumentedAttribute) for one in targets
    )


def _join_each(
    original: Callable[..., Any], query: Any, targets: Any, kwargs: Any
) -> Any:
    entity = _entity(query)
    for target in targets:
        if isinstance(target, tuple):
            where = _attribute(entity, target[1])
            query = original(query, target[0], where, **kwargs)
            continue
        attribute = _attribute(entity, target)
        query = original(query, attribute, **kwargs)
        if isinstance(attribute, orm.InstrumentedAttribute):
            entity = attribute.property.mapper.class_
    return query


def _attribute(entity: Any, name: Any) -> Any:
    return getattr(entity, name) if isinstance(name, str) else name


def with_lockmode(self: Query[Any], mode: str | None) -> Any:
    """Removed in 1.4; ``with_for_update()`` today."""
    if mode is None:
        return self
    return self.with_for_update(
        read=mode == "read", nowait=mode == "update_nowait"
    )


def add_column(self: Query[Any], column: Any) -> Any:
    """Deprecated in 1.4; ``add_columns()`` today."""
    return self.add_columns(column)


def values(self: Query[Any], *columns: Any) -> Any:
    """Deprecated in 2.0; iterates over rows of the columns."""
    return iter(self.with_entities(*columns))


def value(self: Query[Any], column: Any) -> Any:
    """Deprecated in 2.0; one value, or None."""
    row = self.with_entities(column).first()
    return None if row is None else row[0]


def as_scalar(self: Query[Any]) -> Any:
    """Deprecated in 1.4; ``scalar_subquery()`` today."""
    return self.scalar_subquery()


def from_self(self: Query[Any], *entities: Any) -> Any:
    """Removed in 2.0; selects from the query as a subquery."""
    subquery = self.subquery()
    if entities:
        return self.session.query(*entities).select_from(subquery)
    described = self.column_descriptions
    if any(one["expr"] is not one["entity"] for one in described):
        return self.session.query(*subquery.c)
    return self.session.query(orm.aliased(_entity(self), subquery))


def query_iter(original: Callable[..., Any], self: Query[Any]) -> Any:
    """Removed in 1.4; the ``order_by=`` of a mapper, for want of another."""
    mapper = _mapper(self)
    order = getattr(mapper, DEFAULT_ORDER, None)
    if order is None or self._order_by_clauses or self._statement is not None:
        return original(self)
    ordered = self._clone()
    ordered._order_by_clauses = tuple(
        coercions.expect(roles.OrderByRole, one) for one in util.to_list(order)
    )
    return original(ordered)


def _mapper(query: Query[Any]) -> Any:
    first = query._raw_columns[0] if query._raw_columns else None
    return getattr(first, "_annotations", {}).get("parententity")


def _entity(query: Query[Any]) -> Any:
    return query.column_descriptions[0]["entity"]


PATCHES: list[Patch] = [
    *(
        in_place(getattr(orm, name), f"{name}('name')", load_by_name)
        for name in (
            "joinedload",
            "subqueryload",
            "selectinload",
            "lazyload",
            "immediateload",
            "contains_eager",
            "defer",
            "undefer",
        )
    ),
    wrap(Query, "query.options(joinedload('name'))", options),
    add(orm, "orm.eagerload(...)", eagerload),
    add(Query, "query.get(id)", query_get, "get"),
    wrap(Query, "query.join('name', ...)", query_join, "join"),
    wrap(Query, "query.outerjoin('name', ...)", query_join, "outerjoin"),
    add(Query, "query.with_lockmode('update')", with_lockmode),
    add(Query, "query.add_column(c)", add_column),
    add(Query, "query.values(c)", values),
    add(Query, "query.value(c)", value),
    add(Query, "query.as_scalar()", as_scalar),
    add(Query, "query.from_self()", from_self),
    wrap(Query, "query of a mapper with order_by=", query_iter, "_iter"),
]
