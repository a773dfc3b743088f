"""The ORM as change scripts use it: sessions, classical mappings, queries."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy import event
from sqlalchemy import inspect
from sqlalchemy import orm
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import UnboundExecutionError
from sqlalchemy.ext import declarative
from sqlalchemy.orm import Mapper
from sqlalchemy.orm import Query
from sqlalchemy.orm import Session
from sqlalchemy.orm import decl_api
from sqlalchemy.orm import registry
from sqlalchemy.orm import scoped_session
from sqlalchemy.orm import unitofwork
from sqlalchemy.sql.elements import ClauseElement

from migrate import binding
from migrate.legacy.bound import set_bind
from migrate.legacy.patching import Patch
from migrate.legacy.patching import add
from migrate.legacy.patching import in_place
from migrate.legacy.patching import wrap

__all__ = ["PATCHES"]

# Sessions made with autocommit=True.
_autocommitting: weakref.WeakSet[Session] = weakref.WeakSet()

_GONE_OPTIONS = (
    "extension",
    "weak_identity_map",
    "enable_baked_queries",
    "prune",
)


class Subtransaction:
    """A ``session.begin()`` inside a transaction, as 1.x had it.

    Its commit flushes; its rollback is that of the whole session.
    """

    def __init__(self, session: Session) -> None:
        self.session = session

    def commit(self) -> None:
        """Flush, and leave the commit to the outermost."""
        self.session.flush()

    def rollback(self) -> None:
        """Roll back the session."""
        self.session.rollback()

    def __enter__(self) -> Subtransaction:
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        if kind is None:
            self.commit()
        else:
            self.rollback()


def session_init(
    original: Callable[..., None],
    self: Session,
    bind: Any = None,
    *args: Any,
    **kwargs: Any,
) -> None:
    """Removed in 2.0; ``autocommit=True`` and options without effect."""
    autocommit = kwargs.pop("autocommit", False)
    for gone in _GONE_OPTIONS:
        kwargs.pop(gone, None)
    original(self, bind, *args, **kwargs)
    if autocommit:
        _autocommitting.add(self)


def begin(
    original: Callable[..., Any],
    self: Session,
    subtransactions: bool = False,
    nested: bool = False,
    **kwargs: Any,
) -> Any:
    """Removed in 2.0; ``subtransactions=True``."""
    if nested or not self.in_transaction():
        return original(self, nested=nested)
    if self in _autocommitting and not _begun_by_script(self):
        self.commit()
        return original(self)
    if subtransactions:
        return Subtransaction(self)
    return original(self)


def scoped_begin(
    original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any
) -> Any:
    """Removed in 2.0; ``subtransactions=True``."""
    return self().begin(*args, **kwargs)


def _begun_by_script(session: Session) -> bool:
    transaction = session.get_transaction()
    origin: Any = getattr(transaction, "origin", None)
    return origin is not None and origin.name == "BEGIN"


def flush(
    original: Callable[..., None], self: Session, objects: Any = None
) -> None:
    """With ``autocommit=True``, a flush outside ``begin()`` commits."""
    if objects is None:
        original(self)
    else:
        original(self, objects)
    if self in _autocommitting and not _begun_by_script(self):
        _commit_kept(self)


def _commit_kept(session: Session) -> None:
    """Commit without having the loaded objects expire."""
    if getattr(session, "_flushing", False) or not session.in_transaction():
        return
    expire, session.expire_on_commit = session.expire_on_commit, False
    try:
        session.commit()
    finally:
        session.expire_on_commit = expire


def execute(
    original: Callable[..., Any],
    self: Session,
    statement: Any = None,
    params: Any = None,
    mapper: Any = None,
    bind: Any = None,
    clause: Any = None,
    **kwargs: Any,
) -> Any:
    """Removed in 2.0; ``mapper=``, ``bind=`` and the name ``clause``."""
    _give_bind(kwargs, mapper=mapper, bind=bind)
    statement = clause if statement is None else statement
    result = original(self, statement, params, **kwargs)
    if (
        self in _autocommitting
        and not _begun_by_script(self)
        and isinstance(result, CursorResult)
        and not result.returns_rows
    ):
        _commit_kept(self)
    return result


def _give_bind(kwargs: dict[str, Any], **given: Any) -> None:
    given = {name: value for name, value in given.items() if value is not None}
    if given:
        kwargs["bind_arguments"] = {
            **(kwargs.get("bind_arguments") or {}),
            **given,
        }


def scalar(
    original: Callable[..., Any],
    self: Session,
    statement: Any = None,
    params: Any = None,
    mapper: Any = None,
    bind: Any = None,
    **kwargs: Any,
) -> Any:
    """Removed in 2.0; ``mapper=`` and ``bind=``."""
    _give_bind(kwargs, mapper=mapper, bind=bind)
    return original(self, statement, params, **kwargs)


def connection(
    original: Callable[..., Any],
    self: Session,
    mapper: Any = None,
    clause: Any = None,
    bind: Any = None,
    close_with_result: bool = False,
    **kwargs: Any,
) -> Any:
    """Removed in 2.0; ``mapper=``, ``clause=``, ``bind=``."""
    if isinstance(mapper, dict):
        return original(self, mapper, **kwargs)
    _give_bind(kwargs, mapper=mapper, clause=clause, bind=bind)
    return original(self, **kwargs)


def get_bind(
    original: Callable[..., Any],
    self: Session,
    mapper: Any = None,
    **kwargs: Any,
) -> Any:
    """Removed in 2.0; the bind of the metadata, for want of another."""
    try:
        return original(self, mapper, **kwargs)
    except UnboundExecutionError:
        bind = _bind_of(mapper) or _bind_of(kwargs.get("clause"))
        bind = bind or binding.running_bind()
        if bind is None:
            raise
        return binding.resolve(bind)


def _bind_of(element: Any) -> Any:
    if element is None:
        return None
    if not isinstance(element, ClauseElement):
        element = inspect(element).persist_selectable
    return getattr(element, "bind", None)


def transaction(self: Session) -> Any:
    """Removed in 2.0; ``get_transaction()`` today."""
    return self.get_transaction()


def create_session(bind: Any = None, **kwargs: Any) -> Session:
    """Removed in 2.0; a session that commits each flush by itself."""
    kwargs.setdefault("autoflush", False)
    kwargs.setdefault("autocommit", True)
    kwargs.setdefault("expire_on_commit", False)
    return Session(bind, **kwargs)


def mapper(
    original: Callable[..., Any],
    class_: type,
    local_table: Any = None,
    properties: Any = None,
    **kwargs: Any,
) -> Mapper[Any]:
    """Removed in 2.0; maps a class to a table."""
    for gone in ("extension", "order_by", "allow_column_override"):
        kwargs.pop(gone, None)
    return registry().map_imperatively(
        class_, local_table, properties=properties, **kwargs
    )


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


def relationship(
    original: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    """Removed in 2.0; ``cascade_backrefs=`` and ``extension=``."""
    for gone in ("cascade_backrefs", "extension"):
        kwargs.pop(gone, None)
    return original(*args, **kwargs)


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


def _entity(query: Query[Any]) -> Any:
    return query.column_descriptions[0]["entity"]


_track_cascade_events = getattr(
    unitofwork, "track_cascade_events", None
) or getattr(unitofwork, "_track_cascade_events", None)

PATCHES: list[Patch] = [
    in_place(
        _track_cascade_events, "child.parent = parent", track_cascade_events
    ),
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
    wrap(Session, "Session(autocommit=True)", session_init, "__init__"),
    wrap(Session, "session.begin(subtransactions=True)", begin),
    wrap(Session, "session.flush() of an autocommit session", flush),
    wrap(Session, "session.execute(..., mapper=)", execute),
    wrap(Session, "session.scalar(..., mapper=)", scalar),
    wrap(Session, "session.connection(mapper)", connection),
    wrap(Session, "session of bound metadata", get_bind),
    add(
        Session,
        "session.transaction",
        property(transaction, doc=transaction.__doc__),
        "transaction",
    ),
    wrap(
        scoped_session,
        "scoped_session.begin(subtransactions=True)",
        scoped_begin,
        "begin",
    ),
    add(orm, "orm.create_session(bind)", create_session),
    in_place(vars(orm)["mapper"], "mapper(Class, table, properties=)", mapper),
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
    add(orm, "orm.relation(...)", relation),
    in_place(
        orm.relationship, "relationship(cascade_backrefs=)", relationship
    ),
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
]
