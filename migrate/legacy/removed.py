"""Names and arguments that left SQLAlchemy between 0.5 and 2.1."""

from __future__ import annotations

import collections
import contextlib
import functools
import io
import itertools
import logging
import pickle
import threading
import time
import urllib.parse
from collections.abc import Callable
from importlib import import_module
from typing import Any

import sqlalchemy
from sqlalchemy import MetaData
from sqlalchemy import Table
from sqlalchemy import create_engine
from sqlalchemy import create_mock_engine
from sqlalchemy import engine
from sqlalchemy import exc
from sqlalchemy import inspect
from sqlalchemy import orm
from sqlalchemy import schema
from sqlalchemy import sql
from sqlalchemy import util
from sqlalchemy.engine import URL
from sqlalchemy.engine import Connection
from sqlalchemy.engine import CursorResult
from sqlalchemy.engine import Engine
from sqlalchemy.engine import Row
from sqlalchemy.engine import base as engine_base
from sqlalchemy.engine import default
from sqlalchemy.engine import interfaces as engine_interfaces
from sqlalchemy.engine import make_url
from sqlalchemy.engine import reflection
from sqlalchemy.engine import result as engine_result
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.orm import query as orm_query
from sqlalchemy.orm import util as orm_util
from sqlalchemy.pool import Pool
from sqlalchemy.sql import elements
from sqlalchemy.sql import expression
from sqlalchemy.sql import schema as sql_schema
from sqlalchemy.sql import sqltypes

from migrate import binding
from migrate.legacy.engine import ScriptEngine
from migrate.legacy.lending import is_own
from migrate.legacy.patching import Patch
from migrate.legacy.patching import add
from migrate.legacy.patching import in_place
from migrate.legacy.patching import wrap

__all__ = ["PATCHES"]

log = logging.getLogger(__name__)

# The package has a function of that name.
orm_mapper = import_module("sqlalchemy.orm.mapper")

# -- classes that scripts subclass or test for ----------------------------


class _ConnectableMeta(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, (Engine, Connection))


class Connectable(metaclass=_ConnectableMeta):
    """An engine or a connection; removed in 2.0."""


