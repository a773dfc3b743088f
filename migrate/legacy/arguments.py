"""Arguments of 1.x: lists where today stands one after the other."""

from __future__ import annotations

from typing import Any

from sqlalchemy.sql.elements import ClauseElement

__all__ = ["is_collection", "listed", "set_statement_bind"]


def is_collection(value: Any) -> bool:
    """Tell whether an argument is several, which 1.x took as a list."""
    return (
        hasattr(value, "__iter__")
        and not isinstance(value, (str, type, ClauseElement))
        and not hasattr(value, "__clause_element__")
    )


def listed(value: Any) -> list[Any]:
    """Give a list of none, one or many."""
    if value is None or value is False:
        return []
    return list(value) if is_collection(value) else [value]


def set_statement_bind(statement: Any, bind: Any) -> Any:
    """Remember the ``bind=`` of a statement, where ``.bind`` finds it."""
    if bind is not None:
        vars(statement)["_migrate_bind"] = bind
    return statement
