"""Names that are loaded when they are first asked for (PEP 562)."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ["DeferredModule", "loader"]


def loader(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Make the ``__getattr__`` of ``package``.

    :param homes: public name -> the module it is in, or is, if the module
        has no such name.
    """

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(
                f"module {package!r} has no attribute {name!r}"
            )
        home = import_module(homes[name])
        return getattr(home, name, home)

    return load


class DeferredModule(ModuleType):
    """Stands for the module of its name, imported on first use.

    ``from migrate import *`` has always given ``pkg_resources``; setuptools
    needs half a second to import it, warns, and is going to remove it.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            # Who looks a module over, such as doctest, is no use of it; nor
            # has everybody setuptools.
            raise AttributeError(
                f"module {self.__name__!r} has no attribute {name!r}"
            )
        return getattr(import_module(self.__name__), name)
