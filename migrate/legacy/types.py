"""Arguments of types that are gone, and what meant nothing on Python 3."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from sqlalchemy import types
from sqlalchemy.types import TypeEngine

from migrate.legacy.patching import Patch
from migrate.legacy.patching import wrap

__all__ = ["PATCHES"]


def _string_init(original: Callable[..., None]) -> Callable[..., None]:
    # Written out: SQLAlchemy reads the names of the arguments to copy and
    # to print types.
    def __init__(  # noqa: N807  # what it stands for
        self: Any,
        length: int | None = None,
        collation: str | None = None,
        convert_unicode: Any = False,
        unicode_error: Any = None,
        assert_unicode: Any = False,
        _warn_on_bytestring: Any = False,
        _expect_unicode: Any = False,
    ) -> None:
        original(self, length, collation)

    return __init__


def _pickle_init(original: Callable[..., None]) -> Callable[..., None]:
    def __init__(  # noqa: N807  # what it stands for
        self: Any,
        protocol: int = pickle.HIGHEST_PROTOCOL,
        pickler: Any = None,
        comparator: Any = None,
        mutable: Any = False,
        impl: Any = None,
    ) -> None:
        original(self, protocol, pickler, comparator, impl)

    return __init__


# Classes of which with_variant() is making a copy.
_copying: ContextVar[frozenset[type]] = ContextVar(
    "migrate_copying", default=frozenset()
)


def with_variant(
    original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any
) -> Any:
    """2.0 copies the type; a constructor that asks for a variant may."""
    kind, copying = type(self), _copying.get()
    if kind in copying:
        return self
    token = _copying.set(copying | {kind})
    try:
        return original(self, *args, **kwargs)
    finally:
        _copying.reset(token)


def enum_init(
    original: Callable[..., None], self: Any, *enums: Any, **kwargs: Any
) -> None:
    """Removed in 1.4; ``convert_unicode=`` and ``assert_unicode=``."""
    for gone in ("convert_unicode", "assert_unicode"):
        kwargs.pop(gone, None)
    original(self, *enums, **kwargs)


def _without_arguments(kind: type[TypeEngine[Any]]) -> Patch:
    def __init__(  # noqa: N807  # what it stands for
        self: Any,
        length: Any = None,
        convert_unicode: Any = False,
        assert_unicode: Any = None,
    ) -> None:
        super(kind, self).__init__()

    return Patch(
        kind,
        "__init__",
        lambda _: __init__,
        f"{kind.__name__}(length=, convert_unicode=, assert_unicode=)",
        "Removed in 0.8; had no effect, and scripts made from a database "
        "are full of it.",
    )


PATCHES: list[Patch] = [
    _without_arguments(types.Integer),
    _without_arguments(types.Date),
    Patch(
        types.String,
        "__init__",
        _string_init,
        "String(convert_unicode=, assert_unicode=, unicode_error=)",
        "Removed in 2.0; has no effect on Python 3.",
    ),
    Patch(
        types.PickleType,
        "__init__",
        _pickle_init,
        "PickleType(mutable=)",
        "Removed in 0.9; has no effect.",
    ),
    wrap(TypeEngine, "with_variant() inside of __init__()", with_variant),
    wrap(types.Enum, "Enum(convert_unicode=)", enum_init, "__init__"),
]
