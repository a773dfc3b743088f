"""Runs something when a module has been imported, without importing it.

``import migrate`` gives methods to SQLAlchemy's classes, also for who
imports SQLAlchemy later; and ``manage.py version``, which needs no database,
must not pay for SQLAlchemy.  Python has no event for this, but asks every
finder on ``sys.meta_path`` for a module that it does not know yet.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

__all__ = ["when_imported"]


def when_imported(name: str, action: Callable[[], object]) -> None:
    """Call ``action`` now if ``name`` is imported, else once it will be."""
    if name in sys.modules:
        action()
    else:
        sys.meta_path.insert(0, _Watch(name, action))


class _Watch:
    """A finder that waits for one module, lets the others find it, and goes.

    It derives from nothing: importlib.abc and importlib.util take longer to
    import than all of this package.
    """

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
        specs = (
            finder.find_spec(fullname, path, target)
            for finder in [*sys.meta_path]
        )
        spec = next(filter(None, specs), None)
        if spec is not None and spec.loader is not None:
            # The loader is this spec's own, made by the search just now.
            act = self._then_act(spec.loader.exec_module)
            spec.loader.exec_module = act  # type: ignore[assignment, method-assign]
        return spec

    def _then_act(
        self, execute: Callable[[ModuleType], None]
    ) -> Callable[[ModuleType], None]:
        def execute_then_act(module: ModuleType) -> None:
            execute(module)
            self.action()

        return execute_then_act
