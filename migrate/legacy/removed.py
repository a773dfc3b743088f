"""Engines, URLs and inspectors as 1.x let them be made and asked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import Table
from sqlalchemy import create_engine
from sqlalchemy import create_mock_engine
from sqlalchemy import inspect
from sqlalchemy.engine import URL
from sqlalchemy.engine import Engine
from sqlalchemy.engine import default
from sqlalchemy.engine import make_url
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.pool import Pool

from migrate import binding
from migrate.legacy.engine import ScriptEngine
from migrate.legacy.lending import is_own
from migrate.legacy.patching import Patch
from migrate.legacy.patching import add
from migrate.legacy.patching import in_place
from migrate.legacy.patching import wrap

__all__ = ["PATCHES"]

log = logging.getLogger(__name__)


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


PATCHES: list[Patch] = [
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
