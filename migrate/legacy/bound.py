"""Bound metadata: a MetaData knows its engine, and so do its tables.

The bind lies in the instance attribute that :func:`migrate.binding.bind_of`
reads.  Whatever needs a connection and is given none asks
:func:`migrate.binding.resolve`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import Index
from sqlalchemy import MetaData
from sqlalchemy import Sequence
from sqlalchemy import Table
from sqlalchemy import create_engine
from sqlalchemy import inspect
from sqlalchemy.engine import URL
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import SchemaType

from migrate import binding
from migrate.legacy.patching import Later
from migrate.legacy.patching import Patch
from migrate.legacy.patching import add
from migrate.legacy.patching import wrap

__all__ = ["PATCHES"]

log = logging.getLogger(__name__)


def metadata_init(
    original: Callable[..., None],
    self: MetaData,
    bind: Any = None,
    *args: Any,
    **kwargs: Any,
) -> None:
    """Removed in 2.0; sets ``metadata.bind``, a URL is given an engine.

    A string in first place is a schema, as 2.x has it, unless it is a URL;
    ``reflect=True`` reads all tables.
    """
    reflect = kwargs.pop("reflect", False)
    if isinstance(bind, str) and "://" not in bind:
        args, bind = (bind, *args), None
    original(self, *args, **kwargs)
    if bind is not None:
        set_bind(self, bind)
    if reflect:
        self.reflect(binding.resolve(metadata=self))


def set_bind(metadata: MetaData, bind: Any) -> None:
    """Set the bind of ``metadata``: an engine, connection, URL or None."""
    if isinstance(bind, (str, URL)):
        bind = create_engine(bind)
    vars(metadata)["bind"] = bind


def bind(self: MetaData) -> Any:
    """Removed in 2.0; None if nothing was set, as in 1.x."""
    return binding.bind_of(self)


def is_bound(self: MetaData) -> bool:
    """Removed in 2.0; whether ``metadata.bind`` is set."""
    return binding.bind_of(self) is not None


def metadata_of(item: Any) -> MetaData | None:
    """Return the MetaData that a schema item or a type belongs to."""
    if isinstance(item, MetaData):
        return item
    table = getattr(item, "table", None)
    owner = table if isinstance(table, Table) else item
    found: MetaData | None = getattr(owner, "metadata", None)
    return found


def item_bind(self: Any) -> Any:
    """Removed in 2.0; the bind of the metadata, None without one."""
    return binding.bind_of(metadata_of(self))


def _resolved(item: Any, bind: Any, purpose: str) -> Any:
    return binding.resolve(
        bind,
        metadata=metadata_of(item),
        purpose=f"{purpose} of {getattr(item, 'name', None) or item!r}",
    )


def create(
    original: Callable[..., None],
    self: Any,
    bind: Any = None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """2.0 requires ``bind``; without it, that of the metadata is used."""
    return original(self, _resolved(self, bind, "create()"), *args, **kwargs)


def create_index(
    original: Callable[..., None],
    self: Index,
    bind: Any = None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """2.0 requires ``bind``; without it, that of the metadata is used.

    A change script on SQLite may ask for an index that is there already, of
    the same name, columns and uniqueness: the old library lost indexes when
    it rebuilt a table, and later scripts made them again.
    """
    bind = _resolved(self, bind, "create()")
    if bind.dialect.name == "sqlite" and _is_there(self, bind):
        log.info("index %r is there already, as stated", self.name)
        return self
    return original(self, bind, *args, **kwargs)


def _is_there(index: Index, bind: Any) -> bool:
    if binding.running_bind() is None or index.table is None:
        return False
    table = index.table
    stated = (index.name, [*index.columns.keys()], bool(index.unique))
    return any(
        (one["name"], one["column_names"], bool(one["unique"])) == stated
        for one in inspect(bind).get_indexes(table.name, schema=table.schema)
    )


def drop(
    original: Callable[..., None],
    self: Any,
    bind: Any = None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """2.0 requires ``bind``; without it, that of the metadata is used."""
    return original(self, _resolved(self, bind, "drop()"), *args, **kwargs)


def create_all(
    original: Callable[..., None],
    self: MetaData,
    bind: Any = None,
    *args: Any,
    **kwargs: Any,
) -> None:
    """2.0 requires ``bind``; without it, that of the metadata is used."""
    original(self, _resolved(self, bind, "create_all()"), *args, **kwargs)


def drop_all(
    original: Callable[..., None],
    self: MetaData,
    bind: Any = None,
    *args: Any,
    **kwargs: Any,
) -> None:
    """2.0 requires ``bind``; without it, that of the metadata is used."""
    original(self, _resolved(self, bind, "drop_all()"), *args, **kwargs)


def exists(self: Table, bind: Any = None) -> bool:
    """Removed in 1.4; asks the database whether the table is there."""
    bind = _resolved(self, bind, "exists()")
    return bool(inspect(bind).has_table(self.name, schema=self.schema))


_POSTGRESQL_ENUM = Later("sqlalchemy.dialects.postgresql.named_types", "ENUM")


def _bound_items() -> list[Patch]:
    creatable: dict[Any, str] = {
        Table: "table",
        Index: "index",
        Sequence: "sequence",
        SchemaType: "enum",
        _POSTGRESQL_ENUM: "postgresql_enum",
    }
    return [
        wrap(owner, f"{name}.{function.__name__}()", function)
        for owner, name in creatable.items()
        for function in (create, drop)
        if (owner, function) != (Index, create)
    ]


PATCHES: list[Patch] = [
    add(
        SchemaType,
        "enum.bind",
        property(item_bind, doc=item_bind.__doc__),
        "bind",
    ),
    wrap(
        MetaData,
        "MetaData(engine), MetaData(bind=engine)",
        metadata_init,
        "__init__",
    ),
    add(
        MetaData,
        "metadata.bind, metadata.bind = engine",
        property(bind, set_bind, doc=bind.__doc__),
    ),
    add(MetaData, "metadata.is_bound()", is_bound),
    wrap(MetaData, "metadata.create_all()", create_all),
    wrap(MetaData, "metadata.drop_all()", drop_all),
    *_bound_items(),
    wrap(Index, "index.create()", create_index, "create"),
    add(Table, "table.exists()", exists),
    add(
        SchemaItem,
        "table.bind, index.bind, sequence.bind",
        property(item_bind, doc=item_bind.__doc__),
        "bind",
    ),
]
