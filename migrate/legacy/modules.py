"""Modules that left SQLAlchemy between 0.5 and 2.1.

Those that stand for others import them when a script asks for a name: each
costs milliseconds, and few scripts want one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from sqlalchemy import dialects
from sqlalchemy import exc
from sqlalchemy.engine import processors

from migrate.legacy.patching import Patch
from migrate.legacy.patching import add

__all__ = ["PATCHES"]

# By name: the modules of today that have the names.
_MOVED = {
    "sqlalchemy.ext.declarative.api": (
        "sqlalchemy.ext.declarative",
        "sqlalchemy.orm.decl_api",
    ),
    "sqlalchemy.ext.declarative.base": ("sqlalchemy.orm.decl_base",),
    "sqlalchemy.ext.declarative.clsregistry": ("sqlalchemy.orm.clsregistry",),
}
_DIALECTS = {
    "sqlalchemy.databases.mssql": "sqlalchemy.dialects.mssql",
    "sqlalchemy.databases.mysql": "sqlalchemy.dialects.mysql",
    "sqlalchemy.databases.oracle": "sqlalchemy.dialects.oracle",
    "sqlalchemy.databases.postgres": "sqlalchemy.dialects.postgresql",
    "sqlalchemy.databases.postgresql": "sqlalchemy.dialects.postgresql",
    "sqlalchemy.databases.sqlite": "sqlalchemy.dialects.sqlite",
    "sqlalchemy.dialects.postgres": "sqlalchemy.dialects.postgresql",
}


class PoolListener:
    """Listened to connections before there were events; removed in 1.4."""


class ConnectionProxy:
    """Stood before executions before there were events; removed in 1.4."""


class _OldModule(ModuleType):
    """Has the names of other modules."""

    def __init__(self, name: str, *homes: str) -> None:
        super().__init__(name, "A module that SQLAlchemy had.")
        self._homes = homes

    def __getattr__(self, name: str) -> Any:
        # "from ... import *" asks for __all__ first.
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        for home in self._homes:
            vars(self).update(_public(import_module(home)))
        if name not in vars(self):
            raise AttributeError(
                f"module {self.__name__!r} has no attribute {name!r}"
            )
        return vars(self)[name]


def _public(module: ModuleType) -> dict[str, Any]:
    return {n: v for n, v in vars(module).items() if not n.startswith("__")}


def _module(name: str, names: dict[str, Any]) -> ModuleType:
    module = ModuleType(name, "A module that SQLAlchemy had.")
    vars(module).update(names)
    return module


def _modules() -> dict[str, ModuleType]:
    package = _module("sqlalchemy.databases", {"__path__": []})
    modules: dict[str, ModuleType] = {package.__name__: package}
    for name, homes in _MOVED.items():
        modules[name] = _OldModule(name, *homes)
    for name, home in _DIALECTS.items():
        modules[name] = _OldModule(name, home, f"{home}.base")
        if name.startswith(f"{package.__name__}."):
            setattr(package, name.rpartition(".")[2], modules[name])
    return modules | {
        "sqlalchemy.exceptions": _module(
            "sqlalchemy.exceptions",
            {**_public(exc), "SQLError": exc.DBAPIError},
        ),
        "sqlalchemy.interfaces": _module(
            "sqlalchemy.interfaces",
            {"PoolListener": PoolListener, "ConnectionProxy": ConnectionProxy},
        ),
        "sqlalchemy.processors": _module(
            "sqlalchemy.processors",
            {
                name: value
                for name, value in _public(processors).items()
                if name.startswith("str_to_")
            },
        ),
    }


def dialect_of_package(name: str) -> ModuleType:
    """sqlalchemy-migrate imported them all; imported when asked for."""
    if name not in _IMPORTED_BY_OLD:
        raise AttributeError(
            f"module {dialects.__name__!r} has no attribute {name!r}"
        )
    return import_module(f"{dialects.__name__}.{name}")


_IMPORTED_BY_OLD = ("mssql", "mysql", "oracle", "postgresql", "sqlite")


def _patches(name: str, module: ModuleType) -> list[Patch]:
    """Let ``name`` be imported, and be there as an attribute."""
    note = "Removed between 0.6 and 2.0; gives today's names."
    build: Callable[[Any], Any] = lambda _: module  # noqa: E731  # a value
    form = f"import {name}"
    parent, _, child = name.rpartition(".")
    patches = [Patch(sys.modules, name, build, form, note)]
    if parent in ("sqlalchemy", "sqlalchemy.dialects"):
        owner = import_module(parent)
        patches.append(Patch(owner, child, build, form, note))
    return patches


PATCHES: list[Patch] = [
    patch
    for name, module in _modules().items()
    for patch in _patches(name, module)
] + [
    add(
        dialects,
        "sqlalchemy.dialects.postgresql",
        dialect_of_package,
        "__getattr__",
    )
]
