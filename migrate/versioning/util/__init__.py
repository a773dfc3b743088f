"""Reading what callers pass: models, truth values, engines and URLs."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

from migrate.exceptions import KnownError
from migrate.exceptions import MigrateDeprecationWarning
from migrate.exceptions import PathFoundError
from migrate.versioning.address import resolved
from migrate.versioning.util.driver import with_driver
from migrate.versioning.util.importpath import import_path

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

__all__ = [
    "Memoize",
    "asbool",
    "catch_known_errors",
    "construct_engine",
    "guess_obj_type",
    "import_path",
    "load_model",
    "with_engine",
]

_F = TypeVar("_F", bound=Callable[..., Any])
_TRUE = ("true", "yes", "on", "y", "t", "1")
_FALSE = ("false", "no", "off", "n", "f", "0")


def load_model(dotted_name: Any) -> Any:
    """Import what ``package.module:attribute`` names.

    ``attribute`` may have dots.  Anything but a string is returned as it
    is.  ``package.module.attribute`` works and warns.

    :raises ImportError: of the module, or when it has no such attribute.
    """
    from importlib import import_module  # costs start-up of plain commands

    if not isinstance(dotted_name, str):
        return dotted_name
    if ":" not in dotted_name:
        warnings.warn(
            "model should be in form of module.model:User "
            "and not module.model.User",
            MigrateDeprecationWarning,
            stacklevel=2,
        )
        dotted_name = ":".join(dotted_name.rsplit(".", 1))
    module_name, _, attributes = dotted_name.partition(":")
    found: Any = import_module(module_name)
    for name in attributes.split(".") if attributes else ():
        try:
            found = getattr(found, name)
        except AttributeError as error:
            raise ImportError(
                f"module {module_name!r} has no attribute {attributes!r}"
            ) from error
    return found


def asbool(obj: Any) -> bool:
    """Read a truth value.

    :raises ValueError: on anything but true/yes/on/y/t/1,
        false/no/off/n/f/0, their capitals, and the numbers 1 and 0.
    """
    word = obj.strip().lower() if isinstance(obj, str) else obj
    if word in (True, False):
        return bool(word)
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(f"String is not true/false: {obj!r}")


def guess_obj_type(obj: Any) -> Any:
    """Read a command line value as an int, else a bool, else leave it."""
    for read in (int, asbool):
        try:
            return read(obj)
        except (TypeError, ValueError):
            continue
    return obj


def construct_engine(engine: Any, **opts: Any) -> Engine:
    """Make an engine from a URL; an Engine is returned as it is.

    :param engine: an Engine, a URL as text or as an object, or
        ``env:NAME`` for the URL that an environment variable holds.
    :param engine_dict: keywords for ``create_engine``.
    :param engine_arg_X: keyword X for ``create_engine``, before the former.
    :param echo: deprecated; the same as ``engine_arg_echo``.
    :raises ValueError: when it is none of these.

    A URL without a driver gets one that is installed.  Nothing is connected
    yet.  Who calls this disposes what was made.
    """
    if isinstance(engine, str):
        engine = resolved(engine)
    from sqlalchemy import create_engine  # only commands with a database
    from sqlalchemy.engine import URL
    from sqlalchemy.engine import Engine

    if isinstance(engine, Engine):
        return engine
    if not isinstance(engine, (str, URL)):
        raise ValueError(
            "you need to pass either an existing engine or a database uri"
        )
    keywords = dict(opts.get("engine_dict") or {})
    echo = guess_obj_type(opts.get("echo", False))
    if echo:
        warnings.warn(
            "echo=True parameter is deprecated, pass "
            'engine_arg_echo=True or engine_dict={"echo": True}',
            MigrateDeprecationWarning,
            stacklevel=2,
        )
        keywords["echo"] = echo
    prefix = "engine_arg_"
    for name, value in opts.items():
        if name.startswith(prefix):
            keywords[name.removeprefix(prefix)] = guess_obj_type(value)
    return create_engine(with_driver(engine), **keywords)


def catch_known_errors(f: _F) -> _F:
    """Turn a path that must not exist into a KnownError, for the shell."""
    from decorator import decorate

    def call(f: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return f(*args, **kwargs)
        except PathFoundError as error:
            raise KnownError(f"The path {error} already exists") from error

    return decorate(f, call)


def with_engine(f: _F) -> _F:
    """Give ``f`` the engine of its argument ``url`` as keyword ``engine``.

    An engine made here is disposed after the call, a given one is not.
    """
    from decorator import decorate

    place = f.__code__.co_varnames.index("url")

    def call(f: Any, *args: Any, **kwargs: Any) -> Any:
        url = args[place]
        engine = construct_engine(url, **kwargs)
        try:
            return f(*args, **kwargs, engine=engine)
        finally:
            if engine is not url:
                engine.dispose()

    return decorate(f, call)


class Memoize:
    """Remember what a function returned for positional arguments.

    Kept for test suites that took it over from the old library's.
    """

    def __init__(self, fn: Callable[..., Any]) -> None:
        self.fn = fn
        self.memo: dict[tuple[Any, ...], Any] = {}

    def __call__(self, *args: Any) -> Any:
        """Return the remembered value, or call and remember."""
        if args not in self.memo:
            self.memo[args] = self.fn(*args)
        return self.memo[args]


def __getattr__(name: str) -> Any:
    # OpenStack's copies of db/sqlalchemy/migration.py take them from here.
    if name == "decorator":
        from decorator import decorator

        return decorator
    if name == "Engine":
        from sqlalchemy.engine import Engine

        return Engine
    if name == "log":
        import logging

        return logging.getLogger(__name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
