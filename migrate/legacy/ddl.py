"""DDL objects of 1.x: a condition and a bind of their own, and listeners."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from sqlalchemy import DDL
from sqlalchemy import MetaData
from sqlalchemy import Table
from sqlalchemy import event
from sqlalchemy import schema
from sqlalchemy.schema import ExecutableDDLElement

from migrate import binding
from migrate.legacy.patching import Patch
from migrate.legacy.patching import add
from migrate.legacy.patching import wrap

__all__ = ["PATCHES"]

_ON = "_migrate_on"


def ddl_init(
    original: Callable[..., None],
    self: DDL,
    statement: str,
    *args: Any,
    **kwargs: Any,
) -> None:
    """Removed in 1.4 and 2.0; ``on=`` and ``bind=``, or in their places."""
    on = kwargs.pop("on", None)
    bind = kwargs.pop("bind", None)
    given = [*args]
    if given and not isinstance(given[0], Mapping):
        on = given.pop(0)
    if len(given) > 1:
        bind = given.pop()
    original(self, statement, *given, **kwargs)
    _note(self, on, bind)


def element_init(
    original: Callable[..., None],
    self: ExecutableDDLElement,
    element: Any,
    *args: Any,
    on: Any = None,
    bind: Any = None,
    **kwargs: Any,
) -> None:
    """Removed in 1.4 and 2.0; ``on=`` and ``bind=``."""
    original(self, element, *args, **kwargs)
    _note(self, on, bind)


def _note(ddl: ExecutableDDLElement, on: Any, bind: Any) -> None:
    if bind is not None:
        vars(ddl)["_migrate_bind"] = bind
    if on is None:
        return
    conditional: Any = ddl.execute_if
    if callable(on):
        vars(ddl)[_ON] = on
        other = conditional(
            callable_=lambda ddl, *rest, **_: on(ddl, None, *rest)
        )
    else:
        other = conditional(dialect=on)
    vars(ddl)["_ddl_if"] = other._ddl_if


def ddl_execute(self: Any, bind: Any = None, target: Any = None) -> Any:
    """Removed in 2.0; executes the DDL, unless its condition forbids."""
    found: Any = binding.resolve(
        bind or vars(self).get("_migrate_bind"),
        metadata=getattr(
            self.target if target is None else target, "metadata", None
        ),
        purpose=f"execute() of this {type(self).__name__}",
    )
    if not self._should_execute(target, found):
        return None
    return found.execute(self if target is None else self.against(target))


def execute_at(self: Any, event_name: str, target: Any) -> None:
    """Removed in 1.4; ``event.listen(target, 'after_create', ddl)`` today."""

    def execute(target: Any, connection: Any, **rest: Any) -> None:
        on = vars(self).get(_ON)
        if on is not None:
            wanted = on(self, event_name, target, connection, **rest)
        else:
            wanted = self._should_execute(target, connection, **rest)
        if wanted:
            connection.execute(self.against(target))

    event.listen(target, _today(event_name), execute)


def append_ddl_listener(
    self: Any, event_name: str, listener: Callable[..., Any]
) -> None:
    """Removed in 1.4; ``event.listen(table, 'after_create', f)`` today."""

    def tell(target: Any, connection: Any, **rest: Any) -> None:
        listener(event_name, target, connection)

    event.listen(self, _today(event_name), tell)


def _today(event_name: str) -> str:
    return event_name.replace("-", "_")


_ELEMENTS = (
    schema.AddConstraint,
    schema.CreateIndex,
    schema.CreateSchema,
    schema.CreateTable,
    schema.DropConstraint,
    schema.DropIndex,
    schema.DropSchema,
    schema.DropTable,
)

PATCHES: list[Patch] = [
    wrap(DDL, "DDL('...', on='sqlite', bind=engine)", ddl_init, "__init__"),
    *(
        wrap(
            kind,
            f"{kind.__name__}(..., on='sqlite', bind=engine)",
            element_init,
            "__init__",
        )
        for kind in _ELEMENTS
    ),
    add(
        ExecutableDDLElement,
        "DDL(...).execute(engine)",
        ddl_execute,
        "execute",
    ),
    add(
        ExecutableDDLElement,
        "DDL(...).execute_at('after-create', t)",
        execute_at,
    ),
    add(
        Table,
        "table.append_ddl_listener('after-create', f)",
        append_ddl_listener,
    ),
    add(
        MetaData,
        "metadata.append_ddl_listener('after-create', f)",
        append_ddl_listener,
    ),
]
