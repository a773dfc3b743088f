"""Names that left SQLAlchemy's modules between 0.5 and 2.1."""

from __future__ import annotations

import collections
import contextlib
import functools
import io
import itertools
import pickle
import threading
import time
import urllib.parse
from importlib import import_module
from typing import Any

import sqlalchemy
from sqlalchemy import MetaData
from sqlalchemy import create_engine
from sqlalchemy import engine
from sqlalchemy import exc
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
from sqlalchemy.engine import interfaces as engine_interfaces
from sqlalchemy.engine import reflection
from sqlalchemy.engine import result as engine_result
from sqlalchemy.orm import query as orm_query
from sqlalchemy.orm import util as orm_util
from sqlalchemy.sql import elements
from sqlalchemy.sql import expression
from sqlalchemy.sql import schema as sql_schema
from sqlalchemy.sql import sqltypes

from migrate import binding
from migrate.legacy.patching import Patch

__all__ = ["PATCHES"]

# The package has a function of that name.
orm_mapper = import_module("sqlalchemy.orm.mapper")


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


def subquery(alias: str | None, *args: Any, **kwargs: Any) -> Any:
    """Removed in 2.0; a named subquery of the columns."""
    return sqlalchemy.select(*args, **kwargs).subquery(alias)


def _bind_or_error(item: Any, msg: str | None = None) -> Any:
    """Removed in 2.0; the bind of an item, an error without one."""
    return binding.resolve(getattr(item, "bind", None))


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
]
