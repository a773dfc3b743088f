"""Mapped classes as change scripts make them, classical and declarative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy import event
from sqlalchemy import inspect
from sqlalchemy import orm
from sqlalchemy.ext import declarative
from sqlalchemy.orm import Mapper
from sqlalchemy.orm import decl_api
from sqlalchemy.orm import registry
from sqlalchemy.orm import unitofwork

from migrate import binding
from migrate.legacy.bound import set_bind
from migrate.legacy.patching import Patch
from migrate.legacy.patching import add
from migrate.legacy.patching import in_place
from migrate.legacy.patching import wrap
from migrate.legacy.queries import DEFAULT_ORDER

__all__ = ["PATCHES"]

# One for all, as in 1.x: a query of one class gives it the backrefs that
# other classes have for it.
_mapped = registry()


def mapper(
    original: Callable[..., Any],
    class_: type,
    local_table: Any = None,
    properties: Any = None,
    **kwargs: Any,
) -> Mapper[Any]:
    """Removed in 2.0; maps a class to a table."""
    return _mapped.map_imperatively(
        class_, local_table, properties=properties, **kwargs
    )


def mapper_init(
    original: Callable[..., None], self: Mapper[Any], *args: Any, **kwargs: Any
) -> None:
    """Removed in 1.4; ``order_by=``, and ``extension=`` without effect."""
    order = kwargs.pop("order_by", None)
    if not kwargs.get("non_primary"):
        kwargs.pop("non_primary", None)
    for gone in ("extension", "allow_column_override"):
        kwargs.pop(gone, None)
    original(self, *args, **kwargs)
    setattr(self, DEFAULT_ORDER, order)


def declarative_base(
    original: Callable[..., Any],
    bind: Any = None,
    metadata: Any = None,
    **kwargs: Any,
) -> Any:
    """Removed in 2.0; ``bind=``, and the module of 1.3."""
    metadata = metadata or MetaData()
    if bind is not None:
        set_bind(metadata, bind)
    return original(metadata=metadata, **kwargs)


def base_of_old_module(
    original: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    """Moved in 2.0 to ``sqlalchemy.orm``."""
    return orm.declarative_base(*args, **kwargs)


def instrument_declarative(
    cls: type, cls_registry: dict[str, Any], metadata: MetaData
) -> None:
    """Removed in 2.1, but for its name; maps a class declaratively."""
    registry(metadata=metadata, class_registry=cls_registry).map_declaratively(
        cls
    )


def as_declarative(original: Callable[..., Any], **kwargs: Any) -> Any:
    """Moved in 2.0 to ``sqlalchemy.orm``."""
    return orm.as_declarative(**kwargs)


def has_inherited_table(original: Callable[..., Any], cls: Any) -> bool:
    """Moved in 2.0 to ``sqlalchemy.orm``."""
    return orm.has_inherited_table(cls)


def synonym_for(
    original: Callable[..., Any], name: str, map_column: bool = False
) -> Any:
    """Moved in 2.0 to ``sqlalchemy.orm``."""
    return orm.synonym_for(name, map_column)


def relation(*args: Any, **kwargs: Any) -> Any:
    """Removed in 2.0; ``relationship()`` today."""
    return orm.relationship(*args, **kwargs)


def compile_mappers() -> None:
    """Removed in 1.4; ``configure_mappers()`` today."""
    orm.configure_mappers()


def relationship(
    original: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    """Removed in 2.0; ``cascade_backrefs=`` and ``extension=``."""
    for gone in ("cascade_backrefs", "extension"):
        kwargs.pop(gone, None)
    return original(*args, **kwargs)


def track_cascade_events(
    original: Callable[..., None], descriptor: Any, prop: Any
) -> None:
    """2.0 does not cascade along a backref; in a change script, it does."""
    original(descriptor, prop)
    event.listen(descriptor, "append", _cascade, raw=True, retval=True)
    event.listen(descriptor, "set", _cascade, raw=True, retval=True)


def _cascade(state: Any, item: Any, *args: Any) -> Any:
    session = state.session
    if item is None or session is None or binding.running_bind() is None:
        return item
    if item not in session and inspect(item).session is None:
        session.add(item)
    return item


class MapperExtension:
    """Listened to a mapper before there were events; removed in 1.4."""


class SessionExtension:
    """Listened to a session before there were events; removed in 1.4."""


class AttributeExtension:
    """Listened to an attribute before there were events; removed in 1.4."""


_EXTENSIONS = (MapperExtension, SessionExtension, AttributeExtension)

_track_cascade_events = getattr(
    unitofwork, "track_cascade_events", None
) or getattr(unitofwork, "_track_cascade_events", None)

PATCHES: list[Patch] = [
    in_place(
        _track_cascade_events, "child.parent = parent", track_cascade_events
    ),
    in_place(vars(orm)["mapper"], "mapper(Class, table, properties=)", mapper),
    wrap(Mapper, "mapper(order_by=)", mapper_init, "__init__"),
    in_place(
        decl_api.declarative_base, "declarative_base(bind=)", declarative_base
    ),
    in_place(
        declarative.declarative_base,
        "sqlalchemy.ext.declarative.declarative_base()",
        base_of_old_module,
    ),
    in_place(
        declarative.as_declarative,
        "sqlalchemy.ext.declarative.as_declarative()",
        as_declarative,
    ),
    in_place(
        declarative.has_inherited_table,
        "sqlalchemy.ext.declarative.has_inherited_table()",
        has_inherited_table,
    ),
    in_place(
        declarative.synonym_for,
        "sqlalchemy.ext.declarative.synonym_for()",
        synonym_for,
    ),
    *(
        add(owner, f"{owner.__name__}.{extension.__name__}", extension)
        for owner in (orm, orm.interfaces)
        for extension in _EXTENSIONS
    ),
    add(
        orm.session,
        "sqlalchemy.orm.session.SessionExtension",
        SessionExtension,
    ),
    add(
        declarative,
        "sqlalchemy.ext.declarative.instrument_declarative()",
        instrument_declarative,
    ),
    add(orm, "orm.compile_mappers()", compile_mappers),
    add(orm, "orm.relation(...)", relation),
    in_place(
        orm.relationship, "relationship(cascade_backrefs=)", relationship
    ),
]
