"""Sessions as change scripts use them: bound, autocommitting, nested."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from sqlalchemy import inspect
from sqlalchemy import orm
from sqlalchemy.engine import CursorResult
from sqlalchemy.engine import Engine
from sqlalchemy.exc import UnboundExecutionError
from sqlalchemy.orm import Session
from sqlalchemy.orm import scoped_session
from sqlalchemy.orm import sessionmaker
from sqlalchemy.sql.elements import ClauseElement

from migrate import binding
from migrate.legacy.lending import lender
from migrate.legacy.patching import Patch
from migrate.legacy.patching import add
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
    """Removed in 2.0; the bind of the metadata, for want of another.

    In a change script, a session of its application works on the connection
    of the step.
    """
    try:
        found = original(self, mapper, **kwargs)
        return (isinstance(found, Engine) and lender(found)) or found
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


def close_all(self: Any = None) -> None:
    """Removed in 2.0; ``close_all_sessions()`` today."""
    orm.close_all_sessions()


PATCHES: list[Patch] = [
    *(
        add(owner, f"{owner.__name__}.close_all()", close_all)
        for owner in (Session, sessionmaker, scoped_session)
    ),
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
]
