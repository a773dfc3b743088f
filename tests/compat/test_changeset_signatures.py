"""The calls of sqlalchemy-migrate 0.13 fit the functions of today."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import migrate

#: As ``inspect.signature`` told them under sqlalchemy-migrate 0.13.0.
OLD = [
    (migrate.create_column, "column table *p **kw"),
    (migrate.drop_column, "column table *p **kw"),
    (migrate.alter_column, "*p **k"),
    (migrate.rename_table, "table name engine **kw"),
    (migrate.rename_index, "index name table engine **kw"),
    (
        migrate.ChangesetColumn.create,
        "self table index_name unique_name primary_key_name "
        "populate_default connection **kwargs",
    ),
    (migrate.ChangesetColumn.drop, "self table connection **kwargs"),
    (migrate.ChangesetColumn.alter, "self *p **k"),
    (migrate.ChangesetColumn.copy_fixed, "self **kw"),
    (migrate.ChangesetColumn.add_to_table, "self table"),
    (migrate.ChangesetColumn.remove_from_table, "self table unset_table"),
    (migrate.ChangesetTable.create_column, "self column *p **kw"),
    (migrate.ChangesetTable.drop_column, "self column *p **kw"),
    (migrate.ChangesetTable.rename, "self name connection **kwargs"),
    (migrate.ChangesetTable.deregister, "self"),
    (migrate.ChangesetIndex.rename, "self name connection **kwargs"),
]


@pytest.mark.parametrize(
    ("function", "parameters"),
    OLD,
    ids=[function.__qualname__ for function, _ in OLD],
)
def test_signature(function: Callable[..., Any], parameters: str) -> None:
    stars = {
        inspect.Parameter.VAR_POSITIONAL: "*",
        inspect.Parameter.VAR_KEYWORD: "**",
    }
    told = [
        stars.get(each.kind, "") + each.name
        for each in inspect.signature(function).parameters.values()
    ]

    assert " ".join(told) == parameters
