"""The engine of a command: given, or made of a URL."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from os import environ
from typing import TYPE_CHECKING
from typing import Any

from migrate.exceptions import InvalidEngineError
from migrate.versioning.secret import hidden
from migrate.versioning.secret import scrub
from migrate.versioning.secret import secrets_in
from migrate.versioning.util import construct_engine

if TYPE_CHECKING:
    from sqlalchemy.engine import URL
    from sqlalchemy.engine import Engine

__all__ = ["engine_of"]

_EXPECTED = "expected dialect://user:password@host/name, or env:NAME"


@contextmanager
def engine_of(
    url: str | URL | Engine, opts: Mapping[str, Any]
) -> Iterator[Engine]:
    """Give the engine passed, or one that ends with the block.

    :raises InvalidEngineError: when SQLAlchemy makes none.

    No error that leaves the block shows the password.
    """
    engine = _made(url, opts)
    try:
        yield engine
    except BaseException as error:
        scrub(error, _secrets(url, opts))
        raise
    finally:
        if engine is not url:
            engine.dispose()


def _made(url: Any, opts: Mapping[str, Any]) -> Engine:
    try:
        return construct_engine(url, **opts)
    except Exception as error:
        reason = _reason(error)
        if reason is None:
            raise
        scrub(error, _secrets(url, opts))
        reason = hidden(reason, _secrets(url, opts))
        raise InvalidEngineError(reason) from error


def _secrets(url: object, opts: Mapping[str, Any]) -> frozenset[str]:
    return secrets_in({**opts, "url": url}, environ)


def _reason(error: Exception) -> str | None:
    """Return what to say; None if that is no matter of URL and keywords."""
    if isinstance(error, (TypeError, ValueError)):
        return str(error)
    from sqlalchemy.exc import ArgumentError  # imported it is by now

    if isinstance(error, ArgumentError):
        return f"{error}; {_EXPECTED}"
    return None
