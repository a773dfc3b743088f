"""Reflection without a bind, and ``Table(..., autoload=True)``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy import Table
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.exc import NoSuchTableError

from migrate import binding
from migrate.legacy.engine import ScriptEngine
from migrate.legacy.patching import Patch
from migrate.legacy.patching import wrap

__all__ = ["PATCHES"]


def table_new(
    original: Callable[..., Any],
    cls: type[Table],
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Removed in 2.0; reflects the table by the bind of its metadata.

    Also ``useexisting=`` for ``extend_existing=``, ``mustexist=`` for
    ``must_exist=``, and ``autoload=False``.
    """
    if len(args) > 1:
        kwargs = _todays_options(args[1], dict(kwargs))
    try:
        return original(cls, *args, **kwargs)
    except NoSuchTableError:
        renamed = _renamed(*args, **kwargs)
        if renamed is None:
            raise
        return renamed


def _renamed(name: str, metadata: MetaData, *args: Any, **kwargs: Any) -> Any:
    """Return the Table that had this name until a script renamed it.

    The MetaData went on to know it by that name in sqlalchemy-migrate.
    """
    schema = kwargs.get("schema", metadata.schema)
    key = f"{schema}.{name}" if schema else name
    return None if args else metadata.info.get("migrate_renamed", {}).get(key)


def _todays_options(
    metadata: MetaData, options: dict[str, Any]
) -> dict[str, Any]:
    if "mustexist" in options:
        options["must_exist"] = options.pop("mustexist")
    if "useexisting" in options:
        options["extend_existing"] = options.pop("useexisting")
    autoload = options.pop("autoload", None)
    if autoload is False:
        options.pop("autoload_with", None)
    elif autoload and options.get("autoload_with") is None:
        options["autoload_with"] = binding.resolve(
            metadata=metadata, purpose="autoload=True"
        )
    return options


def reflect(
    original: Callable[..., None],
    self: MetaData,
    bind: Any = None,
    *args: Any,
    **kwargs: Any,
) -> None:
    """2.0 requires ``bind``; without it, that of the metadata is used."""
    bind = binding.resolve(bind, metadata=self, purpose="reflect()")
    original(self, bind, *args, **kwargs)


def get_reflection_info(
    original: Callable[..., Any],
    self: Inspector,
    schema: str | None = None,
    filter_names: Collection[str] | None = None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Reads a table once, until a statement may have changed it."""
    engine = self.engine
    special = any(map(kwargs.get, engine.dialect.reflection_options))
    if isinstance(engine, ScriptEngine) and filter_names and not special:
        memory = engine.memory
        if not memory.is_reading:
            return memory.reflection(self, filter_names, schema)
    return original(self, schema, filter_names, *args, **kwargs)


PATCHES: list[Patch] = [
    wrap(Table, "Table(name, metadata, autoload=True)", table_new, "__new__"),
    wrap(MetaData, "metadata.reflect()", reflect),
    wrap(
        Inspector,
        "autoload=True, once more",
        get_reflection_info,
        "_get_reflection_info",
    ),
]
