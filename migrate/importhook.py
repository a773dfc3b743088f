"""Runs something when a module has been imported, without importing it.

``import migrate`` gives methods to SQLAlchemy's classes, also for who
imports SQLAlchemy later; and ``manage.py version``, which needs no database,
must not pay for SQLAlchemy.  Python has no event for this, but asks every
finder on ``sys.meta_path`` for a module that it does not know yet.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

__all__ = ["when_imported"]


def when_imported(name: str, action: Callable[[], object]) -> None:
    """Call ``action`` now if ``name`` is imported, else once it will be."""
    if name in sys.modules:
        action()
    else:
        sys.meta_path.insert(0, _Watch(name, action))


class _Watch(MetaPathFinder):
    """Waits for one module; finds it by the other finders, and is gone."""

    def __init__(self, name: str, action: Callable[[], object]) -> None:
        self.name = name
        self.action = action

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_then_act(module: ModuleType) -> None:
                execute(module)
                self.action()

            # The loader is this spec's own, made by the search just now.
            spec.loader.exec_module = execute_then_act  # type: ignore[method-assign]
        return spec