class ThreadLocalMetaData(MetaData):
    """A MetaData whose bind is that of the thread; removed in 2.0."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        vars(self)["_here"] = threading.local()
        super().__init__(*args, **kwargs)

    @property
    def bind(self) -> Any:
        """The bind of this thread, or None."""
        return getattr(vars(self)["_here"], "bind", None)

    @bind.setter
    def bind(self, bind: Any) -> None:
        if isinstance(bind, (str, URL)):
            bind = create_engine(bind)
        vars(self)["_here"].bind = bind
        # Where binding.bind_of() looks: the last one set wins there.
        vars(self)["bind"] = bind


class RemovedIn20Warning(exc.SADeprecationWarning):
    """Never issued here; removed in 2.0."""


# -- functions ------------------------------------------------------------


def subquery(alias: str | None, *args: Any, **kwargs: Any) -> Any:
    """Removed in 2.0; a named subquery of the columns."""
    return sqlalchemy.select(*args, **kwargs).subquery(alias)


def make_engine(original: Callable[..., Any], url: Any, **options: Any) -> Any:
    """Removed in 2.0; options without effect, and ``strategy='mock'``."""
    for gone in _GONE_ENGINE_OPTIONS:
        options.pop(gone, None)
    if options.pop("strategy", None) == "mock":
        return create_mock_engine(url, options.pop("executor"))
    return _shared(url) or original(url, **options)


def pool_init(
    original: Callable[..., None], self: Pool, *args: Any, **options: Any
) -> None:
    """Removed in 1.4; ``use_threadlocal=``, ``listeners=`` without effect."""
    for gone in ("use_threadlocal", "listeners"):
        options.pop(gone, None)
    original(self, *args, **options)


def _shared(url: Any) -> Engine | None:
    """Give the step's own connection to a script that asks for another.

    A second connection would wait for the first for ever, or not see what
    the step has done so far.
    """
    running = binding.running_bind()
    if not isinstance(running, ScriptEngine):
        return None
    wanted, own = make_url(url), make_url(running.url)
    if is_own(wanted, own):
        log.info("the script opens an engine on its own database: shared")
        return running.execution_options()
    if _place(wanted) == _place(own) and not binding.is_in_memory(own):
        log.warning(
            "the script opens an engine of its own on the database of the "
            "step: it does not see what the step does, and waits for its "
            "locks, maybe for ever; use migrate_engine"
        )
    return None


def _place(url: URL) -> tuple[object, ...]:
    return url.get_backend_name(), url.host, url.port, url.database


_GONE_ENGINE_OPTIONS = (
    "assert_unicode",
    "case_sensitive",
    "convert_unicode",
    "empty_in_strategy",
    "encoding",
    "implicit_returning",
    "listeners",
    "pool_threadlocal",
    "proxy",
    "server_side_cursors",
    "threadlocal",
    "use_native_unicode",
)


def new_url(
    original: Callable[..., URL], cls: type[URL], *args: Any, **kwargs: Any
) -> URL:
    """Deprecated in 1.4; ``URL(...)``; ``URL.create()`` today."""
    if len(args) + len(kwargs) == len(cls._fields):
        return original(cls, *args, **kwargs)
    return cls.create(*args, **kwargs)


def inspector_init(self: Inspector, bind: Any) -> None:
    """Deprecated in 1.4; ``Inspector(engine)``; ``inspect()`` today."""
    self._init_legacy(bind)


def from_engine(cls: type[Inspector], bind: Any) -> Inspector:
    """Deprecated in 1.4; ``inspect(engine)`` today."""
    found: Inspector = inspect(bind)
    return found


def get_primary_keys(
    self: Inspector, table_name: str, schema: str | None = None
) -> list[str]:
    """Removed in 1.4; the columns of the primary key."""
    found = self.get_pk_constraint(table_name, schema=schema)
    return found["constrained_columns"]


def reflecttable(
    self: Inspector,
    table: Table,
    include_columns: Any = None,
    exclude_columns: Any = (),
    resolve_fks: bool = True,
) -> None:
    """Removed in 2.0; ``reflect_table()`` today."""
    self.reflect_table(table, include_columns, exclude_columns, resolve_fks)


def default_reflecttable(
    self: Any,
    connection: Any,
    table: Table,
    include_columns: Any = None,
    **kwargs: Any,
) -> None:
    """Removed in 2.0; reflects into a table."""
    inspect(connection).reflect_table(table, include_columns)


def _bind_or_error(item: Any, msg: str | None = None) -> Any:
    """Removed in 2.0; the bind of an item, an error without one."""
    return binding.resolve(getattr(item, "bind", None))


# -- names ----------------------------------------------------------------


def _name(owner: Any, name: str, value: Any, release: str) -> Patch:
    return Patch(
        owner,
        name,
        lambda _: value,
        f"{owner.__name__}.{name}",
        f"Removed in {release}; today's object.",
    )


def _missing(owner: Any, names: dict[str, Any], release: str) -> list[Patch]:
    """Patch in the names that this SQLAlchemy has no more."""
    return [
        _name(owner, name, value, release)
        for name, value in names.items()
        if not hasattr(owner, name)
    ]


_EXPRESSIONS = {
    "_BinaryExpression": expression.BinaryExpression,
    "_BindParamClause": expression.BindParameter,
    "_Case": expression.Case,
    "_Cast": expression.Cast,
    "_Executable": expression.Executable,
    "_Exists": expression.Exists,
    "_Extract": expression.Extract,
    "_False": expression.False_,
    "_FromGrouping": expression.FromGrouping,
    "_Grouping": expression.Grouping,
    "_Label": expression.Label,
    "_Null": expression.Null,
    "_Over": expression.Over,
    "_ScalarSelect": expression.ScalarSelect,
    "_SelectBase": expression.SelectBase,
    "_TextClause": expression.TextClause,
    "_True": expression.True_,
    "_Tuple": expression.Tuple,
    "_TypeClause": expression.TypeClause,
    "_UnaryExpression": expression.UnaryExpression,
    "PARSE_AUTOCOMMIT": True,
    "subquery": subquery,
}

_RESULTS = {
    "BaseCursorResult": CursorResult,
    "BufferedColumnResultProxy": CursorResult,
    "BufferedColumnRow": Row,
    "BufferedRowResultProxy": CursorResult,
    "FullyBufferedResultProxy": CursorResult,
    "LegacyCursorResult": CursorResult,
    "LegacyRow": Row,
    "ResultProxy": CursorResult,
    "RowProxy": Row,
}

_UTIL = {
    "StringIO": io.StringIO,
    "binary_type": bytes,
    "binary_types": (bytes,),
    "byte_buffer": io.BytesIO,
    "callable": callable,
    "collections_abc": collections.abc,
    "contextmanager": contextlib.contextmanager,
    "int_types": (int,),
    "itertools_filter": filter,
    "itertools_filterfalse": itertools.filterfalse,
    "namedtuple": collections.namedtuple,
    "next": next,
    "nullcontext": contextlib.nullcontext,
    "parse_qsl": urllib.parse.parse_qsl,
    "perf_counter": time.perf_counter,
    "pickle": pickle,
    "py2k": False,
    "py3k": True,
    "quote_plus": urllib.parse.quote_plus,
    "reduce": functools.reduce,
    "string_types": (str,),
    "text_type": str,
    "threading": threading,
    "u": str,
    "ue": str,
    "unquote": urllib.parse.unquote,
    "unquote_plus": urllib.parse.unquote_plus,
    "zip_longest": itertools.zip_longest,
}

_SCHEMA = {
    "PassiveDefault": schema.DefaultClause,
    "ThreadLocalMetaData": ThreadLocalMetaData,
}

_ORM = {
    "eagerload_all": orm.joinedload,
    "joinedload_all": orm.joinedload,
    "lazyload_all": orm.lazyload,
    "selectinload_all": orm.selectinload,
    "subqueryload_all": orm.subqueryload,
    "ScopedSession": orm.scoped_session,
}

_CONNECTABLE = {"Connectable": Connectable}

# Modules had the names of others for their own use; scripts took them there.
_ELEMENTS = {
    "PARSE_AUTOCOMMIT": True,
    "between": sqlalchemy.between,
    "collate": sqlalchemy.collate,
    "not_": sqlalchemy.not_,
    "outparam": sqlalchemy.outparam,
}
_ORM_UTIL = {
    "aliased": orm.aliased,
    "join": orm.join,
    "outerjoin": orm.outerjoin,
    "with_polymorphic": orm.with_polymorphic,
}


PATCHES: list[Patch] = [
    *_missing(expression, _EXPRESSIONS, "2.0"),
    *_missing(sql, {"subquery": subquery}, "2.0"),
    *_missing(
        sqlalchemy,
        {**_SCHEMA, "Binary": sqlalchemy.LargeBinary, "subquery": subquery},
        "1.4 and 2.0",
    ),
    *_missing(sql_schema, _SCHEMA, "1.4 and 2.0"),
    *_missing(sqltypes, {"Binary": sqlalchemy.LargeBinary}, "1.4"),
    *_missing(elements, _ELEMENTS, "2.0"),
    *_missing(orm_util, _ORM_UTIL, "2.0"),
    *_missing(orm_query, {"aliased": orm.aliased}, "2.0"),
    *_missing(orm_mapper, {"class_mapper": orm.class_mapper}, "2.0"),
    *_missing(schema, {**_SCHEMA, "_bind_or_error": _bind_or_error}, "2.0"),
    *_missing(sqlalchemy.types, {"Binary": sqlalchemy.LargeBinary}, "1.4"),
    *_missing(engine, {**_RESULTS, **_CONNECTABLE}, "2.0"),
    *_missing(engine_base, {**_RESULTS, **_CONNECTABLE}, "2.0"),
    *_missing(engine_result, _RESULTS, "2.0"),
    *_missing(engine_interfaces, _CONNECTABLE, "2.0"),
    *_missing(reflection, _CONNECTABLE, "2.0"),
    *_missing(util, _UTIL, "2.0"),
    *_missing(util.compat, _UTIL, "2.0"),
    *_missing(orm, _ORM, "1.4"),
    *_missing(
        exc,
        {
            "SQLError": exc.DBAPIError,
            "RemovedIn20Warning": RemovedIn20Warning,
            "UnmappedColumnError": orm.exc.UnmappedColumnError,
        },
        "0.6 and 2.0",
    ),
    in_place(
        create_engine, "create_engine(convert_unicode=, ...)", make_engine
    ),
    wrap(Pool, "QueuePool(use_threadlocal=)", pool_init, "__init__"),
    wrap(URL, "URL('sqlite', ...)", new_url, "__new__"),
    add(
        Inspector,
        "Inspector.from_engine(engine)",
        classmethod(from_engine),
        "from_engine",
    ),
    add(Inspector, "Inspector(engine)", inspector_init, "__init__"),
    add(Inspector, "inspector.get_primary_keys()", get_primary_keys),
    add(Inspector, "inspector.reflecttable(table)", reflecttable),
    add(
        default.DefaultDialect,
        "dialect.reflecttable(connection, table)",
        default_reflecttable,
        "reflecttable",
    ),
]
