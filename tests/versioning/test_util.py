from __future__ import annotations

import inspect
import os.path
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.engine import make_url

from migrate.exceptions import InvalidEngineError
from migrate.exceptions import KnownError
from migrate.exceptions import MigrateDeprecationWarning
from migrate.exceptions import PathFoundError
from migrate.versioning.session.engine import engine_of
from migrate.versioning.util import Memoize
from migrate.versioning.util import asbool
from migrate.versioning.util import catch_known_errors
from migrate.versioning.util import construct_engine
from migrate.versioning.util import guess_obj_type
from migrate.versioning.util import load_model
from migrate.versioning.util import with_engine


@pytest.mark.parametrize(
    "value", ["true", " YES ", "on", "y", "t", "1", 1, True]
)
def test_asbool_true(value: object) -> None:
    assert asbool(value) is True


@pytest.mark.parametrize(
    "value", ["false", "No\n", "off", "n", "f", "0", 0, False]
)
def test_asbool_false(value: object) -> None:
    assert asbool(value) is False


@pytest.mark.parametrize("value", ["", "maybe", 2, None, [], "10"])
def test_asbool_refuses(value: object) -> None:
    with pytest.raises(ValueError, match="String is not true/false: "):
        asbool(value)


@pytest.mark.parametrize(
    ("value", "guess"),
    [
        ("5", 5),
        ("-3", -3),
        ("True", True),
        ("off", False),
        ("x", "x"),
        (None, None),
    ],
)
def test_guess_obj_type(value: object, guess: object) -> None:
    assert guess_obj_type(value) == guess
    assert type(guess_obj_type(value)) is type(guess)


def test_load_model() -> None:
    assert load_model("os.path:join") is os.path.join
    assert load_model("os:path.join") is os.path.join
    assert load_model(5) == 5
    with pytest.raises(ModuleNotFoundError):
        load_model("nosuchmodule:x")
    with pytest.raises(ImportError, match="has no attribute 'nosuch'"):
        load_model("os:nosuch")


def test_load_model_with_dots_only_is_deprecated() -> None:
    with pytest.warns(
        MigrateDeprecationWarning,
        match=r"model should be in form of module\.model:User",
    ):
        assert load_model("os.path.join") is os.path.join


def test_construct_engine_takes_engine_and_urls(sqlite_engine: Engine) -> None:
    assert construct_engine(sqlite_engine) is sqlite_engine
    assert construct_engine("sqlite://").name == "sqlite"
    assert construct_engine(make_url("sqlite://")).name == "sqlite"


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgresql://u:p%40@h/d", "psycopg2"),
        ("postgres://u:p%40@h/d", "psycopg2"),
        ("postgresql+psycopg2://u:p%40@h/d", "psycopg2"),
        ("mysql://u:p%40@h/d", "pymysql"),
    ],
)
def test_url_without_a_driver_gets_one_that_is_installed(
    url: str, driver: str
) -> None:
    engine = construct_engine(url)

    assert engine.driver == driver
    assert engine.url.password == "p@"


@pytest.mark.parametrize("value", [None, 5, b"sqlite://"])
def test_construct_engine_refuses(value: object) -> None:
    with pytest.raises(
        ValueError,
        match="you need to pass either an existing engine or a database uri",
    ):
        construct_engine(value)


def test_construct_engine_refuses_a_connection(sqlite_engine: Engine) -> None:
    with (
        sqlite_engine.connect() as connection,
        pytest.raises(ValueError, match="existing engine"),
    ):
        construct_engine(connection)


def test_engine_arguments() -> None:
    given = {"echo": True, "hide_parameters": True}

    engine = construct_engine(
        "sqlite://", engine_dict=given, engine_arg_echo="False", other=1
    )

    assert not engine.echo
    assert engine.hide_parameters
    assert given == {"echo": True, "hide_parameters": True}


def test_echo_is_deprecated() -> None:
    with pytest.warns(
        MigrateDeprecationWarning,
        match="echo=True parameter is deprecated, pass engine_arg_echo=True",
    ):
        assert construct_engine("sqlite://", echo="True").echo


@pytest.mark.parametrize("echo", [False, "False", "0", None])
def test_no_echo_is_no_warning(echo: object) -> None:
    assert not construct_engine("sqlite://", echo=echo).echo


def test_catch_known_errors_keeps_the_signature() -> None:
    def create(repository: str, name: str = "x", **opts: Any) -> None:
        """Make."""
        raise PathFoundError(repository)

    caught = catch_known_errors(create)

    assert inspect.getfullargspec(caught) == inspect.getfullargspec(create)
    assert caught.__doc__ == "Make."
    with pytest.raises(KnownError, match=r"^The path r already exists$"):
        caught(repository="r")


def test_with_engine_gives_and_disposes_the_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disposed: list[Engine] = []
    monkeypatch.setattr(Engine, "dispose", lambda e: disposed.append(e))

    @with_engine
    def version(repository: str, url: Any, **opts: Any) -> Engine:
        return opts["engine"]  # type: ignore[no-any-return]  # of a dict

    made = version("r", url="sqlite://", engine_arg_echo=False)
    given = create_engine("sqlite://")

    assert disposed == [made]
    assert version("r", given) is given
    assert disposed == [made]


def test_memoize() -> None:
    calls: list[int] = []

    @Memoize
    def double(n: int) -> int:
        calls.append(n)
        return 2 * n

    assert (double(2), double(2)) == (4, 4)
    assert calls == [2]


def test_asynchronous_driver_is_refused() -> None:
    engine = create_engine("sqlite://")
    # As that of asyncpg or aiosqlite, which need not be installed.
    engine.dialect.is_async = True

    with (
        pytest.raises(InvalidEngineError, match=r"asynchronous .*\+driver://"),
        engine_of(engine, {}),
    ):
        pass


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("migrate.versioning.util", "Engine"),
        ("migrate.versioning.util", "decorator"),
        ("migrate.versioning.util", "log"),
        ("migrate.versioning.api", "exceptions"),
    ],
)
def test_names_that_applications_found_in_our_modules(
    module: str, name: str
) -> None:
    """By OpenStack, in its copies of db/sqlalchemy/migration.py."""
    assert getattr(import_module(module), name) is not None


def test_util_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="'nothing'"):
        import_module("migrate.versioning.util").nothing  # noqa: B018  # asked
