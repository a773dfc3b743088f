"""Types with a name of their own in the schema, as PostgreSQL's ENUM.

Up to 2.0, a type that was given no MetaData belonged to its table and came
and went with it.  2.1 gives it the MetaData of its table, which alone drops
it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.types import SchemaType

from migrate import binding
from migrate.legacy.patching import Later
from migrate.legacy.patching import Patch
from migrate.legacy.patching import wrap

__all__ = ["PATCHES"]

# SQLAlchemy 2.1 gives a type the MetaData of its table.
_ADOPTS = hasattr(SchemaType, "_set_metadata")

# On the copy of a type that was given no MetaData.
_ADOPTED = "_migrate_adopted"


def on_table_drop(
    original: Callable[..., None],
    self: Any,
    target: Any,
    bind: Any,
    *args: Any,
    **kwargs: Any,
) -> None:
    """2.1 leaves the type; in a change script, it goes with its table."""
    original(self, target, bind, *args, **kwargs)
    if (
        _is_own(self)
        and _was_adopted(self)
        and not kwargs.get("_is_metadata_operation")
        and self._is_impl_for_variant(bind.dialect, kwargs)
    ):
        _drop(self.dialect_impl(bind.dialect), bind, **kwargs)


def _is_own(type_: Any) -> bool:
    """Whether a script runs, and this is the type that it sees.

    A dialect makes a copy without events, which is told by the type itself.
    """
    return binding.running_bind() is not None and type_._create_events


def copy(original: Callable[..., Any], self: Any, **kwargs: Any) -> Any:
    """2.1 gives a copy the MetaData; it still belongs to its table."""
    made = original(self, **kwargs)
    if _was_adopted(self):
        setattr(made, _ADOPTED, True)
    return made


def _was_adopted(type_: Any) -> bool:
    """Whether its MetaData is that of its table, and was not given to it."""
    if not _ADOPTS or type_.metadata is None:
        return False
    return hasattr(type_, _ADOPTED) or not event.contains(
        type_.metadata, "after_drop", type_._on_metadata_drop
    )


def _drop(
    named: Any, bind: Any, checkfirst: Any = False, **kwargs: Any
) -> None:
    # Only a type with a name of its own knows who has dropped it before.
    seen = getattr(named, "_check_for_name_in_memos", None)
    if seen is not None and not seen(checkfirst, kwargs):
        named.drop(bind=bind, checkfirst=bool(checkfirst))


_NAMED = Later("sqlalchemy.dialects.postgresql.named_types", "NamedType")
_FORM = "table.drop() with an enum of its own"

PATCHES: list[Patch] = [
    wrap(SchemaType, _FORM, on_table_drop, "_on_table_drop"),
    wrap(_NAMED, _FORM, on_table_drop, "_on_table_drop"),
    wrap(SchemaType, "enum.copy()", copy),
]
