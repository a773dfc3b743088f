"""The engine of a command: given, or made of a URL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
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

_DRIVERS = {
    "mariadb": "pymysql, mysqldb or mariadbconnector",
    "mysql": "pymysql, mysqldb or mysqlconnector",
    "postgresql": "psycopg, psycopg2 or pg8000",
    "sqlite": "pysqlite",
}
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
        return _synchronous(construct_engine(url, **opts))
    except InvalidEngineError:
        raise
    except ImportError as error:  # of a driver, whose name says enough
        scrub(error, _secrets(url, opts))
        raise
    except Exception as error:
        secrets = _secrets(url, opts)
        scrub(error, secrets)
        reason = hidden(_reason(error, url, opts), secrets)
        raise InvalidEngineError(reason) from error


def _synchronous(engine: Engine) -> Engine:
    """Refuse a driver of which each call would have to be awaited."""
    dialect = engine.dialect
    if dialect.is_async:
        known = _DRIVERS.get(dialect.name)
        raise InvalidEngineError(
            f"{dialect.driver!r} is an asynchronous driver, expected another "
            + (f"({known})" if known else "one")
            + f" in the URL: {dialect.name}+driver://..."
        )
    return engine


def _reason(error: Exception, url: object, opts: Mapping[str, Any]) -> str:
    from sqlalchemy.exc import ArgumentError  # imported it is by now

    keywords = [name for name in opts if name.startswith("engine_")]
    if isinstance(error, ArgumentError) and not keywords:
        # Only what surely is no URL holds no password.
        is_path = isinstance(url, str) and os.path.exists(url)
        what = f"{url!r} is a path, the URL comes first: " if is_path else ""
        return f"{what}{error}; {_EXPECTED}"
    if keywords:
        return f"{error}; check {', '.join(keywords)} and the URL"
    return str(error)


def _secrets(url: object, opts: Mapping[str, Any]) -> frozenset[str]:
    return secrets_in({**opts, "url": url}, os.environ)
