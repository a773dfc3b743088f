"""Columns, constraints and tables, as 1.x let them be copied and joined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column
from sqlalchemy import Computed
from sqlalchemy import ForeignKey
from sqlalchemy import ForeignKeyConstraint
from sqlalchemy import Identity
from sqlalchemy import Table
from sqlalchemy import schema

from migrate.legacy.patching import Patch
from migrate.legacy.patching import add
from migrate.legacy.patching import wrap

__all__ = ["PATCHES"]


def copy(self: Any, **kwargs: Any) -> Any:
    """Deprecated in 1.4; a copy that belongs to no table."""
    return self._copy(**kwargs)


def replace_column(
    original: Callable[..., None], self: Any, *args: Any, **kwargs: Any
) -> None:
    """2.0 refuses a second column of one name; 1.4 let it replace."""
    kwargs["allow_replacements"] = True
    original(self, *args, **kwargs)


def _get_table(self: Column[Any]) -> Table:
    """Removed in 1.4; the table of the column."""
    return self.table


def tometadata(self: Table, metadata: Any, *args: Any, **kwargs: Any) -> Table:
    """Deprecated in 1.4; ``to_metadata()`` today."""
    return self.to_metadata(metadata, *args, **kwargs)


def _copies() -> list[Patch]:
    owners = (
        Column,
        ForeignKey,
        schema.Constraint,
        schema.CheckConstraint,
        schema.ColumnCollectionConstraint,
        ForeignKeyConstraint,
        Computed,
        Identity,
    )
    return [
        add(owner, f"{owner.__name__.lower()}.copy()", copy)
        for owner in owners
    ]


PATCHES: list[Patch] = [
    *_copies(),
    wrap(
        Column,
        "table.append_column(again), Table(..., column, again)",
        replace_column,
        "_set_parent",
    ),
    add(Column, "column._get_table()", _get_table),
    add(Table, "table.tometadata(metadata)", tometadata),
]
